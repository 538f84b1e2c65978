"""The typed condition tree that ``parsing`` makes of a rule's JSON, and the way back.

A condition is true, false or unknown (None), as in SQL: what is compared with a missing value is unknown, ``not`` leaves unknown as it
is, ``and`` is false as soon as one part is, ``or`` true as soon as one part is. So are two amounts in different currencies, and a ratio
whose lower part is zero. Only ``missing`` is never unknown. A rule matches when it is true.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from moneyed import Money

from flowlet.rules import kinds
from flowlet.rules.errors import MalformedFact
from flowlet.rules.kinds import Kind
from flowlet.rules.vocabulary import Fact, NamedList, Source


class Quotient(NamedTuple):
    """A value that is compared without being divided: ``top`` in ``currency``, if it has one, over ``bottom``, never zero."""

    top: Decimal
    bottom: Decimal
    currency: str = ""


# Operands


@dataclass(frozen=True, slots=True)
class FactRef:
    """A fact of the thing that is judged; ``is_outer`` where a window's condition looks out at it from a row."""

    fact: Fact
    is_outer: bool = False
    path: str = field(default="$", compare=False)

    @property
    def kind(self) -> Kind:
        """Its type."""
        return self.fact.kind

    @property
    def unit(self) -> str:
        """Its unit, or the one currency it has."""
        return self.fact.unit


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field of a row, in the condition of a window."""

    fact: Fact
    path: str = field(default="$", compare=False)

    kind = FactRef.kind
    unit = FactRef.unit


class Aggregate(StrEnum):
    """What a window answers about its rows; those whose field is missing count for COUNT, FIRST_SEEN and LAST_SEEN only."""

    COUNT = "count"
    SUM = "sum"  # of nothing: zero
    AVERAGE = "average"  # of nothing: missing, as MIN, MAX, FIRST_SEEN and LAST_SEEN
    MIN = "min"
    MAX = "max"
    DISTINCT = "distinct"
    FIRST_SEEN = "first_seen"
    LAST_SEEN = "last_seen"


@dataclass(frozen=True, slots=True)
class Window:
    """An aggregate over the rows of a source that happened within ``span`` before the moment, the moment itself included; without a
    span since the beginning. ``ago`` ends it earlier. Money is added up in one currency; rows in others are left out.

    The interval is open below and closed above: (at - ago - span, at - ago]. What is judged counts if it is a row of the source.
    """

    source: Source
    aggregate: Aggregate
    of: Fact | None
    currency: str
    span: timedelta | None
    ago: timedelta | None
    where: "Condition | None"
    key: str = field(compare=False)
    path: str = field(default="$", compare=False)

    @property
    def kind(self) -> Kind:
        """The type of its value; an average of numbers is a decimal."""
        if self.aggregate in {Aggregate.COUNT, Aggregate.DISTINCT}:
            return Kind.INTEGER
        if self.aggregate in {Aggregate.FIRST_SEEN, Aggregate.LAST_SEEN} or self.of is None:
            return Kind.MOMENT
        return Kind.DECIMAL if self.aggregate == Aggregate.AVERAGE and self.of.kind in kinds.NUMBERS else self.of.kind

    @property
    def unit(self) -> str:
        """The currency, or the unit of what is added up."""
        if self.currency:
            return self.currency
        return self.of.unit if self.of is not None and self.kind in kinds.NUMBERS and self.aggregate != Aggregate.DISTINCT else ""

    def check(self, value: Any) -> Any:
        """What a source answered, as the engine wants it. Raises MalformedFact."""
        if self.aggregate in {Aggregate.COUNT, Aggregate.DISTINCT, Aggregate.SUM} and value is None:
            raise MalformedFact(f"{self.source.name}: a {self.aggregate} is never missing.", param=self.source.name)
        if self.aggregate == Aggregate.AVERAGE:
            if value is not None and not (isinstance(value, Quotient) and value.bottom > 0 and value.currency == self.currency):
                raise MalformedFact(f"{self.source.name}: an average is a Quotient.", param=self.source.name)
            return value
        # A sum may be larger than what is added up.
        is_sum = self.aggregate == Aggregate.SUM and _is_sum(value, self.kind)
        found = value if is_sum else kinds.check(value, self.kind, name=self.source.name)
        if isinstance(found, Money) and found.currency.code != self.currency:
            raise MalformedFact(f"{self.source.name}: asked in {self.currency}.", param=self.source.name)
        return found


def _is_sum(value: Any, kind: Kind) -> bool:
    if isinstance(value, Money) is not (kind == Kind.MONEY):
        return False
    amount = value.amount if kind == Kind.MONEY else value
    return type(amount) is int if kind == Kind.INTEGER else isinstance(amount, Decimal) and amount.is_finite()


@dataclass(frozen=True, slots=True)
class Ratio:
    """``top`` over ``bottom``, times 100 if ``is_percent``. Missing when either is, when the currencies differ, when bottom is zero."""

    top: "FactRef | FieldRef | Window"
    bottom: "FactRef | FieldRef | Window"
    is_percent: bool
    path: str = field(default="$", compare=False)

    kind = Kind.DECIMAL

    @property
    def unit(self) -> str:
        """Percent has a unit, so that nobody takes 0.8 for 80."""
        return "%" if self.is_percent else ""


@dataclass(frozen=True, slots=True)
class Age:
    """How long before the moment that is judged a moment was."""

    of: "FactRef | FieldRef | Window"
    path: str = field(default="$", compare=False)

    kind = Kind.SPAN
    unit = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A threshold."""

    kind: Kind
    value: Any
    unit: str = ""
    path: str = field(default="$", compare=False)


Operand = FactRef | FieldRef | Window | Ratio | Age
Right = Value | FactRef | FieldRef | Window | Age


# Conditions


class Comparison(StrEnum):
    """How two values are compared."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


@dataclass(frozen=True, slots=True)
class And:
    """All parts."""

    parts: "tuple[Condition, ...]"
    path: str = field(default="$", compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part."""

    parts: "tuple[Condition, ...]"
    path: str = field(default="$", compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary; unknown stays unknown."""

    part: "Condition"
    path: str = field(default="$", compare=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values of types that go together."""

    comparison: Comparison
    left: Operand
    right: Right
    path: str = field(default="$", compare=False)


@dataclass(frozen=True, slots=True)
class Between:
    """From ``low`` to ``high``, both included."""

    left: Operand
    low: Value
    high: Value
    path: str = field(default="$", compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """One of the values, or none of them; of a set: any of its texts is one of them, or none is."""

    left: Operand
    values: tuple[Any, ...] | NamedList
    is_negated: bool = False
    path: str = field(default="$", compare=False)


@dataclass(frozen=True, slots=True)
class Contains:
    """The text holds another one, at its beginning if ``at_start``; the set holds exactly this text."""

    left: Operand
    needle: str
    at_start: bool = False
    path: str = field(default="$", compare=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """There is no value."""

    left: Operand
    path: str = field(default="$", compare=False)


Leaf = Compare | Between | Member | Contains | Missing
Condition = And | Or | Not | Leaf


def leaves(condition: Condition) -> Iterator[Leaf]:
    """All comparisons, from left to right; not those within windows."""
    match condition:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case _:
            yield condition


def operands(leaf: Leaf) -> Iterator[Operand | Value]:
    """What the comparison reads, the parts of ratios and ages instead of themselves."""
    sides: list[Any] = [leaf.left]
    if isinstance(leaf, Compare):
        sides.append(leaf.right)
    for side in sides:
        match side:
            case Ratio(top, bottom):
                yield from (top, bottom)
            case Age(of):
                yield of
            case _:
                yield side


def is_personal(leaf: Leaf) -> bool:
    """Whether what the comparison reads says something personal; to count people does not."""
    return any(
        operand.of is not None and operand.of.is_personal and operand.aggregate != Aggregate.DISTINCT
        if isinstance(operand, Window)
        else not isinstance(operand, Value) and operand.fact.is_personal
        for operand in operands(leaf)
    )


# The way back


def to_json(condition: Condition) -> dict[str, Any]:
    """The JSON that ``parsing`` reads back as this very tree: one form for each tree, so that a digest of it names the rule."""
    match condition:
        case And(parts):
            return {"and": [to_json(part) for part in parts]}
        case Or(parts):
            return {"or": [to_json(part) for part in parts]}
        case Not(part):
            return {"not": to_json(part)}
        case Compare(comparison, left, right):
            return {"op": comparison.value, "left": _operand(left), "right": _operand(right)}
        case Between(left, low, high):
            return {"op": "between", "left": _operand(left), "low": _operand(low), "high": _operand(high)}
        case Member(left, NamedList() as known, is_negated):
            return {"op": "not_in" if is_negated else "in", "left": _operand(left), "list": known.name}
        case Member(left, values, is_negated):
            return {
                "op": "not_in" if is_negated else "in",
                "left": _operand(left),
                "values": [kinds.to_json(value) for value in values],
            }
        case Contains(left, needle, at_start):
            return {"op": "starts_with" if at_start else "contains", "left": _operand(left), "right": {"value": needle}}
        case Missing(left):
            return {"op": "missing", "left": _operand(left)}
    raise TypeError(condition)


def _operand(operand: Operand | Value) -> dict[str, Any]:
    match operand:
        case FactRef(fact):
            return {"fact": fact.name}
        case FieldRef(fact):
            return {"field": fact.name}
        case Ratio(top, bottom, is_percent):
            return {"percent" if is_percent else "ratio": [_operand(top), _operand(bottom)]}
        case Age(of):
            return {"age": _operand(of)}
        case Value(kind, value, unit):
            literal = {"value": kinds.to_json(value)}
            return literal | {"unit": unit} if unit and kind in kinds.NUMBERS else literal
        case Window():
            return {"window": window_to_json(operand)}
    raise TypeError(operand)


def window_to_json(window: Window) -> dict[str, Any]:
    """The JSON of a window, without what it does not have."""
    found: dict[str, Any] = {"source": window.source.name, "aggregate": window.aggregate.value}
    if window.of is not None:
        found["of"] = window.of.name
    if window.currency:
        found["currency"] = window.currency
    if window.span is not None:
        found["span"] = kinds.to_json(window.span)
    if window.ago is not None:
        found["ago"] = kinds.to_json(window.ago)
    if window.where is not None:
        found["where"] = to_json(window.where)
    return found

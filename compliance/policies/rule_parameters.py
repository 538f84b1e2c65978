"""The numbers and lists of a rule that officers change: what each is, its unit, where it stands, and between which bounds it makes sense.

One parameter stands for all places of the condition that say the same about the same thing, so that "7 days" is changed once. Below its
floor a measure of the day's run says nothing (docs/monitoring.md), and a threshold there would promise more than is looked at.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from moneyed import Money

from compliance.errors import ParameterOutOfBounds
from flowlet.rules import kinds, tree, wording
from flowlet.rules.errors import MalformedRule, UnknownName
from flowlet.rules.kinds import Kind

LONGEST_LIST, HIGHEST_PRIORITY = 200, 100
OUTCOMES = {"REVIEW": "An officer looks first", "BLOCK": "The payment is refused"}
Bounds = tuple[Any, Any]
_BY_KIND: Mapping[Kind, Bounds] = {
    Kind.MONEY: (Decimal(0), Decimal(1_000_000_000)),
    Kind.INTEGER: (0, 1_000_000),
    Kind.SPAN: (timedelta(minutes=1), kinds.LONGEST_SPAN),
}
_SHARE: Bounds = (Decimal(0), Decimal(100))  # of one thing in another
_PERCENT: Bounds = (Decimal(0), Decimal(100_000))  # of one amount over another
_DECIMAL: Bounds = (Decimal(0), Decimal(1_000_000))
MEASURED: Mapping[str, Bounds] = {
    "cash_in": (Decimal(3000), _BY_KIND[Kind.MONEY][1]),
    "cash_out": (Decimal(3000), _BY_KIND[Kind.MONEY][1]),
    "linked_customers": (2, 1000),
    "linked_cash_count": (3, 1000),
    "small_credits": (5, 1000),
    "under_3000_credits": (10, 1000),
    "small_moved_percent": (Decimal(50), Decimal(1000)),
    "fan_in": (4, 1000),
    "gathered_from": (4, 1000),
    "scattered_to": (4, 1000),
    "go_betweens": (4, 1000),
    "passed_percent": (Decimal(50), Decimal(100)),
    "passed_percent_72": (Decimal(50), Decimal(100)),
    "ring_hops": (3, 8),
    "ring_percent": (Decimal(50), Decimal(100)),
    "sharing_customers": (2, 1000),
    "cash_locations": (2, 1000),
    "elsewhere_percent": (Decimal(0), Decimal(1000)),
    "deviations": (Decimal(2), Decimal(1000)),
    "peer_percent": (Decimal(95), Decimal(100)),
    "peers": (20, 1_000_000),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One of them. ``places`` are paths in the rule's JSON; ``kind`` TEXT is a list of words."""

    name: str = ""
    label: str
    kind: Kind
    value: Any
    unit: str = ""
    bounds: Bounds = (None, None)
    places: tuple[str, ...]

    @property
    def text(self) -> str:
        """The value as ``read`` takes it."""
        if self.kind == Kind.MONEY:
            return f"{self.value.amount:f}"
        if self.kind == Kind.TEXT:
            return ", ".join(self.value)
        return (
            wording.value(self.value)
            if self.kind == Kind.SPAN
            else f"{self.value:f}"
            if self.kind == Kind.DECIMAL
            else str(self.value)
        )

    @property
    def range(self) -> str:
        """The bounds in words."""
        least, most = (_shown(bound, self) for bound in self.bounds)
        return f"from {least} to {most}"

    @property
    def hint(self) -> str:
        """Unit and bounds, and how often it stands in the rule."""
        said = f"F{self.range[1:]}" if self.kind != Kind.TEXT else f"Up to {LONGEST_LIST} words, with commas between them"
        return f"{said}; stands in {len(self.places)} places." if len(self.places) > 1 else f"{said}."

    def read(self, text: str) -> Any:
        """The value that somebody typed. Raises MalformedRule, ParameterOutOfBounds, which name the parameter."""
        text = text.strip()
        try:
            found = self._read(text)
        except MalformedRule as refused:
            raise MalformedRule(
                f"{self.label}: {refused.message.partition(': ')[2] or refused.message}", param=self.name
            ) from None
        check_within(found, self)
        return found

    def _read(self, text: str) -> Any:
        plain = text.replace(",", "")
        match self.kind:
            case Kind.TEXT:
                words = tuple(word.strip() for word in text.split(",") if word.strip())
                if not 0 < len(set(words)) == len(words) <= LONGEST_LIST:
                    raise MalformedRule(f"From 1 to {LONGEST_LIST} words, each once.")
                return words
            case Kind.SPAN:
                count, _, unit = plain.partition(" ")
                unit = f"{unit.strip().rstrip('s')}s"
                if not kinds.is_digits(count) or len(count) > 9 or unit not in kinds.SPANS:
                    raise MalformedRule(f"A number of {', '.join(kinds.SPANS)}, such as 7 days.")
                return kinds.span({unit: int(count)}, path=self.name)
            case Kind.INTEGER:
                raw: Any = int(plain) if kinds.is_digits(plain.removeprefix("-")) and len(plain) < 19 else text
            case Kind.MONEY:
                raw = {"amount": plain, "currency": self.unit}
            case _:
                raw = plain
        return kinds.literal(raw, self.kind, path=self.name)


def parameters(condition: tree.Condition) -> list[Parameter]:
    """Those of a rule, in the order of its sentence, each with its name."""
    merged: dict[tuple[Any, ...], Parameter] = {}
    for one in _found(condition):
        key = (one.label.lower(), one.kind, one.value, one.unit)
        known = merged.get(key)
        merged[key] = one if known is None else replace(known, places=known.places + one.places)
    return [replace(one, name=f"p{number}") for number, one in enumerate(merged.values(), 1)]


def check_bounds(condition: tree.Condition) -> None:
    """Raise ParameterOutOfBounds for the first number of a rule that makes no sense; ``param`` is its place in the JSON."""
    for one in parameters(condition):
        check_within(one.value, one, place=one.places[0])


def check_rule(condition: tree.Condition, effect: Mapping[str, Any]) -> None:
    """Raise ParameterOutOfBounds for a number of the condition or a priority that makes no sense, MalformedRule for an unknown outcome."""
    check_bounds(condition)
    priority = effect.get("priority", 0)
    if type(priority) is not int or not 0 <= priority <= HIGHEST_PRIORITY:
        raise ParameterOutOfBounds(f"From 0 to {HIGHEST_PRIORITY}.", param="priority")
    if str(effect.get("outcome", "REVIEW")) not in OUTCOMES:
        raise MalformedRule(f"One of {', '.join(OUTCOMES)}, of rules before money leaves.", param="outcome")


def check_within(value: Any, parameter: Parameter, *, place: str = "") -> None:
    """Raise ParameterOutOfBounds, which says the bounds."""
    least, most = parameter.bounds
    number = value.amount if isinstance(value, Money) else value
    if (least is not None and number < least) or (most is not None and number > most):
        raise ParameterOutOfBounds(
            f"{parameter.label}: {_shown(value, parameter)} is not {parameter.range}.", param=place or parameter.name
        )


def changed(document: Mapping[str, Any], condition: tree.Condition, values: Mapping[str, str]) -> dict[str, Any]:
    """The rule's JSON with what was typed for parameters, by their names. Raises UnknownName, MalformedRule, ParameterOutOfBounds."""
    known = {one.name: one for one in parameters(condition)}
    made = deepcopy(dict(document))
    for name, text in values.items():
        if name not in known:
            raise UnknownName(f"The rule has no parameter {name[:20]!r}.", param=name)
        found = known[name].read(text)
        literal = list(found) if known[name].kind == Kind.TEXT else kinds.to_json(found)
        for place in known[name].places:
            _put(made, place, literal)
    return made


def _found(condition: tree.Condition) -> Iterator[Parameter]:
    match condition:
        case tree.And(parts) | tree.Or(parts):
            for part in parts:
                yield from _found(part)
        case tree.Not(part):
            yield from _found(part)
        case tree.Compare(_, left, right):
            yield from _within(left)
            yield from _thresholds(left, (wording.sign(condition), right)) if isinstance(right, tree.Value) else _within(right)
        case tree.Between(left, low, high):
            yield from _within(left)
            yield from _thresholds(left, ("from", low), ("to", high))
        case tree.Member(left, tuple() as values, is_negated) if left.kind in {Kind.TEXT, Kind.SET}:
            yield from _within(left)
            label = f"{_called(left)}: {'none' if is_negated else 'one'} of"
            yield Parameter(label=label, kind=Kind.TEXT, value=values, places=(f"{condition.path}.values",))
        case _:
            yield from _within(condition.left)


def _thresholds(left: tree.Operand, *ends: tuple[str, tree.Value]) -> Iterator[Parameter]:
    for word, end in ends:
        if end.kind in _BY_KIND or end.kind == Kind.DECIMAL:
            yield Parameter(
                label=f"{_called(left)}: {word}",
                kind=end.kind,
                value=end.value,
                unit=end.unit,
                bounds=_bounds(left, end),
                places=(f"{end.path}.value",),
            )


def _within(operand: Any) -> Iterator[Parameter]:
    """The spans of windows, and what their conditions say."""
    match operand:
        case tree.Window():
            spans = (("span", "looked back", operand.span), ("ago", "up to how long before", operand.ago))
            for name, word, span in spans:
                if span is not None:
                    yield Parameter(
                        label=f"{operand.source.label}: {word}",
                        kind=Kind.SPAN,
                        value=span,
                        bounds=_BY_KIND[Kind.SPAN],
                        places=(f"{operand.path}.window.{name}",),
                    )
            if operand.where is not None:
                yield from _found(operand.where)
        case tree.Ratio(top, bottom):
            yield from _within(top)
            yield from _within(bottom)
        case tree.Age(of):
            yield from _within(of)


def _bounds(left: tree.Operand, end: tree.Value) -> Bounds:
    if isinstance(left, tree.FactRef | tree.FieldRef):
        return MEASURED.get(left.fact.name) or _BY_KIND.get(end.kind) or (_SHARE if end.unit == "%" else _DECIMAL)
    return _BY_KIND.get(end.kind) or (_PERCENT if end.unit == "%" else _DECIMAL)


def _called(operand: tree.Operand) -> str:
    said = wording.operand(_bare(operand)).replace("this one's ", "")
    return said[:1].upper() + said[1:]


def _bare(operand: Any) -> Any:
    """Without what its windows ask of their rows: the rule's sentence has that."""
    match operand:
        case tree.Window():
            return replace(operand, where=None)
        case tree.Ratio(top, bottom):
            return replace(operand, top=_bare(top), bottom=_bare(bottom))
    return operand


def _shown(value: Any, parameter: Parameter) -> str:
    return wording.value(value, unit="" if isinstance(value, Money) else parameter.unit)


def _put(document: Any, place: str, literal: Any) -> None:
    *way, last = [int(number) if number else word for word, number in re.findall(r"\.(\w+)|\[(\d+)\]", place)]
    for step in way:
        document = document[step]
    document[last] = literal

"""What rules can speak of: facts, lists and sources of windows, declared by an upper app in code.

The SQL in a declaration is the app's own and trusted; nothing of a rule ever becomes SQL text. Names are lower case; what is declared
once keeps its name, since rules are stored by it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowlet.core import money
from flowlet.rules import kinds
from flowlet.rules.errors import MalformedFact
from flowlet.rules.kinds import Kind

if TYPE_CHECKING:
    from flowlet.rules.tree import Window

LONGEST_LIST = 100_000
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_.")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a rule can ask about.

    ``sql`` is an expression over the vocabulary's relation (or the source's), for money a pair: the amount and the currency. ``unit``
    is a word for numbers ("days", "km"), a currency for money that has only that one, or "" where there is none. Columns never hold
    NaN or infinity. Texts are compared as they are, letter by letter: declare folded columns where case should not matter. The
    value of a personal fact is hidden in what is recorded.
    """

    name: str
    kind: Kind
    label: str = field(kw_only=True)
    sql: str | tuple[str, str] = field(kw_only=True)
    unit: str = field(default="", kw_only=True)
    description: str = field(default="", kw_only=True)
    is_personal: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind == Kind.SPAN:
            raise ValueError(f"{self.name}: a fact is a moment or a number; its age is a span.")
        if (self.kind == Kind.MONEY) is not isinstance(self.sql, tuple):
            raise ValueError(f"{self.name}: money has two SQL expressions, amount and currency; anything else has one.")
        if self.kind == Kind.MONEY and self.unit:
            money.exponent(self.unit)
        elif self.unit and self.kind not in kinds.NUMBERS:
            raise ValueError(f"{self.name}: only numbers and money have a unit.")

    def check(self, value: Any) -> Any:
        """The value as the engine wants it. Raises MalformedFact."""
        found = kinds.check(value, self.kind, name=self.name)
        if found is not None and self.kind == Kind.MONEY and self.unit and found.currency.code != self.unit:
            raise MalformedFact(f"{self.name} is declared in {self.unit}, not in {found.currency.code}.", param=self.name)
        return found


@dataclass(frozen=True, slots=True)
class NamedList:
    """A set of texts that officers keep. ``values`` answers it quickly as a frozenset, at most LONGEST_LIST long; live rules ask
    at each evaluation, so that a name that is added counts at once."""

    name: str
    label: str = field(kw_only=True)
    values: Callable[[], frozenset[str]] = field(kw_only=True)
    description: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        check_name(self.name)


# Answers a window's value for the facts at hand.
Live = Callable[["Window", "Facts"], Any]


@dataclass(frozen=True, slots=True)
class Source:
    """Rows that windows count and add up: a customer's payments, an account's counterparties.

    ``same`` is the SQL condition that ties a row to what is judged, facts of the vocabulary in braces: ``s.customer_id = {customer}``;
    ``happened`` the SQL moment of a row, never missing. ``live`` answers a window's value: ``queries.live`` asks the database,
    ``windows.over`` folds rows. ``cost`` is what one window costs, a plain fact costing 1.
    """

    name: str
    label: str = field(kw_only=True)
    relation: str = field(kw_only=True)
    same: str = field(kw_only=True)
    happened: str = field(kw_only=True)
    fields: tuple[Fact, ...] = field(kw_only=True)
    live: Live = field(kw_only=True)
    cost: int = field(default=100, kw_only=True)
    description: str = field(default="", kw_only=True)

    def __post_init__(self) -> None:
        check_name(self.name)
        _check_unique(self.name, self.fields)
        if self.cost < 1:
            raise ValueError(f"{self.name}: a window costs something.")

    def row(self, values: Mapping[str, Any], *, outer: "Facts") -> "Row":
        """One row for conditions of windows: its fields checked, absent ones missing. Raises MalformedFact."""
        return Row(((one.name, one.check(values.get(one.name))) for one in self.fields), outer=outer)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All that the rules about one kind of thing can speak of.

    ``relation`` is the FROM of backtests and ``key`` the SQL of what identifies one thing in it. ``clock`` names the fact that says
    when it happens: windows count back from it, ages are measured at it; it is never missing.
    """

    name: str
    label: str = field(kw_only=True)
    relation: str = field(kw_only=True)
    key: str = field(kw_only=True)
    clock: str = field(kw_only=True)
    facts: tuple[Fact, ...] = field(kw_only=True)
    lists: tuple[NamedList, ...] = field(default=(), kw_only=True)
    sources: tuple[Source, ...] = field(default=(), kw_only=True)
    _known: Mapping[str, Fact] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        for things in (self.facts, self.lists, self.sources):
            _check_unique(self.name, things)
        object.__setattr__(self, "_known", {one.name: one for one in self.facts})
        if self.clock not in self._known or self._known[self.clock].kind != Kind.MOMENT:
            raise ValueError(f"{self.name}: the clock is one of the facts, and a moment.")
        for source in self.sources:
            for name in names_in(source.same):
                if name not in self._known or self._known[name].kind == Kind.MONEY:
                    raise ValueError(f"{source.name}: {{{name}}} is not a fact that rows can be found by.")

    def sheet(self, values: Mapping[str, Any]) -> "Facts":
        """The facts of one thing, checked once for all rules; absent ones are missing.

        Raises MalformedFact for an undeclared name, for a value of another type, and when the clock is missing.
        """
        sheet = Facts(dict.fromkeys(self._known), vocabulary=self)
        for name, value in values.items():
            fact = self._known.get(name)
            if fact is None:
                raise MalformedFact(f"{str(name)[:60]!r} is not a fact of {self.name}.", param=str(name)[:60])
            sheet[name] = fact.check(value)
        if sheet[self.clock] is None:
            raise MalformedFact(f"{self.clock} says when, and cannot be missing.", param=self.clock)
        return sheet


class Facts(dict[str, Any]):
    """The facts of one thing by name, missing ones None, and the values of windows once they were asked for."""

    __slots__ = ("_windows", "vocabulary")

    def __init__(self, values: Mapping[str, Any], *, vocabulary: Vocabulary) -> None:
        super().__init__(values)
        self.vocabulary = vocabulary
        self._windows: dict[str, Any] = {}

    @property
    def at(self) -> datetime:
        """When it happens."""
        return self[self.vocabulary.clock]

    def window(self, window: "Window") -> Any:
        """The window's value: asked of its source once, and checked. Raises MalformedFact when the source answers nonsense."""
        try:
            return self._windows[window.key]
        except KeyError:
            found = self._windows[window.key] = window.check(window.source.live(window, self))
            return found


class Row(dict[str, Any]):
    """One row of a source by field, and the facts of the thing that is judged."""

    __slots__ = ("outer",)

    def __init__(self, values: Iterable[tuple[str, Any]], *, outer: Facts) -> None:
        super().__init__(values)
        self.outer = outer


def names_in(template: str) -> list[str]:
    """The names of facts that stand in braces in the SQL of a source."""
    return [part.partition("}")[0] for part in template.split("{")[1:]]


def check_name(name: str) -> None:
    """Raise ValueError unless the name is lower case, begins with a letter and holds letters, digits, underscores and dots."""
    if not name or not name[0].isalpha() or not _LETTERS.issuperset(name) or len(name) > 60:
        raise ValueError(f"{name!r}: a name is lower case, such as amount or customer.payments.")


def _check_unique(name: str, things: Collection[Any]) -> None:
    if len({thing.name for thing in things}) != len(things):
        raise ValueError(f"{name}: two things in it have one name.")

"""The value of a window from its rows, in Python: what a source answers live, and what the SQL of windows is held to."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from moneyed import Money

from flowlet.rules import closures, kinds
from flowlet.rules.errors import MalformedFact
from flowlet.rules.kinds import EXACT, Kind
from flowlet.rules.tree import Aggregate, Quotient, Window
from flowlet.rules.vocabulary import Facts, Live, Source

HAPPENED = "happened"

# Answers the rows that belong to the facts and happened after ``since`` (None: ever) and not after ``until``; more do no harm. A row
# is a mapping of the source's fields, and ``happened``. What is judged is one of them, saved already or not.
Fetch = Callable[[Source, Facts, datetime | None, datetime], Iterable[Mapping[str, Any]]]


def over(fetch: Fetch) -> Live:
    """A source's ``live`` for few rows: they are fetched and folded here."""

    def live(window: Window, facts: Facts) -> Any:
        since, until = interval(window, at=facts.at)
        return fold(window, fetch(window.source, facts, since, until), facts=facts)

    return live


def interval(window: Window, *, at: datetime) -> tuple[datetime | None, datetime]:
    """After which moment (None: ever), and up to which, the rows of the window happened."""
    until = at if window.ago is None else at - window.ago
    return None if window.span is None else until - window.span, until


def fold(window: Window, rows: Iterable[Mapping[str, Any]], *, facts: Facts) -> Any:
    """The window's value over those of the rows that belong in it. Raises MalformedFact for a row that is not as declared."""
    since, until = interval(window, at=facts.at)
    where = None if window.where is None else closures.compiled(window.where)
    moments, values = [], []
    for raw in rows:
        happened = kinds.check(raw.get(HAPPENED), Kind.MOMENT, name=HAPPENED)
        if happened is None:
            raise MalformedFact(f"{window.source.name}: a row without a moment.", param=HAPPENED)
        if happened > until or (since is not None and happened <= since):
            continue
        row = window.source.row(raw, outer=facts)
        value = None if window.of is None else row[window.of.name]
        if window.currency and value is not None and value.currency.code != window.currency:
            continue
        if where is not None and where(row) is not True:
            continue
        moments.append(happened)
        if value is not None:
            values.append(value)
    return _answer(window, moments, values)


def _answer(window: Window, moments: list[datetime], values: list[Any]) -> Any:
    match window.aggregate:
        case Aggregate.COUNT:
            return len(moments)
        case Aggregate.FIRST_SEEN:
            return min(moments, default=None)
        case Aggregate.LAST_SEEN:
            return max(moments, default=None)
        case Aggregate.DISTINCT:
            return len(set(values))
        case Aggregate.SUM:
            return _sum(window, values)
        case Aggregate.AVERAGE:
            total = _sum(window, values)
            top = total.amount if isinstance(total, Money) else Decimal(total)
            return Quotient(top, Decimal(len(values)), window.currency) if values else None
    if window.kind == Kind.MONEY:
        values = [value.amount for value in values]
    found = min(values, default=None) if window.aggregate == Aggregate.MIN else max(values, default=None)
    return Money(found, window.currency) if window.kind == Kind.MONEY and found is not None else found


def _sum(window: Window, values: list[Any]) -> Any:
    """Exactly; zero of nothing."""
    kind = window.of.kind if window.of is not None else Kind.INTEGER
    if kind == Kind.INTEGER:
        return sum(values)
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value.amount if kind == Kind.MONEY else value)
    return Money(total, window.currency) if kind == Kind.MONEY else total

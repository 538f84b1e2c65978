"""The shape that reports share: columns of figures over rows, currency by currency.

Amounts are Decimals in the row's currency, or None where a row has no figure in a column. A report carries its footing: ``gaps``
names every sum that does not come out, which in books that the database guards is none.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Any, TypeVar

from flowlet.core import money
from ledger import errors
from ledger.models import Book
from ledger.selectors import balances, rates

ZERO = Decimal(0)
PRECISION = 60
MAX_COMPARED = 12
R = TypeVar("R")


class RowKind(StrEnum):
    """What a row is: a heading, a line of the chart, a sum, what is left by rounding or exchange rates."""

    HEADING = "HEADING"
    LINE = "LINE"
    SUM = "SUM"
    DIFFERENCE = "DIFFERENCE"


@dataclass(frozen=True, slots=True)
class Span:
    """The days of a column: up to and including ``last``, from ``first`` on if there is one."""

    last: date
    first: date | None = None

    @property
    def label(self) -> str:
        """How the column is headed."""
        return f"{self.first} to {self.last}" if self.first else str(self.last)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of figures: ``key`` names it to programs (``balance``, ``debit``…), ``span`` says for which days."""

    key: str
    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``key`` is the chart line's code or the name of a sum (``total_assets``); ``amounts`` has one figure per column."""

    kind: RowKind
    key: str
    label: str
    currency: str
    amounts: tuple[Decimal | None, ...] = ()
    section: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report."""

    name: str
    title: str
    book: Book
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    gaps: tuple[str, ...] = ()
    translated_to: str = ""
    recorded_at: datetime | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def foots(self) -> bool:
        """Whether every sum comes out."""
        return not self.gaps

    @property
    def currencies(self) -> list[str]:
        """The currencies that have rows, in order."""
        return list(dict.fromkeys(row.currency for row in self.rows))

    def row(self, key: str, currency: str) -> Row:
        """The row of this key in a currency. Raises KeyError."""
        for found in self.rows:
            if found.key == key and found.currency == currency and found.kind != RowKind.HEADING:
                return found
        raise KeyError(f"{key} {currency}")


def of_one_picture(report: Callable[..., R]) -> Callable[..., R]:
    """The report reads the books more than once; all of it from one snapshot, or sums would differ while others post."""

    @functools.wraps(report)
    def read(**asked: Any) -> R:
        with balances.one_picture(asked.get("recorded_at")):
            return report(**asked)

    return read


def titled(
    section: Any, body: Sequence[Row], total: tuple[str, str], currency: str, width: int
) -> tuple[list[Row], list[Decimal]]:
    """The rows of a section under its heading, with their sum: ``total`` is its key and label, ``width`` how many columns there are."""
    sums = [sum((row.amounts[n] or ZERO for row in body), ZERO) for n in range(width)]
    heading = Row(RowKind.HEADING, section.lower(), section.label, currency, section=section)
    return [heading, *body, Row(RowKind.SUM, *total, currency, tuple(sums), section)], sums


def check_span(book: Book, span: Span) -> Span:
    """The span, if its days are in order. Raises RangeOutOfOrder."""
    if span.first is not None and span.first > span.last:
        raise errors.RangeOutOfOrder("The first day lies after the last.", param="from")
    return span


def check_compared(spans: Sequence[Span]) -> None:
    """Raise RangeOutOfOrder when more columns are compared than a page can hold."""
    if len(spans) > MAX_COMPARED:
        raise errors.RangeOutOfOrder(f"At most {MAX_COMPARED} columns can be compared.", param="compare")


class Translation:
    """Figures of several currencies as one: balances at the rates of a day, what arose on days at those days' rates.

    Without ``to`` nothing is translated and currencies stay apart.
    """

    def __init__(self, to: str | None) -> None:
        if to:
            money.exponent(to)
        self.to = to or ""
        self._rates: dict[date, dict[str, Decimal]] = {}

    def one(self, figures: dict[str, Decimal], on: date) -> dict[str, Decimal]:
        """Balances by currency, or one translated at the rates of the day, rounded once, half to even. Raises NoRate."""
        return self.over({currency: {on: figure} for currency, figure in figures.items()})

    def over(self, figures: dict[str, dict[date, Decimal]]) -> dict[str, Decimal]:
        """Sums by currency of what arose on days, or one sum, each day's at its rate, rounded once, half to even. Raises NoRate."""
        if not self.to:
            return {currency: sum(days.values(), ZERO) for currency, days in figures.items()}
        self.learn(figures)
        with localcontext() as context:
            context.prec = PRECISION
            total = ZERO
            for currency, days in figures.items():
                total += sum((figure * self._rates[day][currency] for day, figure in days.items() if figure), ZERO)
            return {self.to: money.round_half_even(total, self.to).amount}

    def learn(self, figures: dict[str, dict[date, Decimal]]) -> None:
        """Read at once the rates that ``over`` will need for these. Raises NoRate."""
        missing: dict[date, set[str]] = {}
        for currency, days in figures.items():
            for day, figure in days.items():
                if figure and currency not in self._rates.get(day, {}):
                    missing.setdefault(day, set()).add(currency)
        if self.to and missing:
            for day, found in rates.daily_rates_to(quote=self.to, wanted=missing).items():
                self._rates.setdefault(day, {}).update(found)

    def note(self, how: str) -> str:
        """What a reader of a translated report has to know; ``how`` says at which rates."""
        return (
            f"Translated to {self.to} {how}; lines are rounded once, half to even, and sums add rounded lines." if self.to else ""
        )

"""Where the statements' figures come from: totals of chart lines per currency, and what the yearly closings moved.

A closing journal empties income and expenses into retained earnings on the last day of a year. Income statement and cash flow
tell what happened before that, so they leave the closings out; there is one a year, found by its external id. Its reversal is left
out as well, whenever it takes effect: years later, if its own day is closed by then.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledger.choices import AccountType, Side
from ledger.models import Book, ChartLine, Entry, Journal
from ledger.selectors import balances, movements
from ledger.selectors.balances import Totals
from ledger.selectors.movements import Daily
from ledger.selectors.reports.statement import Span, Translation

CLOSING_KIND = "year_close"
CLOSINGS_PER_YEAR = 9
ZERO = Totals()
ZERO_AMOUNT = Decimal(0)
Cells = dict[tuple[int, str], Totals]
Figure = dict[str, Decimal]
RESULT = (AccountType.INCOME, AccountType.EXPENSE)


@dataclass(frozen=True, slots=True)
class Chart:
    """The lines of a book's chart, by code and by key."""

    lines: tuple[ChartLine, ...]

    def of(self, *types: str) -> list[ChartLine]:
        """The lines of these types, by code."""
        return [line for line in self.lines if line.type in types]


def chart(book: Book) -> Chart:
    """The book's chart, by code."""
    return Chart(tuple(ChartLine.objects.filter(book=book).order_by("code")))


def at(book: Book, on: date, recorded_at: datetime | None = None) -> Cells:
    """Total debits and credits of each line and currency, up to and including a day."""
    return {
        (total.line_id, total.currency): Totals(total.debits, total.credits)
        for total in balances.line_totals(book_id=book.pk, on=on, recorded_at=recorded_at)
    }


def between(book: Book, first: date, last: date, recorded_at: datetime | None = None) -> Cells:
    """What each line and currency moved from a day to another, both included."""
    return less(at(book, last, recorded_at), at(book, first - timedelta(days=1), recorded_at))


def less(later: Cells, earlier: Cells) -> Cells:
    """The difference of two readings."""
    return {
        cell: Totals(
            later.get(cell, ZERO).debits - earlier.get(cell, ZERO).debits,
            later.get(cell, ZERO).credits - earlier.get(cell, ZERO).credits,
        )
        for cell in later.keys() | earlier.keys()
    }


def natural_of(line: ChartLine, figure: Figure) -> Figure:
    """Credits less debits in a line's normal direction."""
    return figure if line.normal_side == Side.CREDIT else {currency: -amount for currency, amount in figure.items()}


def natural(cells: Cells, line: ChartLine) -> dict[str, Decimal]:
    """A line's balance per currency in its normal direction."""
    return {currency: totals.natural(line.normal_side) for (line_id, currency), totals in cells.items() if line_id == line.pk}


def earnings(cells: Cells, lines: Chart) -> dict[str, Decimal]:
    """Income less expenses per currency (credits less debits of both)."""
    wanted = {line.pk for line in lines.of(*RESULT)}
    found: dict[str, Decimal] = defaultdict(Decimal)
    for (line_id, currency), totals in cells.items():
        if line_id in wanted:
            found[currency] += totals.credits - totals.debits
    return dict(found)


def currencies(*readings: Cells) -> list[str]:
    """All currencies of these readings, in order."""
    return sorted({currency for cells in readings for _, currency in cells})


def closing_ids(year: int) -> list[str]:
    """The external ids that closings of a year can have: a closing that was reversed is followed by another."""
    return [f"year-close:{year}:{number}" for number in range(1, CLOSINGS_PER_YEAR + 1)]


def closings(
    book: Book, first: date, last: date, recorded_at: datetime | None = None, *, years: Iterable[int] | None = None
) -> Daily:
    """What closings of these years (default: all) and their reversals moved on days from ``first`` to ``last``."""
    every = range(book.opened_on.year, last.year + 1)
    names = [name for year in (every if years is None else years) for name in closing_ids(year)]
    journals = list(Journal.objects.filter(book=book, external_id__in=names, kind=CLOSING_KIND).values_list("pk", flat=True))
    if not journals:
        return {}
    journals += Journal.objects.filter(reverses__in=journals).values_list("pk", flat=True)
    entries = Entry.objects.filter(journal_id__in=journals, effective_on__gte=first, effective_on__lte=last)
    if recorded_at is not None:
        entries = entries.filter(posted_at__lte=recorded_at)
    moved: Daily = defaultdict(lambda: defaultdict(Decimal))
    for line_id, currency, day, side, amount in entries.values_list(
        "account__line_id", "currency", "effective_on", "side", "amount"
    ):
        moved[line_id, currency][day] += amount if side == "CREDIT" else -amount
    return moved


@dataclass(frozen=True, slots=True)
class Flow:
    """What lines moved from a day to another, the yearly closings left out: credits less debits, day by day where it matters."""

    days: Daily
    translation: Translation

    def of(self, *lines: ChartLine) -> Figure:
        """What these lines moved together, per currency or translated: each day's at that day's rate (IAS 21 §21, §39 b)."""
        keys = {line.pk for line in lines}
        wanted: dict[str, dict[date, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for (line_id, currency), days in self.days.items():
            if line_id in keys:
                for day, net in days.items():
                    wanted[currency][day] += net
        return self.translation.over(wanted)


def flow(
    book: Book, span: Span, lines: Iterable[ChartLine], translation: Translation, recorded_at: datetime | None = None
) -> Flow:
    """What these lines moved in a span. Untranslated it is the difference of two readings, whatever the number of days.

    Raises NoRate.
    """
    wanted = {line.pk for line in lines}
    first, last = span.first or span.last, span.last
    if translation.to:
        days = movements.by_day(book=book, first=first, last=last, recorded_at=recorded_at)
    else:
        moved = between(book, first, last, recorded_at)
        days = {cell: {last: totals.credits - totals.debits} for cell, totals in moved.items()}
    for cell, closed in closings(book, first, last, recorded_at).items():
        for day, net in closed.items():
            there = days.setdefault(cell, {})
            key = day if translation.to else last
            there[key] = there.get(key, ZERO_AMOUNT) - net
    days = {cell: nets for cell, nets in days.items() if cell[0] in wanted}
    needed: dict[str, dict[date, Decimal]] = defaultdict(dict)
    for (_, currency), nets in days.items():
        needed[currency] |= {day: net for day, net in nets.items() if net}
    translation.learn(needed)
    return Flow(days, translation)

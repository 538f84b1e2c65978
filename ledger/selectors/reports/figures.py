"""Where the statements' figures come from: totals of chart lines per currency, and what the yearly closings moved.

A closing journal empties income and expenses into retained earnings on the last day of a year. Income statement and cash flow
tell what happened before that, so they leave the closings out; there is one a year, found by its external id.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledger.choices import AccountType
from ledger.models import Book, ChartLine, Entry, Journal
from ledger.selectors import balances
from ledger.selectors.balances import Totals

CLOSING_KIND = "year_close"
CLOSINGS_PER_YEAR = 9
ZERO = Totals()
Cells = dict[tuple[int, str], Totals]
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


def closings(book: Book, first: date, last: date, recorded_at: datetime | None = None) -> Cells:
    """What the yearly closings (and their reversals) moved from a day to another."""
    years = [name for year in range(first.year - 1, last.year + 1) for name in closing_ids(year)]
    journals = list(Journal.objects.filter(book=book, external_id__in=years, kind=CLOSING_KIND).values_list("pk", flat=True))
    if not journals:
        return {}
    journals += Journal.objects.filter(reverses__in=journals).values_list("pk", flat=True)
    entries = Entry.objects.filter(journal_id__in=journals, effective_on__gte=first, effective_on__lte=last)
    if recorded_at is not None:
        entries = entries.filter(posted_at__lte=recorded_at)
    moved: dict[tuple[int, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for line_id, currency, side, amount in entries.values_list("account__line_id", "currency", "side", "amount"):
        moved[line_id, currency][side == "CREDIT"] += amount
    return {cell: Totals(debits, credits) for cell, (debits, credits) in moved.items()}

"""General ledger: account by account, opening balance, every entry, closing balance.

A book may have a customer account for each wallet, so the report goes through accounts page by page: by chart line and currency
if wanted, those without balance and movement left out. ``general_ledger`` lists accounts, ``with_entries`` their entries as well,
``frame`` and ``whole`` make a file of everything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from ledger import errors
from ledger.models import Account, Book, ChartLine
from ledger.selectors import balances, entries
from ledger.selectors.reports.account_statement import sections
from ledger.selectors.reports.listing import Listing, Section

ACCOUNTS_PER_PAGE = 200
Cursor = tuple[int, entries.Place | None]
"""The account's key, and the last entry that was shown of it (none: it has been shown to its end)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One account on a page: its figures for all the days, and those of its entries that stand on the page."""

    section: Section
    page: entries.Page

    @property
    def brought_forward(self) -> Decimal:
        """The balance before the first entry on the page: the opening balance, or what the page before carried forward."""
        return self.page.opening

    @property
    def carried_forward(self) -> Decimal:
        """The balance after the last entry on the page: the closing balance, or what the next page brings forward."""
        return self.page.entries[-1].balance if self.page.entries else self.page.opening


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Accounts with entries; ``next`` is where the page after it starts, None after the last."""

    parts: list[Part]
    next: Cursor | None


def general_ledger(
    *,
    book: Book,
    first: date,
    last: date,
    line: str = "",
    currency: str = "",
    after_account: int = 0,
    limit: int = ACCOUNTS_PER_PAGE,
    recorded_at: datetime | None = None,
) -> Listing:
    """Up to ``limit`` accounts with movement or balance, by account key after ``after_account``; ``has_more`` says if there are
    others.

    Raises UnknownChartLine, RangeOutOfOrder, BeyondHorizon.
    """
    found: list[Section] = []
    with balances.one_picture(recorded_at):
        for section in _all(book, first, last, line, currency, after_account, min(limit * 2, ACCOUNTS_PER_PAGE), recorded_at):
            if len(found) == limit:
                return _listing(book, first, last, found, True, recorded_at)
            found.append(section)
        return _listing(book, first, last, found, False, recorded_at)


def with_entries(
    *,
    book: Book,
    first: date,
    last: date,
    line: str = "",
    currency: str = "",
    after: Cursor = (0, None),
    limit: int = ACCOUNTS_PER_PAGE,
    recorded_at: datetime | None = None,
) -> LedgerPage:
    """The next ``limit`` entries after ``after``, by account key and then by effective day, under their accounts.

    An account that did not move takes the room of one entry. Raises UnknownChartLine, RangeOutOfOrder, BeyondHorizon.
    """
    parts: list[Part] = []
    room = limit
    key, place = after
    with balances.one_picture(recorded_at):
        for section in _all(book, first, last, line, currency, key - (place is not None), ACCOUNTS_PER_PAGE, recorded_at):
            if not room:
                return LedgerPage(parts, (parts[-1].section.account.pk, None))
            page = section.page(limit=room, after=place if section.account.pk == key else None)
            parts.append(Part(section, page))
            if page.has_more:
                return LedgerPage(parts, (section.account.pk, page.entries[-1].place))
            room -= max(len(page.entries), 1)
        return LedgerPage(parts, None)


def frame(*, book: Book, first: date, last: date, recorded_at: datetime | None = None) -> Listing:
    """The report without its accounts, for a file that ``whole`` fills."""
    return _listing(book, first, last, [], False, recorded_at)


def whole(
    *, book: Book, first: date, last: date, line: str = "", currency: str = "", recorded_at: datetime | None = None
) -> Iterator[Section]:
    """All accounts with movement or balance, read as they are walked. Raises as ``general_ledger``."""
    return _all(book, first, last, line, currency, 0, ACCOUNTS_PER_PAGE, recorded_at)


def _all(
    book: Book, first: date, last: date, line: str, currency: str, after: int, chunk: int, recorded_at: datetime | None
) -> Iterator[Section]:
    if first > last:
        raise errors.RangeOutOfOrder("The first day lies after the last.", param="from")
    accounts = Account.objects.filter(book=book).select_related("line", "book").order_by("pk")
    if line:
        if not ChartLine.objects.filter(book=book, code=line).exists():
            raise errors.UnknownChartLine(f"The chart has no line {line!r}.", param="line")
        accounts = accounts.filter(line__code=line)
    if currency:
        accounts = accounts.filter(currency=currency)
    while True:
        rows = list(accounts.filter(pk__gt=after)[:chunk])
        for section in sections(accounts=rows, first=first, last=last, recorded_at=recorded_at):
            if section.opening or section.closing or section.debits or section.credits:
                yield section
        if len(rows) < chunk:
            return
        after = rows[-1].pk


def _listing(book: Book, first: date, last: date, found: list[Section], has_more: bool, recorded_at: datetime | None) -> Listing:
    return Listing(
        name="general_ledger",
        title="General ledger",
        book=book,
        first=first,
        last=last,
        sections=found,
        has_more=has_more,
        recorded_at=recorded_at,
    )

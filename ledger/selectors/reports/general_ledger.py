"""General ledger: account by account, opening balance, every entry, closing balance.

A book may have a customer account for each wallet, so the report goes through accounts page by page: by chart line and currency
if wanted, those without balance and movement left out.
"""

from collections.abc import Iterator
from datetime import date, datetime

from ledger.models import Account, Book
from ledger.selectors.reports.account_statement import sections
from ledger.selectors.reports.listing import Listing, Section

ACCOUNTS_PER_PAGE = 200


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

    Raises RangeOutOfOrder, BeyondHorizon.
    """
    found: list[Section] = []
    for section in _all(book, first, last, line, currency, after_account, min(limit * 2, ACCOUNTS_PER_PAGE), recorded_at):
        if len(found) == limit:
            return _listing(book, first, last, found, True, recorded_at)
        found.append(section)
    return _listing(book, first, last, found, False, recorded_at)


def whole(
    *, book: Book, first: date, last: date, line: str = "", currency: str = "", recorded_at: datetime | None = None
) -> Iterator[Section]:
    """All accounts with movement or balance, read as they are walked."""
    return _all(book, first, last, line, currency, 0, ACCOUNTS_PER_PAGE, recorded_at)


def _all(
    book: Book, first: date, last: date, line: str, currency: str, after: int, chunk: int, recorded_at: datetime | None
) -> Iterator[Section]:
    accounts = Account.objects.filter(book=book).select_related("line", "book").order_by("pk")
    if line:
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

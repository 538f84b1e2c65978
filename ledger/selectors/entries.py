"""Entries of accounts in the order of their effective day, page by page.

Entries are stored in the order of recording. The snapshots know which span of recorded entries holds a day's, so a page reads
those spans and the tail, whatever the age and the size of the account.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from ledger.models import Account, AccountMovement, Book, Entry, LineMovement, RollUp
from ledger.selectors import balances

PAGE = 5000
Place = tuple[date, int]


@dataclass(frozen=True, slots=True)
class Booked:
    """An entry with the account's balance after it, in the account's normal direction, in order of effective days."""

    entry: Entry
    balance: Decimal

    @property
    def place(self) -> Place:
        """Where it stands, for the page after it."""
        return self.entry.effective_on, self.entry.pk[1]


@dataclass(frozen=True, slots=True)
class Page:
    """One page: ``opening`` is the balance before its first entry."""

    opening: Decimal
    entries: Sequence[Booked]
    has_more: bool


def page(
    *,
    account: Account,
    first: date | None = None,
    last: date | None = None,
    after: Place | None = None,
    limit: int = 50,
    recorded_at: datetime | None = None,
    opening: Decimal | None = None,
) -> Page:
    """Entries effective from ``first`` to ``last``, oldest first, after a place, with journals loaded.

    ``opening`` is the balance before ``first`` for who knows it already. Raises BeyondHorizon.
    """
    start = max(filter(None, [first, after[0] if after else None]), default=None)
    if opening is None or start != first:
        opening = _balance_before(account, start, recorded_at)
    found = _window(account, start, last, limit + 1, after, recorded_at)
    has_more = len(found) > limit
    del found[limit:]
    if after is not None and start == after[0]:
        same_day = _entries(account, after[0], after[0], recorded_at).filter(id__lte=after[1])
        opening += sum((_signed(account, side, amount) for side, amount in same_day.values_list("side", "amount")), Decimal(0))
    running, booked = opening, []
    for entry in found:
        running += _signed(account, entry.side, entry.amount)
        booked.append(Booked(entry, running))
    return Page(opening, booked, has_more)


def count(
    *, first: date, last: date, account: Account | None = None, book: Book | None = None, line: str = "", currency: str = ""
) -> int:
    """How many entries of an account, or of a book's accounts (of a chart line, in a currency), take effect in the days."""
    rollup = RollUp.objects.get()
    tail = Entry.objects.filter(id__gt=rollup.entry_id, posted_xid__gte=rollup.xid, **_days(first, last))
    if account is not None:
        rolled: QuerySet = AccountMovement.objects.filter(account_id=account.pk, **_days(first, last))
        tail = tail.filter(account_id=account.pk)
    else:
        rolled = LineMovement.objects.filter(line__book=book, **_days(first, last))
        tail = tail.filter(account__book=book)
        if line:
            rolled, tail = rolled.filter(line__code=line), tail.filter(account__line__code=line)
        if currency:
            rolled, tail = rolled.filter(currency=currency), tail.filter(currency=currency)
    return (rolled.aggregate(sum=Sum("entries"))["sum"] or 0) + tail.count()


def walk(
    *,
    account: Account,
    first: date | None,
    last: date | None,
    recorded_at: datetime | None = None,
    opening: Decimal | None = None,
) -> Iterator[Booked]:
    """All entries of the days with their balances, read page by page."""
    after: Place | None = None
    while True:
        found = page(account=account, first=first, last=last, after=after, limit=PAGE, recorded_at=recorded_at, opening=opening)
        yield from found.entries
        if not found.has_more:
            return
        after, opening = found.entries[-1].place, None


def _signed(account: Account, side: str, amount: Decimal) -> Decimal:
    return amount if side == account.normal_side else -amount


def _balance_before(account: Account, day: date | None, recorded_at: datetime | None) -> Decimal:
    if day is None:
        return Decimal(0)
    totals = balances.as_of(account_ids=[account.pk], on=day - timedelta(days=1), recorded_at=recorded_at)
    return totals[account.pk].natural(account.normal_side)


def _window(
    account: Account, first: date | None, last: date | None, limit: int, after: Place | None, recorded_at: datetime | None
) -> list[Entry]:
    """The next ``limit`` entries: from as many days as are needed for that many."""
    found: list[Entry] = []
    while len(found) < limit:
        until = _enough_days(account, first, last, limit)
        rows = _entries(account, first, until, recorded_at)
        if after is not None:
            rows = rows.filter(Q(effective_on__gt=after[0]) | Q(effective_on=after[0], id__gt=after[1]))
        found += rows.select_related("journal").order_by("effective_on", "id")[: limit - len(found)]
        if until is None or until == last:
            break
        first, after = until + timedelta(days=1), None
    return found


def _enough_days(account: Account, first: date | None, last: date | None, limit: int) -> date | None:
    """The day until which the snapshots hold ``limit`` entries; ``last`` when they hold fewer."""
    rows = AccountMovement.objects.filter(account_id=account.pk, **_days(first, last))
    counted = 0
    for day, entries in rows.order_by("effective_on").values_list("effective_on", "entries")[:limit]:
        counted += entries
        if counted >= limit:
            return day
    return last


def _entries(account: Account, first: date | None, last: date | None, recorded_at: datetime | None) -> QuerySet[Entry]:
    spans = AccountMovement.objects.filter(account_id=account.pk, **_days(first, last)).values_list("first_id", "last_id")
    rollup = RollUp.objects.get()
    where = Q(id__gt=rollup.entry_id, posted_xid__gte=rollup.xid)
    for low, high in _merged(spans):
        where |= Q(id__gte=low, id__lte=high)
    rows = Entry.objects.filter(where, account_id=account.pk, **_days(first, last))
    return rows if recorded_at is None else rows.filter(posted_at__lte=recorded_at)


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans as few as possible: backdating makes them overlap, and neighbouring days follow each other."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _days(first: date | None, last: date | None) -> dict[str, date]:
    return {name: day for name, day in (("effective_on__gte", first), ("effective_on__lte", last)) if day is not None}

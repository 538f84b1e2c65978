"""Periods of a book: months that are soft-closed, reopened, closed; and the year, whose earnings go to retained earnings.

Periods are closed from the oldest on, and only when their days are over in the book's zone; the database refuses the rest (the
book's guard and the posting functions). Soft-closed: only adjustments by finance, and it can be reopened, newest first. Closed:
nothing more, for good. Closing does not wait for the seals: what is not sealed yet is said in the preview. It refuses while the
newest verification found something. The financial year is the calendar year.
"""

import calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from flowlet.audit.services import log
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.money import exact, to_text
from flowlet.core.states import check_move
from ledger import errors
from ledger.choices import AccountType, PeriodStatus, Side
from ledger.models import Account, Book, Journal, Period, SealBlock, Verification
from ledger.selectors import balances
from ledger.selectors.reports.figures import CLOSING_KIND, closing_ids
from ledger.services import accounts, charts, journals
from ledger.services.journals import Leg, Posted
from ledger.services.refusals import translated
from ledger.states import PERIOD_MOVES


@dataclass(frozen=True, slots=True)
class YearClose:
    """What closing a year posts: the result per currency, by how many legs, and (unless it was a preview) the journal."""

    year: int
    results: dict[str, Decimal]
    legs: tuple[Leg, ...]
    posted: Posted | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What stands in the way of closing a period, and what an accountant wants to know before."""

    period: Period
    refusal: DomainError | None
    unsealed_journals: int


@transaction.atomic
def define_months(*, book_id: int, through: date, actor: Actor, at: datetime) -> list[Period]:
    """Give the book a period for each month until the one that holds ``through``; answers the new ones.

    The first month starts on the day the book was opened. Periods that exist are left as they are.
    """
    book = _locked(book_id)
    newest = Period.objects.filter(book=book).order_by("-ends_on").first()
    start = newest.ends_on + timedelta(days=1) if newest else book.opened_on
    made = []
    while start <= through:
        end = start.replace(day=calendar.monthrange(start.year, start.month)[1])
        made.append(Period(book=book, starts_on=start, ends_on=end, created_at=at))
        start = end + timedelta(days=1)
    with translated():
        Period.objects.bulk_create(made)
    if made:
        _tell(book, "ledger.periods.defined", actor, at, after={"from": str(made[0].starts_on), "through": str(made[-1].ends_on)})
    return made


@transaction.atomic
def soft_close(*, period_id: UUID, actor: Actor, at: datetime, reason: str = "") -> Period:
    """From now on only adjustments are taken for the days of the period.

    Raises PeriodNotFound, IllegalMove, PeriodNotOver, PeriodOutOfOrder (an earlier period is open).
    """
    book, period = _both(period_id)
    check_can_soft_close(period=period, book=book)
    book.soft_closed_through = max(filter(None, [book.soft_closed_through, period.ends_on]))
    return _move(book, period, PeriodStatus.SOFT_CLOSED, actor, at, reason)


@transaction.atomic
def reopen(*, period_id: UUID, actor: Actor, at: datetime, reason: str) -> Period:
    """Take postings for a soft-closed period again.

    Raises PeriodNotFound, IllegalMove, PeriodOutOfOrder (a later period is soft-closed: the newest is reopened first).
    """
    book, period = _both(period_id)
    check_can_reopen(period=period)
    earlier = Period.objects.filter(book=book, ends_on__lt=period.starts_on).exclude(status=PeriodStatus.OPEN).first()
    book.soft_closed_through = earlier.ends_on if earlier else None
    return _move(book, period, PeriodStatus.OPEN, actor, at, reason)


@transaction.atomic
def close(*, period_id: UUID, actor: Actor, at: datetime, reason: str = "") -> Period:
    """Nothing is posted for the days of the period any more, for good.

    Raises PeriodNotFound, IllegalMove, PeriodNotOver, PeriodOutOfOrder (an earlier period is not closed), YearNotClosed,
    BooksNotClean.
    """
    book, period = _both(period_id)
    check_can_close(period=period, book=book)
    book.closed_through = period.ends_on
    book.soft_closed_through = max(filter(None, [book.soft_closed_through, period.ends_on]))
    period.closed_at, period.closed_by = at, str(actor)
    return _move(book, period, PeriodStatus.CLOSED, actor, at, reason)


@transaction.atomic
def close_through(*, book_id: int, through: date, soft: bool, actor: Actor, at: datetime) -> list[Period]:
    """Close (or soft-close) every period that ends by ``through``, oldest first, all or none. Raises as ``close`` and ``soft_close``."""
    done = []
    finished = [PeriodStatus.CLOSED, PeriodStatus.SOFT_CLOSED] if soft else [PeriodStatus.CLOSED]
    for period in Period.objects.filter(book_id=book_id, ends_on__lte=through).exclude(status__in=finished).order_by("starts_on"):
        done.append((soft_close if soft else close)(period_id=period.pk, actor=actor, at=at))
    return done


@transaction.atomic
def close_days(*, book_id: int, through: date, actor: Actor, at: datetime) -> Book:
    """From now on only adjustments are taken for days up to ``through``; of days closed further already nothing changes.

    Raises BookNotFound, PeriodNotOver.
    """
    book = _locked(book_id)
    _check_over(book, through)
    if book.soft_closed_through is None or book.soft_closed_through < through:
        before, book.soft_closed_through = book.soft_closed_through, through
        _save_days(book)
        _tell(book, "ledger.days.closed", actor, at, after={"through": str(through), "before": str(before) if before else None})
    return book


@transaction.atomic
def reopen_days(*, book_id: int, first: date, actor: Actor, at: datetime) -> Book:
    """Take postings for days from ``first`` on again. Raises BookNotFound, PeriodOutOfOrder (a soft-closed month holds the day)."""
    book = _locked(book_id)
    month = Period.objects.filter(book=book, ends_on__gte=first).exclude(status=PeriodStatus.OPEN).first()
    if month is not None:
        raise errors.PeriodOutOfOrder(f"The month from {month.starts_on} to {month.ends_on} is not open; reopen it first.")
    if book.soft_closed_through is not None and book.soft_closed_through >= first:
        before, book.soft_closed_through = book.soft_closed_through, first - timedelta(days=1)
        _save_days(book)
        _tell(book, "ledger.days.reopened", actor, at, after={"from": str(first), "before": str(before)})
    return book


def preview(*, period: Period) -> Preview:
    """What closing the period would meet now; changes nothing."""
    book = period.book
    refusal: DomainError | None = None
    try:
        check_can_close(period=period, book=book)
    except DomainError as error:
        refusal = error
    head = SealBlock.objects.order_by("-number").values_list("to_xid", flat=True).first() or 0
    unsealed = Journal.objects.filter(
        book=book, posted_xid__gte=head, effective_on__gte=period.starts_on, effective_on__lte=period.ends_on
    ).count()
    return Preview(period, refusal, unsealed)


@transaction.atomic
def close_year(*, book_id: int, year: int, actor: Actor, at: datetime, dry_run: bool = False) -> YearClose:
    """Carry the earnings of a year to retained earnings: one journal, effective on its last day, that empties income and
    expenses.

    December may be soft-closed, not closed. Raises BookNotFound, PeriodNotOver, PeriodOutOfOrder (the year before has earnings
    that were not carried over), YearAlreadyClosed, NothingToClose, and what posting raises (an account is frozen or closed, the
    period is closed).
    """
    book = _locked(book_id)
    last = date(year, 12, 31)
    _check_over(book, last)
    number = _next_closing(book, year)
    if _unclosed(book, date(year - 1, 12, 31)):
        raise errors.PeriodOutOfOrder(f"Income and expenses of {year - 1} have not been carried over yet; close that year first.")
    found = _unclosed(book, last)
    if not found:
        raise errors.NothingToClose
    results: dict[str, Decimal] = defaultdict(Decimal)
    legs = []
    for account, net in found:  # net: debits less credits
        legs.append(Leg(account.pk, Side.CREDIT if net > 0 else Side.DEBIT, exact(abs(net), account.currency)))
        results[account.currency] -= net
    for currency, result in sorted(results.items()):
        if result:
            kept = accounts.system_account(book_id=book.pk, line=charts.RETAINED_EARNINGS, currency=currency, actor=actor, at=at)
            legs.append(Leg(kept.pk, Side.CREDIT if result > 0 else Side.DEBIT, exact(abs(result), currency)))
    posted = journals.post(
        book_id=book.pk,
        legs=legs,
        kind=CLOSING_KIND,
        actor=actor,
        effective_on=last,
        description=f"Earnings of {year} carried to retained earnings",
        external_id=closing_ids(year)[number],
        adjusting=True,
        dry_run=dry_run,
    )
    if dry_run:
        transaction.set_rollback(True)  # the account for retained earnings may be new
        return YearClose(year, dict(results), tuple(legs))
    after = {
        "year": year,
        "results": {currency: to_text(result, currency) for currency, result in results.items()},
        "journal": posted.public_id,
    }
    _tell(book, "ledger.year.closed", actor, at, after=after)
    return YearClose(year, dict(results), tuple(legs), posted)


def check_can_soft_close(*, period: Period, book: Book | None = None) -> None:
    """Raises IllegalMove, PeriodNotOver, PeriodOutOfOrder."""
    check_move(PERIOD_MOVES, period.status, PeriodStatus.SOFT_CLOSED)
    _check_over(book or period.book, period.ends_on)
    _check_earlier(period, [PeriodStatus.SOFT_CLOSED, PeriodStatus.CLOSED])


def check_can_reopen(*, period: Period) -> None:
    """Raises IllegalMove, PeriodOutOfOrder."""
    check_move(PERIOD_MOVES, period.status, PeriodStatus.OPEN)
    if Period.objects.filter(book_id=period.book_id, starts_on__gt=period.ends_on).exclude(status=PeriodStatus.OPEN).exists():
        raise errors.PeriodOutOfOrder("A later period is soft-closed; reopen the newest first.")


def check_can_close(*, period: Period, book: Book | None = None) -> None:
    """Raises IllegalMove, PeriodNotOver, PeriodOutOfOrder, YearNotClosed, BooksNotClean."""
    check_move(PERIOD_MOVES, period.status, PeriodStatus.CLOSED)
    book = book or period.book
    _check_over(book, period.ends_on)
    _check_earlier(period, [PeriodStatus.CLOSED])
    year = _year_ends(period)
    if year and _unclosed(book, date(year, 12, 31)):
        raise errors.YearNotClosed(
            f"Income and expenses of {year} have not been carried to retained earnings; close the year first."
        )
    newest = Verification.objects.order_by("-id").only("is_clean", "finished_at").first()
    if newest is not None and not newest.is_clean:
        raise errors.BooksNotClean(
            f"The verification of {newest.finished_at:%Y-%m-%d %H:%M} UTC found something. Clear it up first."
        )


def _locked(book_id: int) -> Book:
    book = Book.objects.select_for_update(no_key=True).filter(pk=book_id).first()
    if book is None:
        raise errors.BookNotFound
    return book


def _both(period_id: UUID) -> tuple[Book, Period]:
    """The book, locked, and the period as it stands under that lock."""
    book_id = Period.objects.filter(pk=period_id).values_list("book_id", flat=True).first()
    if book_id is None:
        raise errors.PeriodNotFound
    book = _locked(book_id)
    return book, Period.objects.get(pk=period_id)


def _move(book: Book, period: Period, status: PeriodStatus, actor: Actor, at: datetime, reason: str) -> Period:
    before = period.status
    period.status = status
    with translated(), connection.cursor() as cursor:
        # What this transaction posted itself is checked against the books as they were then, not as they are at its end.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        book.save(update_fields=["closed_through", "soft_closed_through"])  # waits for the postings under way
        period.save(update_fields=["status", "closed_at", "closed_by"])
    log.record(
        action=f"ledger.period.{'reopened' if status == PeriodStatus.OPEN else status.lower()}",
        actor=actor,
        at=at,
        target=period.public_id,
        partner_id=book.partner_id,
        reason=reason,
        before={"status": before},
        after={"status": str(status), "starts_on": str(period.starts_on), "ends_on": str(period.ends_on)},
    )
    return period


def _save_days(book: Book) -> None:
    with translated(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        book.save(update_fields=["soft_closed_through"])  # waits for the postings under way


def _tell(book: Book, action: str, actor: Actor, at: datetime, after: dict[str, Any]) -> None:
    log.record(action=action, actor=actor, at=at, target=book.public_id, partner_id=book.partner_id, after=after)


def _check_over(book: Book, last: date) -> None:
    today = clock.day_of(clock.now(), zone=book.time_zone)
    if last >= today:
        raise errors.PeriodNotOver(f"{last} is not over in {book.time_zone}.")


def _check_earlier(period: Period, allowed: list[PeriodStatus]) -> None:
    earlier = Period.objects.filter(book_id=period.book_id, ends_on__lt=period.starts_on).exclude(status__in=allowed)
    open_one = earlier.order_by("starts_on").first()
    if open_one is not None:
        raise errors.PeriodOutOfOrder(f"The period {open_one} comes first; it is {open_one.get_status_display().lower()}.")


def _year_ends(period: Period) -> int:
    """The year whose last day lies in the period, or 0."""
    for year in range(period.starts_on.year, period.ends_on.year + 1):
        if period.starts_on <= date(year, 12, 31) <= period.ends_on:
            return year
    return 0


def _next_closing(book: Book, year: int) -> int:
    """Which closing of the year this is, counted from 0. Raises YearAlreadyClosed when the newest still stands."""
    names = closing_ids(year)
    taken: dict[str, Any] = dict(Journal.objects.filter(book=book, external_id__in=names).values_list("external_id", "pk"))
    own = Journal.objects.filter(pk__in=taken.values(), kind=CLOSING_KIND).values_list("pk", flat=True)
    undone = set(Journal.objects.filter(reverses__in=own).values_list("reverses_id", flat=True))
    if set(own) - undone:
        raise errors.YearAlreadyClosed(f"{year} has been closed. Reverse its closing journal to close it again.")
    free = [number for number, name in enumerate(names) if name not in taken]
    if not free:
        raise errors.YearAlreadyClosed(f"{year} has been closed and reopened {len(names)} times.")
    return free[0]


def _unclosed(book: Book, on: date) -> list[tuple[Account, Decimal]]:
    """Income and expense accounts with a balance on a day (debits less credits), by key."""
    found = Account.objects.filter(book=book, line__type__in=[AccountType.INCOME, AccountType.EXPENSE]).order_by("pk")
    rows = {account.pk: account for account in found}
    totals = balances.as_of(account_ids=rows, on=on)
    nets = ((rows[key], total.debits - total.credits) for key, total in sorted(totals.items()))
    return [(account, net) for account, net in nets if net]

"""Closing a business day: settle, reconcile, revalue, add up, verify, seal; refused while something is unexplained.

Each step is a transaction (or several) of its own and can be repeated, so ``close`` can be interrupted and run again, and running it on a
closed day changes nothing. What is missing is said in words and kept on the day's row. ``reopen`` takes two people.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from flowlet.approvals.errors import Obsolete
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.events.services import outbox
from ledger.models import Account, Book
from ledger.selectors import balances, reconciliation
from ledger.services import charts, periods, revaluation, seals, snapshots, verification
from ledger.services import reconciliation as reconciling
from payments import errors, events
from payments.choices import Closing, DayStatus, PaymentStatus
from payments.models import Batch, BusinessDay, Payment
from payments.policies import calendars
from payments.services import settlement

REOPEN = "payments.reopen_day"
Told = Callable[[str], None]


class _Missing(Exception):
    """A step found something that has to be there first."""

    def __init__(self, *words: str) -> None:
        self.words = words
        super().__init__("; ".join(words))


def close(*, book_id: int, day: date, actor: Actor, at: datetime, told: Told = lambda step: None) -> BusinessDay:
    """Close the day and all before it: postings for them need an adjustment by finance afterwards. Not inside a transaction.

    ``told`` hears of each step. Raises DayNotOver, and DayNotReady with all that is missing; what was done until then stays done.
    """
    book = Book.objects.select_related("partner").get(pk=book_id)
    check_is_over(book, day, at=at)
    row = _begin(book, day)
    if row.status == DayStatus.CLOSED:
        return row
    steps: list[dict[str, Any]] = []
    missing: list[str] = []
    for name, step in STEPS:
        told(name)
        get_on(row, Closing.RUNNING, step=name, at=clock.now())
        lacks: list[str] = []
        outcome = ""
        try:
            outcome = step(book, day, actor, at)
        except _Missing as refusal:
            lacks = list(refusal.words)
        except DomainError as refusal:
            lacks = [f"{refusal.message} ({refusal.code})"]
        except BaseException as broken:  # an interruption too: whoever looks at the page reads that nothing goes on
            failure = (
                f"Step {name!r} broke off: {type(broken).__name__}. The log has the rest. What was done before it stays done."
            )
            get_on(row, Closing.FAILED, step=name, failure=failure, at=clock.now())
            raise
        steps.append({"step": name, "is_done": not lacks, "outcome": outcome or " ".join(lacks)})
        missing += lacks
    try:
        row = _end(row.pk, steps, missing, actor, at)
    except _Missing as refusal:
        missing += refusal.words
        steps.append({"step": "close", "is_done": False, "outcome": str(refusal)})
        row = _end(row.pk, steps, missing, actor, at)
    if missing:
        raise errors.DayNotReady(" ".join(missing), day=str(day), missing=missing)
    return row


@transaction.atomic
def request_reopening(*, day_id: UUID, reason: str, actor: Actor, at: datetime) -> Approval:
    """Ask for the newest closed day to be open again; another person approves. Raises DayNotClosed and what approvals raise."""
    row = BusinessDay.objects.select_related("book").get(pk=day_id)
    _check_can_reopen(row)
    return requests.submit(
        kind=REOPEN,
        payload={"day_id": row.public_id, "book": row.book.public_id, "day": str(row.day)},
        subject=row.public_id,
        reason=reason,
        actor=actor,
        at=at,
        partner_id=row.book.partner_id,
    )


@transaction.atomic
def execute_reopening(*, approval: Approval, actor: Actor, at: datetime) -> BusinessDay:
    """Carry an approved request out."""
    row = (
        BusinessDay.objects.select_for_update(of=("self",))
        .select_related("book")
        .get(pk=BusinessDay.key(approval.payload["day_id"]))
    )
    try:
        _check_can_reopen(row)
    except DomainError as refusal:
        raise Obsolete(refusal.message) from refusal
    periods.reopen_days(book_id=row.book_id, first=row.day, actor=actor, at=at)
    row.status, row.reopened_by, row.reopened_at, row.updated_at = DayStatus.REOPENED, str(actor), at, at
    row.save()
    _tell(row, events.DAY_REOPENED, actor, at, reason=approval.reason)
    return row


def describe_reopening(approval: Approval) -> dict[str, str]:
    """What the checker sees."""
    return {"Book": approval.payload["book"], "Day": approval.payload["day"]}


def _check_can_reopen(row: BusinessDay) -> None:
    newest = BusinessDay.objects.filter(book_id=row.book_id, status=DayStatus.CLOSED).order_by("-day").first()
    if newest is None or newest.pk != row.pk:
        raise errors.DayNotClosed(newest=str(newest.day) if newest else None)


def check_is_over(book: Book, day: date, *, at: datetime) -> None:
    """Raises DayNotOver."""
    if not book.opened_on <= day < clock.day_of(at, zone=book.time_zone):
        raise errors.DayNotOver(earliest=str(book.opened_on))


def get_on(row: BusinessDay, to: Closing, *, step: str = "", failure: str = "", at: datetime) -> None:
    """Write down how far the run is."""
    row.closing, row.closing_step, row.closing_moved_at, row.failure = to, step, at, failure[:500]
    row.save(update_fields=["closing", "closing_step", "closing_moved_at", "closing_claim", "failure"])


def _begin(book: Book, day: date) -> BusinessDay:
    at = clock.now()
    row, _ = BusinessDay.objects.get_or_create(book=book, day=day, defaults={"created_at": at, "updated_at": at})
    return row


@transaction.atomic
def _end(row_id: UUID, steps: list[dict[str, Any]], missing: list[str], actor: Actor, at: datetime) -> BusinessDay:
    row = BusinessDay.objects.select_for_update(of=("self",)).select_related("book").get(pk=row_id)
    row.closing, row.closing_step, row.closing_moved_at, row.failure = Closing.MISSING if missing else Closing.DONE, "", at, ""
    if row.status == DayStatus.CLOSED:  # a twin was faster
        row.closing = Closing.DONE
        row.save(update_fields=["closing", "closing_step", "closing_moved_at", "failure"])
        return row
    row.steps, row.missing, row.runs, row.updated_at = steps, missing, row.runs + 1, at
    if not missing:
        periods.close_days(book_id=row.book_id, through=row.day, actor=actor, at=at)
        _prove(row.book, row.day, actor, at)  # again, now that nothing more is posted for the day
        head = seals.head()
        row.status, row.closed_by, row.closed_at, row.head = DayStatus.CLOSED, str(actor), at, head.hash if head else ""
    row.save()
    if not missing:
        _tell(row, events.DAY_CLOSED, actor, at)
    return row


def _tell(row: BusinessDay, fact: str, actor: Actor, at: datetime, reason: str = "") -> None:
    data = {
        "id": row.public_id,
        "book_id": row.book.public_id,
        "day": str(row.day),
        "status": str(row.status),
        "head": row.head or None,
    }
    log.record(action=fact, actor=actor, at=at, target=row.public_id, partner_id=row.book.partner_id, reason=reason, after=data)
    outbox.publish(type=fact, partner_id=row.book.partner_id, subject=row.public_id, data=data, at=at)


# The steps, in their order. Each answers its outcome in words, or raises _Missing with what has to be there first.


def _settle(book: Book, day: date, actor: Actor, at: datetime) -> str:
    done = settlement.run(at=at, actor=actor, partner_id=book.partner_id)
    if done.refusals:
        raise _Missing(*[f"A file is held up: {refusal['message']}" for refusal in done.refusals])
    waiting = Batch.objects.filter(pk__in=done.waiting_keys, cutoff_at__lt=_end_of(day, book)).count()
    if waiting:  # what leaves with a later day's cut-off is no matter of this day
        raise _Missing(f"Files that wait for a second person to release them: {waiting}.")
    return f"files built: {len(done.built_keys)}, delivered: {len(done.delivered_keys)}, payments settled: {done.settled}"


def _end_of(day: date, book: Book) -> datetime:
    return clock.beginning_of(day + timedelta(days=1), zone=book.time_zone)


def _reconcile(book: Book, day: date, actor: Actor, at: datetime) -> str:
    results = [
        reconciling.run(bank_account_id=account.pk, actor=actor, at=at) for account in reconciliation.of_book(book_id=book.pk)
    ]
    matched = sum(sum(result.matched.values()) for result in results)
    return f"bank accounts: {len(results)}, matches: {matched}"


def _prove(book: Book, day: date, actor: Actor, at: datetime) -> str:
    calendar = {"USD": calendars.Calendar.XFED, "EUR": calendars.Calendar.XECB}
    proofs = []
    for account in reconciliation.of_book(book_id=book.pk).filter(starts_on__lte=day):
        found = calendar.get(account.currency)
        open_that_day = None if found is None else calendars.is_banking_day(day, calendar=found)
        proofs.append(reconciliation.proof(bank_account=account, on=day, is_banking_day=open_that_day))
    missing = [f"{proof.bank_account}: {words}" for proof in proofs for words in proof.missing]
    covered = {key for proof in proofs for key in proof.bank_account.members.values_list("account_id", flat=True)}
    banks = Account.objects.filter(book=book, line__code__in=[charts.SAFEGUARDING, charts.OPERATING_BANK]).exclude(pk__in=covered)
    totals = balances.as_of(account_ids=list(banks.values_list("pk", flat=True)), on=day)
    for account in banks:
        if account.pk in totals and totals[account.pk].debits != totals[account.pk].credits:
            missing.append(f"{account.code} {account.currency} is not reconciled with any bank account: register one.")
    if missing:
        raise _Missing(*missing)
    return f"bank accounts proven: {len(proofs)}"


def _revalue(book: Book, day: date, actor: Actor, at: datetime) -> str:
    done = revaluation.revalue(book_id=book.pk, on=day, actor=actor, at=at)
    return f"positions revalued: {len(done.due)}" if done.due else "no position to revalue"


def _unknown(book: Book, day: date, actor: Actor, at: datetime) -> str:
    """Payments without a clear answer are no reason to keep the day open: they are known, and asked for. They are counted."""
    count = Payment.objects.filter(partner_id=book.partner_id, status=PaymentStatus.UNKNOWN).count()
    return f"payments without a clear answer: {count}"


def _add_up(book: Book, day: date, actor: Actor, at: datetime) -> str:
    return f"entries added up: {snapshots.roll_up()}"


def _verify(book: Book, day: date, actor: Actor, at: datetime) -> str:
    report = verification.verify()
    if not report.is_clean:
        first = report.findings[0]
        raise _Missing(f"The books are not sound: {first.check}: {first.where}: {first.message}")
    return f"journals sound: {report.journals}"


def _seal(book: Book, day: date, actor: Actor, at: datetime) -> str:
    return f"journals sealed: {seals.seal()}"


STEPS: tuple[tuple[str, Callable[[Book, date, Actor, datetime], str]], ...] = (
    ("settle", _settle),
    ("reconcile", _reconcile),
    ("prove", _prove),
    ("revalue", _revalue),
    ("unknown", _unknown),
    ("add up", _add_up),
    ("verify", _verify),
    ("seal", _seal),
)

"""What is due goes out: gathered by rail, partner, currency and cut-off into batches, written into files, released, delivered, settled.

``run`` does all of it and can be interrupted and run again at any point: a batch is gathered, booked and its file built in one
transaction, so that a payment is in no file or in exactly one; delivery of a file under its own name is repeated without harm
(``delivery``).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.choices import CustomerStatus, Mode, PartnerStatus
from flowlet.audit.services import log
from flowlet.core import clock, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError, FourEyesRequired
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from payments import errors, events
from payments.choices import BatchStatus, Direction, PaymentStatus, Rail
from payments.models import Batch, Payment
from payments.policies import cutoffs, kinds, returns
from payments.services import (
    counterparties,
    delivery,
    files,
    mandates,
    outcomes,
    payments,
    postings,
    recurring,
    sending,
    steps,
    verification_runs,
)
from payments.services.steps import Step
from payments.states import BATCH_MOVES
from wallets.choices import WalletStatus

_log = structlog.get_logger("payments.settlement")
S = PaymentStatus
FILE_RAILS = tuple(rail for rail, rules in kinds.RAILS.items() if rules.has_files)
READY = {Direction.OUT: S.HELD, Direction.IN: S.APPROVED}
GRACE = timedelta(minutes=30)  # a run may be this late for its cut-off, our shortest lead; what is later goes with the next
_WITH = ("wallet__account", "external_account", "mandate", "original")


_TRACES = """
UPDATE payments_payment p SET batch_id = %s, trace = t.trace, provider = %s
  FROM unnest(%s::uuid[], %s::text[]) AS t(id, trace) WHERE p.id = t.id"""


@dataclass(slots=True)
class Run:
    """What one run did: scheduled and recurring payments decided, batches built, released and delivered, payments settled, and what was
    held up.
    """

    decided: int = 0
    built: list[Batch] = field(default_factory=list)
    delivered: list[Batch] = field(default_factory=list)
    waiting: list[Batch] = field(default_factory=list)
    settled: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)


def run(
    *,
    at: datetime,
    actor: Actor,
    rail: Rail | None = None,
    partner_id: UUID | None = None,
    early: bool = False,
    told: Callable[[str], None] = lambda _: None,
) -> Run:
    """Decide what is scheduled, gather what is due (``early``: also what is not yet), release what one person may, deliver, settle what
    is due.

    ``told`` hears of each step, for a progress bar.
    """
    done = Run()
    if rail is None and partner_id is None:
        done.decided = recurring.run_due(at=at, actor=actor) + payments.release_due(at=at, actor=actor)
    roll_over(at=at)
    for group in due_groups(at=at, rail=rail, partner_id=partner_id, early=early):
        try:
            while (batch := gather(group, at=at, actor=actor, early=early)) is not None:
                told(batch.public_id)
                done.built.append(batch)
        except DomainError as refusal:  # one group's trouble is not the others'
            _log.warning("group is held up", partner=str(group[0]), rail=group[1], code=refusal.code)
            done.refusals.append({"group": [str(part) for part in group], "code": refusal.code, "message": refusal.message})
    if rail in {None, Rail.ACH}:
        done.built += verification_runs.gather_due(at=at, actor=actor, grace=GRACE, partner_id=partner_id, early=early)
    open_batches = Batch.objects.filter(status__in=[BatchStatus.BUILT, BatchStatus.RELEASED])
    for batch in _of(open_batches, rail, partner_id).order_by("pk"):
        try:
            if batch.status == BatchStatus.BUILT:
                if batch.needs_two:
                    done.waiting.append(batch)
                    continue
                release(batch_id=batch.pk, actor=actor, at=at)
            done.delivered.append(deliver(batch_id=batch.pk, actor=actor, at=at))
        except DomainError as refusal:
            _log.warning("batch is held up", batch=batch.public_id, code=refusal.code)
            done.refusals.append({"batch": batch.public_id, "code": refusal.code, "message": refusal.message})
        told(batch.public_id)
    done.settled, refusals = settle_due(at=at, actor=actor, rail=rail, partner_id=partner_id)
    done.refusals += refusals
    if rail in {None, Rail.ACH}:
        done.settled += verification_runs.settle_due(at=at, actor=actor)
    return done


def due_groups(
    *, at: datetime, rail: Rail | None = None, partner_id: UUID | None = None, early: bool = False
) -> list[tuple[UUID, str, str, str, date]]:
    """(partner, rail, currency, direction, value day) of what is ready to go, in that order."""
    found: set[tuple[UUID, str, str, str, date]] = set()
    for direction, status in READY.items():
        rows = Payment.objects.filter(status=status, direction=direction, rail__in=FILE_RAILS, batch=None)
        if not early:
            rows = rows.filter(cutoff_at__lte=at)
        found |= set(
            _of(rows, rail, partner_id).values_list("partner_id", "rail", "currency", "direction", "value_on").distinct()
        )
    return sorted(found)


@transaction.atomic
def roll_over(*, at: datetime) -> int:
    """Give payments that missed their cut-off (nobody ran, or their wallet was frozen) the next one; answers how many."""
    moved = 0
    late = Payment.objects.filter(
        status__in=READY.values(), rail__in=FILE_RAILS, batch=None, cutoff_at__lt=at - GRACE, wallet__status=WalletStatus.OPEN
    )
    for rail, same_day in late.values_list("rail", "same_day").distinct():
        window = cutoffs.next_cutoff(rail, at, same_day=same_day)
        # What another run is gathering is locked: it goes with the file that it is in.
        free = late.filter(rail=rail, same_day=same_day).select_for_update(no_key=True, of=("self",), skip_locked=True)
        rows = Payment.objects.filter(pk__in=free.values("pk"))
        moved += rows.update(cutoff_at=window.cutoff_at, value_on=window.value_on)
    return moved


@transaction.atomic
def gather(group: tuple[UUID, str, str, str, date], *, at: datetime, actor: Actor, early: bool = False) -> Batch | None:
    """One batch of what one file carries of the group's next cut-off, booked and with its file built; None when nothing is left.

    Payments whose wallet or customer was frozen meanwhile stay where they are. One that cannot be sent any more (its external account was
    blocked or closed, or corrected to what the rail does not carry, or its mandate revoked) fails, and does not hold up the others. Two
    runs at once take different payments.
    """
    while found := _ready(group, at=at, early=early):
        found = files.fitting(group[1], _with_places(_usable(found, at=at, actor=actor), at=at, actor=actor))
        if not found:
            continue
        try:
            with transaction.atomic():
                return _gathered(group, found, at=at, actor=actor)
        except DomainError:
            if not _put_aside(found, at=at, actor=actor):
                raise
    return None


def _ready(group: tuple[UUID, str, str, str, date], *, at: datetime, early: bool) -> list[Payment]:
    """The group's payments of the earliest cut-off, locked, as many as one file carries at most."""
    partner_id, rail, currency, direction, value_on = group
    rows = Payment.objects.filter(
        partner_id=partner_id,
        rail=rail,
        currency=currency,
        direction=direction,
        value_on=value_on,
        status=READY[Direction(direction)],
        batch=None,
        partner__status=PartnerStatus.ACTIVE,
        wallet__status=WalletStatus.OPEN,
        customer__status=CustomerStatus.ACTIVE,
    ).select_for_update(no_key=True, of=("self",), skip_locked=True)
    if not early:
        rows = rows.filter(cutoff_at__lte=at)
    first = rows.order_by("cutoff_at", "pk").first()
    if first is None:
        return []
    rows = rows.filter(cutoff_at=first.cutoff_at, same_day=first.same_day)
    return list(rows.select_related(*_WITH).order_by("pk")[: files.LARGEST[Rail(rail)]])


def _usable(found: Sequence[Payment], *, at: datetime, actor: Actor) -> list[Payment]:
    """Those whose external account can still be used; the others fail."""
    usable = []
    for payment in found:
        try:
            counterparties.check_still_usable(payment)
        except counterparties.NOT_USABLE as refusal:
            _fail(payment, refusal, at=at, actor=actor)
        else:
            usable.append(payment)
    return usable


def _with_places(found: Sequence[Payment], *, at: datetime, actor: Actor) -> list[Payment]:
    """Let collections take their places in their mandates; those whose mandate allows none fail. Mandates are locked in one order."""
    left = set()
    for payment in sorted(found, key=lambda one: (str(one.mandate_id), one.pk)):
        if payment.mandate_id is None:
            continue
        try:
            mandates.next_sequence(
                mandate_id=payment.mandate_id,
                reference=payment.public_id,
                on=payment.value_on,
                is_final=payment.is_final,
                actor=actor,
                at=at,
            )
        except errors.MandateNotActive as refusal:
            _fail(payment, refusal, at=at, actor=actor)
            left.add(payment.pk)
    return [payment for payment in found if payment.pk not in left]


def _put_aside(found: Sequence[Payment], *, at: datetime, actor: Actor) -> int:
    """Fail those of locked payments that no file can carry; answers how many."""
    failed = 0
    for payment in Payment.objects.filter(pk__in=[one.pk for one in found]).select_related(*_WITH).order_by("pk"):
        try:
            files.check(payment, at=at)
        except (errors.ExternalAccountUnfit, errors.UnfitForRail) as refusal:
            _fail(payment, refusal, at=at, actor=actor)
            failed += 1
    return failed


def _fail(payment: Payment, refusal: DomainError, *, at: datetime, actor: Actor) -> None:
    _log.warning("payment cannot be sent", payment=payment.public_id, code=refusal.code)
    outcomes.fail(payment_id=payment.pk, reason_code=refusal.code, reason=refusal.message, actor=actor, at=at)


def _gathered(group: tuple[UUID, str, str, str, date], found: Sequence[Payment], *, at: datetime, actor: Actor) -> Batch:
    partner_id, rail, currency, direction, value_on = group
    total = sum((payment.amount for payment in found), start=found[0].amount * 0)
    threshold = settings.FILE_TWO_PEOPLE_ABOVE.get(currency)
    batch = Batch(
        id=ids.uuid7(),
        partner_id=partner_id,
        rail=rail,
        direction=direction,
        currency=currency,
        number=_next("payments_file_number", 1)[0],
        cutoff_at=found[0].cutoff_at or at,
        value_on=value_on,
        count=len(found),
        total=total,
        needs_two=threshold is not None and total > threshold,
        created_at=at,
    )
    batch.save(force_insert=True)
    traces = files.traces(rail, _next("payments_trace_number", len(found)))
    for payment, trace in zip(found, traces, strict=True):
        payment.batch, payment.trace, payment.provider = batch, trace, files.provider_of(rail)
    _write_traces(found)
    book = postings.sent if direction == Direction.OUT else postings.expected
    journals = book(found, actor=actor, at=at)
    steps.take_many(
        [
            Step(payment=payment, to=S.SUBMITTED, journal_id=journal, details={"batch": batch.public_id})
            for payment, journal in zip(found, journals, strict=True)
        ],
        actor=actor,
        at=at,
    )
    built = files.build(batch, found)
    batch.format, batch.file_name, batch.digest, batch.size = built.format, built.name, built.digest, len(built.content)
    batch.sealed = files.seal(batch, built.content)
    batch.status, batch.built_by, batch.built_at = BatchStatus.BUILT, str(actor), at
    batch.save()
    _tell(batch, events.BATCH_BUILT, actor=actor, at=at)
    return batch


@transaction.atomic
def release(*, batch_id: UUID, actor: Actor, at: datetime) -> Batch:
    """Let a built file go. Above the threshold it is another than who built it (constraint ``large_files_are_released_by_another``).

    Raises BatchNotFound, IllegalMove, FourEyesRequired.
    """
    batch = locked(batch_id)
    if batch.status == BatchStatus.RELEASED:
        return batch
    check_move(BATCH_MOVES, BatchStatus(batch.status), BatchStatus.RELEASED)
    if batch.needs_two and batch.built_by == str(actor):
        raise FourEyesRequired("A file above the threshold is released by somebody else than who built it.")
    batch.status, batch.released_by, batch.released_at = BatchStatus.RELEASED, str(actor), at
    batch.save(update_fields=["status", "released_by", "released_at"])
    _tell(batch, events.BATCH_RELEASED, actor=actor, at=at)
    return batch


def deliver(*, batch_id: UUID, actor: Actor, at: datetime) -> Batch:
    """Hand a released file to its bank, once: the same name with the same content counts as delivered. Not inside a transaction.

    Raises BatchNotFound, FileDiffers, DeliveryFailed; the batch stays RELEASED then, and may be delivered again.
    """
    batch = get_batch(batch_id)
    if batch.status != BatchStatus.RELEASED:
        return batch
    content = files.content_of(batch)
    where = delivery.deliver(batch, content)
    with transaction.atomic():
        batch = locked(batch_id)
        if batch.status == BatchStatus.RELEASED:
            batch.status, batch.delivered_at, batch.delivered_to = BatchStatus.DELIVERED, at, where
            batch.save(update_fields=["status", "delivered_at", "delivered_to"])
            _tell(batch, events.BATCH_DELIVERED, actor=actor, at=at)
    return batch


@transaction.atomic
def answer(*, batch_id: UUID, accepted: bool, text: str = "", actor: Actor, at: datetime) -> Batch:
    """The bank's word on a whole file. A rejected file's payments fail, and their money is back; those whose value day had come count as
    settled, and are returned. Raises BatchNotFound, IllegalMove.
    """
    batch = locked(batch_id)
    to = BatchStatus.ACKNOWLEDGED if accepted else BatchStatus.REJECTED
    if batch.status == to:
        return batch
    check_move(BATCH_MOVES, BatchStatus(batch.status), to)
    batch.status, batch.answered_at, batch.answer = to, at, text[:500]
    batch.save(update_fields=["status", "answered_at", "answer"])
    if not accepted:
        verification_runs.file_rejected(batch, actor=actor, at=at)
        there = batch.payments.exclude(status__in=[S.FAILED, S.RETURNED])
        for payment in there.order_by("mandate_id", "pk"):  # the order of mandates' locks
            end = outcomes.return_ if payment.settled_at else outcomes.fail
            end(payment_id=payment.pk, reason_code=returns.FILE_REJECTED, reason=text, actor=actor, at=at)
    _tell(batch, events.BATCH_ANSWERED, actor=actor, at=at)
    return batch


def settle_due(
    *, at: datetime, actor: Actor, rail: Rail | None = None, partner_id: UUID | None = None
) -> tuple[int, list[dict[str, Any]]]:
    """Settle payments of delivered files whose value day has come where the rail is; answers how many, and which files were held up.

    In the sandbox they wait for their simulation.
    """
    come = Q()
    for one in FILE_RAILS:
        come |= Q(rail=one, value_on__lte=clock.day_of(at, zone=cutoffs.rule(one).zone))
    rows = Payment.objects.filter(
        come,
        status=S.SUBMITTED,
        batch__status__in=[BatchStatus.DELIVERED, BatchStatus.ACKNOWLEDGED],
        partner__mode=Mode.LIVE,
    )
    settled, refusals = 0, []
    keys = _of(rows, rail, partner_id).order_by("batch_id", "pk").values_list("batch_id", "direction", "pk")
    for (batch_id, direction), found in groupby(list(keys), key=lambda row: row[:2]):
        ready = [key for _, _, key in found]
        chunk = outcomes.CHUNK if direction == Direction.OUT else 1
        try:
            for start in range(0, len(ready), chunk):
                if direction == Direction.OUT:
                    settled += outcomes.settle_many(payment_ids=ready[start : start + chunk], actor=actor, at=at)
                else:
                    outcomes.settle(payment_id=ready[start], actor=actor, at=at)
                    settled += 1
        except DomainError as refusal:  # one book's trouble is not the others'
            batch = ids.public_id(Batch.PREFIX, batch_id)
            _log.warning("batch is not settled", batch=batch, code=refusal.code)
            refusals.append({"batch": batch, "code": refusal.code, "message": refusal.message})
    return settled, refusals


def send_ready(*, at: datetime, actor: Actor, limit: int = 200) -> int:
    """Send what is ready on rails without files and was not sent when its event came; answers how many."""
    sent = 0
    for direction, status in READY.items():
        rows = Payment.objects.filter(
            status=status,
            direction=direction,
            partner__status=PartnerStatus.ACTIVE,
            wallet__status=WalletStatus.OPEN,
            customer__status=CustomerStatus.ACTIVE,
        ).exclude(rail__in=[*FILE_RAILS, Rail.BOOK])
        for key in list(rows.order_by("pk").values_list("pk", flat=True)[:limit]):
            try:
                sending.send(payment_id=key, actor=actor, at=at)
                sent += 1
            except DomainError as refusal:
                _log.warning("payment could not be sent", payment_id=str(key), code=refusal.code)
    return sent


def locked(batch_id: UUID) -> Batch:
    """The batch with its row locked. Raises BatchNotFound."""
    found = Batch.objects.select_for_update(no_key=True).filter(pk=batch_id).first()
    if found is None:
        raise errors.BatchNotFound
    return found


def get_batch(batch_id: UUID, *, partner_id: UUID | None = None) -> Batch:
    """The batch, not locked, of this partner if one is named. Raises BatchNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id, "is_verification": False}
    found = Batch.objects.filter(pk=batch_id, **scope).first()
    if found is None:
        raise errors.BatchNotFound
    return found


def _of(rows: QuerySet, rail: Rail | None, partner_id: UUID | None) -> QuerySet:
    if rail is not None:
        rows = rows.filter(rail=rail)
    return rows if partner_id is None else rows.filter(partner_id=partner_id)


def _next(sequence: str, count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(%s) FROM generate_series(1, %s)", [sequence, count])
        return [row[0] for row in cursor.fetchall()]


def _write_traces(found: Iterable[Payment]) -> None:
    rows = list(found)
    with connection.cursor() as cursor:
        cursor.execute(
            _TRACES,
            [rows[0].batch_id, rows[0].provider, [row.pk for row in rows], [row.trace for row in rows]],
        )


def _tell(batch: Batch, fact: str, *, actor: Actor, at: datetime) -> None:
    data = {
        "id": batch.public_id,
        "rail": batch.rail,
        "status": str(batch.status),
        "count": batch.count,
        "total": steps.plain(batch.total, batch.currency),
        "digest": batch.digest or None,
    }
    log.record(action=fact, actor=actor, at=at, target=batch.public_id, partner_id=batch.partner_id, after=data)
    # What micro-deposits add up to is not the partner's to learn.
    reader = None if batch.is_verification else batch.partner_id
    outbox.publish(type=fact, partner_id=reader, subject=batch.public_id, data=data, at=at)

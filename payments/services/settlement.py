"""What is due goes out: files are built (``gathering``), released and delivered, and what the banks have executed is settled.

``run`` does all of it and can be interrupted and run again at any point: a batch is gathered, booked and its file built in one
transaction, so that a payment is in no file or in exactly one; delivery of a file under its own name is repeated without harm
(``delivery``); what is settled is settled in chunks of one transaction each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q

from accounts.choices import CustomerStatus, Mode, PartnerStatus
from flowlet.core import clock, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError, FourEyesRequired
from flowlet.core.states import check_move
from payments import events
from payments.choices import BatchStatus, PaymentStatus, Rail
from payments.models import Batch, Payment
from payments.policies import cutoffs, returns
from payments.services import (
    batch_rows,
    delivery,
    files,
    gathering,
    locks,
    outcomes,
    payments,
    recurring,
    sending,
    verification_runs,
)
from payments.services.gathering import FILE_RAILS, READY
from payments.states import BATCH_MOVES
from wallets.choices import WalletStatus

_log = structlog.get_logger("payments.settlement")
S = PaymentStatus
# What is being done, how many payments it was done to just now, and how many there are of them.
Told = Callable[[str, int, int], None]


@dataclass(slots=True)
class Run:
    """What one run did: scheduled and recurring payments decided, batches built, released and delivered, payments settled, and what was
    held up. Batches are kept by key and read when they are asked for: so they say what became of them, and a long run stays small.
    """

    decided: int = 0
    built_keys: list[UUID] = field(default_factory=list)
    delivered_keys: list[UUID] = field(default_factory=list)
    waiting_keys: list[UUID] = field(default_factory=list)
    settled: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)

    @property
    def built(self) -> list[Batch]:
        """The batches that were built, as they stand now, without their files."""
        return _batches(self.built_keys)

    @property
    def delivered(self) -> list[Batch]:
        """The batches that were delivered."""
        return _batches(self.delivered_keys)

    @property
    def waiting(self) -> list[Batch]:
        """The batches that wait for a second person to release them."""
        return _batches(self.waiting_keys)


def run(
    *,
    at: datetime,
    actor: Actor,
    rail: Rail | None = None,
    partner_id: UUID | None = None,
    early: bool = False,
    told: Told = lambda *_: None,
) -> Run:
    """Decide what is scheduled, gather what is due (``early``: also what is not yet), release what one person may, deliver, settle what
    is due.

    ``told`` hears of each step, for a progress bar.
    """
    done = Run()
    if rail is None and partner_id is None:
        done.decided = recurring.run_due(at=at, actor=actor) + payments.release_due(at=at, actor=actor)
    gathering.roll_over(at=at)
    of = gathering.ready(at=at, rail=rail, partner_id=partner_id, early=early).count()
    for group in gathering.due_groups(at=at, rail=rail, partner_id=partner_id, early=early):
        try:
            while (batch := gathering.gather(group, at=at, actor=actor, early=early)) is not None:
                done.built_keys.append(batch.pk)
                told("Building files", batch.count, of)
        except DomainError as refusal:  # one group's trouble is not the others'
            _log.warning("group is held up", partner=str(group[0]), rail=group[1], code=refusal.code)
            done.refusals.append({"group": [str(part) for part in group], "code": refusal.code, "message": refusal.message})
    if rail in {None, Rail.ACH}:
        sent = verification_runs.gather_due(at=at, actor=actor, grace=gathering.GRACE, partner_id=partner_id, early=early)
        done.built_keys += [batch.pk for batch in sent]
    _deliver_open(done, at=at, actor=actor, rail=rail, partner_id=partner_id, told=told)
    _settle_due(done, at=at, actor=actor, rail=rail, partner_id=partner_id, told=told)
    if rail in {None, Rail.ACH}:
        done.settled += verification_runs.settle_due(at=at, actor=actor)
    return done


def _deliver_open(done: Run, *, at: datetime, actor: Actor, rail: Rail | None, partner_id: UUID | None, told: Told) -> None:
    """Release what one person may, and deliver what is released."""
    rows = gathering.of(Batch.objects.filter(status__in=[BatchStatus.BUILT, BatchStatus.RELEASED]), rail, partner_id)
    found = list(rows.order_by("pk").values_list("pk", "status", "needs_two", "count"))
    of = sum(count for _, _, _, count in found)
    for key, status, needs_two, count in found:
        if status == BatchStatus.BUILT and needs_two:
            done.waiting_keys.append(key)
            continue
        try:
            if status == BatchStatus.BUILT:
                release(batch_id=key, actor=actor, at=at)
            deliver(batch_id=key, actor=actor, at=at)
            done.delivered_keys.append(key)
        except DomainError as refusal:
            name = ids.public_id(Batch.PREFIX, key)
            _log.warning("batch is held up", batch=name, code=refusal.code)
            done.refusals.append({"batch": name, "code": refusal.code, "message": refusal.message})
        told("Delivering files", count, of)


@transaction.atomic
def release(*, batch_id: UUID, actor: Actor, at: datetime) -> Batch:
    """Let a built file go. Above the threshold it is another than who built it (constraint ``large_files_are_released_by_another``).

    Raises BatchNotFound, IllegalMove, FourEyesRequired.
    """
    batch = batch_rows.locked(batch_id)
    if batch.status == BatchStatus.RELEASED:
        return batch
    check_move(BATCH_MOVES, BatchStatus(batch.status), BatchStatus.RELEASED)
    if batch.needs_two and batch.built_by == str(actor):
        raise FourEyesRequired("A file above the threshold is released by somebody else than who built it.")
    batch.status, batch.released_by, batch.released_at = BatchStatus.RELEASED, str(actor), at
    batch.save(update_fields=["status", "released_by", "released_at"])
    batch_rows.tell(batch, events.BATCH_RELEASED, actor=actor, at=at)
    return batch


def deliver(*, batch_id: UUID, actor: Actor, at: datetime) -> Batch:
    """Hand a released file to its bank, once: the same name with the same content counts as delivered. Not inside a transaction.

    Raises BatchNotFound, IllegalMove before it was released, FileDiffers, DeliveryFailed; the batch stays RELEASED then, and may be
    delivered again.
    """
    batch = batch_rows.get(batch_id)
    if batch.status in {BatchStatus.DELIVERED, BatchStatus.ACKNOWLEDGED, BatchStatus.REJECTED}:
        return batch
    check_move(BATCH_MOVES, BatchStatus(batch.status), BatchStatus.DELIVERED)
    content = files.content_of(batch)
    where = delivery.deliver(batch, content)
    with transaction.atomic():
        batch = batch_rows.locked(batch_id)
        if batch.status == BatchStatus.RELEASED:
            batch.status, batch.delivered_at, batch.delivered_to = BatchStatus.DELIVERED, at, where
            batch.save(update_fields=["status", "delivered_at", "delivered_to"])
            batch_rows.tell(batch, events.BATCH_DELIVERED, actor=actor, at=at)
    return batch


@transaction.atomic
def answer(*, batch_id: UUID, accepted: bool, text: str = "", actor: Actor, at: datetime) -> Batch:
    """The bank's word on a whole file. A rejected file's payments fail, and their money is back; those whose value day had come count as
    settled, and are returned. Raises BatchNotFound, IllegalMove.
    """
    batch = batch_rows.locked(batch_id)
    to = BatchStatus.ACKNOWLEDGED if accepted else BatchStatus.REJECTED
    if batch.status == to:
        return batch
    check_move(BATCH_MOVES, BatchStatus(batch.status), to)
    batch.status, batch.answered_at, batch.answer = to, at, text[:500]
    batch.save(update_fields=["status", "answered_at", "answer"])
    if not accepted:
        verification_runs.file_rejected(batch, actor=actor, at=at)
        there = batch.payments.exclude(status__in=[S.FAILED, S.RETURNED])
        for payment in locks.together(there.values_list("pk", flat=True)):
            end = outcomes.return_ if payment.settled_at else outcomes.fail
            end(payment_id=payment.pk, reason_code=returns.FILE_REJECTED, reason=text, actor=actor, at=at)
    batch_rows.tell(batch, events.BATCH_ANSWERED, actor=actor, at=at)
    return batch


def _settle_due(done: Run, *, at: datetime, actor: Actor, rail: Rail | None, partner_id: UUID | None, told: Told) -> None:
    """Settle payments of delivered files whose value day has come where the rail is. In the sandbox they wait for their simulation."""
    come = Q()
    for one in FILE_RAILS:
        come |= Q(rail=one, value_on__lte=clock.day_of(at, zone=cutoffs.rule(one).zone))
    rows = Payment.objects.filter(
        come,
        status=S.SUBMITTED,
        batch__status__in=[BatchStatus.DELIVERED, BatchStatus.ACKNOWLEDGED],
        partner__mode=Mode.LIVE,
    )
    due = gathering.of(rows, rail, partner_id)
    of = due.count()
    alike = ("partner_id", "rail", "currency", "direction")
    keys = due.order_by(*alike, "pk").values_list(*alike, "batch_id", "pk").iterator(chunk_size=outcomes.CHUNK)
    for _, members in groupby(keys, key=lambda row: row[:4]):
        while chunk := [row[4:] for row in islice(members, outcomes.CHUNK)]:
            settled = _settled(done, chunk, at=at, actor=actor)
            told("Settling", settled, of)
            if not settled:
                break  # these books take nothing; the others are not held up by it


def _settled(done: Run, chunk: Sequence[tuple[UUID, UUID]], *, at: datetime, actor: Actor) -> int:
    """Settle (batch, payment) together, or, where the books refuse one of them, one by one; answers how many are done with."""
    try:
        done.settled += outcomes.settle_many(payment_ids=[key for _, key in chunk], actor=actor, at=at)
        return len(chunk)
    except DomainError as refusal:
        _log.warning("payments are settled one by one", code=refusal.code)
    settled = 0
    for batch_id, key in chunk:
        try:
            done.settled += outcomes.settle_many(payment_ids=[key], actor=actor, at=at)
            settled += 1
        except DomainError as refusal:
            held_up = {"batch": ids.public_id(Batch.PREFIX, batch_id), "code": refusal.code, "message": refusal.message}
            if held_up not in done.refusals[-1:]:
                done.refusals.append(held_up)
            _log.warning("payment is not settled", payment=ids.public_id(Payment.PREFIX, key), code=refusal.code)
    return settled


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


def _batches(keys: Sequence[UUID]) -> list[Batch]:
    return list(Batch.objects.filter(pk__in=keys).defer("sealed").order_by("pk"))

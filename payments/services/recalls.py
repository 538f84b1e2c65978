"""Recalls: money of ours asked back (camt.056), and requests for deposits of ours, granted (the money is returned) or refused (camt.029).

A request is written and sealed when it is made, and delivered by ``deliver_due`` once, under its own name. A grant returns the deposit in
the same transaction; what the wallet no longer has, its customer owes. Deposits that came as a wire of their own (pacs.008) go back by
pacs.004; of others we are the bank's customer, so our yes is a camt.029, and the bank takes the money.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from flowlet.core import crypto, ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError, Invalid
from flowlet.core.money import Money, in_words
from payments import errors, events
from payments.choices import Direction, InboundFormat, InboundKind, Rail, RecallReason, RecallState
from payments.models import InboundItem, Payment, Recall
from payments.models.recall import WAITING
from payments.policies import recalls as policies
from payments.providers.iso20022 import reading, reasons, returns, wires, writing
from payments.providers.iso20022 import recalls as messages
from payments.providers.iso20022.parts import Agent
from payments.providers.iso20022.recalls import Original, Requested, Verdict
from payments.services import delivery, files, inbound_content, numbers, outcomes, recall_rows, steps

_log = structlog.get_logger("payments.recalls")
S = RecallState
SWEEP_SIZE: Final = 500


@transaction.atomic
def request(
    *, payment_id: UUID, partner_id: UUID | None = None, reason: str, note: str = "", actor: Actor, at: datetime
) -> Recall:
    """Ask for a payment that has left. Raises PaymentNotFound, NotRecallable, RecallTooLate, RecallUnderWay, Invalid, RailNotConfigured,
    BreaksScheme.
    """
    if reason not in RecallReason.values:
        raise Invalid(f"Use {', '.join(RecallReason.values)}.", param="reason")
    payment = steps.locked(payment_id, partner_id=partner_id)
    policies.check_can_recall(payment, reason=reason, at=at)
    row = _new(payment, Direction.OUT, S.REQUESTED, reason=reason, note=_note(note), actor=actor, at=at)
    row.case_id = f"FLWRCL{numbers.file_number():012d}"
    us, them = _banks(payment)
    original = Original(
        message_id=files.message_of(payment.batch),
        message=wires.MESSAGE if payment.rail == Rail.WIRE else "pain.001.001.09",
        created_at=payment.batch.created_at,
        instruction_id=payment.trace,
        end_to_end_id=payment.reference,
        uetr=files.uetr_of(payment) if payment.rail == Rail.WIRE else "",
        amount=Money(payment.amount, payment.currency),
        settled_on=payment.value_on,
    )
    asked = messages.Recall(
        id=_message_id(payment, at=at),
        case_id=row.case_id,
        assigner=us,
        assignee=them,
        original=original,
        reason=reason,
        originator=files.identity_of(rail=payment.rail, partner_id=payment.partner_id)["name"],
        note=row.note,
    )
    _seal(row, messages.write(recall=asked, created_at=at), at=at)
    _insert(row)
    recall_rows.tell(row, events.RECALL_REQUESTED, actor=actor, at=at)
    return row


@transaction.atomic
def receive(*, payment_id: UUID, said: Requested, item: InboundItem, actor: Actor, at: datetime) -> Recall:
    """A bank asks for a deposit: an officer decides. Told again, it is the same recall.

    Raises NotRecallable, RecallUnderWay, AmountDiffers.
    """
    payment = steps.locked(payment_id)
    recall = said.recall
    known = Recall.objects.filter(payment=payment, direction=Direction.IN, case_id=recall.case_id[:35]).first()
    if known is not None:
        return known
    policies.check_can_send_back(payment)
    amount = recall.original.amount
    if amount is not None and amount != Money(payment.amount, payment.currency):
        raise errors.AmountDiffers(
            f"{in_words(Money(payment.amount, payment.currency))} came in, the bank asks for {in_words(amount)}."
        )
    row = _new(payment, Direction.IN, S.RECEIVED, reason=recall.reason[:35] or "NARR", note="", actor=actor, at=at)
    row.case_id, row.item = recall.case_id[:35], item
    _insert(row)
    recall_rows.tell(row, events.RECALL_RECEIVED, actor=actor, at=at)
    return row


@transaction.atomic
def accept(*, recall_id: UUID, note: str = "", reason: str = "", actor: Actor, at: datetime) -> Recall:
    """Send the deposit back: it is returned, and our answer goes out.

    Raises RecallNotFound, RecallAnswered, NotRecallable, BreaksScheme.
    """
    row = _to_decide(recall_id, actor)
    payment = steps.locked(row.payment_id)
    policies.check_can_send_back(payment)
    row.decided_by, row.answer_note = str(actor), _note(note)
    _seal(row, _granted(row, payment, code="FOCR", at=at), at=at)
    outcomes.return_(payment_id=payment.pk, reason_code="FOCR", reason=reason or reasons.of("FOCR").meaning, actor=actor, at=at)
    recall_rows.move(row, S.ACCEPTED, actor=actor, at=at)
    return row


@transaction.atomic
def refuse(*, recall_id: UUID, code: str, note: str = "", actor: Actor, at: datetime) -> Recall:
    """Keep the deposit, and say why. Raises RecallNotFound, RecallAnswered, Invalid, BreaksScheme."""
    if code not in policies.REFUSALS:
        raise Invalid(f"Use {', '.join(sorted(policies.REFUSALS))}.", param="code")
    row = _to_decide(recall_id, actor)
    row.decided_by, row.answer_code, row.answer_note = str(actor), code, _note(note)
    _seal(row, _answer(row, Verdict.REFUSED, reason=code, at=at), at=at)
    recall_rows.move(row, S.REFUSED, actor=actor, at=at)
    return row


@transaction.atomic
def send_back(*, payment_id: UUID, code: str, note: str = "", actor: Actor, at: datetime) -> Recall:
    """Return a wire to us of our own accord (pacs.004). Raises PaymentNotFound, NotRecallable, RecallUnderWay, Invalid, BreaksScheme."""
    if code not in policies.RETURN_REASONS:
        raise Invalid(f"Use {', '.join(sorted(policies.RETURN_REASONS))}.", param="code")
    payment = steps.locked(payment_id)
    check_can_send_back(payment)
    row = _new(payment, Direction.IN, S.RECEIVED, reason=code, note=_note(note), actor=actor, at=at)
    row.decided_by = str(actor)
    _seal(row, _granted(row, payment, code=code, at=at), at=at)
    _insert(row)
    outcomes.return_(payment_id=payment.pk, reason_code=code, reason=reasons.of(code).meaning, actor=actor, at=at)
    recall_rows.move(row, S.ACCEPTED, actor=actor, at=at)
    return row


def check_can_send_back(payment: Payment) -> None:
    """Whether ``send_back`` can be done. Raises NotRecallable, RecallUnderWay."""
    policies.check_can_send_back(payment)
    if _wire_item(payment) is None:
        raise errors.NotRecallable(
            "Only what came as a wire of its own is sent back by us. Ask the bank; when the money has left, book the payment as returned."
        )
    if Recall.objects.filter(payment=payment, state__in=WAITING).exists():
        raise errors.RecallUnderWay("Answer the recall instead.")


@transaction.atomic
def answered(*, recall_id: UUID, verdict: Verdict, code: str = "", actor: Actor, at: datetime) -> Recall:
    """The other bank's word on our request. A yes moves no money: that comes by itself. Raises RecallNotFound, IllegalMove."""
    row = locked(recall_id)
    to = {Verdict.GRANTED: S.ACCEPTED, Verdict.REFUSED: S.REFUSED}.get(verdict)
    if to is None or row.state in {to, S.ACCEPTED}:
        return row
    if to == S.REFUSED:
        row.answer_code = code[:35]
    recall_rows.move(row, to, actor=actor, at=at)
    return row


def deliver_due(*, at: datetime, actor: Actor, limit: int = SWEEP_SIZE) -> int:
    """Deliver messages that were not delivered yet, each once under its own name; answers how many. Not inside a transaction."""
    done = 0
    rows = Recall.objects.filter(delivered_at=None, sealed__isnull=False).order_by("id").values_list("pk", flat=True)
    for key in list(rows[:limit]):
        try:
            done += deliver(recall_id=key, actor=actor, at=at)
        except DomainError as refusal:
            _log.warning("recall is held up", recall=ids.public_id(Recall.PREFIX, key), code=refusal.code)
    return done


def deliver(*, recall_id: UUID, actor: Actor, at: datetime) -> bool:
    """Deliver our message about a recall under its own name; answers whether that was done now. Not inside a transaction, but for the
    sandbox. Raises RecallNotFound, FileDiffers, DeliveryFailed.
    """
    row = get(recall_id)
    if row.delivered_at is not None or row.sealed is None:
        return False
    where = delivery.deliver_message(row.payment, name=row.file_name, content=content_of(row))
    with transaction.atomic():
        row = locked(recall_id)
        if row.delivered_at is not None:
            return False
        row.delivered_at, row.delivered_to, row.updated_at = at, where, at
        row.save(update_fields=["delivered_at", "delivered_to", "updated_at"])
        if row.state == S.REQUESTED:
            recall_rows.move(row, S.SENT, actor=actor, at=at)
    return True


def lapse_due(*, at: datetime, actor: Actor, limit: int = SWEEP_SIZE) -> int:
    """End the waiting for answers whose time is over; answers how many. A late answer still counts."""
    done = 0
    for key in list(Recall.objects.filter(state=S.SENT, due_on__lt=at.date()).values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            if locked(key).state == S.SENT:
                lapse(recall_id=key, actor=actor, at=at)
                done += 1
    return done


@transaction.atomic
def lapse(*, recall_id: UUID, actor: Actor, at: datetime) -> Recall:
    """Nobody answered. Raises RecallNotFound, IllegalMove."""
    row = locked(recall_id)
    recall_rows.move(row, S.LAPSED, actor=actor, at=at)
    return row


def get(recall_id: UUID, *, partner_id: UUID | None = None) -> Recall:
    """The recall, of this partner if one is named. Raises RecallNotFound."""
    scope = {} if partner_id is None else {"partner_id": partner_id}
    found = Recall.objects.filter(pk=recall_id, **scope).select_related("payment").first()
    if found is None:
        raise errors.RecallNotFound
    return found


def locked(recall_id: UUID) -> Recall:
    """The recall with its row locked. Raises RecallNotFound."""
    rows = Recall.objects.select_for_update(no_key=True, of=("self",)).select_related("payment", "item__file")
    found = rows.filter(pk=recall_id).first()
    if found is None:
        raise errors.RecallNotFound
    return found


def content_of(row: Recall) -> bytes:
    """The message that we send. Personal data. Raises FileDeleted."""
    if row.sealed is None and row.digest:
        raise errors.FileDeleted(digest=row.digest)
    return crypto.open_sealed(bytes(row.sealed or b""), aad=aad(row))


def aad(row: Any) -> str:
    """The place of a recall's sealed message."""
    return f"payments_recall.sealed:{row.pk}"


def _new(payment: Payment, direction: str, state: RecallState, *, reason: str, note: str, actor: Actor, at: datetime) -> Recall:
    return Recall(
        id=ids.uuid7(),
        partner_id=payment.partner_id,
        payment=payment,
        direction=direction,
        state=state,
        reason_code=reason,
        note=note,
        currency=payment.currency,
        amount=payment.amount,
        due_on=policies.answer_due(payment.rail, at=at),
        created_by=str(actor),
        created_at=at,
        updated_at=at,
    )


def _insert(row: Recall) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "payment_has_one_recall_at_a_time" not in str(error):
            raise
        known = Recall.objects.filter(payment_id=row.payment_id, state__in=WAITING).first()
        raise errors.RecallUnderWay(recall=known.public_id if known else "") from None


def _to_decide(recall_id: UUID, actor: Actor) -> Recall:
    row = locked(recall_id)
    policies.check_waits(row, actor)
    return row


def _note(text: str) -> str:
    if len(text) > messages.NOTE or (text and not (text.isascii() and text.isprintable())):
        raise Invalid(f"A note has at most {messages.NOTE} characters of plain Latin.", param="note")
    return text.strip()


def _banks(payment: Payment) -> tuple[Agent, Agent]:
    """Our bank, and the bank of who was paid; our own where that is not known."""
    identity = files.identity_of(rail=payment.rail, partner_id=payment.partner_id)
    account = payment.external_account
    if payment.rail == Rail.WIRE:
        us = Agent(aba=identity["aba"])
        return us, files.wire_route(account, identity)[0] if account else us
    return Agent(bic=identity["bic"]), Agent(bic=account.bic if account is not None and account.bic else identity["bic"])


def _granted(row: Recall, payment: Payment, *, code: str, at: datetime) -> writing.Written:
    item = _wire_item(payment)
    if item is None:
        return _answer(row, Verdict.GRANTED, at=at)
    received = list(reading.wires(inbound_content.content_of(item.file)))[item.ordinal - 1]
    back = returns.of(
        wire=received.wire,
        message_id=received.message_id,
        created_at=received.created_at,
        settle_on=files.wire_day(at),
        reason=code,
        note=row.answer_note or row.note,
    )
    return returns.write(back=back, message_id=_message_id(payment, at=at), created_at=at)


def _answer(row: Recall, verdict: Verdict, *, reason: str = "", at: datetime) -> writing.Written:
    """Our answer to the request in the bank's file."""
    if row.item is None:
        raise errors.RecallAnswered("Nobody asked.")
    said = list(messages.requests(inbound_content.content_of(row.item.file)))[row.item.ordinal - 1].recall
    answer = messages.Answer(
        id=_message_id(row.payment, at=at),
        case_id=row.case_id,
        assigner=said.assignee,
        assignee=said.assigner,
        creator=said.assigner,
        verdict=verdict,
        original=said.original,
        reason=reason,
        note=row.answer_note,
    )
    return messages.write_answer(answer=answer, created_at=at)


def _wire_item(payment: Payment) -> InboundItem | None:
    """The wire of its own that brought the deposit."""
    rows = InboundItem.objects.filter(payment=payment, kind=InboundKind.CREDIT, file__format=InboundFormat.PACS_008)
    return rows.select_related("file").order_by("id").first()


def _message_id(payment: Payment, *, at: datetime) -> str:
    number = numbers.file_number()
    if payment.rail == Rail.WIRE:
        return files.imad_of(number, at=at, aba=files.identity_of(rail=payment.rail, partner_id=payment.partner_id)["aba"])
    return f"FLWMSG{number:012d}"


def _seal(row: Recall, written: writing.Written, *, at: datetime) -> None:
    if row.payment.rail == Rail.WIRE:
        written = files.addressed(written, partner_id=row.partner_id, at=at)
    row.message = written.message
    row.file_name = f"{written.message.partition('.001')[0].upper()}-{row.public_id}.xml"
    row.digest = files.digest_of(written.content)
    row.sealed = crypto.seal(written.content, aad=aad(row))

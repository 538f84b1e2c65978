"""What the outside would do, on demand, for sandbox partners: settle, return, dispute, credit, answer recalls, and misbehave."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from flowlet.core.states import check_move
from payments import errors
from payments.choices import Direction, OrderStatus, PaymentStatus, Rail, RecallAnswer, RecallState
from payments.models import Payment, Recall, SandboxOrder
from payments.policies import kinds
from payments.policies import recalls as recall_policies
from payments.providers.iso20022 import reasons
from payments.providers.iso20022.recalls import Verdict
from payments.selectors import return_codes
from payments.selectors.payments import is_sandbox
from payments.services import outcomes, payments, recalls, receipts, sandbox_bank, sending, settlement
from payments.services import sandbox_tellings as tellings
from payments.services.settlement import Run
from payments.states import RECALL_MOVES

S = PaymentStatus


@transaction.atomic
def settle(*, payment_id: UUID, partner_id: UUID, actor: Actor, at: datetime) -> Payment:
    """Send the payment if it was not sent yet (its whole run of the rail goes with it), and let the bank do it.

    Raises SandboxOnly, PaymentNotFound, IllegalMove.
    """
    payment = _sent(payment_id, partner_id, actor=actor, at=at)
    if payment.status in {S.SUBMITTED, S.UNKNOWN}:
        _mark(payment, OrderStatus.PAID, at=at)
    return tellings.tell(payment, "settled", lambda: outcomes.settle(payment_id=payment_id, actor=actor, at=at), at=at)


@transaction.atomic
def fail(*, payment_id: UUID, partner_id: UUID, reason_code: str, reason: str = "", actor: Actor, at: datetime) -> Payment:
    """Send it if need be, and let the bank refuse it. Raises SandboxOnly, PaymentNotFound, IllegalMove."""
    payment = _sent(payment_id, partner_id, actor=actor, at=at)
    if payment.status in {S.SUBMITTED, S.UNKNOWN}:
        _mark(payment, OrderStatus.REFUSED, reason_code=reason_code, at=at)

    def apply() -> Payment:
        return outcomes.fail(payment_id=payment_id, reason_code=reason_code, reason=reason, actor=actor, at=at)

    return tellings.tell(payment, "failed", apply, reason=reason, at=at)


@transaction.atomic
def return_(*, payment_id: UUID, partner_id: UUID, reason_code: str, reason: str = "", actor: Actor, at: datetime) -> Payment:
    """Let the bank send it back (out) or take it back (in). Raises SandboxOnly, PaymentNotFound, IllegalMove, UnknownReturnCode."""
    payment = _own(payment_id, partner_id)
    if payment.rail in {Rail.CARD, Rail.BOOK}:
        raise Invalid("Card payments are disputed, and nobody returns what stays in the book.", param="payment_id")
    known = return_codes.title(payment.rail, reason_code)
    if not known:
        raise errors.UnknownReturnCode(f"The rail {payment.rail} has no return code {reason_code!r}.", param="reason_code")
    reason = reason or known
    if payment.status in {S.SUBMITTED, S.UNKNOWN, S.SETTLED}:
        _mark(payment, OrderStatus.RETURNED, reason_code=reason_code, at=at)

    def apply() -> Payment:
        return outcomes.return_(payment_id=payment_id, reason_code=reason_code, reason=reason, actor=actor, at=at)

    return tellings.tell(payment, "returned", apply, reason=reason, at=at)


def dispute(
    *,
    payment_id: UUID,
    partner_id: UUID,
    reason_code: str,
    reason: str = "",
    amount: Money | None = None,
    actor: Actor,
    at: datetime,
) -> Payment:
    """Let the cardholder dispute all that is left, or a part. Raises SandboxOnly, PaymentNotFound, IllegalMove, Invalid, AmountDiffers."""
    _own(payment_id, partner_id)
    return outcomes.dispute(payment_id=payment_id, reason_code=reason_code, reason=reason, amount=amount, actor=actor, at=at)


def end_dispute(*, payment_id: UUID, partner_id: UUID, is_won: bool, actor: Actor, at: datetime) -> Payment:
    """Let the dispute end. Raises SandboxOnly, PaymentNotFound, IllegalMove."""
    payment = _own(payment_id, partner_id)
    if payment.status != S.DISPUTED:
        check_move({}, payment.status, S.SETTLED if is_won else S.RETURNED)
    if is_won:
        return outcomes.dispute_won(payment_id=payment_id, actor=actor, at=at)
    return outcomes.dispute_lost(payment_id=payment_id, actor=actor, at=at)


def credit(
    *,
    partner_id: UUID,
    rail: Rail,
    amount: Money,
    bank_reference: str,
    wallet_id: UUID | None = None,
    description: str = "",
    actor: Actor,
    at: datetime,
) -> Payment:
    """Let money come in by itself; told twice under one reference, it is booked once. Raises SandboxOnly, and as ``receipts.take_in``."""
    _check_sandbox(partner_id)
    return receipts.take_in(
        partner_id=partner_id,
        rail=rail,
        amount=amount,
        wallet_id=wallet_id,
        provider=sandbox_bank.NAME,
        provider_reference=f"{partner_id.hex}:{bank_reference}",
        description=description,
        actor=actor,
        at=at,
    )


@transaction.atomic
def answer_recall(
    *, recall_id: UUID, partner_id: UUID, answer: RecallAnswer, code: str = "", actor: Actor, at: datetime
) -> Recall:
    """Let the other bank answer what we asked back: grant it, and the money is returned; refuse it with a ``code``; or let its time pass.

    Our request is delivered first where it was not. Told again, nothing happens again. Raises SandboxOnly, RecallNotFound, IllegalMove,
    Invalid.
    """
    _check_sandbox(partner_id)
    row = recalls.get(recall_id, partner_id=partner_id)
    if row.direction != Direction.OUT:
        raise Invalid("A bank asks for this money; your operator decides.", param="recall_id")
    if (answer == RecallAnswer.REFUSE) != (code in recall_policies.REFUSALS):
        allowed = ", ".join(sorted(recall_policies.REFUSALS))
        raise Invalid(f"A refusal has one of {allowed}; other answers have none.", param="code")
    recalls.deliver(recall_id=recall_id, actor=actor, at=at)
    row, to = recalls.locked(recall_id), _ANSWERS[RecallAnswer(answer)]
    if row.state == to:
        return row
    check_move(RECALL_MOVES, RecallState(row.state), to)
    if answer == RecallAnswer.NO_ANSWER:
        return recalls.lapse(recall_id=recall_id, actor=actor, at=at)
    verdict = Verdict.GRANTED if answer == RecallAnswer.GRANT else Verdict.REFUSED
    row = recalls.answered(recall_id=recall_id, verdict=verdict, code=code, actor=actor, at=at)
    if answer == RecallAnswer.GRANT:
        payment = payments.get(row.payment_id, partner_id=partner_id)
        _mark(payment, OrderStatus.RETURNED, reason_code="FOCR", at=at)
        meaning = reasons.of("FOCR").meaning
        outcomes.return_(payment_id=payment.pk, reason_code="FOCR", reason=meaning, actor=actor, at=at)
    return row


_ANSWERS = {
    RecallAnswer.GRANT: RecallState.ACCEPTED,
    RecallAnswer.REFUSE: RecallState.REFUSED,
    RecallAnswer.NO_ANSWER: RecallState.LAPSED,
}


def misbehave(*, partner_id: UUID, fault: str, times: int, at: datetime) -> None:
    """Make the sandbox bank misbehave. Raises SandboxOnly."""
    _check_sandbox(partner_id)
    sandbox_bank.misbehave(partner_id=partner_id, fault=fault, times=times, at=at)


@transaction.atomic
def run(*, partner_id: UUID, actor: Actor, at: datetime) -> Run:
    """Send all that waits, without waiting for its cut-off. Raises SandboxOnly."""
    _check_sandbox(partner_id)
    return settlement.run(at=at, actor=actor, partner_id=partner_id, early=True)


def _sent(payment_id: UUID, partner_id: UUID, *, actor: Actor, at: datetime) -> Payment:
    payment = _own(payment_id, partner_id)
    if payment.status in settlement.READY.values():
        rail = Rail(payment.rail)
        if kinds.RAILS[rail].has_files:
            settlement.run(at=at, actor=actor, rail=rail, partner_id=partner_id, early=True)
        else:
            sending.send(payment_id=payment_id, actor=actor, at=at)
        payment.refresh_from_db()
    return payment


def _mark(payment: Payment, status: OrderStatus, *, reason_code: str = "", at: datetime) -> None:
    """The sandbox bank's own record; one that never heard of the payment (its order was lost) hears of it now."""
    if not SandboxOrder.objects.filter(reference=payment.public_id).exists():
        sandbox_bank.take(sending.instruction_of(payment, with_details=False), rail=payment.rail, at=at)
    sandbox_bank.mark(payment.public_id, status, reason_code=reason_code, at=at)


def _own(payment_id: UUID, partner_id: UUID) -> Payment:
    _check_sandbox(partner_id)
    return payments.get(payment_id, partner_id=partner_id)


def _check_sandbox(partner_id: UUID) -> None:
    if not is_sandbox(partner_id):
        raise errors.SandboxOnly()

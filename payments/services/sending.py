"""Payments over rails without files: sent under one reference, asked for when the answer was lost, never paid twice.

``send`` books and writes SUBMITTED first, and commits; then it talks to the provider, outside of any transaction; then it books the answer.
Whatever dies in between, the payment is SUBMITTED with a moment at which the provider is asked (``ask``), by the same reference, at five
minutes, an hour, and then every day. A provider that has never heard of it is sent the same instruction again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction

from flowlet.audit.services import log
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from flowlet.core.outbound import OutboundError, OutcomeUnknown
from payments import errors, events
from payments.choices import Direction, PaymentKind, PaymentStatus, Rail
from payments.models import Payment
from payments.policies import kinds
from payments.policies import payments as policies
from payments.providers.gateway import Answer, Gateway, Instruction, State
from payments.selectors.external_accounts import details_of
from payments.services import authorisations, counterparties, gateways, outcomes, postings, sandbox_bank, steps
from wallets.services import custody

_log = structlog.get_logger("payments.sending")
S = PaymentStatus
WAITS = (timedelta(minutes=5), timedelta(hours=1), timedelta(days=1))
# What a payer authorises is made within seconds of their word; banks tell nobody of it, and an acquirer's event may be late.
WAITS_FOR_PAYERS = (*[timedelta(minutes=1)] * 5, *[timedelta(minutes=5)] * 3, timedelta(hours=1), timedelta(days=1))


def wait_after(asked: int, *, rail: str = "", has_payer: bool = False) -> timedelta:
    """How long to wait after having asked so often: 5 minutes, an hour, then a day each time; where a payer authorises it, sooner."""
    waits = WAITS_FOR_PAYERS if has_payer or rail == Rail.OPEN_BANKING else WAITS
    return waits[min(asked, len(waits) - 1)]


def next_question(payment: Payment, *, at: datetime) -> datetime:
    """When the provider is asked about the payment, counted from now."""
    has_payer = payment.rail == Rail.CARD and authorisations.of(payment) is not None
    return at + wait_after(payment.asked, rail=payment.rail, has_payer=has_payer)


def send(*, payment_id: UUID, actor: Actor, at: datetime) -> Payment:
    """Send a payment that is ready (HELD out, APPROVED in) and book the answer. Safe to call again at any point.

    It fails when its external account was blocked or closed since it was made, and stays where it is while its wallet or customer is
    frozen, or the partner suspended.

    Raises PaymentNotFound, RailNotConfigured. Must not be called inside a transaction, except for the sandbox, which calls nobody.
    """
    inside = connection.in_atomic_block
    with transaction.atomic():
        payment = steps.locked(payment_id)
        if payment.status not in {S.HELD, S.APPROVED} or kinds.RAILS[Rail(payment.rail)].has_files:
            return payment
        gateway = gateways.of(payment)
        _check_outside(inside, gateway)
        try:
            counterparties.check_still_usable(payment)
        except counterparties.NOT_USABLE as refusal:
            return outcomes.fail(
                payment_id=payment_id, reason_code=refusal.code, reason=refusal.message, is_inside=False, actor=actor, at=at
            )
        book = postings.sent if payment.direction == Direction.OUT else postings.expected
        try:
            with transaction.atomic():
                custody.check_standing(partner_id=payment.partner_id, wallet_id=payment.wallet_id, at=at)
                journal_id = book([payment], actor=actor, at=at)[0]
        except DomainError as refusal:  # the wallet, its customer or the partner was stopped meanwhile
            payment.reason_code, payment.reason = refusal.code, refusal.message[:500]
            payment.save(update_fields=["reason_code", "reason"])
            return payment
        payment.provider = gateway.name
        payment.save(update_fields=["provider"])
        steps.take(payment, S.SUBMITTED, journal_id=journal_id, actor=actor, at=at, ask_at=next_question(payment, at=at))
        instruction = instruction_of(payment)
        authorisations.note_asked(payment)
    return hear(payment_id, _asked(gateway.submit, instruction, payment), actor=actor, at=moment_of(gateway, at))


def ask(*, payment_id: UUID, actor: Actor, at: datetime) -> Payment:
    """Ask the provider what became of a payment that is on its way, and book the answer. As ``send`` with transactions."""
    inside = connection.in_atomic_block
    with transaction.atomic():
        payment = steps.locked(payment_id)
        if payment.status not in {S.SUBMITTED, S.UNKNOWN} or kinds.RAILS[Rail(payment.rail)].has_files:
            return payment
        gateway = gateways.of(payment)
        _check_outside(inside, gateway)
        payment.asked += 1
        # Before the call: whoever dies now leaves the next question behind.
        payment.ask_at = next_question(payment, at=at)
        payment.save(update_fields=["asked", "ask_at"])
        instruction = instruction_of(payment)
    answer = _asked(gateway.find, instruction, payment)
    if answer.state == State.NOT_FOUND:
        answer = _asked(gateway.submit, instruction, payment)
    return hear(payment_id, answer, actor=actor, at=moment_of(gateway, at))


def ask_again(*, payment_id: UUID, actor: Actor, at: datetime) -> Payment:
    """As ``ask``, because a person wants to know: that is written to the audit first. Raises IllegalMove where nobody can be asked."""
    payment = Payment.objects.filter(pk=payment_id).first()
    if payment is None:
        raise errors.PaymentNotFound()
    policies.check_can_ask(payment, actor)
    log.record(action=events.PAYMENT_ASKED_AGAIN, actor=actor, at=at, target=payment.public_id, partner_id=payment.partner_id)
    return ask(payment_id=payment_id, actor=actor, at=at)


def ask_due(*, at: datetime, limit: int = 200, actor: Actor) -> int:
    """Ask about all payments whose time has come; answers how many. One that cannot be asked does not hold up the others."""
    due = Payment.objects.filter(ask_at__lte=at).order_by("ask_at").values_list("pk", flat=True)
    done = 0
    for payment_id in list(due[:limit]):
        try:
            ask(payment_id=payment_id, actor=actor, at=at)
        except DomainError as refusal:
            _log.warning("payment could not be asked for", payment_id=str(payment_id), code=refusal.code)
            Payment.objects.filter(pk=payment_id, ask_at__lte=at).update(ask_at=at + wait_after(1))  # behind all others
        done += 1
    return done


def instruction_of(payment: Payment, *, with_details: bool = True) -> Instruction:
    """What the provider is told; the same for the same payment."""
    details: dict[str, str] = {}
    if with_details and payment.external_account is not None:
        held_by = details_of([payment.external_account])[payment.external_account.pk]
        if held_by is not None:
            details = {"owner_name": held_by.owner_name, "number": held_by.number, "bic": payment.external_account.bic}
    kept = authorisations.told(payment) if with_details else {}
    session = kept.pop("session", "")
    original = payment.original.provider_reference if payment.kind == PaymentKind.REFUND and payment.original else ""
    return Instruction(
        reference=payment.public_id,
        direction=payment.direction,
        amount=Money(payment.amount, payment.currency),
        description=payment.description or payment.reference,
        details={**details, **kept},
        original_reference=original,
        provider_reference=payment.provider_reference,
        session=session,
    )


def book(payment_id: UUID, answer: Answer, *, actor: Actor, at: datetime) -> Payment:
    """Book what a provider says of a payment, by answer or by webhook, in any order and however often."""
    with transaction.atomic():
        payment = _booked(payment_id, answer, actor=actor, at=at)
        authorisations.keep(payment, answer, actor=actor, at=at)
        return payment


def _booked(payment_id: UUID, answer: Answer, *, actor: Actor, at: datetime) -> Payment:
    payment = steps.locked(payment_id)
    if answer.state == State.PAID:
        return outcomes.settle(
            payment_id=payment_id, amount=answer.amount, provider_reference=answer.provider_reference, actor=actor, at=at
        )
    if answer.state == State.REFUSED:
        if payment.status == S.FAILED:
            return payment
        if payment.settled_at is not None and payment.direction == Direction.OUT:  # a yes that the provider took back
            return outcomes.return_(
                payment_id=payment_id, reason_code=answer.reason_code or "provider.refused", actor=actor, at=at
            )
        return outcomes.fail(
            payment_id=payment_id,
            reason_code=answer.reason_code or "provider.refused",
            reason=answer.reason,
            is_inside=False,  # the provider's, whoever asked it
            provider_reference=answer.provider_reference,
            actor=actor,
            at=at,
        )
    if answer.state == State.RETURNED:
        return outcomes.return_(payment_id=payment_id, reason_code=answer.reason_code or "provider.returned", actor=actor, at=at)
    if payment.status not in {S.SUBMITTED, S.UNKNOWN}:
        return payment
    outcomes.name(payment, answer.provider_reference)
    if answer.state == State.ACCEPTED:
        if payment.status == S.UNKNOWN:
            steps.take(
                payment,
                S.SUBMITTED,
                reason_code="provider.accepted",
                actor=actor,
                at=at,
                ask_at=next_question(payment, at=at),
            )
    elif payment.status == S.SUBMITTED:
        steps.take(
            payment,
            S.UNKNOWN,
            reason_code="provider.no_answer",
            reason="The provider gave no clear answer; it is asked again.",
            actor=actor,
            at=at,
            ask_at=next_question(payment, at=at),
        )
    return payment


def moment_of(gateway: Gateway, at: datetime) -> datetime:
    """When the answer came: after a call it is later than we asked; the sandbox calls nobody."""
    return at if gateway.name == sandbox_bank.NAME else clock.now()


def hear(payment_id: UUID, answer: Answer, *, actor: Actor, at: datetime) -> Payment:
    """Book the answer to our own question. Another amount than was asked for stands among what is unknown, until somebody has looked."""
    try:
        return book(payment_id, answer, actor=actor, at=at)
    except errors.AmountDiffers as refusal:
        with transaction.atomic():
            payment = steps.locked(payment_id)
            if payment.status == S.SUBMITTED:
                steps.take(
                    payment,
                    S.UNKNOWN,
                    reason_code=refusal.code,
                    reason=refusal.message,
                    actor=actor,
                    at=at,
                    ask_at=at + wait_after(payment.asked),
                )
            elif payment.status == S.UNKNOWN:
                payment.reason_code, payment.reason = refusal.code, refusal.message[:500]
                payment.save(update_fields=["reason_code", "reason"])
            return payment


def _asked(call: Callable[[Instruction], Answer], instruction: Instruction, payment: Payment) -> Answer:
    try:
        return call(instruction)
    except OutcomeUnknown:
        return Answer(state=State.UNCLEAR)
    except OutboundError as refusal:
        # Not reached, or a refusal of the call itself (rights, rate): nothing says what became of the instruction, so it is asked again.
        _log.warning("provider could not be asked", provider=payment.provider, code=refusal.code)
        return Answer(state=State.UNCLEAR)


def _check_outside(inside: bool, gateway: Gateway) -> None:
    if inside and gateway.name != sandbox_bank.NAME:
        raise RuntimeError("Providers are called outside of transactions: locks would wait for the network.")

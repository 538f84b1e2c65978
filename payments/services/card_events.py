"""What the acquirer's events do to payments. Each is a reason to look: what is booked is what the acquirer says now."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flowlet.core.actors import Actor
from flowlet.core.errors import NotFound
from payments import errors
from payments.choices import PaymentStatus, Rail
from payments.models import Payment
from payments.policies import payments as policies
from payments.providers import registry
from payments.providers.errors import ProviderNotConfigured
from payments.providers.gateway import Answer, Gateway, State
from payments.providers.ports import CardDispute, DisputeStatus, InboundFact
from payments.providers.stripe.gateway import CardGateway, answer_of_payment, answer_of_refund, concluded
from payments.services import dispute_fees, dispute_rows, gateways, inbound, outcomes, sending, steps

# Inquiries: nobody has taken money yet.
_NO_MONEY = frozenset({DisputeStatus.WARNING_NEEDS_RESPONSE, DisputeStatus.WARNING_UNDER_REVIEW, DisputeStatus.WARNING_CLOSED})


@dataclass(frozen=True, slots=True)
class Seen:
    """What the acquirer says now; ``payment_id`` is ours, None when it is none of ours."""

    payment_id: UUID | None
    answer: Answer | None = None
    dispute: CardDispute | None = None


def register() -> None:
    """Let Stripe carry live card payments where it is set up, and listen to it."""
    gateways.register(Rail.CARD, _gateway)
    inbound.register(
        inbound.Handler(
            name="payments.card_payment", provider="stripe", kinds=("payment_intent.*",), look=look_at_payment, apply=book_answer
        )
    )
    inbound.register(
        inbound.Handler(
            name="payments.card_refund",
            provider="stripe",
            kinds=("refund.*", "charge.refund.*"),
            look=look_at_refund,
            apply=book_answer,
        )
    )
    inbound.register(
        inbound.Handler(
            name="payments.card_dispute", provider="stripe", kinds=("charge.dispute.*",), look=look_at_dispute, apply=book_dispute
        )
    )


def look_at_payment(fact: InboundFact) -> Seen:
    """Ask for the payment intent that the event is about; one of ours that was declined is canceled."""
    acquirer = registry.stripe()
    found = acquirer.payment(fact.subject)
    ours = _ours(found.reference)
    return Seen(ours, answer=answer_of_payment(concluded(acquirer, found))) if ours else Seen(None)


def look_at_refund(fact: InboundFact) -> Seen:
    """Ask for the refund that the event is about."""
    found = registry.stripe().refund(fact.subject)
    return Seen(_ours(found.reference), answer=answer_of_refund(found))


def look_at_dispute(fact: InboundFact) -> Seen:
    """Ask for the dispute that the event is about, and for whose payment it is."""
    acquirer = registry.stripe()
    found = acquirer.dispute(fact.subject)
    reference = acquirer.payment(found.payment_id).reference if found.payment_id else ""
    return Seen(_ours(reference), dispute=found)


def book_answer(fact: InboundFact, seen: Seen, *, actor: Actor, at: datetime) -> None:
    """Book it as if it had been the answer to our own question. A yes that we know already, whatever came after it, is nothing new."""
    if seen.payment_id is None or seen.answer is None:
        return
    payment = steps.locked(seen.payment_id)
    if payment.settled_at is None or seen.answer.state not in (State.PAID, State.ACCEPTED):
        sending.book(seen.payment_id, seen.answer, actor=actor, at=at)
    elif not payment.provider_reference:  # an officer booked it; without its name it could not be given back
        outcomes.name(payment, seen.answer.provider_reference)


def book_dispute(fact: InboundFact, seen: Seen, *, actor: Actor, at: datetime) -> None:
    """Take the disputed money back, also of what was refunded, book how the dispute ended, and what it costs. An inquiry moves nothing,
    and what is said of a dispute that has ended here says nothing of another, but may change its cost.

    Raises AmountDiffers for a dispute about more than the payment, InboundNeedsPerson for a second one beside one that is open, or
    about more than a lost one left.
    """
    dispute = seen.dispute
    if seen.payment_id is None or dispute is None or dispute.status in _NO_MONEY:
        return
    payment = steps.locked(seen.payment_id)
    row = dispute_rows.called(payment, dispute.id)
    if row is None:
        if dispute.status == DisputeStatus.WON and not dispute.fee:
            return
        left = policies.is_partly_lost(payment) and dispute.amount.amount <= payment.amount - payment.returned
        if payment.status not in {PaymentStatus.SETTLED, PaymentStatus.REFUNDED} and not left:
            raise errors.InboundNeedsPerson(f"A dispute of a payment that is {payment.get_status_display().lower()}.")
        outcomes.dispute(
            payment_id=payment.pk,
            reason_code=dispute.reason,
            reason=f"Disputed at {payment.provider or fact.provider}: {dispute.id}",
            amount=dispute.amount,
            provider_id=dispute.id,
            due_at=dispute.evidence_due_at,
            actor=actor,
            at=at,
        )
    if row is None or row.ended_at is None:
        if dispute.status == DisputeStatus.WON:
            outcomes.dispute_won(payment_id=payment.pk, reason=dispute.id, actor=actor, at=at)
        elif dispute.status == DisputeStatus.LOST:
            outcomes.dispute_lost(payment_id=payment.pk, reason=dispute.id, actor=actor, at=at)
    row = dispute_rows.called(payment, dispute.id)
    if row is not None:
        dispute_fees.book(row, dispute.fee, actor=actor, at=at)


def _ours(reference: str) -> UUID | None:
    """The payment behind our reference; None for what was made beside Flowlet under the same account."""
    try:
        key = Payment.key(reference)
    except NotFound:
        return None
    return key if Payment.objects.filter(pk=key).exists() else None


def _gateway() -> Gateway | None:
    try:
        return CardGateway(registry.stripe())
    except ProviderNotConfigured:
        return None

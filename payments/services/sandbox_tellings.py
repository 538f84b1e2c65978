"""How the sandbox bank tells what it did: at once, or, where a fault says so, twice, late, or in another order.

What is not told at once goes through the inbox like any provider's event: its id is taken once, and what is booked is what the bank's own
record says when the event is handled. A telling that is kept back for the order is told after the partner's next one, or late when there
is none.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from flowlet.core import ids
from flowlet.core.actors import Actor
from payments.choices import InboundStatus, PaymentStatus
from payments.models import InboundEvent, Payment
from payments.providers.gateway import Answer, State
from payments.providers.ports import InboundFact
from payments.services import inbound, inbox, outcomes, sandbox_bank, sending, steps

LATE_BY = timedelta(seconds=30)
_AT_THE_BANK = frozenset({PaymentStatus.SUBMITTED, PaymentStatus.UNKNOWN})


def register() -> None:
    """Listen to the sandbox bank."""
    inbound.register(
        inbound.Handler(name="payments.sandbox", provider=sandbox_bank.NAME, kinds=("payment.*",), look=look, apply=book)
    )


def tell(payment: Payment, what: str, apply: Callable[[], Payment], *, reason: str = "", at: datetime) -> Payment:
    """Let the bank tell that it has ``what`` (settled, failed, returned) the payment; ``apply`` books it when it is told at once.

    Inside a transaction. Faults meet only what the bank has: anything else is refused by ``apply``.
    """
    if payment.status not in _AT_THE_BANK and payment.settled_at is None:
        return apply()
    partner_id = payment.partner_id
    if sandbox_bank.use_up(partner_id, "LATE"):
        _keep(payment, what, "late", reason=reason, at=at, due_at=at + LATE_BY)
        return payment
    waiting = _kept_back(partner_id)
    if not waiting and sandbox_bank.use_up(partner_id, "REORDERED"):
        _keep(payment, what, "reordered", reason=reason, at=at, due_at=at + LATE_BY)
        return payment
    booked = apply()
    InboundEvent.objects.filter(pk__in=waiting).update(next_attempt_at=at)
    if sandbox_bank.use_up(partner_id, "DUPLICATE"):
        event_id = _event_id(partner_id, "duplicate")
        for _ in range(2):
            _keep(payment, what, "duplicate", event_id=event_id, reason=reason, at=at, due_at=at)
    return booked


def look(fact: InboundFact) -> Answer:
    """What the bank's record says now."""
    payment = Payment.objects.get(pk=Payment.key(fact.subject))
    gateway = sandbox_bank.SandboxGateway(payment.rail, payment.partner_id)
    return gateway.find(sending.instruction_of(payment, with_details=False))


def book(fact: InboundFact, answer: Answer, *, actor: Actor, at: datetime) -> None:
    """Book it, whatever was told before. A yes that is known already is nothing new."""
    payment = steps.locked(Payment.key(fact.subject))
    if answer.state == State.RETURNED:
        outcomes.return_(
            payment_id=payment.pk, reason_code=answer.reason_code, reason=fact.data.get("reason", ""), actor=actor, at=at
        )
    elif payment.settled_at is None:
        sending.book(payment.pk, answer, actor=actor, at=at)


def _keep(payment: Payment, what: str, how: str, *, reason: str, at: datetime, due_at: datetime, event_id: str = "") -> None:
    fact = InboundFact(
        provider=sandbox_bank.NAME,
        event_id=event_id or _event_id(payment.partner_id, how),
        kind=f"payment.{what}",
        subject=payment.public_id,
        happened_at=at,
        is_live=False,
        data={},
    )
    inbox.keep(fact, json.dumps({"reason": reason}).encode(), proof="sandbox", at=at, due_at=due_at)


def _kept_back(partner_id: UUID) -> list[UUID]:
    waiting = InboundEvent.objects.filter(
        provider=sandbox_bank.NAME, status=InboundStatus.RECEIVED, event_id__startswith=f"{partner_id.hex}:reordered:"
    )
    return list(waiting.values_list("pk", flat=True))


def _event_id(partner_id: UUID, how: str) -> str:
    return f"{partner_id.hex}:{how}:{ids.uuid7().hex}"

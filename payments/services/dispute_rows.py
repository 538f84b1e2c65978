"""The rows of disputes: opened and ended with what happens to their payment, in its transaction."""

from datetime import datetime, timedelta
from typing import Any

from flowlet.audit.services import log
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from payments import events
from payments.choices import DisputeState, PaymentStatus
from payments.models import Dispute, Payment
from payments.services.steps import plain
from payments.states import DISPUTE_MOVES, DISPUTE_OWED

USUAL_TIME = timedelta(days=7)  # where the acquirer names no deadline


def open_for(
    payment: Payment,
    *,
    amount: Money,
    reason_code: str,
    provider_id: str = "",
    due_at: datetime | None = None,
    actor: Actor,
    at: datetime,
) -> Dispute:
    """A new dispute of the locked payment, to be answered by ``due_at`` (default: in seven days)."""
    row = Dispute(
        id=ids.uuid7(),
        partner_id=payment.partner_id,
        payment=payment,
        reason_code=reason_code[:40],
        currency=payment.currency,
        amount=amount.amount,
        provider_id=provider_id[:128],
        due_at=due_at or at + USUAL_TIME,
        created_at=at,
        updated_at=at,
    )
    row.save(force_insert=True)
    tell(row, events.DISPUTE_OPENED, actor=actor, at=at)
    return row


def called(payment: Payment, provider_id: str) -> Dispute | None:
    """The dispute of the locked payment that the acquirer calls so; the one that an officer booked is called so from now on."""
    rows = Dispute.objects.select_for_update(no_key=True).filter(payment=payment).order_by("-id")
    found = rows.filter(provider_id=provider_id[:128]).first()
    if found is None and payment.status in {PaymentStatus.DISPUTED, PaymentStatus.RETURNED}:
        found = rows.filter(provider_id="").exclude(state=DisputeState.WON).first()
        if found is not None:
            found.provider_id = provider_id[:128]
            found.save(update_fields=["provider_id"])
    return found


def under_way(payment: Payment) -> Money:
    """What the open dispute of the locked payment is about: that part of what was taken from it is not lost yet."""
    found = Dispute.objects.filter(payment=payment, ended_at=None).values_list("amount", flat=True).first()
    return Money(payment.returned if found is None else found, payment.currency)


def end_for(payment: Payment, *, is_won: bool, actor: Actor, at: datetime) -> None:
    """End the dispute of the locked payment, if it has an open one."""
    row = Dispute.objects.select_for_update(no_key=True).filter(payment=payment, ended_at=None).first()
    if row is not None:
        row.ended_at = at
        move(row, DisputeState.WON if is_won else DisputeState.LOST, events.DISPUTE_ENDED, actor=actor, at=at)


def move(row: Dispute, to: DisputeState, fact: str, *, reason: str = "", actor: Actor, at: datetime) -> None:
    """Take one step with a locked dispute; what is owed to the acquirer from now on is due at once. Raises IllegalMove."""
    check_move(DISPUTE_MOVES, DisputeState(row.state), to)
    row.state, row.updated_at = to, at
    row.tell_at, row.told, row.refusal = at if to in DISPUTE_OWED else None, 0, ""
    row.save()
    tell(row, fact, reason=reason, actor=actor, at=at)


def tell(row: Dispute, fact: str, *, reason: str = "", actor: Actor, at: datetime) -> None:
    """Tell audit and outbox; the evidence is not told."""
    data: dict[str, Any] = {
        "id": row.public_id,
        "payment_id": row.payment.public_id,
        "state": str(row.state),
        "reason_code": row.reason_code,
        "amount": plain(row.amount, row.currency),
        "due_at": row.due_at.isoformat(),
    }
    log.record(action=fact, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, reason=reason, after=data)
    outbox.publish(type=fact, partner_id=row.partner_id, subject=row.public_id, data=data, at=at)

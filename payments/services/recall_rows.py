"""The rows of recalls: moved with what happens to their payment, in its transaction; told to audit and outbox."""

from datetime import datetime
from typing import Any, Final

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.states import check_move
from flowlet.events.services import outbox
from payments import events
from payments.choices import Direction, RecallState
from payments.models import Payment, Recall
from payments.models.recall import WAITING
from payments.services.steps import plain
from payments.states import RECALL_MOVES

FACTS: Final = {
    RecallState.SENT: events.RECALL_SENT,
    RecallState.ACCEPTED: events.RECALL_ACCEPTED,
    RecallState.REFUSED: events.RECALL_REFUSED,
    RecallState.LAPSED: events.RECALL_LAPSED,
}


def move(row: Recall, to: RecallState, *, actor: Actor, at: datetime) -> None:
    """Take one step with a locked recall. Raises IllegalMove."""
    check_move(RECALL_MOVES, RecallState(row.state), to)
    row.state, row.updated_at = to, at
    row.ended_at = None if to in WAITING else at
    row.save()
    tell(row, FACTS[to], actor=actor, at=at)


def money_came_back(payment: Payment, *, actor: Actor, at: datetime) -> None:
    """The locked payment was returned: what was asked for is granted, whatever the other bank said before."""
    row = Recall.objects.select_for_update(no_key=True).filter(payment=payment, direction=Direction.OUT).order_by("-id").first()
    if row is not None and row.state != RecallState.ACCEPTED:
        move(row, RecallState.ACCEPTED, actor=actor, at=at)


def tell(row: Recall, fact: str, *, actor: Actor, at: datetime) -> None:
    """Tell audit and outbox; notes are not told, for they may name people."""
    data: dict[str, Any] = {
        "id": row.public_id,
        "payment_id": row.payment.public_id,
        "direction": row.direction,
        "state": str(row.state),
        "reason_code": row.reason_code,
        "answer_code": row.answer_code or None,
        "amount": plain(row.amount, row.currency),
        "due_on": row.due_on.isoformat(),
    }
    log.record(action=fact, actor=actor, at=at, target=row.public_id, partner_id=row.partner_id, after=data)
    outbox.publish(type=fact, partner_id=row.partner_id, subject=row.public_id, data=data, at=at)

"""Payments that wait for somebody: what is in which queue, and which is the next."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, TextChoices

from payments.choices import Direction, PaymentStatus, SuspenseState
from payments.models import Move, Payment, SuspenseItem

RETURNED_WITHIN = timedelta(days=30)
HELD_UP_AFTER = timedelta(hours=1)  # a run may be this late for its cut-off
S = PaymentStatus


class Queue(TextChoices):
    """Why a payment waits for a person."""

    REVIEW = "review", "In review"
    APPROVAL = "approval", "Waits for approval"
    UNKNOWN = "unknown", "Outcome unknown"
    RETURNS = "returns", "Returned in the last 30 days"
    DISPUTES = "disputes", "Disputed"
    HELD_UP = "held_up", "Held up"
    SUSPENSE = "suspense", "In suspense"


_STATES = {Queue.REVIEW: S.REVIEW, Queue.APPROVAL: S.APPROVAL, Queue.UNKNOWN: S.UNKNOWN, Queue.DISPUTES: S.DISPUTED}
# What leaves next: money that is held, and collections that were approved. Something kept it back, or its cut-off is over.
_HELD_UP = Q(status=S.HELD) | Q(status=S.APPROVED, direction=Direction.IN)


def narrow(payments: QuerySet[Payment], queue: str, *, at: datetime) -> QuerySet[Payment]:
    """Those of the payments that are in the queue; none for a queue that there is not."""
    if queue not in Queue.values:
        return payments.none()
    if queue == Queue.RETURNS:
        recent = Move.objects.changing().filter(went_to=S.RETURNED, at__gte=at - RETURNED_WITHIN).values("payment_id")
        return payments.filter(status=S.RETURNED, pk__in=recent)
    if queue == Queue.SUSPENSE:
        return payments.filter(pk__in=SuspenseItem.objects.filter(state=SuspenseState.OPEN).values("payment_id"))
    if queue == Queue.HELD_UP:
        return payments.filter(_HELD_UP).filter(~Q(reason_code="") | Q(cutoff_at__lt=at - HELD_UP_AFTER))
    return payments.filter(status=_STATES[Queue(queue)])


def waiting(queue: str, *, modes: Iterable[str], at: datetime) -> QuerySet[Payment]:
    """The payments of the queue in live, in sandbox, or in both."""
    return narrow(Payment.objects.filter(partner__mode__in=modes), queue, at=at)


def following(payment: Payment, *, actor: str, at: datetime) -> Payment | None:
    """The oldest that waits as this one does, by the state that it was loaded with; never one that ``actor`` may not approve."""
    queue = next((found for found, state in _STATES.items() if state == payment.status), None)
    if queue is None:
        return None
    rows = waiting(queue, modes=[payment.partner.mode], at=at).exclude(pk=payment.pk)
    if queue == Queue.APPROVAL:
        rows = rows.exclude(created_by=actor)
    return rows.order_by("pk").first()

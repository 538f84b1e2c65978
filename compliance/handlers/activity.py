"""Payments become facts of monitoring as soon as they are told of; transfers, of which there are many, every few seconds together."""

from compliance.services import activities, gate_alerts
from flowlet.events import registry
from flowlet.events.models import Event
from payments.models import Payment

_PAYMENT_STEPS = ("held", "settled", "assigned", "returned", "disputed", "canceled", "failed", "expired")


@registry.handler("compliance.see_payment", types=[f"payment.{step}" for step in _PAYMENT_STEPS])
def see_payment(event: Event) -> None:
    """Money of a payment is on its way, has arrived, was found to be somebody's, came back, or stayed after all."""
    activities.take_one(kind="pay", key=Payment.key(event.subject), at=event.created_at)


@registry.handler("compliance.tell_of_stopped_payment", types=("payment.review", "payment.rejected"))
def tell_of_stopped_payment(event: Event) -> None:
    """A rule had something against a payment before it left."""
    gate_alerts.tell(payment_id=Payment.key(event.subject), at=event.created_at)

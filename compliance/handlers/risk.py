"""What happens to a customer may change the rating."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from accounts import events as accounts
from accounts.models import Customer
from compliance import events
from compliance.choices import RatingCause
from compliance.models import CustomerRisk, Hit
from compliance.services import ratings
from flowlet.core import actors
from flowlet.events import registry
from flowlet.events.models import Event

# Longer than a transaction may take: whoever was rated so long after an event was rated with what it tells of.
SEEN_AFTER: Final = timedelta(minutes=5)


@registry.handler(
    "compliance.rate_customer",
    types=(accounts.CUSTOMER_CREATED, accounts.CUSTOMER_UPDATED, accounts.CUSTOMER_KYC_TIER_CHANGED),
)
def rate(event: Event) -> None:
    """Who came, who changed, whose identity was verified."""
    _rate(event, Customer.key(event.subject))


@registry.handler(
    "compliance.rate_after_hit", types=(events.HIT_OPENED, events.HIT_LAPSED, events.HIT_CLEARED, events.HIT_CONFIRMED)
)
def rate_after_hit(event: Event) -> None:
    """Whose name stands on a list, or does so no more."""
    for customer_id in Hit.objects.filter(pk=Hit.key(event.subject)).values_list("subject__customer_id", flat=True):
        _rate(event, customer_id)


def _rate(event: Event, customer_id: UUID) -> None:
    if CustomerRisk.objects.filter(customer_id=customer_id, rated_at__gt=event.created_at + SEEN_AFTER).exists():
        return
    ratings.rate(
        customer_ids=[customer_id],
        cause=RatingCause.EVENT,
        reason=event.type,
        actor=actors.system("compliance.rate_customer"),
        at=event.created_at,
    )

"""Deliver again, on request: what was given up, or what a handler should see anew.

Who asked, and why, is recorded by the caller: the trail is no room of this app.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from flowlet.events import registry
from flowlet.events.choices import DeliveryStatus
from flowlet.events.errors import NoSuchEvent, UnknownHandler
from flowlet.events.models import Delivery, Event

BATCH = 500


def replay_dead(*, at: datetime, handler: str = "", deliveries: Collection[int] = ()) -> int:
    """Let what was given up be tried again from the first attempt: all, or a handler's, or only these. Returns how many."""
    dead = Delivery.objects.filter(status=DeliveryStatus.DEAD)
    if handler:
        dead = dead.filter(handler=handler)
    if deliveries:
        dead = dead.filter(pk__in=deliveries)
    return _again(dead, at)


@transaction.atomic
def replay_event(*, event_id: UUID, handler: str, at: datetime) -> None:
    """Hand one event to one handler again, or for the first time, if the handler came after the event.

    Raises UnknownHandler, or NoSuchEvent.
    """
    _known(handler)
    if not Event.objects.filter(pk=event_id).exists():
        raise NoSuchEvent()
    delivery, is_new = Delivery.objects.get_or_create(event_id=event_id, handler=handler, defaults={"next_attempt_at": at})
    if not is_new:
        _again(Delivery.objects.filter(pk=delivery.pk).exclude(status=DeliveryStatus.PENDING), at)


@transaction.atomic
def replay_since(*, since: datetime, handler: str, at: datetime) -> int:
    """Hand ``handler`` everything since then that it listens to and that was never on its way to it: for a handler that is new.

    Returns how many. Raises UnknownHandler.
    """
    found = _known(handler)
    events = Event.objects.filter(created_at__gte=since, relayed_at__isnull=False).exclude(deliveries__handler=handler)
    missed = [
        Delivery(event_id=event_id, handler=handler, next_attempt_at=at)
        for event_id, event_type in events.order_by("id").values_list("id", "type").iterator(chunk_size=BATCH)
        if found.listens_to(event_type)
    ]
    Delivery.objects.bulk_create(missed, batch_size=BATCH, ignore_conflicts=True)
    return len(missed)


def _known(handler: str) -> registry.Handler:
    found = registry.find(handler)
    if found is None:
        raise UnknownHandler(f"There is no handler called {handler}.", param="handler")
    return found


def _again(deliveries: QuerySet[Delivery], at: datetime) -> int:
    return deliveries.update(status=DeliveryStatus.PENDING, attempts=0, next_attempt_at=at, finished_at=None)

"""Forget old events, so that the outbox stays small."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from flowlet.events.choices import DeliveryStatus
from flowlet.events.models import Delivery, Event
from flowlet.events.selectors import RETENTION

BATCH = 1000


def prune(*, at: datetime, older_than: timedelta = RETENTION, batch: int = BATCH) -> Iterator[int]:
    """Delete events published longer ago than that, with their deliveries, in short transactions; gives the size of each batch.

    Kept are those that are not relayed yet, or that a handler still waits for or has given up: nothing vanishes unseen.
    """
    unfinished = Delivery.objects.filter(event=OuterRef("pk")).exclude(status=DeliveryStatus.DELIVERED)
    # A UUIDv7 begins with the moment it was made: the primary key finds the old ones.
    horizon = UUID(int=int((at - older_than).timestamp() * 1000) << 80)
    old = Event.objects.filter(~Exists(unfinished), pk__lt=horizon, relayed_at__isnull=False).order_by("pk")
    while True:
        with transaction.atomic():
            ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:batch])
            Event.objects.filter(pk__in=ids).delete()
        if not ids:
            return
        yield len(ids)

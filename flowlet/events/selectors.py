"""Questions to the outbox: the partner's feed, and how far the relay is behind."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import Q, QuerySet

from flowlet.core.errors import Invalid, NotFound
from flowlet.db.transactions import horizon
from flowlet.events.choices import DeliveryStatus
from flowlet.events.errors import CursorGone, NoSuchEvent
from flowlet.events.models import Delivery, Event
from flowlet.events.models.event import sealed_aad
from flowlet.vault.services import subjects

RETENTION = timedelta(days=30)
COUNT_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the feed, oldest first."""

    events: list[Event]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Lag:
    """How far delivery is behind.

    ``seconds`` is the age of the oldest event that some handler has not seen (0.0 when none waits), ``waiting`` how many events
    and deliveries wait (counted up to COUNT_LIMIT), ``dead`` how many deliveries were given up (likewise).
    """

    seconds: float
    waiting: int
    dead: int


def feed(*, partner_id: UUID, at: datetime, types: Collection[str] = (), subject: str = "") -> QuerySet[Event]:
    """The partner's events of the last 30 days that are final, to be ordered by ``("xid", "id")``.

    Final means below the commit horizon: nothing can still appear before or between them, so whoever continues after the last
    one seen misses none. ``types`` are event types, or prefixes such as ``wallet.*``.
    """
    found = Event.objects.filter(partner_id=partner_id, xid__lt=horizon(), created_at__gte=at - RETENTION)
    if subject:
        found = found.filter(subject=subject)
    if types:
        wanted = Q(type__in=[name for name in types if not name.endswith(".*")])
        for name in types:
            if name.endswith(".*"):
                wanted |= Q(type__startswith=name[:-1])
        found = found.filter(wanted)
    return found


def events_page(
    *,
    partner_id: UUID,
    at: datetime,
    limit: int = 50,
    starting_after: str = "",
    ending_before: str = "",
    types: Collection[str] = (),
    subject: str = "",
) -> Page:
    """``limit`` events of the feed, oldest first: from its beginning, after the event ``starting_after``, or just before
    ``ending_before`` (public ids). Raises CursorGone, or Invalid when both are given.
    """
    if starting_after and ending_before:
        raise Invalid("Give starting_after or ending_before, not both.", param="ending_before")
    found = feed(partner_id=partner_id, at=at, types=types, subject=subject)
    if ending_before:
        cursor = _cursor(partner_id, at, ending_before, "ending_before")
        rows = list(
            found.filter(Q(xid__lt=cursor.xid) | Q(xid=cursor.xid, id__lt=cursor.pk), xid__lte=cursor.xid).order_by(
                "-xid", "-id"
            )[: limit + 1]
        )
        return Page(events=rows[:limit][::-1], has_more=len(rows) > limit)
    if starting_after:
        cursor = _cursor(partner_id, at, starting_after, "starting_after")
        found = found.filter(Q(xid__gt=cursor.xid) | Q(xid=cursor.xid, id__gt=cursor.pk), xid__gte=cursor.xid)
    rows = list(found.order_by("xid", "id")[: limit + 1])
    return Page(events=rows[:limit], has_more=len(rows) > limit)


def event_of(*, partner_id: UUID, at: datetime, event_id: UUID) -> Event:
    """One event of the last 30 days, at once and not only when it is final. Raises NoSuchEvent."""
    found = Event.objects.filter(pk=event_id, partner_id=partner_id, created_at__gte=at - RETENTION).first()
    if found is None:
        raise NoSuchEvent()
    return found


def told(events: Collection[Event]) -> dict[UUID, dict[str, Any]]:
    """What each event says to its partner, by its key: with what is personal in it, null once the person's data were erased."""
    sealed = [event for event in events if event.person_id is not None]
    boxes = subjects.boxes_for({event.person_id for event in sealed}) if sealed else {}
    found = {event.pk: event.data for event in events}
    for event in sealed:
        if box := boxes.get(event.person_id):
            found[event.pk] = event.data | orjson.loads(box.decrypt(bytes(event.sealed), aad=sealed_aad(event.pk)))
    return found


def lag(*, at: datetime) -> Lag:
    """How far delivery is behind at this moment; cheap enough for a health check."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM (SELECT FROM flowlet_events_event WHERE relayed_at IS NULL LIMIT %(limit)s) e)"
            " + (SELECT count(*) FROM (SELECT FROM flowlet_events_delivery WHERE status = 'PENDING' LIMIT %(limit)s) p),"
            " (SELECT count(*) FROM (SELECT FROM flowlet_events_delivery WHERE status = 'DEAD' LIMIT %(limit)s) d),"
            " least((SELECT created_at FROM flowlet_events_event WHERE relayed_at IS NULL ORDER BY id LIMIT 1),"
            " (SELECT min(e.created_at)"
            " FROM (SELECT event_id FROM flowlet_events_delivery WHERE status = 'PENDING' LIMIT %(limit)s) d"
            " JOIN flowlet_events_event e ON e.id = d.event_id))",
            {"limit": COUNT_LIMIT},
        )
        waiting, dead, oldest = cursor.fetchone()
    seconds = max((at - oldest).total_seconds(), 0.0) if oldest else 0.0
    return Lag(seconds=seconds, waiting=min(waiting, COUNT_LIMIT), dead=dead)


def dead_deliveries() -> QuerySet[Delivery]:
    """What was given up, oldest first."""
    return Delivery.objects.filter(status=DeliveryStatus.DEAD).select_related("event").order_by("id")


def _cursor(partner_id: UUID, at: datetime, public_id: str, param: str) -> Event:
    event = feed(partner_id=partner_id, at=at).filter(pk=_key(public_id, param)).only("id", "xid").first()
    if event is None:
        raise CursorGone(f"{public_id} is not in the feed of the last {RETENTION.days} days.", param=param)
    return event


def _key(public_id: str, param: str) -> UUID:
    try:
        return Event.key(public_id)
    except NotFound:
        raise CursorGone("The cursor is the id of an event, evt_….", param=param) from None

"""The feed of events under /v1/events."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from django.apps import apps
from rest_framework import serializers

from flowlet.api.endpoints import endpoint, example_id, page_example, paged
from flowlet.api.fields import PublicIdField, moment
from flowlet.api.serializers import PageFilters, StrictSerializer
from flowlet.api.views import PartnerView
from flowlet.events import selectors
from flowlet.events.errors import CursorGone, NoSuchEvent, UnknownType
from flowlet.events.models import Event


@cache
def known_types() -> tuple[str, ...]:
    """The types of all events that partners can get: what the apps' ``events`` modules say is ``FOR_PARTNERS``."""
    found: set[str] = set()
    for config in apps.get_app_configs():
        if "site-packages" not in config.path and find_spec(f"{config.name}.events"):
            found |= getattr(import_module(f"{config.name}.events"), "FOR_PARTNERS", frozenset())
    return tuple(sorted(found))


def _types(text: str) -> list[str]:
    """The wanted types, checked: ``wallet.opened,customer.*``."""
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    for name in wanted:
        prefix = name[:-1] if name.endswith(".*") else ""
        if not any(known.startswith(prefix) if prefix else known == name for known in known_types()):
            raise UnknownType(f"There is no event {name[:80]!r}.", param="type")
    return wanted


class EventFilters(PageFilters):
    """Which events."""

    type = serializers.CharField(
        required=False,
        max_length=1000,
        help_text=f"Types with commas between them; customer.* is all of customers. The types: {', '.join(known_types())}",
    )
    subject = serializers.CharField(required=False, max_length=64, help_text="The id of what the events are about")


class EventOut(StrictSerializer):
    """A fact: something became true."""

    id = PublicIdField("evt")
    type = serializers.CharField(help_text="What became true, in the past tense")
    subject = serializers.CharField(help_text="The id of what it is about")
    data = serializers.DictField(help_text="The facts, by the type; ids, states and amounts, never names")
    api_version = serializers.CharField(help_text="The API version whose shapes the data follows")
    created_at = serializers.DateTimeField(help_text="When it became true")


EVENT = {
    "id": example_id("evt"),
    "type": "customer.created",
    "subject": example_id("cus"),
    "data": {"id": example_id("cus"), "kind": "PERSON", "status": "ACTIVE"},
    "api_version": "v1",
    "created_at": "2026-01-15T09:30:00.123456Z",
}


def _shown(event: Event, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": event.public_id,
        "type": event.type,
        "subject": event.subject,
        "data": data,
        "api_version": event.api_version,
        "created_at": moment(event.created_at),
    }


class EventList(PartnerView):
    """The feed."""

    required_scopes = {"GET": "events:read"}
    tag = "Events"

    @endpoint(
        summary="Read the feed of events",
        query=EventFilters,
        response=paged(EventOut),
        errors=(CursorGone, UnknownType),
        query_example={"type": "customer.*", "limit": "10"},
        example=page_example(EVENT),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """What happened in the last 30 days, the oldest first.

        Keep the id of the last event that you have worked off and go on with `starting_after`: you get every event exactly
        once, in an order that never changes. An event appears as soon as nothing earlier can still appear before it, usually
        within a second.
        """
        query = request.query
        found = selectors.events_page(
            partner_id=request.caller.partner_id,
            at=request.at,
            limit=query["limit"],
            starting_after=query.get("starting_after", ""),
            ending_before=query.get("ending_before", ""),
            types=_types(query.get("type", "")),
            subject=query.get("subject", ""),
        )
        told = selectors.told(found.events)
        return {"data": [_shown(event, told[event.pk]) for event in found.events], "has_more": found.has_more}


class EventDetail(PartnerView):
    """One event."""

    required_scopes = {"GET": "events:read"}
    path_ids = {"event_id": Event.PREFIX}
    tag = "Events"

    @endpoint(summary="Read an event", response=EventOut, errors=(NoSuchEvent,), example=EVENT)
    def get(self, request: Any, event_id: UUID) -> dict[str, Any]:
        """The event as it was published; only your own id of a customer is null in it once the customer's data were erased."""
        event = selectors.event_of(partner_id=request.caller.partner_id, at=request.at, event_id=event_id)
        return _shown(event, selectors.told([event])[event.pk])

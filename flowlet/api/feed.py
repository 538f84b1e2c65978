"""GET /v1/events: what happened, for partners who would rather pull than be called."""

from typing import Any

from rest_framework import serializers

from flowlet.api.endpoints import endpoint, example_id, page_example, paged
from flowlet.api.fields import PublicIdField
from flowlet.api.serializers import PageFilters, StrictSerializer
from flowlet.api.views import PartnerView
from flowlet.core.errors import NotFound
from flowlet.events.models import Event
from flowlet.events.selectors import CursorGone, events_page, feed


class EventOut(StrictSerializer):
    """One fact about one of the partner's objects."""

    id = PublicIdField("evt")
    type = serializers.CharField(help_text="What happened, past tense and dotted, such as `wallet.frozen`")
    subject = serializers.CharField(help_text="The id of the object it happened to")
    data = serializers.DictField(help_text="The object as it became; its members depend on the type")
    api_version = serializers.CharField(help_text="The version of the API that `data` follows")
    created_at = serializers.DateTimeField()


class EventFilters(PageFilters):
    """Filters of the feed."""

    type = serializers.CharField(required=False, max_length=100, help_text="A type, or a prefix such as `wallet.*`")
    subject = serializers.CharField(required=False, max_length=64, help_text="The id of an object")


EVENT = {
    "id": example_id("evt"),
    "type": "wallet.frozen",
    "subject": example_id("wal"),
    "data": {"id": example_id("wal"), "status": "FROZEN"},
    "api_version": "v1",
    "created_at": "2026-01-15T09:30:00Z",
}


def render_event(event: Event) -> dict[str, Any]:
    """The JSON of an event."""
    return {
        "id": event.public_id,
        "type": event.type,
        "subject": event.subject,
        "data": event.data,
        "api_version": event.api_version,
        "created_at": event.created_at,
    }


class EventList(PartnerView):
    """The feed."""

    required_scopes = {"GET": "events:read"}

    @endpoint(
        summary="List events",
        query=EventFilters,
        response=paged(EventOut),
        errors=(CursorGone,),
        query_example={"type": "wallet.*"},
        example=page_example(EVENT),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """What happened in the last 30 days, oldest first.

        Ask again with `starting_after` set to the last event you have: none is missed and none comes twice, because an event
        appears only when nothing can come before it any more (usually within a second).
        """
        query = request.query
        found = events_page(
            partner_id=request.caller.partner_id,
            at=request.at,
            limit=query["limit"],
            starting_after=query.get("starting_after", ""),
            ending_before=query.get("ending_before", ""),
            types=(query["type"],) if "type" in query else (),
            subject=query.get("subject", ""),
        )
        return {"data": [render_event(event) for event in found.events], "has_more": found.has_more}


class EventDetail(PartnerView):
    """One event."""

    required_scopes = {"GET": "events:read"}
    path_ids = {"event_id": "evt"}

    @endpoint(summary="Read an event", response=EventOut, example=EVENT)
    def get(self, request: Any, event_id: Any) -> dict[str, Any]:
        """An event of the last 30 days."""
        found = feed(partner_id=request.caller.partner_id, at=request.at).filter(pk=event_id).first()
        if found is None:
            raise NotFound("There is no such event in the last 30 days.")
        return render_event(found)

"""Events of providers: what they told us, and what became of it."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from flowlet.backoffice import CaseAdmin, Transition, cells, home, panels, site
from flowlet.core.actors import Actor
from flowlet.core.errors import Conflict
from flowlet.telemetry.redaction import redact
from payments.choices import InboundStatus
from payments.models import InboundEvent
from payments.services import inbox

RETRY = "payments.retry_inbound_event"
_DEEPEST = 4


def check_can_retry(event: InboundEvent, actor: Actor) -> None:
    """Raises Conflict unless the event was given up."""
    if event.status != InboundStatus.DEAD:
        raise Conflict("Only what was given up can be tried again.")


def facts(event: InboundEvent) -> list[tuple[str, Any]]:
    """What was told, and how it stands."""
    return [
        ("State", cells.choice(event, "status", InboundStatus)),
        ("Provider", event.provider),
        ("What", cells.code(event.kind)),
        ("Of what", cells.code(event.about) if event.about else cells.DASH),
        ("Provider's id", cells.code(event.event_id)),
        ("Real money", "yes" if event.is_live else "no, says the provider"),
        ("Happened", event.happened_at),
        ("Received", event.received_at),
        ("Signature", f"good: {event.proof}"),
        ("SHA-256 of the body", cells.code(event.digest)),
        ("Attempts", event.attempts),
        ("Next attempt", event.next_attempt_at),
        ("Handled", event.handled_at),
        ("Last error", event.error or cells.DASH),
    ]


def masked_body(event: InboundEvent) -> list[tuple[str, str]]:
    """That there is a body, or that it was erased."""
    return [("Body", "erased" if event.sealed is None else "••••")]


def reveal_body(event: InboundEvent, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, str]]:
    """The body by its fields, without secrets; who looked, and why, was written to the audit by the page."""
    if event.sealed is None:
        return masked_body(event)
    return list(_flat(redact(inbox.fact_of(event).data)))


def _flat(value: Any, name: str = "", depth: int = 0) -> Any:
    if isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key), depth + 1)
    elif value not in (None, "", [], {}):
        yield name, str(value)[:500]


class InboundEventAdmin(CaseAdmin):
    """One event of a provider."""

    section, icon, menu_order = "Work", "inbox", 85
    list_display = ("public_id", "provider", "kind_", "state", "received_at", "attempts", "error")
    list_filter = ("status",)
    search_fields = ("about",)
    search_help_text = "Id, or the provider's id of what it is about"
    version_fields = ("status", "attempts")
    panels = (
        panels.Facts(title="Event", rows=facts),
        panels.Revealable(title="Body", masked=masked_body, reveal=reveal_body),
        panels.History(),
    )
    transitions = (
        Transition(
            name="retry",
            label="Try again",
            key="r",
            style="primary",
            permission=RETRY,
            service=inbox.retry,
            subject="inbound_id",
            policy=check_can_retry,
            reason_required=True,
            confirm="It is handled again, from the first attempt: the provider is asked how things stand now.",
            done="It is tried again within half a minute.",
        ),
    )

    @admin.display(description="what")
    def kind_(self, event: InboundEvent) -> Any:
        """The provider's own word."""
        return cells.code(event.kind)

    @admin.display(description="state")
    def state(self, event: InboundEvent) -> Any:
        """In its colour."""
        return cells.choice(event, "status", InboundStatus)


def given_up(request: HttpRequest) -> home.Waiting | None:
    """What could not be handled, in spite of all attempts."""
    dead = InboundEvent.objects.filter(status=InboundStatus.DEAD)
    oldest = dead.order_by("id").first()
    if oldest is None:
        return None
    url = f"{cells.admin_url(InboundEvent, 'changelist')}?status__exact={InboundStatus.DEAD}"
    return home.Waiting(count=dead.count(), url=url, oldest_at=oldest.handled_at, is_late=True)


site.register(InboundEvent, InboundEventAdmin)
home.register(home.Queue(name="dead_inbound", title="Providers' events given up", permission=RETRY, load=given_up, order=82))

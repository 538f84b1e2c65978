"""Events and their way to the handlers; what was given up can be handed over again."""

from datetime import datetime
from typing import Any

import orjson
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from flowlet.audit.services import log
from flowlet.backoffice import CaseAdmin, ReadOnlyAdmin, Transition, cells, home, panels, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import Conflict
from flowlet.events import selectors
from flowlet.events.choices import DeliveryStatus
from flowlet.events.models import Delivery, Event
from flowlet.events.services import replays
from flowlet.site.admin import subjects

LATE_SECONDS = 60


def check_can_retry(delivery: Delivery, actor: Actor) -> None:
    """Raises Conflict unless the delivery was given up."""
    if delivery.status != DeliveryStatus.DEAD:
        raise Conflict("Only what was given up can be handed over again.")


@transaction.atomic
def retry(*, delivery_id: int, reason: str, actor: Actor, at: datetime) -> Delivery:
    """Let one delivery be tried again from the first attempt, and write down who asked. Raises Conflict unless it was given up."""
    if replays.replay_dead(at=at, deliveries=[delivery_id]) != 1:
        raise Conflict("Only what was given up can be handed over again.")
    delivery = Delivery.objects.select_related("event").get(pk=delivery_id)
    log.record(
        action="event.retried",
        actor=actor,
        at=at,
        target=delivery.event.public_id,
        partner_id=delivery.event.partner_id,
        reason=reason,
        after={"handler": delivery.handler, "status": delivery.status},
    )
    return delivery


def status_badge(delivery: Delivery) -> Any:
    """The status in its colour."""
    tone = {DeliveryStatus.DELIVERED: "good", DeliveryStatus.DEAD: "bad"}.get(DeliveryStatus(delivery.status), "neutral")
    return cells.badge(delivery.get_status_display(), tone)


class EventAdmin(ReadOnlyAdmin):
    """What became true."""

    section, icon, menu_order = "Evidence", "bolt", 30
    list_display = ("created", "type", "subject_", "partner", "relayed")
    search_fields = ("subject",)
    search_help_text = "Public id of the event or of what it is about"
    panels = (
        panels.Facts(
            title="Event",
            rows=lambda event: [
                ("When", event.created_at),
                ("What", cells.code(event.type)),
                ("Of what", subjects.link(event.subject)),
                ("Partner", subjects.partner(event)),
                ("Relayed", event.relayed_at),
                ("Sealed", "what is personal in it, under the customer's key" if event.person_id else ""),
            ],
        ),
        panels.Table(
            title="Data",
            columns=("Name", "Value"),
            rows=lambda event: [
                (name, value if isinstance(value, str) else orjson.dumps(value).decode()) for name, value in event.data.items()
            ],
        ),
        panels.Table(
            title="Handlers",
            columns=("Handler", "State", "Attempts", "Finished", "Next attempt", "Last error"),
            figures=("Attempts",),
            empty="Nobody listens to it, or it has not been relayed yet.",
            rows=lambda event: [
                (
                    cells.link(delivery, delivery.handler),
                    status_badge(delivery),
                    delivery.attempts,
                    delivery.finished_at,
                    delivery.next_attempt_at if delivery.status == DeliveryStatus.PENDING else None,
                    delivery.last_error,
                )
                for delivery in event.deliveries.order_by("handler")
            ],
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """With the partners' names."""
        return subjects.with_partner(super().get_queryset(request))

    @admin.display(description="when")
    def created(self, event: Event) -> Any:
        """The moment of the fact."""
        return cells.moment(event.created_at)

    @admin.display(description="of what")
    def subject_(self, event: Event) -> Any:
        """A link to the thing."""
        return subjects.link(event.subject)

    @admin.display(description="partner")
    def partner(self, event: Event) -> str:
        """Whose affair it is."""
        return subjects.partner(event)

    @admin.display(description="relayed")
    def relayed(self, event: Event) -> Any:
        """Whether it was handed to the handlers."""
        return cells.moment(event.relayed_at) if event.relayed_at else cells.badge("waiting", "warn")


class DeliveryAdmin(CaseAdmin):
    """Events on their way to handlers."""

    section, icon, menu_order = "Work", "outbox", 80
    list_display = ("event_", "type", "handler", "state", "attempts", "last_error")
    list_select_related = ("event",)
    list_filter = ("status",)
    view_permission = "flowlet_events.view_delivery"
    version_fields = ("status", "attempts")
    panels = (
        panels.Facts(
            title="Delivery",
            rows=lambda delivery: [
                ("Event", cells.link(delivery.event)),
                ("What", cells.code(delivery.event.type)),
                ("Of what", subjects.link(delivery.event.subject)),
                ("Handler", cells.code(delivery.handler)),
                ("State", status_badge(delivery)),
                ("Attempts", delivery.attempts),
                ("Next attempt", delivery.next_attempt_at if delivery.status == DeliveryStatus.PENDING else None),
                ("Finished", delivery.finished_at),
                ("Last error", delivery.last_error),
            ],
        ),
    )
    transitions = (
        Transition(
            name="retry",
            label="Hand over again",
            key="r",
            style="primary",
            permission="flowlet_events.retry_delivery",
            service=retry,
            policy=check_can_retry,
            reason_required=True,
            confirm="The handler gets the event again, from the first attempt.",
            done="It waits for the relay again.",
        ),
    )

    @admin.display(description="event")
    def event_(self, delivery: Delivery) -> Any:
        """The event's id."""
        return delivery.event.public_id

    @admin.display(description="what")
    def type(self, delivery: Delivery) -> str:
        """The event's type."""
        return delivery.event.type

    @admin.display(description="state")
    def state(self, delivery: Delivery) -> Any:
        """In its colour."""
        return status_badge(delivery)


def given_up(request: HttpRequest) -> home.Waiting | None:
    """What no handler took, in spite of all attempts."""
    lag = selectors.lag(at=clock.now())
    if not lag.dead:
        return None
    first = selectors.dead_deliveries().first()
    url = f"{cells.admin_url(Delivery, 'changelist')}?status__exact={DeliveryStatus.DEAD}"
    return home.Waiting(count=lag.dead, url=url, oldest_at=first.finished_at if first else None, is_late=True)


def outbox(request: HttpRequest) -> list[home.Figure]:
    """How far delivery is behind."""
    lag = selectors.lag(at=clock.now())
    tone = "bad" if lag.seconds > LATE_SECONDS else "good"
    return [
        home.Figure(label="Outbox lag", value=f"{lag.seconds:,.0f} s", text=f"{lag.waiting:,} waiting", tone=tone),
        home.Figure(
            label="Given up",
            value=lag.dead,
            tone="bad" if lag.dead else "good",
            url=f"{cells.admin_url(Delivery, 'changelist')}?status__exact={DeliveryStatus.DEAD}",
        ),
    ]


site.register(Event, EventAdmin)
site.register(Delivery, DeliveryAdmin)
home.register(
    home.Queue(name="dead_events", title="Events given up", permission="flowlet_events.retry_delivery", load=given_up, order=80)
)
home.register(home.Health(name="outbox", title="Outbox", permission="flowlet_events.view_event", load=outbox, order=70))

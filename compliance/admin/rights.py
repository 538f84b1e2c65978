"""Requests of persons for their data, or for erasure; and what is kept of the customer who asks."""

import json
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest

from accounts.models import Customer
from accounts.services import holdings
from compliance.admin.risk import OfCustomer
from compliance.choices import RightKind, RightState
from compliance.models import RightsRequest
from compliance.services import retention, rights
from compliance.states import RIGHT_MOVES
from flowlet.backoffice import CaseAdmin, Transition, cells, home, panels, site
from flowlet.backoffice.transitions import may_become
from flowlet.core import clock
from flowlet.core.actors import Actor

LOOK, ANSWER = "compliance.view_retention", "compliance.answer_rights_request"


class ReceiveForm(forms.Form):
    """Who asks for what."""

    customer = forms.CharField(label="Customer", help_text="Public id, cus_…")
    kind = forms.ChoiceField(choices=RightKind.choices, label="What for")
    received_on = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text="The day on which it came; empty: today"
    )


def receive(*, customer: str, **given: Any) -> RightsRequest:
    """By the customer's public id."""
    return rights.receive(customer_id=Customer.fetch(customer.strip()).pk, **given)


def facts(row: RightsRequest) -> list[tuple[str, Any]]:
    """What was asked for, and what came of it."""
    is_erasure = row.kind == RightKind.ERASURE
    erased = cells.day(row.erase_on) if row.erase_on else "a day that is not known yet"
    return panels.known(
        [
            ("Customer", cells.link(row.customer, row.customer.public_id), True),
            ("Partner", cells.link(row.partner), True),
            ("Asked for", row.get_kind_display(), True),
            ("Received", cells.day(row.received_on), True),
            ("To be answered by", cells.day(row.due_on), True),
            ("Takes longer because", row.extension, row.extension),
            ("Answered", row.answered_at, row.answered_at),
            ("Records erased at once", row.cleared, is_erasure and row.answered_at),
            ("The rest is erased on", erased, is_erasure),
            ("The letter says: not before", cells.day(row.not_before), row.not_before),
            ("SHA-256 of the document", cells.code(row.digest), row.digest),
        ]
    )


def kept(row: RightsRequest) -> list[tuple]:
    """Every clock for every sort of record of the customer."""
    found = retention.timeline(row.customer, at=clock.now())
    shown = [
        (
            line.label,
            f"{line.count:,}",
            line.clock.regime.label,
            cells.day(line.starts_on),
            cells.day(line.ends_on),
            line.clock.source,
        )
        for line in found.lines
    ]
    return shown + ([("Everything", "", cells.badge("Legal hold", "warn"), "", "", "see Legal holds")] if found.is_held else [])


def register(row: RightsRequest) -> list[tuple]:
    """The lawful ground of each item of data."""
    return [
        (one.label, ", ".join(one.items), one.purpose, one.ground.label, "yes" if one.export else cells.badge("never", "bad"))
        for one in holdings.registered()
    ]


def opened(row: RightsRequest, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, Any]]:
    """The document; the service writes the look to the audit as well."""
    found = rights.document(rightsrequest_id=row.pk, reason=reason, actor=actor, at=at)
    return [("Document", cells.code(json.dumps(found, indent=1, ensure_ascii=False)))]


class RightsRequestAdmin(OfCustomer, CaseAdmin):
    """One request."""

    section, icon, menu_order, menu_title = "Work", "contact_page", 34, "Rights of persons"
    view_permission = LOOK
    page_budget = 40
    thing, things = "request of a person", "requests of persons"
    list_display = ("public_id", "customer_", "partner_", "kind", "state", "due_on", "erase_on")
    list_filter = ("state", "kind")
    list_select_related = ("customer", "partner")
    panels = (
        panels.Facts(title="Request", rows=facts),
        panels.Revealable(
            title="Answer",
            name="document",
            masked=lambda row: [("Document", "••••" if row.sealed else "not written yet")],
            reveal=opened,
            reveal_permission=ANSWER,
        ),
        panels.Table(
            title="What is kept, and until when",
            columns=("What", "Records", "Clock", "Runs from", "Asks no more on", "Source"),
            figures=("Records",),
            rows=kept,
            note="For officers only: the person is told nothing of what stands here as never given out.",
        ),
        panels.Table(
            title="Lawful grounds", columns=("What", "Items", "Purpose", "Lawful ground", "Given to the person"), rows=register
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="receive",
            label="Take a request in",
            key="n",
            scope="list",
            permission=ANSWER,
            form=ReceiveForm,
            service=receive,
        ),
        Transition(
            name="answer",
            label="Answer",
            key="a",
            style="primary",
            permission=ANSWER,
            service=rights.answer,
            policy=may_become(RIGHT_MOVES, RightState.ANSWERED, column="state"),
            confirm="A copy is put together; or what no law wants kept is erased at once, which nobody can undo, and the letter says when"
            " the rest goes.",
        ),
        Transition(
            name="extend",
            label="Take two more months",
            key="e",
            permission=ANSWER,
            service=rights.extend,
            policy=may_become(RIGHT_MOVES, RightState.ANSWERED, column="state"),
            reason_required=True,
            confirm="Once, for a complex request; the person has to be told why within the first month.",
        ),
        Transition(
            name="withdraw",
            label="Withdrawn",
            permission=ANSWER,
            service=rights.withdraw,
            policy=may_become(RIGHT_MOVES, RightState.WITHDRAWN, column="state"),
            reason_required=True,
        ),
    )

    def status_of(self, obj: RightsRequest) -> Any:
        """Beside the heading."""
        return cells.choice(obj, "state", RightState)


def due(request: HttpRequest) -> home.Waiting | None:
    """Requests that wait for an answer."""
    rows = RightsRequest.objects.filter(state=RightState.OPEN, partner__mode__in=settings.WORKED_MODES).order_by("due_on")
    days = list(rows.values_list("due_on", "received_on")[:1001])
    if not days:
        return None
    return home.Waiting(
        count=min(len(days), 1000),
        url=f"{cells.admin_url(RightsRequest, 'changelist')}?state__exact={RightState.OPEN}",
        oldest_at=datetime.combine(min(came for _, came in days), time(), UTC),
        is_late=days[0][0] < clock.now().date(),
    )


site.register(RightsRequest, RightsRequestAdmin)
home.register(home.Queue(name="compliance.rights", title="Rights of persons", permission=ANSWER, load=due, order=44))

"""Alerts: the queue, and one screen with all that a decision needs."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from compliance import errors
from compliance.admin import alert_panels, work_pages
from compliance.admin.work_filters import FILTERS, QueueFilter, asked
from compliance.admin.work_forms import FileForm, ManyForm, NoteForm, attach_to, giving, note_on, told
from compliance.admin.work_pages import checked
from compliance.choices import AlertKind, Disposition
from compliance.choices.work import CONFIRM, WORK
from compliance.models import Alert, Case
from compliance.policies import alerts as policies
from compliance.services import alerts, cases, queues
from flowlet.backoffice import Transition, cells, site
from flowlet.backoffice.panels import Panel
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.states import IllegalMove

KEYS = {
    Disposition.FALSE_POSITIVE: ("f", "default"),
    Disposition.EXPLAINED: ("v", "default"),
    Disposition.CONFIRMED: ("c", "danger"),
    Disposition.HIT_CLEARED: ("l", "default"),
    Disposition.HIT_CONFIRMED: ("h", "danger"),
}
_WORDS = {"max_length": alerts.LONGEST_WORDS, "required": False, "help_text": "Kept for good. No personal data. May stay empty."}


def _decision_form(disposition: Disposition) -> type[forms.Form]:
    """Words first, so that the key and Enter are enough; the first reason is chosen already."""
    reasons = [(code.value, code.label) for code in policies.REASONS[disposition]]
    fields = {"words": forms.CharField(**_WORDS), "reason_code": forms.ChoiceField(choices=reasons, label="Because")}
    return type(f"{disposition}Form", (forms.Form,), fields)


def _decision(disposition: Disposition) -> Transition:
    key, style = KEYS[disposition]
    two = policies.needs_two(disposition)

    return Transition(
        name=disposition.lower(),
        label=str(disposition.label),
        key=key,
        style=style,
        permission=WORK,
        form=_decision_form(disposition),
        service=partial(alerts.decide, disposition=disposition),
        policy=checked(lambda row, actor: policies.check_can_decide(row, disposition, actor)),
        confirm="A second person has to confirm it." if two else "",
        done="Proposed; a second person confirms it." if two else "Closed.",
    )


class CloseManyForm(ManyForm):
    """How they end, all alike."""

    model = Alert
    disposition = forms.ChoiceField(choices=[(found, found.label) for found in policies.OF_MANY], label="They end as")
    reason_code = forms.ChoiceField(
        choices=[(code, code.label) for found in policies.OF_MANY for code in policies.REASONS[found]], label="Because"
    )
    words = forms.CharField(**_WORDS)
    field_order = ("disposition", "reason_code", "words", "items")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if asked(self.request, Alert)[0] == "hits":
            self.initial |= {"disposition": Disposition.HIT_CLEARED, "reason_code": policies.REASONS[Disposition.HIT_CLEARED][0]}


def close_many(*, items: Sequence[str], actor: Actor, at: datetime, **how: str) -> queues.Bulk:
    """The form in the service's words."""
    return queues.close_many(alert_ids=[Alert.key(one) for one in items], **how, actor=actor, at=at)


class CaseForm(forms.Form):
    """What the case is called."""

    title = forms.CharField(max_length=120, help_text="No personal data.")


def open_case(*, alert_id: Any, title: str, actor: Actor, at: datetime) -> Case:
    """The form in the service's words."""
    return cases.open_case(title=title, alert_ids=[alert_id], actor=actor, at=at)


def _without_case(row: Alert, actor: Actor) -> None:
    if row.case_id is not None:
        raise errors.CaseMixed("It is in a case.")


class AlertAdmin(work_pages.WorkAdmin):
    """One alert."""

    icon, menu_order = "notifications_active", 5
    list_display = ("urgency", "headline", "kind_", "about", "seen", "age", "due", "whose", "status")
    list_display_links = ("headline",)
    figures = ("seen",)
    list_filter = (QueueFilter, *(FILTERS[name] for name in ("kind", "urgency", "due", "mode", "owner")))
    search_help_text = "Public id of an alert or a customer"
    version_fields = ("state", "evidence_count", "assignee_id")
    hidden_refusals = (IllegalMove, errors.WrongDisposition)
    query_budget = 14
    panels = alert_panels.PANELS
    decisions = (*(found.lower() for found in Disposition), "confirm", "send_back", "escalate")
    transitions = (
        *(_decision(found) for found in Disposition),
        Transition(
            name="confirm",
            label="Confirm",
            key="y",
            style="primary",
            permission=CONFIRM,
            service=alerts.confirm,
            policy=checked(policies.check_can_confirm),
            confirm="You are the second person of this decision.",
            done="Confirmed and closed.",
        ),
        Transition(
            name="send_back",
            label="Send back",
            key="b",
            permission=CONFIRM,
            service=alerts.send_back,
            policy=checked(policies.check_can_send_back),
            reason_required=True,
        ),
        Transition(
            name="escalate",
            label="Escalate",
            key="e",
            permission=WORK,
            service=alerts.escalate,
            policy=checked(policies.check_can_escalate),
            reason_required=True,
        ),
        *giving(Alert, WORK, take="t", give="a"),
        Transition(
            name="note", label="Note", key="m", permission=WORK, form=NoteForm, service=note_on(Alert, "alert_id"), done="Noted."
        ),
        Transition(
            name="attach",
            label="Add a file",
            key="d",
            permission=WORK,
            form=FileForm,
            service=attach_to(Alert, "alert_id"),
            done="Added.",
        ),
        Transition(
            name="open_case",
            label="Open a case",
            key="o",
            permission=WORK,
            form=CaseForm,
            service=open_case,
            policy=_without_case,
            done="Opened.",
        ),
        Transition(
            name="close_many",
            label="Close many",
            permission=WORK,
            scope="list",
            form=CloseManyForm,
            service=close_many,
            done=told,
            confirm="A suspicion, and any name on a sanctions list, is decided by itself and refused here.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        """With what list and page name."""
        return super().get_queryset(request).select_related("assignee", "locked_by", "customer", "partner", "case")

    def panels_for(self, request: HttpRequest, obj: Alert) -> Sequence[Panel]:
        """Of a name on a list the hits come first: they are what is decided."""
        found = super().panels_for(request, obj)
        return (
            sorted(found, key=lambda one: (one.name != "why", one.name != "hits")) if obj.kind == AlertKind.SCREENING else found
        )

    def search(self, request: HttpRequest, queryset: QuerySet[Alert], term: str) -> QuerySet[Alert]:
        """Those of a customer."""
        try:
            return queryset.filter(customer_id=ids.parse("cus", term))
        except ids.MalformedId:
            return queryset.none()

    def title_of(self, obj: Alert) -> str:
        """Why it fired."""
        return obj.headline

    @admin.display(description="kind")
    def kind_(self, row: Alert) -> str:
        """In words."""
        return AlertKind(row.kind).label

    @admin.display(description="customer")
    def about(self, row: Alert) -> Any:
        """The customer."""
        return cells.link(row.customer, row.customer.public_id) if row.customer else cells.DASH

    @admin.display(description="seen")
    def seen(self, row: Alert) -> str:
        """How much it saw."""
        return f"{row.evidence_count:,}"


site.register(Alert, AlertAdmin)

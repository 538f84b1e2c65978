"""Hits, who is screened, and the runs that did it."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Customer
from compliance.admin import hit_panels
from compliance.choices import HitState, ListKind, RunState
from compliance.models import Hit, ScreeningRun, ScreeningSubject
from compliance.policies import hits as policies
from compliance.services import screening_hits
from flowlet.backoffice import CaseAdmin, ReadOnlyAdmin, Transition, cells, panels, site
from flowlet.core import ids

LOOK, DECIDE = "compliance.view_screening", "compliance.decide_hit"
SHOWN = 20
_ASKED = "Asked for. Another person has to approve it under Approvals before it counts."


class ClearForm(forms.Form):
    """Until when a clearing counts."""

    expires_on = forms.DateField(
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The last day on which it counts; a year if empty",
    )


def of_customer(queryset: QuerySet, term: str, field: str) -> QuerySet:
    """The rows of the customer with this id."""
    try:
        return queryset.filter(**{field: Customer.key(term)})
    except ids.MalformedId:
        return queryset.none()


class HitAdmin(CaseAdmin):
    """One hit."""

    section, icon, menu_order, menu_title = "Work", "person_search", 20, "Hits"
    view_permission = LOOK
    list_display = ("public_id", "list_kind_", "entry", "of_", "match_", "priority_", "state_", "found_at")
    list_filter = ("state", "list_kind")
    list_select_related = ("subject",)
    ordering = ("-pk",)
    figures = ("match_", "priority_")
    search_help_text = "Id; or the id of a customer"
    panels = (
        hit_panels.SIDES,
        panels.Facts(title="Hit", rows=hit_panels.decision_of),
        panels.Revealable(title="What is compared", masked=hit_panels.masked_sides, reveal=hit_panels.plain_sides),
        panels.History(),
    )
    transitions = (
        Transition(
            name="clear",
            label="Ask to clear",
            key="l",
            style="primary",
            permission=DECIDE,
            form=ClearForm,
            service=partial(screening_hits.request_decision, state=HitState.CLEARED),
            policy=policies.check_can_decide,
            reason_required=True,
            done=_ASKED,
        ),
        Transition(
            name="confirm",
            label="Ask to confirm",
            key="h",
            style="danger",
            permission=DECIDE,
            service=partial(screening_hits.request_decision, state=HitState.CONFIRMED),
            policy=policies.check_can_decide,
            reason_required=True,
            confirm="Of a sanctions list, the customer is frozen, or the counterparty's account blocked, once another person approves.",
            done=_ASKED,
        ),
        Transition(
            name="reopen",
            label="Open again",
            key="o",
            permission=DECIDE,
            service=screening_hits.reopen,
            policy=policies.check_can_reopen,
            reason_required=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hit]:
        """With whom and what it is of."""
        return super().get_queryset(request).select_related("subject__customer", "watchlist", "listed", "run")

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By customer."""
        return of_customer(queryset, term, "subject__customer_id")

    def title_of(self, obj: Hit) -> str:
        """The listed name, which is published."""
        return obj.listed.name

    def status_of(self, obj: Hit) -> Any:
        """Its state."""
        return self.state_(obj)

    @admin.display(description="list")
    def list_kind_(self, obj: Hit) -> Any:
        """Sanctions, exposed persons, own."""
        return cells.choice(obj, "list_kind", ListKind)

    @admin.display(description="of")
    def of_(self, obj: Hit) -> str:
        """The kind of subject."""
        return obj.subject.get_kind_display()

    @admin.display(description="match")
    def match_(self, obj: Hit) -> str:
        """In percent."""
        return f"{obj.match:.0%}"

    @admin.display(description="priority")
    def priority_(self, obj: Hit) -> str:
        """In percent."""
        return f"{obj.priority:.0%}"

    @admin.display(description="state")
    def state_(self, obj: Hit) -> Any:
        """As a badge."""
        return cells.choice(obj, "state", HitState)


def hits_of(row: ScreeningSubject) -> list[tuple]:
    """Its hits, the newest first."""
    return [
        (
            cells.link(one, one.public_id),
            one.entry,
            f"{one.match:.0%}",
            f"{one.priority:.0%}",
            cells.choice(one, "state", HitState),
        )
        for one in row.hits.order_by("-pk")[:SHOWN]
    ]


class ScreeningSubjectAdmin(ReadOnlyAdmin):
    """Whoever is screened; never a name."""

    section, icon, menu_order, in_menu = "Work", "badge", 21, False
    view_permission = LOOK
    list_display = ("public_id", "kind", "key", "customer_", "screened_at", "ended_at")
    list_filter = ("kind",)
    list_select_related = ("customer",)
    search_help_text = "Id; or the id of a customer"
    panels = (
        panels.Facts(
            title="Subject",
            fields=("kind", "key", "screened_at", "ended_at"),
            rows=lambda row: [
                ("Customer", cells.link(row.customer, row.customer.public_id)),
                ("Partner", cells.link(row.partner)),
            ],
        ),
        panels.Table(
            title="Hits", columns=("Hit", "Entry", "Match", "Priority", "State"), figures=("Match", "Priority"), rows=hits_of
        ),
        panels.Table(
            title="Screened",
            columns=("Run", "When", "Found"),
            figures=("Found",),
            rows=lambda row: [
                (cells.link(one, one.public_id), one.started_at, one.found) for one in row.runs.order_by("-pk")[:SHOWN]
            ],
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ScreeningSubject]:
        """With the people."""
        return super().get_queryset(request).select_related("customer", "partner")

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By customer."""
        return of_customer(queryset, term, "customer_id")

    @admin.display(description="customer")
    def customer_(self, obj: ScreeningSubject) -> Any:
        """Whose."""
        return cells.link(obj.customer, obj.customer.public_id)


class ScreeningRunAdmin(ReadOnlyAdmin):
    """One screening: when, against what, by which matcher, with which result."""

    section, icon, menu_order, menu_title = "Work", "manage_search", 22, "Screening runs"
    view_permission = LOOK
    list_display = ("public_id", "cause", "state_", "started_at", "screened", "found", "reopened", "lapsed")
    list_filter = ("cause", "state")
    figures = ("screened", "found", "reopened", "lapsed")
    panels = (
        panels.Facts(
            title="Run",
            fields=("cause", "screened", "found", "reopened", "lapsed", "started_at", "ended_at"),
            rows=lambda row: [
                ("Matcher", f"version {row.matcher}, threshold {row.threshold:.2f}"),
                ("Started by", row.started_by),
                *((f"List {code}", cells.code(version)) for code, version in row.versions.items()),
                *([("Because of", cells.link(row.version, row.version.public_id))] if row.version else []),
                *([("Subject", cells.link(row.subject, row.subject.public_id))] if row.subject else []),
            ],
        ),
        panels.History(),
    )

    def status_of(self, obj: ScreeningRun) -> Any:
        """Whether it has ended."""
        return self.state_(obj)

    @admin.display(description="state")
    def state_(self, obj: ScreeningRun) -> Any:
        """As a badge."""
        return cells.choice(obj, "state", RunState)


site.register(Hit, HitAdmin)
site.register(ScreeningSubject, ScreeningSubjectAdmin)
site.register(ScreeningRun, ScreeningRunAdmin)

"""Reports to the authority: the queue by the day on which they are due, and the page of one, open to who prepares reports alone."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html

from compliance.admin.report_fields import said
from compliance.admin.report_forms import GUIDES, GuidedForm, gaps
from compliance.admin.work_filters import FILTERS, PlacesFirst
from compliance.admin.work_forms import giving
from compliance.admin.work_pages import WorkAdmin, checked
from compliance.admin.work_panels import LOCK, SHOWN, named
from compliance.choices import FollowUp, ReportKind, ReportState
from compliance.choices.reports import APPROVE, PREPARE
from compliance.errors import NotToFollow, PriorNotFiled, ReportNotDraft
from compliance.events import REPORT_READ
from compliance.models import Report
from compliance.models.report import SENT, WAITING
from compliance.policies import reports as policies
from compliance.policies.report_deadlines import ALARM_DAYS, continuing_deadline
from compliance.policies.work import check_is_free
from compliance.services import report_clock, report_drafts, reports
from flowlet.backoffice import Transition, cells, panels, site
from flowlet.backoffice.panels import Panel
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.states import IllegalMove

DAY = forms.DateInput(attrs={"type": "date"})


class DraftForm(forms.Form):
    """Which form, and the day from which its time runs."""

    kind = forms.ChoiceField(choices=ReportKind.choices)
    day = forms.DateField(
        widget=DAY,
        help_text="Suspicious activity: when a person found that it may be due. Cash: the day of the transactions, in UTC",
    )
    has_suspect = forms.BooleanField(required=False, initial=True, label="A suspect was known on that day")


class AmendForm(forms.Form):
    """When it was found wrong."""

    determined_on = forms.DateField(
        required=False, widget=DAY, help_text="Of suspicious activity: the day on which a person found that it has to be amended"
    )


def due_of(row: Report, *, on: date) -> Any:
    """The day and what is left until then, in colour; the day alone of what left."""
    if row.state not in WAITING:
        return cells.day(row.due_on)
    left = (row.due_on - on).days
    tone = "bad" if left <= min(ALARM_DAYS) else "warn" if left <= max(ALARM_DAYS) else "neutral"
    said = f"{-left} d overdue" if left < 0 else "today" if not left else f"{left} d left"
    return cells.badge(f"{row.due_on.isoformat()}, {said}", tone)


def follow_up_of(row: Report) -> Any:
    """Whether somebody has looked again, and until when a report of continuing activity is in time."""
    if row.follow_up != FollowUp.DUE:
        return cells.choice(row, "follow_up", FollowUp)
    return format_html(
        "{} until {}", cells.choice(row, "follow_up", FollowUp), cells.day(continuing_deadline(filed_on=row.filed_on).due_on)
    )


def facts(row: Report) -> list[tuple[str, Any]]:
    """Its clock, its people, its file."""
    who = named([row.drafted_by, row.proposed_by, row.approved_by])
    return panels.known(
        [
            ("Kind", row.get_kind_display(), True),
            ("Counted from", row.counted_from, True),
            ("Rule", row.rule, True),
            ("No suspect known then", "yes", row.kind == ReportKind.SAR and not row.has_suspect),
            ("Case", cells.link(row.case, row.case.title) if row.case else "", row.case),
            ("Follows", cells.link(row.prior, row.prior.reference) if row.prior else "", row.prior),
            ("Text", f"version {row.version}", True),
            ("Drafted by", who.get(row.drafted_by, row.drafted_by), True),
            ("Proposed by", who.get(row.proposed_by, row.proposed_by), row.proposed_by),
            ("Proposed", row.proposed_at, row.proposed_at),
            ("Approved by", who.get(row.approved_by, row.approved_by), row.approved_by),
            ("Approved", row.approved_at, row.approved_at),
            ("File", cells.link(row.batch, row.batch.file_name) if row.batch else "", row.batch),
            ("Filed on", row.filed_on, row.filed_on),
            ("Look at it again", follow_up_of(row), row.follow_up),
            ("BSA ID", cells.code(row.bsa_id), row.bsa_id),
        ]
    )


def missing(row: Report, request: HttpRequest) -> dict[str, Any] | None:
    """What FinCEN would say of it today; it names places, not people."""
    if row.state not in WAITING:
        return None
    return {"gaps": gaps(row, on=clock.now().date())}


def followers(row: Report) -> list[tuple[Any, ...]]:
    """Reports that amend or continue it."""
    found = row.followers.defer("sealed").order_by("pk")[:SHOWN]
    return [(cells.link(one, one.reference), cells.choice(one, "state", ReportState), one.due_on) for one in found]


def opened(row: Report, *, actor: Actor, at: datetime, reason: str) -> list[tuple[str, Any]]:
    """What it says; the panel's own record in the audit is that of the reading."""
    policies.check_is_person(actor)
    return said(*GUIDES[row.kind], reports.content_of(row))


def fill(*, report_id: Any, reason: str, actor: Actor, at: datetime) -> dict[str, Any]:
    """Read a draft, to complete it."""
    row = reports.get(report_id)
    policies.check_can_change(row)
    check_is_free(row, actor, at=at)
    return reports.read(report_id=report_id, reason=reason, actor=actor, at=at)


def _deed(name: str, label: str, service: Any, policy: Any, *, permission: str = PREPARE, **more: Any) -> Transition:
    return Transition(name=name, label=label, service=service, policy=policy, permission=permission, **more)


class ReportAdmin(GuidedForm, WorkAdmin):
    """One report."""

    icon, menu_order, menu_title = "assured_workload", 8, "Reports to the authority"
    view_permission = work_permission = PREPARE
    confidential = True
    things = "reports"
    places: ClassVar = {
        "waiting": ("All that waits", Q(state__in=WAITING)),
        "approved": ("Approved, to be filed", Q(state=ReportState.APPROVED)),
        "filed": ("Filed", Q(state__in=SENT)),
        "again": ("To look at again", Q(follow_up=FollowUp.DUE)),
        "withdrawn": ("Not filed", Q(state=ReportState.WITHDRAWN)),
        "all": ("All", Q()),
    }
    newest_first = ("filed", "withdrawn", "all")
    decisions = ("propose", "approve", "send_back", "withdraw")
    list_display = ("urgency", "reference_", "kind", "due", "age", "whose", "status", "drafted", "follows")
    list_display_links = ("reference_",)
    list_filter = (PlacesFirst, *(FILTERS[name] for name in ("kind", "due", "owner")))
    search_fields = ("reference",)
    search_help_text = "Reference, SAR-… or CTR-…, or public id"
    version_fields = ("state", "version", "assignee_id")
    hidden_refusals = (IllegalMove, ReportNotDraft, PriorNotFiled, NotToFollow)
    panels = (
        LOCK,
        panels.Custom(title="Still missing", name="missing", wide=True, page="compliance/report_gaps.html", load=missing),
        panels.Facts(title="Report", rows=facts),
        panels.Revealable(
            title="What it says",
            masked=lambda row: [("Text", "••••")],
            reveal=opened,
            reveal_permission=PREPARE,
            action=REPORT_READ,
            name="text",
            wide=True,
        ),
        panels.Table(
            title="What FinCEN found",
            name="after",
            columns=("Code", "Element", "Level"),
            rows=lambda row: [(one["code"], one["element"], one["level"]) for one in row.faults],
            empty="Nothing.",
            wide=False,
        ),
        panels.Table(
            title="Followed by", name="after", columns=("Report", "State", "Due"), rows=followers, empty="None.", wide=False
        ),
        panels.History(),
    )
    transitions = (
        _deed(
            "fill",
            "Fill in",
            fill,
            checked(policies.check_can_change),
            key="f",
            reason_required=True,
            initial=lambda row: {"reason": "to complete the draft"},
            confirm="The form shows what it says. That you read it, and why, is kept in the audit.",
        ),
        _deed(
            "propose",
            "Propose",
            reports.propose,
            checked(policies.check_can_propose),
            key="p",
            style="primary",
            confirm="It goes to a second person; nothing may be missing that FinCEN would reject.",
            done="Another person has to approve it.",
        ),
        _deed(
            "approve",
            "Approve",
            reports.approve,
            checked(policies.check_can_approve),
            permission=APPROVE,
            key="y",
            style="primary",
            confirm="You are the second person of this decision. Read it before.",
            done="It leaves with the next file.",
        ),
        _deed(
            "send_back",
            "Send back",
            reports.send_back,
            checked(policies.check_can_send_back),
            permission=APPROVE,
            key="b",
            reason_required=True,
        ),
        _deed("amend", "Amend", reports.amend, policies.check_can_amend, key="a", form=AmendForm, done="Drafted."),
        _deed("continue", "Continuing activity", reports.go_on, policies.check_can_go_on, key="c", done="Drafted."),
        _deed(
            "nothing_went_on",
            "Nothing went on",
            report_clock.nothing_went_on,
            policies.check_can_end_follow_up,
            key="w",
            reason_required=True,
            confirm="You looked at the ninety days since it was filed, and there is nothing to report. Say what you looked at.",
        ),
        _deed("draft", "Draft a report", report_drafts.blank, None, key="d", scope="list", form=DraftForm, done="Drafted."),
        *giving(Report, PREPARE, take="t", give="v"),
        _deed(
            "withdraw",
            "Do not file",
            reports.withdraw,
            checked(policies.check_can_withdraw),
            style="danger",
            reason_required=True,
            confirm="The assessment is kept with its reason.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        """Without what they say, and without the files."""
        found = super().get_queryset(request).select_related("prior", "batch", "case", "assignee", "locked_by")
        return found.defer("sealed", "prior__sealed", "batch__sealed", "batch__answer", "case__sealed")

    def panels_for(self, request: HttpRequest, obj: Report) -> Sequence[Panel]:
        """What comes after filing only of what was filed."""
        return [panel for panel in super().panels_for(request, obj) if panel.name != "after" or obj.state in SENT]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With who drafted each, by one query."""
        response = super().changelist_view(request, extra_context)
        rows = response.context_data["cl"].result_list if getattr(response, "context_data", None) else ()
        who = named(row.drafted_by for row in rows)
        for row in rows:
            row.fl_drafted = who.get(row.drafted_by, row.drafted_by)
        return response

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """To the form, or as always."""
        if transition.name == "fill":
            return HttpResponseRedirect(self.form_url(request, obj))
        return super()._done(request, transition, obj, result)

    def title_of(self, obj: Report) -> str:
        """Our number of it."""
        return obj.reference

    def status_of(self, obj: Report) -> Any:
        """State and clock."""
        return format_html("{} {}", self.status(obj), self.due(obj))

    @admin.display(description="reference")
    def reference_(self, row: Report) -> str:
        """What FinCEN sees as our number of it."""
        return row.reference

    @admin.display(description="due")
    def due(self, row: Report) -> Any:
        """The clock."""
        return due_of(row, on=clock.now().date())

    @admin.display(description="state")
    def status(self, row: Report) -> Any:
        """As a badge."""
        return cells.choice(row, "state", ReportState)

    @admin.display(description="drafted by")
    def drafted(self, row: Any) -> Any:
        """Who."""
        return row.fl_drafted

    @admin.display(description="follows")
    def follows(self, row: Report) -> Any:
        """What it amends or continues."""
        return cells.link(row.prior, row.prior.reference) if row.prior else cells.DASH


site.register(Report, ReportAdmin)

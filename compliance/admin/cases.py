"""Cases: what they gather, what is to be done, what is frozen, how they end; and files, taken out with a reason."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from accounts.models import User
from compliance import errors
from compliance.admin import work_pages
from compliance.admin.reports import DraftForm
from compliance.admin.work_filters import FILTERS, QueueFilter
from compliance.admin.work_forms import OFFERED, FileForm, NoteForm, able, attach_to, giving, note_on
from compliance.admin.work_pages import LOOK
from compliance.admin.work_panels import FILES, NOTES, named
from compliance.choices import AlertState, CaseOutcome, ReportState
from compliance.choices.reports import PREPARE
from compliance.choices.work import CONFIRM, WORK
from compliance.events import WRITTEN_READ
from compliance.models import Case, CaseTask, WorkFile
from compliance.policies import cases as policies
from compliance.policies.work import called
from compliance.services import cases, report_drafts, reports, work_notes
from flowlet.backoffice import CaseAdmin as PlainAdmin
from flowlet.backoffice import Transition, TransitionForm, actor_of, cells, panels, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.states import IllegalMove
from ledger.services.break_documents import Opened


class AlertForm(forms.Form):
    """Which alert."""

    alert = forms.CharField(max_length=40, help_text="alr_…")


class CustomerForm(forms.Form):
    """Which customer."""

    customer = forms.CharField(max_length=40, help_text="cus_…")


class PaymentForm(forms.Form):
    """Which payment."""

    payment = forms.CharField(max_length=40, help_text="pay_…")


class NarrativeForm(TransitionForm):
    """What happened; the text before is there."""

    text = forms.CharField(
        max_length=cases.LONGEST_NARRATIVE, widget=forms.Textarea(attrs={"rows": 12}), help_text="It is sealed."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].initial = cases.narrative_of(self.subject) if self.subject else ""


class TaskForm(forms.Form):
    """What, by when, who."""

    text = forms.CharField(max_length=300, help_text="No personal data.")
    due_on = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    person = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = [("", "nobody yet"), *able()]


class DoneForm(TransitionForm):
    """Which task is done."""

    task = forms.ChoiceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        open_ = self.subject.tasks.filter(done_at=None).order_by("due_on") if self.subject else ()
        self.fields["task"].choices = [(str(one.pk), f"{one.due_on} {one.text}") for one in open_]


class EndForm(forms.Form):
    """How it ends."""

    outcome = forms.ChoiceField(choices=CaseOutcome.choices)
    words = forms.CharField(
        max_length=cases.LONGEST_WORDS, widget=forms.Textarea(attrs={"rows": 3}), help_text="Kept for good. No personal data."
    )


def add_task(*, case_id: Any, text: str, due_on: date, person: str, actor: Actor, at: datetime) -> CaseTask:
    """The form in the service's words."""
    whom = User.objects.get(pk=person) if person else None
    return cases.add_task(case_id=case_id, text=text, due_on=due_on, person=whom, actor=actor, at=at)


def finish_task(*, case_id: Any, task: str, actor: Actor, at: datetime) -> CaseTask:
    """The form in the service's words."""
    return cases.finish_task(task_id=CaseTask.objects.get(pk=task, case_id=case_id).pk, actor=actor, at=at)


def _narrative(row: Case, request: HttpRequest) -> dict[str, Any]:
    return {"text": cases.narrative_of(row), **request.fl_work_admin.lock_of(request, row)}


def _facts(row: Case) -> list[tuple[str, Any]]:
    who = named([row.opened_by, row.decided_by, row.checked_by])
    optional = [
        ("Decided by", who.get(row.decided_by), row.decided_by),
        ("In words", row.words, row.words),
        ("Confirmed by", who.get(row.checked_by), row.checked_by),
        ("Closed", row.closed_at, row.closed_at),
    ]
    return [
        ("Partner", cells.link(row.partner, str(row.partner))),
        ("Priority", row.priority),
        ("Opened", row.opened_at),
        ("Opened by", who[row.opened_by]),
        ("Due", row.due_at),
        ("Whose", called(row.assignee) if row.assignee else cells.DASH),
        *panels.known(optional),
    ]


def _alerts(row: Case) -> list[tuple[Any, ...]]:
    found = row.alerts.order_by("-priority", "due_at")[:OFFERED]
    return [
        (one.priority, cells.link(one, one.headline), cells.choice(one, "state", AlertState), one.get_disposition_display())
        for one in found
    ]


def _subjects(row: Case) -> list[tuple[Any, ...]]:
    found = row.subjects.select_related("customer", "payment").order_by("id")[:OFFERED]
    return [
        (
            "Customer" if one.customer_id else "Payment",
            cells.link(one.customer or one.payment),
            (one.customer or one.payment).get_status_display(),
            cells.day(one.added_at.date()),
        )
        for one in found
    ]


def _tasks(row: Case) -> list[tuple[Any, ...]]:
    found = row.tasks.select_related("assignee").order_by("done_at", "due_on")[:OFFERED]
    return [
        (
            one.due_on,
            one.text,
            called(one.assignee) if one.assignee else cells.DASH,
            one.done_at or cells.badge("to do", "warn"),
        )
        for one in found
    ]


def _freezes(row: Case) -> list[tuple[Any, ...]]:
    found = list(row.freezes.select_related("wallet").order_by("id")[:OFFERED])
    who = named([name for one in found for name in (one.frozen_by, one.asked_by, one.released_by)])
    return [
        (
            cells.link(one.wallet),
            one.frozen_at,
            who[one.frozen_by],
            who.get(one.asked_by, ""),
            who.get(one.released_by, ""),
            one.released_at,
        )
        for one in found
    ]


def _reports(row: Case) -> list[tuple[Any, ...]]:
    return [
        (cells.link(one, one.reference), one.get_kind_display(), cells.choice(one, "state", ReportState), one.due_on)
        for one in reports.of_case(row.pk)[:OFFERED]
    ]


def _deed(
    name: str, label: str, service: Any, *, permission: str = WORK, policy: Any = policies.check_is_open, **more: Any
) -> Transition:
    return Transition(name=name, label=label, service=service, permission=permission, policy=policy, **more)


class CaseAdmin(work_pages.WorkAdmin):
    """One case."""

    icon, menu_order = "cases", 6
    list_display = ("urgency", "title", "of_partner", "age", "due", "whose", "status")
    list_display_links = ("title",)
    list_filter = (QueueFilter, *(FILTERS[name] for name in ("urgency", "due", "mode", "owner")))
    version_fields = ("state", "version", "assignee_id")
    hidden_refusals = (IllegalMove, errors.CaseNotDone, errors.CaseMixed)
    query_budget = 12
    panels = (
        panels.Custom(title="Narrative", name="narrative", wide=True, page="compliance/case.html", load=_narrative),
        panels.Facts(title="Case", rows=_facts),
        panels.Facts(
            title="How it ends",
            permission=PREPARE,
            rows=lambda row: [("Outcome", row.get_outcome_display())] if row.outcome else [],
        ),
        panels.Table(title="Alerts", columns=("Priority", "Why", "State", "Ended"), figures=("Priority",), rows=_alerts),
        panels.Table(title="About", columns=("What", "Which", "State", "Added"), rows=_subjects, wide=False),
        panels.Table(
            title="Tasks", columns=("Due", "What", "Who", "Done"), rows=_tasks, wide=False, empty="Nothing is to be done."
        ),
        panels.Table(
            title="Frozen by the case",
            columns=("Wallet", "Frozen", "By", "Release asked by", "Released by", "Released"),
            rows=_freezes,
            empty="Nothing.",
        ),
        panels.Table(
            title="Reports to the authority",
            permission=PREPARE,
            columns=("Report", "Kind", "State", "Due"),
            rows=_reports,
            empty="None.",
            wide=False,
        ),
        NOTES,
        FILES,
        panels.History(without=(WRITTEN_READ,)),
    )
    decisions = ("close", "confirm", "send_back", "escalate")
    transitions = (
        _deed("narrate", "Narrative", cases.narrate, key="w", form=NarrativeForm, done="Kept."),
        _deed("add_task", "Task", add_task, key="t", form=TaskForm, done="Added."),
        _deed("finish_task", "Task done", finish_task, key="x", form=DoneForm, done="Done."),
        _deed("close", "Close", cases.close, key="c", style="danger", form=EndForm, policy=policies.check_can_close),
        _deed(
            "confirm",
            "Confirm",
            cases.confirm,
            key="y",
            style="primary",
            permission=CONFIRM,
            policy=policies.check_can_confirm,
            done="Closed.",
        ),
        _deed(
            "send_back",
            "Send back",
            cases.send_back,
            key="b",
            permission=CONFIRM,
            policy=policies.check_can_send_back,
            reason_required=True,
        ),
        _deed("escalate", "Escalate", cases.escalate, key="e", policy=policies.check_can_escalate, reason_required=True),
        *giving(Case, WORK, give="a"),
        _deed("add_alert", "Add an alert", cases.add_alert, form=AlertForm),
        _deed("add_customer", "Add a customer", cases.add_customer, form=CustomerForm),
        _deed("add_payment", "Add a payment", cases.add_payment, form=PaymentForm),
        _deed("freeze", "Freeze wallets", cases.freeze, style="danger", policy=policies.check_can_freeze, reason_required=True),
        _deed(
            "ask_release",
            "Ask for release",
            cases.ask_release,
            policy=policies.check_can_ask_release,
            reason_required=True,
            done="Another person has to approve it.",
        ),
        _deed(
            "release",
            "Release wallets",
            cases.release,
            permission=CONFIRM,
            policy=policies.check_can_release,
            reason_required=True,
        ),
        _deed(
            "draft_report",
            "Draft a report",
            report_drafts.from_case,
            key="p",
            permission=PREPARE,
            policy=None,
            form=DraftForm,
            confirm="It is filled with what the case gathered. Only who prepares reports sees on the case's page that there is one.",
            done="Drafted.",
        ),
        _deed("note", "Note", note_on(Case, "case_id"), key="m", form=NoteForm, policy=None, done="Noted."),
        _deed("attach", "Add a file", attach_to(Case, "case_id"), key="d", form=FileForm, policy=None, done="Added."),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """With what list and page name, without the narratives in the list."""
        return super().get_queryset(request).select_related("assignee", "locked_by", "partner")

    def _do(self, request: HttpRequest, transition: Transition, obj: Case | None) -> HttpResponse:
        """The form of the narrative shows it, as the page does."""
        if transition.name == "narrate" and request.method != "POST" and obj is not None:
            work_notes.shown(item=obj, actor=actor_of(request), at=clock.now())
        return super()._do(request, transition, obj)

    def title_of(self, obj: Case) -> str:
        """Its title."""
        return obj.title

    @admin.display(description="partner")
    def of_partner(self, row: Case) -> str:
        """Whose."""
        return str(row.partner)


class WorkFileAdmin(PlainAdmin):
    """One file of an alert or a case, taken out with a reason."""

    icon, menu_order, in_menu = "attach_file", 90, False
    view_permission = LOOK
    list_display = ("public_id", "name", "size", "added_at")
    panels = (
        panels.Facts(
            title="File",
            rows=lambda row: [
                ("Of", cells.link(row.alert or row.case)),
                ("Name", row.name),
                ("What", row.get_type_display()),
                ("Size", f"{row.size:,} bytes"),
                ("Added", row.added_at),
                ("By", named([row.added_by])[row.added_by]),
                ("SHA-256", cells.code(row.digest)),
            ],
        ),
    )
    transitions = (
        Transition(
            name="download",
            label="Download",
            key="d",
            style="primary",
            permission=WORK,
            service=work_notes.take_out,
            subject="file_id",
            reason_required=True,
            confirm="It may name people. That you took it, and why, is kept in the audit.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkFile]:
        """Without the files themselves."""
        return super().get_queryset(request).defer("sealed").select_related("alert", "case")

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """A download is the file itself, never shown by the browser within our pages."""
        if not isinstance(result, Opened):
            return super()._done(request, transition, obj, result)
        answer = HttpResponse(result.content, content_type=result.type)
        answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=result.name)
        answer["Cache-Control"], answer["X-Content-Type-Options"] = "no-store, private", "nosniff"
        return answer


site.register(Case, CaseAdmin)
site.register(WorkFile, WorkFileAdmin)

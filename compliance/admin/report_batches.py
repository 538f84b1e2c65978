"""Filing: the batch files for FinCEN and units in the EU, what became of each, the file to be uploaded there, and its answer taken in."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from compliance.admin import work_forms, work_panels
from compliance.choices import ReportKind, ReportState
from compliance.choices.reports import FILE, PREPARE
from compliance.errors import BatchAnswered
from compliance.models import Report, ReportBatch
from compliance.policies import reports as policies
from compliance.providers.fincen import acknowledgements
from compliance.services import report_batches
from flowlet.backoffice import CaseAdmin, Transition, cells, home, panels, site
from flowlet.core import errors
from flowlet.core.actors import Actor


class FileForm(forms.Form):
    """Which of FinCEN's forms: each has files of its own."""

    kind = forms.ChoiceField(choices=ReportKind.choices)


class AnswerForm(forms.Form):
    """FinCEN's answer."""

    file = forms.FileField(help_text="The acknowledgement, XML, as FinCEN gave it")


def acknowledge(*, reportbatch_id: Any, file: UploadedFile, actor: Actor, at: datetime) -> ReportBatch:
    """The form in the service's words."""
    if (file.size or 0) > acknowledgements.LARGEST:
        raise errors.Invalid("An acknowledgement has at most 64 MB.", param="file")
    return report_batches.acknowledge(batch_id=reportbatch_id, content=file.read(), actor=actor, at=at)


def facts(row: ReportBatch) -> list[tuple[str, Any]]:
    """The file and its answer."""
    return panels.known(
        [
            ("Kind", row.get_kind_display(), True),
            ("File", cells.code(row.file_name), True),
            ("SHA-256", cells.code(row.digest), True),
            ("Made", row.created_at, True),
            ("By", work_panels.named([row.created_by]).get(row.created_by, row.created_by), True),
            ("Reports", f"{row.reports_count:,}", True),
            ("Total", f"{row.total:,} USD", row.kind != ReportKind.STR),
            ("Checked against", row.schema or cells.badge("no schema at hand", "warn"), True),
            ("FinCEN's status", cells.code(row.status), row.status),
            ("Answered", row.answered_at, row.answered_at),
        ]
    )


def inside(row: ReportBatch) -> list[tuple[Any, ...]]:
    """Its reports, and what FinCEN says of each."""
    found = row.reports.defer("sealed").order_by("place")[: work_forms.OFFERED]
    return [
        (
            one.place + 1,
            cells.link(one, one.reference),
            cells.choice(one, "state", ReportState),
            cells.code(one.bsa_id),
            "; ".join(" ".join(filter(None, fault.values())) for fault in one.faults) or cells.DASH,
        )
        for one in found
    ]


def told(batch: ReportBatch) -> str:
    """How many of each."""
    states = batch.reports.values_list("state", flat=True)
    accepted = sum(state == ReportState.ACCEPTED for state in states)
    return f"{accepted} accepted, {len(states) - accepted} rejected."


class ReportBatchAdmin(CaseAdmin):
    """One file."""

    icon, menu_order, menu_title = "outbox", 9, "Filing with the authority"
    view_permission, confidential = PREPARE, True
    thing, things = "file", "files"
    list_display = ("file_name", "kind", "created_at", "reports_count", "accepted", "rejected", "status_", "digest_")
    figures = ("reports_count", "accepted", "rejected")
    list_filter = ("kind",)
    search_fields = ("file_name",)
    search_help_text = "Name of the file, or public id"
    version_fields = ("status",)
    hidden_refusals = (BatchAnswered,)
    panels = (
        panels.Facts(title="File", rows=facts),
        panels.Table(
            title="Reports", columns=("Place", "Report", "State", "BSA ID", "FinCEN found"), figures=("Place",), rows=inside
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="file",
            label="Make a file",
            key="n",
            scope="list",
            permission=FILE,
            form=FileForm,
            service=report_batches.file,
            confirm="All approved reports of the kind go into one file, the most urgent first, and count as filed.",
            done=lambda batch: (
                f"{batch.reports_count} reports. Take the file out, and hand it in." if batch else "No report waits."
            ),
        ),
        Transition(
            name="download",
            label="Take the file out",
            key="d",
            style="primary",
            permission=FILE,
            service=report_batches.download,
            subject="batch_id",
            reason_required=True,
            confirm="It names people. That you took it, and why, is kept in the audit.",
        ),
        Transition(
            name="acknowledge",
            label="Take FinCEN's answer in",
            key="a",
            permission=FILE,
            form=AnswerForm,
            service=acknowledge,
            policy=policies.check_can_answer,
            done=told,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReportBatch]:
        """Without the files; with how many were accepted."""
        found = super().get_queryset(request).defer("sealed", "answer")
        counts = {state.lower(): Count("reports", filter=Q(reports__state=state)) for state in ("ACCEPTED", "REJECTED")}
        return found.annotate(**counts)

    def title_of(self, obj: ReportBatch) -> str:
        """Its name."""
        return obj.file_name

    def status_of(self, obj: ReportBatch) -> Any:
        """Where it stands."""
        return self.status_(obj)

    @admin.display(description="accepted")
    def accepted(self, row: Any) -> int:
        """How many."""
        return row.accepted

    @admin.display(description="rejected")
    def rejected(self, row: Any) -> int:
        """How many."""
        return row.rejected

    @admin.display(description="status")
    def status_(self, row: ReportBatch) -> Any:
        """FinCEN's answer."""
        if row.answered_at is None:
            return cells.badge("made") if row.kind == ReportKind.STR else cells.badge("waits for FinCEN", "warn")
        return cells.badge("accepted", "good") if row.status == acknowledgements.ACCEPTED else cells.badge("not accepted", "bad")

    @admin.display(description="SHA-256")
    def digest_(self, row: ReportBatch) -> Any:
        """How it begins."""
        return cells.code(row.digest[:12] + "…")

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """A download is the file itself."""
        if not isinstance(result, report_batches.Downloaded):
            return super()._done(request, transition, obj, result)
        answer = HttpResponse(result.content, content_type=f"application/{result.name.rpartition('.')[2]}")
        answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=result.name)
        answer["Cache-Control"], answer["X-Content-Type-Options"] = "no-store, private", "nosniff"
        return answer


def approved(request: HttpRequest) -> home.Waiting | None:
    """Approved reports that are in no file yet."""
    rows = list(Report.objects.filter(state=ReportState.APPROVED).order_by("due_on").values_list("approved_at", flat=True)[:1000])
    if not rows:
        return None
    return home.Waiting(count=len(rows), url=cells.admin_url(ReportBatch, "changelist"), oldest_at=min(rows))


site.register(ReportBatch, ReportBatchAdmin)
home.register(home.Queue(name="compliance.report_files", title="Reports to be filed", permission=FILE, load=approved, order=13))

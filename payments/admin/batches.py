"""Batches and their files: released by another above the threshold, delivered, answered, compared, taken out with a reason."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Model, QuerySet, Sum
from django.http import HttpRequest, HttpResponse

from flowlet.backoffice import CaseAdmin, Transition, cells, may_become, panels, site
from flowlet.core.actors import Actor
from flowlet.core.errors import FourEyesRequired
from flowlet.core.states import IllegalMove, check_move
from payments.admin import furniture
from payments.choices import BatchStatus, PaymentStatus
from payments.models import Batch
from payments.models import Payment as PaymentRow
from payments.services import file_comparison, settlement
from payments.services.file_comparison import Comparison
from payments.services.files import Built
from payments.services.settlement import Run
from payments.states import BATCH_MOVES

RELEASE, RUN = "payments.release_file", "payments.close_day"


class AnswerForm(forms.Form):
    """What the bank wrote."""

    text = forms.CharField(label="What the bank says", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


# When what may be done


def check_can_release(batch: Batch, actor: Actor) -> None:
    """Raises IllegalMove, FourEyesRequired."""
    check_move(BATCH_MOVES, BatchStatus(batch.status), BatchStatus.RELEASED)
    if batch.needs_two and batch.built_by == str(actor):
        raise FourEyesRequired("A file above the threshold is released by somebody else than who built it.")


def check_has_file(batch: Batch, actor: Actor) -> None:
    """Raises FileMissing."""
    file_comparison.check_has_file(batch)


def acknowledge(*, batch_id: UUID, text: str, actor: Actor, at: datetime) -> Batch:
    """The bank took the file."""
    return settlement.answer(batch_id=batch_id, accepted=True, text=text, actor=actor, at=at)


def reject(*, batch_id: UUID, reason: str, actor: Actor, at: datetime) -> Batch:
    """The bank refused the file."""
    return settlement.answer(batch_id=batch_id, accepted=False, text=reason, actor=actor, at=at)


def said(run: Run) -> str:
    """What a run did, in words."""
    parts = [
        f"files built: {len(run.built)}",
        f"waiting for a second person: {len(run.waiting)}",
        f"delivered: {len(run.delivered)}",
        f"payments settled: {run.settled}",
    ]
    return f"{', '.join(parts).capitalize()}." + "".join(f" Held up: {refusal['message']}" for refusal in run.refusals)


# Panels


def facts(batch: Batch) -> list[tuple[str, Any]]:
    """What is in it."""
    return [
        ("State", cells.choice(batch, "status", BatchStatus)),
        ("Partner", batch.partner),
        ("Rail", f"{batch.get_rail_display()}, {batch.get_direction_display().lower()}"),
        ("Payments", f"{batch.count:,}"),
        ("Total", furniture.figure(batch.total, batch.currency)),
        ("Cut-off", batch.cutoff_at),
        ("Value day", batch.value_on),
        ("Released by", "somebody else than who built it" if batch.needs_two else "one person, or the run itself"),
    ]


def file(batch: Batch) -> list[tuple[str, Any]]:
    """The file, and who did what to it."""
    who = furniture.people(text for text in (batch.built_by, batch.released_by) if text)
    optional = [
        ("Name", cells.code(batch.file_name), batch.file_name),
        ("Format", batch.format, batch.format),
        ("Number", batch.number, True),
        ("Size", f"{batch.size:,} bytes", batch.size),
        ("SHA-256", cells.code(batch.digest), batch.digest),
        ("Built", batch.built_at, batch.built_at),
        ("Built by", who.get(batch.built_by), batch.built_by),
        ("Released", batch.released_at, batch.released_at),
        ("Released by", who.get(batch.released_by), batch.released_by),
        ("Delivered", batch.delivered_at, batch.delivered_at),
        ("Delivered to", batch.delivered_to, batch.delivered_to),
        ("Answered", batch.answered_at, batch.answered_at),
        ("The bank says", batch.answer, batch.answer),
    ]
    return panels.known(optional)


def standings(batch: Batch) -> list[tuple]:
    """How its payments stand, added up."""
    rows = batch.payments.order_by().values_list("status").annotate(Count("pk"), Sum("amount")).order_by("status")
    return [
        (cells.badge(PaymentStatus(status).label, PaymentStatus(status).tone), count, furniture.figure(amount, batch.currency))
        for status, count, amount in rows
    ]


def payments_in(batch: Batch) -> list[tuple]:
    """The first of them."""
    return [
        (
            cells.link(one),
            cells.code(one.trace),
            cells.choice(one, "status", PaymentStatus),
            one.reference,
            furniture.figure(one.amount, one.currency),
        )
        for one in batch.payments.order_by("pk")[: furniture.SHOWN]
    ]


class BatchAdmin(CaseAdmin):
    """One batch, and its file."""

    section, menu_title, icon, menu_order = "Money", "Payment files", "folder_zip", 6
    thing, things = "payment file", "payment files"
    list_display = ("public_id", "file_", "rail_", "count", "total_", "state", "value_on", "partner")
    list_filter = ("status", "rail", "direction", furniture.PartnerFilter)
    list_select_related = ("partner",)
    figures = ("count", "total_")
    search_help_text = "Id"
    version_fields = ("status", "built_by", "released_by", "digest")
    panels = (
        panels.Facts(title="Batch", rows=facts),
        panels.Facts(title="File", rows=file),
        panels.Table(
            title="How they stand", columns=("State", "Payments", "Amount"), figures=("Payments", "Amount"), rows=standings
        ),
        panels.Table(
            title="Payments",
            columns=("Payment", "Number in the file", "State", "Reference", "Amount"),
            figures=("Amount",),
            rows=payments_in,
            more=lambda batch: f"{cells.admin_url(PaymentRow, 'changelist')}?q={batch.public_id}",
        ),
        panels.History(),
    )
    hidden_refusals = (IllegalMove,)
    transitions = (
        Transition(
            name="release",
            label="Release",
            key="r",
            style="primary",
            permission=RELEASE,
            service=settlement.release,
            policy=check_can_release,
            confirm="Compare count and total with what you expect. A released file can be delivered.",
        ),
        Transition(
            name="deliver",
            label="Deliver",
            key="d",
            style="primary",
            permission=RELEASE,
            service=settlement.deliver,
            policy=may_become(BATCH_MOVES, BatchStatus.DELIVERED),
            is_atomic=False,
            confirm="To the bank, under its own name: a file that is there already with the same content counts as delivered.",
        ),
        Transition(
            name="acknowledge",
            label="Bank took it",
            key="a",
            style="primary",
            permission=RELEASE,
            form=AnswerForm,
            service=acknowledge,
            policy=may_become(BATCH_MOVES, BatchStatus.ACKNOWLEDGED),
        ),
        Transition(
            name="reject",
            label="Bank refused it",
            key="x",
            style="danger",
            permission=RELEASE,
            service=reject,
            policy=may_become(BATCH_MOVES, BatchStatus.ACKNOWLEDGED),
            reason_required=True,
            confirm="The whole file: each of its payments fails, and the money is back.",
        ),
        Transition(
            name="compare",
            label="Build again and compare",
            key="m",
            permission=RELEASE,
            service=file_comparison.compare,
            policy=check_has_file,
            confirm="The file is built from its payments once more, and compared byte by byte.",
            done=lambda found: found.words,
        ),
        Transition(
            name="download",
            label="Download",
            key="o",
            permission=RELEASE,
            service=file_comparison.download,
            policy=check_has_file,
            reason_required=True,
            confirm="The file names people and their account numbers. That you took it, and why, is kept in the audit.",
        ),
        Transition(
            name="run",
            label="Run the settlement",
            scope="list",
            permission=RUN,
            service=settlement.run,
            is_atomic=False,
            confirm="Gathers what is due, builds files, delivers what one person may release, and settles what the banks have done.",
            done=said,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        """Without the files themselves."""
        return super().get_queryset(request).defer("sealed")

    def title_of(self, obj: Batch) -> str:
        """The file's name, or what it would carry."""
        return obj.file_name or f"{obj.get_rail_display()} {obj.number}"

    def status_of(self, obj: Batch) -> Any:
        """Beside the heading."""
        return self.state(obj)

    def level_of(self, result: Any) -> int:
        """A file that differs, and a run that was held up, are no success."""
        if isinstance(result, Comparison) and not result.is_identical:
            return messages.ERROR
        if isinstance(result, Run) and result.refusals:
            return messages.WARNING
        return messages.SUCCESS

    def _done(self, request: HttpRequest, transition: Transition, obj: Model | None, result: Any) -> HttpResponse:
        """A download is the file itself."""
        if not isinstance(result, Built):
            return super()._done(request, transition, obj, result)
        headers = {"Content-Disposition": f'attachment; filename="{result.name}"', "Cache-Control": "no-store, private"}
        return HttpResponse(result.content, content_type="application/octet-stream", headers=headers)

    @admin.display(description="file")
    def file_(self, obj: Batch) -> Any:
        """Its name."""
        return cells.code(obj.file_name) if obj.file_name else cells.DASH

    @admin.display(description="rail")
    def rail_(self, obj: Batch) -> str:
        """And its way."""
        return f"{furniture.SHORT.get(obj.rail, obj.get_rail_display())}, {obj.get_direction_display().lower()}"

    @admin.display(description="total")
    def total_(self, obj: Batch) -> Any:
        """All payments together."""
        return furniture.figure(obj.total, obj.currency)

    @admin.display(description="state")
    def state(self, obj: Batch) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", BatchStatus)


site.register(Batch, BatchAdmin)

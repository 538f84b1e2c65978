"""Breaks: the queue, those due first; what each could belong to, beside it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from accounts.roles import roles_with
from flowlet.approvals import selectors as approvals
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import AlreadyPending
from flowlet.approvals.models import Approval
from flowlet.backoffice import CaseAdmin, Transition, TransitionForm, cells, home, may_become, panels, site
from flowlet.backoffice.home import Queue, Waiting
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from flowlet.core.states import IllegalMove, check_move
from ledger import errors
from ledger.admin import people, reconciling
from ledger.choices import BreakState, BreakType, ItemState
from ledger.models import Break, BreakDocument
from ledger.selectors import reconciliation as questions
from ledger.services import break_documents, breaks, write_offs
from ledger.states import BREAK_MOVES

SHOWN, OFFERED = 20, 200
OPEN, MINE, UNOWNED, CLOSED = "open", "mine", "unowned", "closed"


class WaitingFilter(admin.SimpleListFilter):
    """What is still to be done; nothing chosen shows what is not closed."""

    title, parameter_name = "work", "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Mine, nobody's, closed."""
        return [(MINE, "Mine"), (UNOWNED, "Without owner"), (CLOSED, "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The chosen ones."""
        chosen = self.value()
        if chosen == CLOSED:
            return queryset.filter(state=BreakState.CLOSED)
        queryset = queryset.exclude(state=BreakState.CLOSED)
        if chosen == MINE:
            return queryset.filter(owner=request.user)
        return queryset.filter(owner=None, state=BreakState.OPEN) if chosen == UNOWNED else queryset


class OwnerForm(TransitionForm):
    """Who."""

    owner = forms.ChoiceField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        able = User.objects.filter(is_active=True, is_staff=True, roles__overlap=roles_with("ledger.work_break"))
        self.fields["owner"].choices = [
            (str(user.pk), f"{user.name}, {user.email}") for user in able.order_by("name", "email")[:OFFERED]
        ]


class RemarkForm(forms.Form):
    """A remark, for good."""

    text = forms.CharField(
        max_length=breaks.LONGEST_REMARK, widget=forms.Textarea(attrs={"rows": 3}), help_text="No personal data"
    )


class DocumentForm(forms.Form):
    """A document."""

    file = forms.FileField(help_text="PDF, PNG, JPEG or plain text, 10 MB at most. It is sealed, and stays with the break.")


def attach(*, break_id: UUID, file: UploadedFile, actor: Actor, at: datetime) -> BreakDocument:
    """The form in the service's words."""
    if (file.size or 0) > break_documents.LARGEST:
        raise errors.DocumentTooLarge(param="file")
    return break_documents.attach(break_id=break_id, name=file.name or "", content=file.read(), actor=actor, at=at)


def assign(*, break_id: UUID, owner: str, actor: Actor, at: datetime) -> Break:
    """The form in the service's words."""
    return breaks.assign(break_id=break_id, owner=User.objects.get(pk=owner), actor=actor, at=at)


def _not_closed(row: Break, actor: Actor) -> None:
    if row.state == BreakState.CLOSED:
        check_move(BREAK_MOVES, row.state, BreakState.OPEN)


def _may_write_off(row: Break, actor: Actor) -> None:
    write_offs.check_can_write_off(row=row)
    if _asked(row) is not None:
        raise AlreadyPending


def _asked(row: Break) -> Approval | None:
    """The request to write it off that waits for another person."""
    return approvals.of_subject(row.public_id).filter(status=ApprovalStatus.PENDING).first()


def _facts(row: Break) -> list[tuple[str, Any]]:
    asked = _asked(row)
    optional = [
        ("Write-off", cells.link(asked, "asked for, waits for another person") if asked else "", asked),
        ("Why", row.reason, row.reason),
        ("Ended as", ItemState(row.resolution).label if row.resolution else "", row.resolution),
        ("Closed", row.closed_at, row.closed_at),
    ]
    return [
        ("Amount", Money(row.amount, row.currency)),
        ("What", BreakType(row.type).label),
        ("Bank account", cells.link(row.bank_account, row.bank_account.name or row.bank_account.code)),
        ("Day", row.dated_on),
        ("Due", row.due_on),
        ("Opened", row.opened_at),
        ("Owner", row.owner.name or row.owner.email if row.owner else cells.badge("nobody", "warn")),
        *panels.known(optional),
    ]


def _item(row: Break) -> list[tuple[str, Any]]:
    base = cells.admin_url(row.bank_account).removesuffix("change/")
    bench = ("Workbench", cells.href(f"{base}workbench/?q={row.item.reference if row.item else ''}", "open"))
    if row.item is None:
        return [bench]
    item = row.item
    rows = [
        ("Source", reconciling.source_link(item)),
        ("Reference", item.reference),
        ("Text", reconciling.said(item)),
        ("State", reconciling.state_badge(item)),
    ]
    if item.match is not None:
        rows.append(("Match", cells.link(item.match, item.match.public_id)))
        rows.append(("Why", item.match.reason))
    return [*rows, bench]


def _candidates(row: Break) -> list[tuple[Any, ...]]:
    if row.item is None:
        return []
    return reconciling.rows_of([row.item, *questions.candidates_of(item=row.item)], row.currency)


def _remarks(row: Break) -> list[panels.Moment]:
    found = list(row.remarks.order_by("-id")[:SHOWN])
    who = people.named(remark.author for remark in found)
    return [panels.Moment(at=one.created_at, label=one.text, who=who[one.author]) for one in found]


def _documents(row: Break) -> list[tuple[Any, ...]]:
    found = list(row.documents.defer("sealed").order_by("-id")[:SHOWN])
    who = people.named(one.added_by for one in found)
    return [
        (cells.link(one, one.name), one.get_type_display(), f"{one.size:,} bytes", one.added_at, who[one.added_by])
        for one in found
    ]


class BreakAdmin(CaseAdmin):
    """One break."""

    icon, menu_order = "report_problem", 25
    list_display = ("when", "kind", "figure", "account", "age", "due", "owned_by", "status")
    figures = ("figure",)
    list_select_related = ("bank_account", "owner")
    list_filter = (WaitingFilter, reconciling.BankAccountFilter, "type")
    ordering = ("due_on", "pk")
    page_budget = 30
    version_fields = ("state", "owner_id", "type")
    hidden_refusals = (IllegalMove, errors.ItemNotOpen)
    panels = (
        panels.Facts(
            title="Break",
            rows=_facts,
        ),
        panels.Facts(title="What it stands for", rows=_item),
        panels.Table(
            title="Side by side with what it could belong to",
            columns=reconciling.COLUMNS,
            figures=("Amount",),
            rows=_candidates,
            empty="It stands for no single line or entry.",
        ),
        panels.Table(
            title="Documents",
            columns=("Name", "What", "Size", "Added", "By"),
            figures=("Size",),
            rows=_documents,
            empty="None yet.",
        ),
        panels.Timeline(title="Remarks", moments=_remarks, empty="Nobody has remarked anything yet."),
        panels.History(),
    )
    transitions = (
        Transition(
            name="take",
            label="Take",
            key="t",
            style="primary",
            permission="ledger.work_break",
            subject="break_id",
            service=breaks.take,
            policy=_not_closed,
            done="It is yours now.",
        ),
        Transition(
            name="assign",
            label="Assign",
            key="s",
            permission="ledger.work_break",
            subject="break_id",
            form=OwnerForm,
            service=assign,
            policy=_not_closed,
        ),
        Transition(
            name="remark",
            label="Remark",
            key="r",
            permission="ledger.work_break",
            subject="break_id",
            form=RemarkForm,
            service=breaks.remark,
            done="Remarked.",
        ),
        Transition(
            name="attach",
            label="Add a document",
            key="d",
            permission="ledger.work_break",
            subject="break_id",
            form=DocumentForm,
            service=attach,
            done="Added.",
        ),
        Transition(
            name="explain",
            label="Explain",
            key="e",
            permission="ledger.work_break",
            subject="break_id",
            service=breaks.explain,
            policy=may_become(BREAK_MOVES, BreakState.EXPLAINED, column="state"),
            reason_required=True,
            confirm="It stays in the proof of the day, explained, and may still be matched.",
        ),
        Transition(
            name="write_off",
            label="Write off",
            key="w",
            style="danger",
            permission="ledger.request_write_off",
            subject="break_id",
            service=write_offs.submit,
            policy=_may_write_off,
            reason_required=True,
            done="Another person has to approve it now.",
        ),
        Transition(
            name="reopen",
            label="Take the explanation back",
            permission="ledger.work_break",
            subject="break_id",
            service=breaks.reopen,
            policy=may_become(BREAK_MOVES, BreakState.OPEN, column="state"),
            reason_required=True,
        ),
    )

    @admin.display(description="day")
    def when(self, row: Break) -> Any:
        """Of the line or entry."""
        return cells.day(row.dated_on)

    @admin.display(description="what")
    def kind(self, row: Break) -> Any:
        """In words."""
        return BreakType(row.type).label

    @admin.display(description="amount")
    def figure(self, row: Break) -> Any:
        """Signed: money onto the account is positive."""
        return cells.money(Money(row.amount, row.currency))

    @admin.display(description="bank account")
    def account(self, row: Break) -> Any:
        """Its code."""
        return row.bank_account.code

    @admin.display(description="age")
    def age(self, row: Break) -> Any:
        """In the buckets of the report."""
        return questions.age_bucket(opened_on=row.dated_on, today=clock.now().date())

    @admin.display(description="due")
    def due(self, row: Break) -> Any:
        """Red when it is over."""
        if row.state != BreakState.CLOSED and row.due_on < clock.now().date():
            return cells.badge(row.due_on.isoformat(), "bad")
        return cells.day(row.due_on)

    @admin.display(description="owner")
    def owned_by(self, row: Break) -> Any:
        """Who, or nobody."""
        return row.owner.name or row.owner.email if row.owner else cells.badge("nobody", "warn")

    @admin.display(description="state")
    def status(self, row: Break) -> Any:
        """As a badge."""
        return cells.badge(row.get_state_display(), reconciling.BREAK_TONES[BreakState(row.state)])

    def title_of(self, obj: Break) -> str:
        """What and how much."""
        return f"{BreakType(obj.type).label}: {cells.number(obj.amount, obj.currency)} {obj.currency}"

    def status_of(self, obj: Break) -> Any:
        """As a badge."""
        return self.status(obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what the page shows."""
        found = (
            super().get_queryset(request).select_related("bank_account", "owner", "item__line", "item__journal", "item__match")
        )
        return found


def _waiting(request: HttpRequest) -> Waiting:
    """What is open, and what of it is late."""
    open_ = Break.objects.filter(state=BreakState.OPEN)
    count = open_.count()
    oldest = open_.order_by("due_on", "id").first()
    unowned = open_.filter(owner=None).count()
    return Waiting(
        count=count,
        url=cells.admin_url(Break, "changelist"),
        oldest_at=oldest.opened_at if oldest else None,
        is_late=bool(oldest and oldest.due_on < clock.now().date()),
        text=f"{unowned} without owner" if unowned else "",
    )


site.register(Break, BreakAdmin)
home.register(Queue(name="breaks", title="Breaks", permission="ledger.work_break", order=35, load=_waiting))

"""Verifications: the queue, and one page with all that a decision needs."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts.models import Customer, Partner
from compliance.admin import work_pages
from compliance.admin.verification_documents import DocumentPages, Documents, masked
from compliance.admin.verification_owners import TRANSITIONS as OWNERS
from compliance.admin.verification_owners import item_label, owner_labels
from compliance.admin.verification_panels import facts, files, items, reveal
from compliance.admin.work_filters import FILTERS, QueueFilter
from compliance.admin.work_forms import giving
from compliance.admin.work_pages import checked
from compliance.admin.work_panels import LOCK
from compliance.choices import (
    AskCode,
    DocumentType,
    ItemKind,
    ItemStatus,
    RefusalCode,
    VerificationStatus,
)
from compliance.choices.work import DECIDE
from compliance.errors import OwnerNotFound, OwnersNotAsked
from compliance.models import Document, Verification
from compliance.models.verification import LEVELS, UNDECIDED
from compliance.policies import verifications as policies
from compliance.policies.work import TERMS
from compliance.services import documents, verification_decisions, verifications
from flowlet.backoffice import Transition, TransitionForm, cells, filters, panels, site
from flowlet.core.actors import Actor
from flowlet.core.ids import MalformedId
from flowlet.core.states import IllegalMove


class PartnerFilter(filters.ByRow):
    """Whose customers."""

    title, parameter_name, column = "partner", "partner", "partner_id"
    model, order = Partner, ("name", "mode")


class ItemForm(TransitionForm):
    """One item that failed a check."""

    item_id = forms.TypedChoiceField(coerce=UUID, label="Item")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = {one.pk for one in policies.undecided(self.subject)}
        rows = sorted(self.subject.items.filter(status=ItemStatus.PROVIDED), key=lambda one: one.pk not in left)
        owners = owner_labels(self.subject)
        self.fields["item_id"].choices = [(str(one.pk), item_label(one, owners)) for one in rows]


class AskForm(TransitionForm):
    """Which items, and why in a word that the partner sees."""

    item_ids = forms.TypedMultipleChoiceField(coerce=UUID, label="Items", widget=UnfoldAdminCheckboxSelectMultipleWidget)
    ask_code = forms.ChoiceField(choices=AskCode.choices, label="Why", help_text="The partner sees this")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = self.subject.items.exclude(kind=ItemKind.DUPLICATE)
        owners = owner_labels(self.subject)
        self.fields["item_ids"].choices = [(str(one.pk), item_label(one, owners)) for one in rows]


class RefuseForm(forms.Form):
    """The code for the partner."""

    reason_code = forms.ChoiceField(choices=RefusalCode.choices, label="Code", help_text="The partner sees this, and no more")


class OpenForm(forms.Form):
    """Whom to verify."""

    customer = forms.CharField(max_length=40, label="Customer", help_text="cus_…")
    level = forms.ChoiceField(choices=LEVELS)


class DocumentForm(TransitionForm):
    """A file, and what is told of it."""

    type = forms.ChoiceField(choices=DocumentType.choices)
    item_id = forms.TypedChoiceField(
        coerce=UUID, empty_value=None, required=False, label="Item", help_text="By default the one that asks for the type"
    )
    file = forms.FileField(help_text="JPEG, PNG or PDF, up to 10 MB")
    number = forms.CharField(max_length=40, required=False)
    zone = forms.CharField(
        max_length=200, required=False, label="Machine-readable zone", widget=forms.Textarea(attrs={"rows": 3}), strip=False
    )
    issued_on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    expires_on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows, owners = [one for one in self.subject.items.all() if one.any_of], owner_labels(self.subject)
        self.fields["item_id"].choices = [("", ""), *((str(one.pk), item_label(one, owners)) for one in rows)]


def open_for(*, customer: str, level: str, actor: Actor, at: datetime) -> Verification:
    """The form in the service's words."""
    return verifications.open(customer_id=Customer.key(customer.strip()), level=level, actor=actor, at=at)


def take(*, verification_id: UUID, file: UploadedFile, actor: Actor, at: datetime, **told: Any) -> Document:
    """The form in the service's words."""
    return documents.take(verification_id=verification_id, content=file.read(), actor=actor, at=at, **told)


def done(row: Verification) -> str:
    """What came of an approval."""
    if row.status == VerificationStatus.APPROVED:
        return "Approved: the customer is known to the level, and limits follow."
    return "Proposed: another person has to approve it too."


class VerificationAdmin(DocumentPages, work_pages.WorkAdmin):
    """One verification."""

    icon, menu_order = "badge", 12
    view_permission, work_permission = "compliance.view_verification", DECIDE
    places: ClassVar = {
        "all": ("All", Q()),
        "collect": ("Waits for the partner", Q(status__in=policies.COLLECTED)),
        "decided": ("Decided", ~Q(status__in=UNDECIDED)),
    }
    newest_first = tuple(places)
    decisions = ("approve", "refuse", "ask_again")
    list_display = ("urgency", "public_id", "customer_", "level", "state", "people", "age", "due", "whose", "partner")
    list_display_links = ("public_id",)
    list_filter = (QueueFilter, *(FILTERS[name] for name in ("urgency", "due", "mode", "owner", "level")), PartnerFilter)
    list_select_related = ("partner", "customer", "requirement_set", "assignee", "locked_by")
    search_fields = ()
    search_help_text = "Id, or the customer's id"
    version_fields = ("status", "round", "proposed_by", "updated_at", "assignee_id")
    page_budget = 40
    panels = (
        LOCK,
        panels.Facts(title="Verification", rows=facts),
        panels.Table(title="Items", columns=("Item", "State", "Asked again for", "Checks"), rows=items),
        Documents(
            title="Record and documents",
            name="documents",
            masked=masked,
            reveal=reveal,
            action="compliance.document.seen",
        ),
        panels.Table(
            title="Files", columns=("When", "Document", "State", "Form", "Bytes", "Until"), rows=files, figures=("Bytes",)
        ),
        panels.History(),
    )
    hidden_refusals = (IllegalMove, OwnersNotAsked, OwnerNotFound)
    transitions = (
        Transition(
            name="open",
            label="Open",
            key="o",
            scope="list",
            permission=DECIDE,
            form=OpenForm,
            service=open_for,
        ),
        Transition(
            name="approve",
            label="Approve",
            key="a",
            style="primary",
            permission=DECIDE,
            service=verification_decisions.approve,
            policy=checked(policies.check_can_approve),
            confirm="The customer is known to this level from now on, and limits follow.",
            done=done,
        ),
        Transition(
            name="accept_item",
            label="Accept an item",
            key="i",
            permission=DECIDE,
            form=ItemForm,
            service=verification_decisions.accept_item,
            policy=checked(policies.check_can_accept),
            reason_required=True,
            confirm="In spite of what checks found.",
        ),
        Transition(
            name="ask_again",
            label="Ask again",
            key="q",
            permission=DECIDE,
            form=AskForm,
            service=verification_decisions.ask_again,
            policy=checked(policies.check_can_ask_again),
            reason_required=True,
            confirm="The partner learns the items and the word, not the reason.",
        ),
        Transition(
            name="refuse",
            label="Refuse",
            key="x",
            style="danger",
            permission=DECIDE,
            form=RefuseForm,
            service=verification_decisions.refuse,
            policy=checked(policies.check_can_refuse),
            reason_required=True,
            confirm="The partner learns the code, not the reason. What holds already stays.",
        ),
        Transition(
            name="add_document",
            label="Add a document",
            key="d",
            permission=DECIDE,
            form=DocumentForm,
            service=take,
            policy=policies.check_can_collect,
            is_atomic=False,
        ),
        *OWNERS,
        Transition(
            name="submit",
            label="Submit",
            key="s",
            permission=DECIDE,
            service=verifications.submit,
            policy=policies.check_can_submit,
            confirm="Nothing may be missing. The checks look at it now.",
        ),
        *giving(Verification, DECIDE, take="t", give="v"),
    )

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By the customer's id."""
        try:
            return queryset.filter(customer_id=Customer.key(term))
        except MalformedId:
            return queryset.none()

    def title_of(self, obj: Verification) -> str:
        """Never a name."""
        return f"{obj.get_level_display()} · {obj.customer.public_id}"

    def status_of(self, obj: Verification) -> Any:
        """Beside the heading, with the clock."""
        return format_html("{} {}", self.state(obj), self.due(obj)) if TERMS[Verification].waits(obj) else self.state(obj)

    @admin.display(description="customer")
    def customer_(self, obj: Verification) -> Any:
        """Who it is."""
        return cells.link(obj.customer)

    @admin.display(description="state")
    def state(self, obj: Verification) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", VerificationStatus)

    @admin.display(description="people")
    def people(self, obj: Verification) -> Any:
        """Whether a second person is waited for."""
        if obj.status == VerificationStatus.IN_REVIEW and obj.proposed_by:
            return cells.badge("second person", "warn")
        return "two" if obj.needs_two else "one"


site.register(Verification, VerificationAdmin)

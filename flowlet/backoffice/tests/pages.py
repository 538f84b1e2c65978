"""A back office of its own for the toolkit's tests: requests for approval as a case list, with everything a page can have.

It is a URLconf too: tests point ``ROOT_URLCONF`` here.
"""

from datetime import datetime
from typing import Any

from django import forms
from django.urls import path
from moneyed import Money

from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.backoffice import CaseAdmin, ReadOnlyAdmin, Transition, TransitionForm, cells, charts, panels
from flowlet.backoffice.sites import BackOffice
from flowlet.core.actors import Actor
from flowlet.core.errors import Conflict

office = BackOffice("admin")


class ConfirmForm(TransitionForm):
    """Asks for the subject again, so that a slip of the mouse decides nothing."""

    subject_again = forms.CharField()

    def clean_subject_again(self) -> str:
        if self.cleaned_data["subject_again"] != self.subject.subject:
            raise forms.ValidationError("That is not its subject.")
        return str(self.cleaned_data["subject_again"])


def must_be_pending(approval: Approval, actor: Actor) -> None:
    if approval.status != ApprovalStatus.PENDING:
        raise Conflict("This request has been decided.")


def approve_after_asking(*, approval_id: Any, subject_again: str, actor: Actor, at: datetime) -> Approval:
    return requests.approve(approval_id=approval_id, actor=actor, at=at)


def key_of(*, approval_id: Any, actor: Actor, at: datetime) -> str:
    return "fk_test_shown_once"


class ApprovalAdmin(CaseAdmin):
    list_display = ("public_id", "kind", "subject", "state", "created_at")
    list_filter = ("status",)
    search_fields = ("subject", "^maker_id")
    view_permission = "flowlet_approvals.view_approval"
    panels = (
        panels.Facts(title="Request", fields=("kind", "status", "created_at"), rows=lambda a: [("Worth", Money("12.5", "USD"))]),
        panels.Table(title="Payload", columns=("Name", "Value"), rows=lambda a: sorted(a.payload.items()), figures=("Value",)),
        panels.LineChart(
            title="Balance", unit="USD", points=lambda a: [charts.Point(a.created_at, 5), charts.Point(a.expires_at, 9)]
        ),
        panels.TAccount(
            title="Journal",
            legs=lambda a: [
                panels.Leg("DEBIT", "Cash", Money(5, "USD")),
                panels.Leg("CREDIT", "Fees", Money(2, "USD")),
                panels.Leg("CREDIT", "Sales", Money(3, "USD")),
            ],
        ),
        panels.Timeline(title="Past", moments=lambda a: [panels.Moment(a.created_at, "Submitted", who=a.maker_label)]),
        panels.Facts(title="For the few", permission="accounts.manage_users", rows=lambda a: [("Hidden", "from most")]),
        panels.Revealable(
            title="Person",
            masked=lambda a: [("name", "A•• L•••••••")],
            reveal=lambda a, actor, at, reason: [("name", "Ada Lovelace")],
        ),
    )
    transitions = (
        Transition(
            name="approve",
            label="Approve",
            key="a",
            style="primary",
            permission="wallets.approve_limit_change",
            service=approve_after_asking,
            form=ConfirmForm,
            policy=must_be_pending,
        ),
        Transition(
            name="reject",
            label="Reject",
            key="x",
            style="danger",
            permission="wallets.approve_limit_change",
            service=requests.reject,
            policy=must_be_pending,
            reason_required=True,
        ),
        Transition(
            name="key",
            label="Issue a key",
            permission="wallets.approve_limit_change",
            service=key_of,
            secrets=lambda key: [("Key", key)],
        ),
    )

    def state(self, approval: Approval) -> Any:
        return cells.badge(approval.get_status_display(), "warn")


class RecordAdmin(ReadOnlyAdmin):
    section = "Evidence"
    list_display = ("id", "action", "target")
    search_fields = ("target", "actor_id")


office.register(Approval, ApprovalAdmin)
office.register(Record, RecordAdmin)

urlpatterns = [path("admin/", office.urls)]

"""Recalls: money that is to go back, asked for by us or by a bank. An officer answers what a bank asks."""

from datetime import timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest

from flowlet.backoffice import CaseAdmin, Transition, cells, home, panels, site
from payments.admin import furniture
from payments.admin.queues import counted
from payments.choices import Direction, RecallState
from payments.models import Payment, Recall
from payments.policies.recalls import REFUSALS, check_waits
from payments.providers.iso20022 import reasons
from payments.services import recalls

BOOK = "payments.book_outcome"
CHOICES = [("", "Choose"), *((code, f"{code} · {reasons.of(code).meaning}") for code in sorted(REFUSALS))]
WAYS = {Direction.OUT: "We ask", Direction.IN: "A bank asks"}


class RefusalForm(forms.Form):
    """Why the money stays."""

    code = forms.ChoiceField(label="Why not", choices=CHOICES)
    note = forms.CharField(label="Note for the other bank", required=False, max_length=105)


class NoteForm(forms.Form):
    """What else the other bank is told."""

    note = forms.CharField(label="Note for the other bank", required=False, max_length=105)


def facts(recall: Recall) -> list[tuple[str, Any]]:
    """What is asked, by whom, and what became of it."""
    people = furniture.people([recall.created_by, recall.decided_by])
    return [
        ("Payment", furniture.link(Payment, recall.payment_id)),
        ("Who asks", WAYS[Direction(recall.direction)]),
        ("Amount", furniture.plain(recall.amount, recall.currency)),
        ("Why", f"{recall.reason_code} · {reasons.of(recall.reason_code).meaning}"),
        ("Our note", recall.note or cells.DASH),
        ("Case", cells.code(recall.case_id) if recall.case_id else "of our own accord"),
        ("Answer due", recall.due_on),
        ("Why not", f"{recall.answer_code} · {reasons.of(recall.answer_code).meaning}" if recall.answer_code else cells.DASH),
        ("Told with the answer", recall.answer_note or cells.DASH),
        ("Message", cells.code(recall.message) if recall.message else cells.DASH),
        ("Delivered", recall.delivered_at or cells.DASH),
        ("To", recall.delivered_to or cells.DASH),
        ("Made by", people.get(recall.created_by, cells.DASH)),
        ("Decided by", people.get(recall.decided_by, cells.DASH) if recall.decided_by else cells.DASH),
        ("Partner", recall.partner),
        ("Made", recall.created_at),
        ("Ended", recall.ended_at or cells.DASH),
    ]


class RecallAdmin(CaseAdmin):
    """One request to send money back."""

    section, icon, menu_order = "Money", "undo", 32
    list_display = ("public_id", "who_asks", "amount_", "reason_code", "state_", "due_on", "partner")
    list_filter = ("state", "direction")
    list_select_related = ("partner",)
    figures = ("amount_",)
    search_fields = ("case_id",)
    search_help_text = "Id, or the case's id"
    version_fields = ("state",)
    panels = (panels.Facts(title="Recall", rows=facts), panels.History())
    transitions = (
        Transition(
            name="accept",
            label="Send back",
            key="a",
            style="danger",
            permission=BOOK,
            form=NoteForm,
            service=recalls.accept,
            policy=check_waits,
            confirm="The deposit is returned: the wallet gives what it has, and its customer owes the rest. Our answer goes out.",
        ),
        Transition(
            name="refuse",
            label="Refuse",
            key="x",
            permission=BOOK,
            form=RefusalForm,
            service=recalls.refuse,
            policy=check_waits,
            confirm="The money stays, and the other bank is told why.",
        ),
    )

    def status_of(self, obj: Recall) -> Any:
        """Beside the heading."""
        return self.state_(obj)

    @admin.display(description="who asks")
    def who_asks(self, obj: Recall) -> str:
        """We or a bank."""
        return WAYS[Direction(obj.direction)]

    @admin.display(description="amount")
    def amount_(self, obj: Recall) -> Any:
        """How much is to go back."""
        return furniture.figure(obj.amount, obj.currency)

    @admin.display(description="state")
    def state_(self, obj: Recall) -> Any:
        """As a badge."""
        return cells.choice(obj, "state", RecallState)


def waiting(request: HttpRequest) -> home.Waiting | None:
    """What banks ask of us."""
    rows = Recall.objects.filter(state=RecallState.RECEIVED, partner__mode__in=settings.WORKED_MODES)
    url = f"{cells.admin_url(Recall, 'changelist')}?state__exact={RecallState.RECEIVED}"
    found = counted(rows, "created_at", url, timedelta(days=10))
    return found if found.count else None


site.register(Recall, RecallAdmin)
home.register(home.Queue(name="payments.recalls", title="Banks ask for money back", permission=BOOK, load=waiting, order=19))

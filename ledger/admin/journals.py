"""Journals: legs as an accountant's T, what caused them, their reversal, remarks and audit."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from flowlet.audit.selectors import records
from flowlet.backoffice import ReadOnlyAdmin, Transition, cells, panels, site
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.admin import people
from ledger.admin.filters import BookFilter
from ledger.models import Book, Entry, Journal
from ledger.selectors import journals
from ledger.services import annotations, corrections

SHOWN = 20


class RemarkForm(forms.Form):
    """A remark."""

    text = forms.CharField(
        max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), help_text="Stays for good. No personal data."
    )


def _may_reverse(journal: Journal, actor: Actor) -> None:
    corrections.check_can_reverse(journal=journal)


def find(public_id: str) -> Any:
    """A link to the page of whatever has this public id."""
    if "_" not in public_id:
        return public_id or cells.DASH
    return cells.href(f"{reverse('admin:find')}?{urlencode({'q': public_id})}", public_id)


def _facts(journal: Journal) -> list[tuple[str, Any]]:
    reversal = journals.reversal_of(journal=journal)
    return [
        ("Book", journal.book),
        ("Kind", journal.kind),
        ("Text", journal.description),
        ("Effective on", journal.effective_on),
        ("Recorded", journal.posted_at),
        ("Posted by", find(journal.actor.partition(":")[2]) if "_" in journal.actor else journal.actor),
        ("Caused by", find(journal.cause)),
        ("External id", journal.external_id),
        ("Reverses", journal.reverses),
        ("Reversed by", reversal or "nobody"),
    ]


def _legs(journal: Journal) -> list[panels.Leg]:
    entries = Entry.objects.filter(journal_id=journal.pk).select_related("account").order_by("ordinal")
    return [
        panels.Leg(
            side=entry.side,
            label=entry.account.code if entry.account.owner else f"{entry.account.code} {entry.account.name}",
            amount=Money(entry.amount, entry.currency),
            url=cells.admin_url(entry.account),
            note="" if entry.balance_after is None else f"balance {cells.number(entry.balance_after, entry.currency)}",
        )
        for entry in entries
    ]


def _remarks(journal: Journal) -> list[panels.Moment]:
    found = list(journals.annotations_of(journal=journal, limit=SHOWN))
    who = people.named(remark.author for remark in found)
    return [panels.Moment(at=remark.created_at, label=remark.text, who=who[remark.author]) for remark in found]


def _audit(journal: Journal) -> list[panels.Moment]:
    return [
        panels.Moment(
            at=record.at,
            label=record.action.removeprefix("ledger."),
            who=record.actor_label or record.actor_id,
            text=record.reason,
            url=cells.admin_url(record),
        )
        for record in records.of_target(journal.public_id)[:SHOWN]
    ]


class JournalAdmin(ReadOnlyAdmin):
    """One journal."""

    section, icon, menu_order = "Books", "receipt_long", 30
    list_display = ("public_id", "kind", "effective_on", "recorded", "book", "description", "caused_by")
    list_filter = (BookFilter,)
    list_select_related = ("book",)
    search_fields = ("cause",)
    search_help_text = "Public id of the journal or of its cause; external id; or metadata as name=value"
    page_budget = 25
    version_fields = ("id",)
    panels = (
        panels.TAccount(title="Legs", legs=_legs),
        panels.Facts(title="Journal", rows=_facts),
        panels.Facts(
            title="Metadata", rows=lambda journal: [(name, str(value)) for name, value in sorted(journal.metadata.items())]
        ),
        panels.Timeline(title="Remarks", moments=_remarks, empty="None."),
        panels.Timeline(
            title="Audit", moments=_audit, permission="flowlet_audit.view_record", empty="Nothing beyond the journal itself."
        ),
    )
    transitions = (
        Transition(
            name="annotate",
            label="Add a remark",
            key="r",
            permission="ledger.annotate_journal",
            form=RemarkForm,
            service=annotations.add,
        ),
        Transition(
            name="reverse",
            label="Reverse",
            style="danger",
            permission="ledger.reverse_journal",
            service=corrections.reverse,
            policy=_may_reverse,
            reason_required=True,
            confirm="The exact opposite is posted, on the same day or today if that day is closed.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """The book and what is reversed come along."""
        return super().get_queryset(request).select_related("reverses")

    @admin.display(description="recorded")
    def recorded(self, journal: Journal) -> Any:
        """To the second."""
        return cells.moment(journal.posted_at)

    @admin.display(description="caused by")
    def caused_by(self, journal: Journal) -> Any:
        """With a link."""
        return find(journal.cause)

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By cause, by external id within the books, or by ``name=value`` in the metadata: each has an index."""
        name, equals, value = term.partition("=")
        if equals and name:
            return queryset.filter(metadata__contains={name: value}).exclude(metadata={})
        books = list(Book.objects.values_list("pk", flat=True)[:1000])
        return queryset.filter(Q(cause=term) & ~Q(cause="") | Q(book_id__in=books, external_id=term) & ~Q(external_id=""))


site.register(Journal, JournalAdmin)

"""Business days: each step with its outcome, what is missing in words, close, and reopen by two people."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin

from flowlet.backoffice import CaseAdmin, Transition, TransitionForm, cells, panels, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from ledger.models import Book
from payments import errors
from payments.admin import furniture
from payments.choices import Closing, DayStatus
from payments.models import BusinessDay
from payments.models.day import UNDER_WAY
from payments.policies import days as policies
from payments.services import closings, days

CLOSE, REOPEN = "payments.close_day", "payments.request_day_reopening"


class BookField(forms.ModelChoiceField):
    """A book by its partner row: live and sandbox siblings' books have the same name."""

    def label_from_instance(self, obj: Any) -> str:
        """Such as ``Acme (Live)``."""
        return str(obj.partner)


class CloseForm(TransitionForm):
    """Which day of which book."""

    book = BookField(queryset=Book.objects.none(), empty_label=None)
    day = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}), help_text="A day of the book's own time zone that is over."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["book"].queryset = Book.objects.select_related("partner").order_by("partner__mode", "name")
        self.fields["day"].initial = clock.now().date() - timedelta(days=1)


def ask(*, book: Book, day: date, actor: Actor, at: datetime) -> BusinessDay:
    """Have the worker close a day; its page tells how it goes."""
    return closings.ask(book_id=book.pk, day=day, actor=actor, at=at)


def ask_again(*, day_id: UUID, actor: Actor, at: datetime) -> BusinessDay:
    """Once more."""
    row = BusinessDay.objects.get(pk=day_id)
    return closings.ask(book_id=row.book_id, day=row.day, actor=actor, at=at)


def run(day: BusinessDay) -> list[tuple[str, Any]]:
    """The run that is under way, or how the last one ended."""
    who = furniture.people(text for text in (day.closing_asked_by,) if text)
    optional = [
        ("At step", day.closing_step.capitalize(), day.closing_step),
        ("Got on", day.closing_moved_at, day.closing_moved_at),
        ("Asked for by", who.get(day.closing_asked_by), day.closing_asked_by),
        ("What broke it", day.failure, day.failure),
    ]
    state = cells.choice(day, "closing", Closing)
    if policies.is_stale(day, at=clock.now()):
        state = cells.badge("Broke off without a word", "bad")
    return [("Run", state), *panels.known(optional)]


def facts(day: BusinessDay) -> list[tuple[str, Any]]:
    """How it stands."""
    who = furniture.people(text for text in (day.closed_by, day.reopened_by) if text)
    optional = [
        ("Closed", day.closed_at, day.closed_at),
        ("Closed by", who.get(day.closed_by), day.closed_by),
        ("Newest seal then", cells.code(day.head), day.head),
        ("Reopened", day.reopened_at, day.reopened_at),
        ("Reopened by", who.get(day.reopened_by), day.reopened_by),
    ]
    return [
        ("State", cells.choice(day, "status", DayStatus)),
        ("Book", cells.link(day.book, str(day.book.partner))),
        ("Day", day.day),
        ("Runs", day.runs),
        *panels.known(optional),
        ("Last run", day.updated_at),
    ]


def steps(day: BusinessDay) -> list[tuple]:
    """The last run, step by step."""
    return [
        (
            step["step"].capitalize(),
            cells.badge("done", "good") if step["is_done"] else cells.badge("not done", "bad"),
            step["outcome"] or cells.DASH,
        )
        for step in day.steps
    ]


class BusinessDayAdmin(CaseAdmin):
    """One day of one book."""

    section, menu_title, icon, menu_order = "Books", "Business days", "event_available", 15
    list_display = ("day", "partner", "state", "run_", "lacks", "runs", "closed_at", "updated_at")
    list_filter = ("status",)
    list_select_related = ("book__partner",)
    figures = ("runs",)
    search_help_text = "Id"
    version_fields = ("status", "runs", "closing")
    panels = (
        panels.Facts(title="Day", rows=facts),
        panels.Facts(title="Closing", rows=run),
        panels.Table(
            title="What is missing",
            columns=("Missing",),
            rows=lambda day: [(words,) for words in day.missing],
            empty="Nothing.",
            wide=False,
        ),
        panels.Table(
            title="Steps of the last run", columns=("Step", "State", "Outcome"), rows=steps, empty="Nobody has run it yet."
        ),
        panels.History(),
    )
    hidden_refusals = (errors.DayNotReady, errors.DayNotClosed)
    transitions = (
        Transition(
            name="close",
            label="Close a day",
            key="c",
            style="primary",
            scope="list",
            permission=CLOSE,
            form=CloseForm,
            service=ask,
            confirm="Settles, reconciles, proves every bank account, revalues, verifies and seals. The worker does it; the page of the day "
            "shows how far it is.",
            done="The worker closes it. This page shows how far it is.",
        ),
        Transition(
            name="close_again",
            label="Try to close",
            key="c",
            style="primary",
            permission=CLOSE,
            service=ask_again,
            subject="day_id",
            policy=policies.check_can_ask_to_close,
            confirm="All steps run again; what was done already stays done.",
            done="The worker closes it. This page shows how far it is.",
        ),
        Transition(
            name="request_reopening",
            label="Ask to reopen",
            key="o",
            style="danger",
            permission=REOPEN,
            service=days.request_reopening,
            subject="day_id",
            policy=policies.check_is_closed,
            reason_required=True,
            confirm="Another person has to approve. Only the newest closed day of a book can be opened again.",
            done="Asked for. Another person has to approve it under Approvals.",
        ),
    )

    def title_of(self, obj: BusinessDay) -> str:
        """Which day of which book."""
        return f"{obj.day} · {obj.book.partner}"

    def status_of(self, obj: BusinessDay) -> Any:
        """Beside the heading."""
        return self.state(obj)

    def looks_again(self, obj: BusinessDay) -> bool:
        """While a run goes on."""
        return obj.closing in UNDER_WAY and not policies.is_stale(obj, at=clock.now())

    @admin.display(description="state")
    def state(self, obj: BusinessDay) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", DayStatus)

    @admin.display(description="run")
    def run_(self, obj: BusinessDay) -> Any:
        """How far closing is, while it is not closed."""
        return cells.DASH if obj.status == DayStatus.CLOSED else cells.choice(obj, "closing", Closing)

    @admin.display(description="book of")
    def partner(self, obj: BusinessDay) -> str:
        """Whose book."""
        return str(obj.book.partner)

    @admin.display(description="missing")
    def lacks(self, obj: BusinessDay) -> Any:
        """How much is missing."""
        return len(obj.missing) or cells.DASH


site.register(BusinessDay, BusinessDayAdmin)

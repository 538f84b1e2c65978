"""Business days: each step with its outcome, what is missing in words, close, and reopen by two people."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest

from flowlet.backoffice import CaseAdmin, Transition, TransitionForm, cells, panels, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from ledger.models import Book
from payments import errors
from payments.admin import furniture
from payments.choices import DayStatus
from payments.models import BusinessDay
from payments.services import days

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


def close(*, book: Book, day: date, actor: Actor, at: datetime) -> BusinessDay:
    """Close a day; what is missing stands on its page afterwards."""
    try:
        return days.close(book_id=book.pk, day=day, actor=actor, at=at)
    except errors.DayNotReady:
        return BusinessDay.objects.select_related("book").get(book=book, day=day)


def close_again(*, day_id: UUID, actor: Actor, at: datetime) -> BusinessDay:
    """Try once more."""
    row = BusinessDay.objects.select_related("book").get(pk=day_id)
    return close(book=row.book, day=row.day, actor=actor, at=at)


def check_is_open(day: BusinessDay, actor: Actor) -> None:
    """Raises DayNotReady when there is nothing to close."""
    if day.status == DayStatus.CLOSED:
        raise errors.DayNotReady("The day is closed.", day=str(day.day), missing=[])


def check_is_closed(day: BusinessDay, actor: Actor) -> None:
    """Raises DayNotClosed; that it is the newest one is checked by the service."""
    if day.status != DayStatus.CLOSED:
        raise errors.DayNotClosed("The day is not closed.", newest=None)


def said(day: BusinessDay) -> str:
    """How it went."""
    if day.status == DayStatus.CLOSED:
        return f"{day.day} is closed."
    return f"{day.day} cannot be closed yet. What is missing is listed below."


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
        *[(label, value) for label, value, is_there in optional if is_there],
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
    list_display = ("day", "partner", "state", "lacks", "runs", "closed_at", "updated_at")
    list_filter = ("status",)
    list_select_related = ("book__partner",)
    figures = ("runs",)
    search_help_text = "Id"
    version_fields = ("status", "runs")
    panels = (
        panels.Facts(title="Day", rows=facts),
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
            service=close,
            is_atomic=False,
            confirm="Settles, reconciles, proves every bank account, revalues, verifies and seals. It reads all books aloud, which takes a "
            "while when they are long; the command close_day shows each step as it goes.",
            done=said,
        ),
        Transition(
            name="close_again",
            label="Try to close",
            key="c",
            style="primary",
            permission=CLOSE,
            service=close_again,
            subject="day_id",
            policy=check_is_open,
            is_atomic=False,
            confirm="All steps run again; what was done already stays done.",
            done=said,
        ),
        Transition(
            name="request_reopening",
            label="Ask to reopen",
            key="o",
            style="danger",
            permission=REOPEN,
            service=days.request_reopening,
            subject="day_id",
            policy=check_is_closed,
            reason_required=True,
            confirm="Another person has to approve. Only the newest closed day of a book can be opened again.",
            done="Asked for. Another person has to approve it under Approvals.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the book."""
        return super().get_queryset(request).select_related("book__partner")

    def title_of(self, obj: BusinessDay) -> str:
        """Which day of which book."""
        return f"{obj.day} · {obj.book.partner}"

    def status_of(self, obj: BusinessDay) -> Any:
        """Beside the heading."""
        return self.state(obj)

    def level_of(self, result: Any) -> int:
        """A day that could not be closed is no success."""
        is_open = isinstance(result, BusinessDay) and result.status != DayStatus.CLOSED
        return messages.WARNING if is_open else messages.SUCCESS

    @admin.display(description="state")
    def state(self, obj: BusinessDay) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", DayStatus)

    @admin.display(description="book of")
    def partner(self, obj: BusinessDay) -> str:
        """Whose book."""
        return str(obj.book.partner)

    @admin.display(description="missing")
    def lacks(self, obj: BusinessDay) -> Any:
        """How much is missing."""
        return len(obj.missing) or cells.DASH


site.register(BusinessDay, BusinessDayAdmin)

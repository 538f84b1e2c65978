"""Books: the chart with today's balances, the reports, and what can be done to a book as a whole."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from flowlet.approvals.models import Approval
from flowlet.backoffice import ReadOnlyAdmin, Transition, TransitionForm, cells, panels, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from ledger.admin import pages, people
from ledger.admin.legs import LegsField, offered, resolved
from ledger.choices import AccountMode
from ledger.models import Account, Book, Period
from ledger.selectors import fx_positions, reports
from ledger.services import accounts, manual, periods, revaluation
from ledger.services.journals import Leg

SHOWN_PERIODS = 12
DAY = {"type": "date"}


class ManualForm(TransitionForm):
    """A manual journal."""

    effective_on = forms.DateField(
        required=False, label="Effective on", widget=forms.DateInput(attrs=DAY), help_text="Today, if left empty"
    )
    description = forms.CharField(max_length=500, label="Text")
    legs = LegsField()
    adjusting = forms.BooleanField(required=False, label="Adjustment into a soft-closed period")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subject is not None:
            self.fields["legs"].widget.offered = offered(self.subject)

    def clean_legs(self) -> list[Leg]:
        """Legs of accounts of this book."""
        if self.subject is None:
            raise ValidationError("A journal belongs to a book.")
        return resolved(self.subject, self.cleaned_data["legs"])


class AccountForm(TransitionForm):
    """A new account of the book's own."""

    line = forms.ChoiceField()
    currency = forms.CharField(max_length=3, help_text="ISO 4217, such as USD")
    code = forms.CharField(max_length=64, required=False, help_text="The line's own, if left empty")
    name = forms.CharField(max_length=200, required=False, help_text="The line's own, if left empty")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subject is not None:
            self.fields["line"].choices = [(line.code, str(line)) for line in self.subject.lines.all()]


class MonthsForm(forms.Form):
    """Until when."""

    through = forms.DateField(widget=forms.DateInput(attrs=DAY), help_text="A period for each month until this day's")


class YearForm(forms.Form):
    """Which year."""

    year = forms.IntegerField(min_value=1900, max_value=9998)


def ask(
    *,
    book_id: int,
    effective_on: date | None,
    description: str,
    legs: list[Leg],
    adjusting: bool,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Approval:
    """The form in the service's words."""
    return manual.submit(
        book_id=book_id,
        effective_on=effective_on,
        description=description,
        legs=legs,
        adjusting=adjusting,
        reason=reason,
        actor=actor,
        at=at,
    )


def open_account(*, book_id: int, line: str, currency: str, code: str, name: str, actor: Actor, at: datetime) -> Account:
    """The form in the service's words: a busy internal account, so DEFERRED."""
    return accounts.open(
        book_id=book_id, line=line, currency=currency, mode=AccountMode.DEFERRED, code=code, name=name, actor=actor, at=at
    )


def _balances(book: Book) -> list[tuple[Any, ...]]:
    """Today's trial balance, with a link from each line to its accounts."""
    report = reports.trial_balance(book=book, on=clock.day_of(clock.now(), zone=book.time_zone))
    base = cells.admin_url(book).removesuffix("change/")
    rows = []
    for row in report.rows:
        code = cells.href(f"{base}reports/{pages.GENERAL_LEDGER}/?line={row.key}", row.key) if row.key[:1].isdigit() else ""
        debit, credit = (cells.number(figure, row.currency) if figure else "" for figure in row.amounts)
        rows.append((row.currency, code, row.label, debit, credit))
    return rows


def _reports(book: Book) -> list[tuple[str, Any]]:
    base = cells.admin_url(book).removesuffix("change/")
    return [(title, cells.href(f"{base}reports/{name}/", "open")) for name, title in pages.NAMES.items()]


def _periods(book: Book) -> list[tuple[Any, ...]]:
    rows = Period.objects.filter(book=book).order_by("-starts_on")[:SHOWN_PERIODS]
    who = people.named(row.closed_by for row in rows)
    return [(cells.link(row), row.get_status_display(), row.closed_at, who.get(row.closed_by, cells.DASH)) for row in rows]


def _positions(book: Book) -> list[tuple[Any, ...]]:
    """What the book is long or short of today, what that cost, and what has become of it."""
    rows = []
    for one in fx_positions.of_book(book, on=clock.day_of(clock.now(), zone=book.time_zone)):
        side = "long" if one.amount.amount > 0 else "short" if one.amount.amount < 0 else "flat"
        oldest = one.rate.valid_on if one.rate else None
        rows.append(
            (
                one.currency,
                side,
                cells.money(one.amount),
                cells.money(one.cost),
                cells.DASH if one.value is None else cells.money(one.value),
                cells.DASH if one.result is None else cells.money(one.result),
                cells.DASH if one.due is None else cells.money(one.due),
                one.refusal.message if one.refusal else oldest or "",
            )
        )
    return rows


class RevaluationForm(forms.Form):
    """Which day."""

    on = forms.DateField(required=False, label="Day", widget=forms.DateInput(attrs=DAY), help_text="Today, if left empty")


class BookAdmin(ReadOnlyAdmin):
    """One book."""

    section, icon, menu_order = "Books", "menu_book", 10
    list_display = ("name", "mode", "reporting_currency", "time_zone", "opened_on", "closed_through")
    list_select_related = ("partner",)
    page_budget = 25
    panels = (
        panels.Facts(
            title="Book",
            fields=("name", "partner", "time_zone", "reporting_currency", "opened_on", "soft_closed_through", "closed_through"),
        ),
        panels.Facts(title="Reports", rows=_reports),
        panels.Table(
            title="Trial balance today",
            columns=("Currency", "Line", "Name", "Debit", "Credit"),
            figures=("Debit", "Credit"),
            rows=_balances,
            empty="Nothing has been posted yet.",
        ),
        panels.Table(
            title="Foreign exchange positions today",
            columns=("Currency", "Side", "Amount", "Cost", "Worth", "Unrealised result", "Of it not booked", "Rate of"),
            figures=("Amount", "Cost", "Worth", "Unrealised result", "Of it not booked"),
            rows=_positions,
            empty="No money was exchanged yet.",
            note="Cost, worth and result are in the reporting currency.",
        ),
        panels.Table(
            title="Newest periods", columns=("Period", "State", "Closed", "By"), rows=_periods, empty="None defined yet."
        ),
    )
    transitions = (
        Transition(
            name="manual",
            label="Manual journal",
            key="m",
            style="primary",
            permission="ledger.post_manual_journal",
            form=ManualForm,
            service=ask,
            reason_required=True,
            done="Another person has to approve it now.",
        ),
        Transition(
            name="open_account",
            label="Open an account",
            permission="ledger.open_account",
            form=AccountForm,
            service=open_account,
        ),
        Transition(
            name="revalue",
            label="Revalue positions",
            permission="ledger.revalue_positions",
            form=RevaluationForm,
            service=revaluation.revalue,
            done=lambda made: f"Posted as {made.posted.public_id}." if made.posted else "Nothing was due: nothing was posted.",
        ),
        Transition(
            name="months",
            label="Define months",
            permission="ledger.close_period",
            form=MonthsForm,
            service=periods.define_months,
            done=lambda made: f"{len(made)} periods defined.",
        ),
        Transition(
            name="close_year",
            label="Close a year",
            style="danger",
            permission="ledger.close_period",
            form=YearForm,
            service=periods.close_year,
            confirm="Income and expenses of the year are emptied into retained earnings, on its last day.",
            done=lambda closed: f"{closed.year} is closed: {closed.posted.public_id}.",
        ),
    )

    @admin.display(description="mode")
    def mode(self, book: Book) -> Any:
        """Live or sandbox."""
        return cells.badge(book.partner.get_mode_display(), "good" if book.partner.mode == "LIVE" else "info")

    def get_urls(self) -> list[URLPattern]:
        """With a page for each report."""
        wrap = self.admin_site.admin_view
        return [
            path("<str:object_id>/reports/<slug:name>/", wrap(self.report_view), name="ledger_book_report"),
            *super().get_urls(),
        ]

    def report_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponseBase:
        """One report."""
        return pages.report_page(self, request, self._row_or_404(request, object_id), name)


site.register(Book, BookAdmin)

"""Bank accounts: what the newest day proves, the picture of the last days, statements in, the workbench."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from flowlet.backoffice import ReferenceAdmin, Transition, TransitionForm, cells, panels, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger import errors
from ledger.admin import reconciling, workbench
from ledger.choices import BreakState
from ledger.models import Account, BankAccount, BankStatement
from ledger.selectors import reconciliation as questions
from ledger.services import bank_accounts, bank_statements, charts, reconciliation

SHOWN_DAYS, SHOWN_STATEMENTS, OFFERED = 10, 12, 300
LARGEST = 64 * 1024 * 1024
DAY = {"type": "date"}


class RulesForm(TransitionForm):
    """By which rules it is reconciled."""

    window_days = forms.IntegerField(
        min_value=0, max_value=60, initial=3, help_text="How far days may lie apart where only amounts agree"
    )
    transit_days = forms.IntegerField(
        min_value=0, max_value=60, initial=3, help_text="After so many days what the bank does not show is a break"
    )
    tolerance_amount = forms.DecimalField(required=False, min_value=0, max_digits=20, decimal_places=4, label="Tolerance")
    tolerance_percent = forms.DecimalField(required=False, min_value=0, max_value=100, max_digits=7, decimal_places=4)
    tolerance_line = forms.CharField(
        max_length=20, initial=charts.PROVIDER_COSTS, help_text="Chart line that takes tolerated differences"
    )
    write_off_line = forms.CharField(max_length=20, initial=charts.LOSSES, help_text="Chart line that takes write-offs")
    has_weekend_statements = forms.BooleanField(required=False, label="The bank gives statements on weekends too")


class DeclareForm(RulesForm):
    """A new bank account."""

    code = forms.CharField(max_length=40, help_text="Short and unique, such as main-eur")
    account = forms.ChoiceField(label="Account in the books")
    identification = forms.CharField(max_length=64, required=False, label="IBAN or number", help_text="As statements name it")
    starts_on = forms.DateField(label="Reconciled from", widget=forms.DateInput(attrs=DAY))
    field_order = ("code", "account", "identification", "starts_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cash = Account.objects.filter(line__cash_flow="CASH", bank_membership=None, owner="").select_related("book__partner")
        self.fields["account"].choices = [
            (str(account.pk), f"{account.book.name} ({account.book.partner.mode.lower()}): {account}")
            for account in cash.order_by("book__name", "code", "currency")[:OFFERED]
        ]


class MemberForm(TransitionForm):
    """One more account of the books."""

    account = forms.ChoiceField(label="Account in the books")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = Account.objects.filter(bank_membership=None, owner="", currency=getattr(self.subject, "currency", ""))
        found = free.filter(line__cash_flow="CASH").select_related("book__partner").order_by("book__name", "code")[:OFFERED]
        self.fields["account"].choices = [(str(a.pk), f"{a.book.name} ({a.book.partner.mode.lower()}): {a}") for a in found]


class ImportForm(forms.Form):
    """A bank's file."""

    file = forms.FileField(help_text="camt.053, camt.052, camt.054 or MT940")
    format = forms.ChoiceField(
        required=False, choices=[("", "As it looks"), *((name, name) for name in bank_statements.FORMATS if name != "CSV")]
    )


def declare(*, code: str, account: str, actor: Actor, at: datetime, **rules: Any) -> BankAccount:
    """The form in the service's words."""
    return bank_accounts.declare(code=code, account_ids=[int(account)], actor=actor, at=at, **rules)


def add_member(*, bank_account_id: int, account: str, actor: Actor, at: datetime) -> None:
    """The form in the service's words."""
    bank_accounts.add_member(bank_account_id=bank_account_id, account_id=int(account), actor=actor, at=at)


def take_in(*, bank_account_id: int, file: UploadedFile, format: str, actor: Actor, at: datetime) -> bank_statements.Imported:
    """The form in the service's words."""
    if (file.size or 0) > LARGEST:
        raise errors.UnreadableStatement("The file is too large for this page; use the command import_statement.", param="file")
    return bank_statements.take_in(
        content=file.read(), name=file.name or "statement", bank_account_id=bank_account_id, format=format, actor=actor, at=at
    )


def _newest(account: BankAccount) -> Any:
    found = questions.newest_statement(bank_account=account)
    return found.to_on if found else None


def _proof(account: BankAccount) -> list[tuple[str, Any]]:
    """What the newest day with a statement proves."""
    day = _newest(account)
    if day is None:
        return [("Statement", "none yet"), ("Reconciled from", account.starts_on)]
    proof = questions.proof(bank_account=account, on=day)
    money = lambda amount: Money(amount, account.currency)  # noqa: E731
    rows = [
        ("Day", day),
        ("At the bank", money(proof.bank_balance) if proof.bank_balance is not None else None),
        ("In the books", money(proof.books_balance)),
        ("Open lines of the bank", money(proof.open_theirs)),
        ("Open entries of ours", money(proof.open_ours)),
        ("Proven", cells.badge("yes", "good") if proof.is_proven else cells.badge("no", "bad")),
    ]
    if proof.opening_difference:
        rows.insert(5, ("Difference before the start", money(proof.opening_difference)))
    return rows + [("Missing", text) for text in proof.missing]


def _progress(account: BankAccount, request: HttpRequest) -> dict[str, Any] | None:
    """One bar for each of the last days on which something happened."""
    last = _newest(account) or clock.now().date()
    by_day = questions.states_by_day(bank_account=account, first=last - timedelta(days=3 * SHOWN_DAYS), last=last)
    bars = [reconciling.bar(str(day), counts) for day, counts in sorted(by_day.items(), reverse=True)[:SHOWN_DAYS]]
    return {"bars": bars, "empty": "Nothing has been reconciled yet."}


def _members(account: BankAccount) -> list[tuple[Any, ...]]:
    rows = account.members.select_related("account__book").order_by("account_id")
    return [(cells.link(row.account), row.account.book.name, Money(row.opening, account.currency)) for row in rows]


def _statements(account: BankAccount) -> list[tuple[Any, ...]]:
    rows = BankStatement.objects.filter(bank_account=account).order_by("-to_on", "-id")[:SHOWN_STATEMENTS]
    return [
        (
            cells.link(row),
            row.format,
            row.sequence,
            row.line_count,
            None if row.closing is None else Money(row.closing, account.currency),
            row.recorded_at,
        )
        for row in rows
    ]


def _links(account: BankAccount) -> list[tuple[str, Any]]:
    base = cells.admin_url(account).removesuffix("change/")
    rule = workbench.tolerance_of(account) or "none"
    return [("Tolerance", rule), ("Workbench", cells.href(f"{base}workbench/", "statement and books side by side"))]


class BankAccountAdmin(ReferenceAdmin):
    """One account at a bank."""

    section, icon, menu_order = "Books", "account_balance", 15
    menu_title = "Bank accounts"
    list_display = ("code", "name", "currency", "newest", "open_breaks", "unowned")
    figures = ("open_breaks", "unowned")
    ordering = ("code",)
    search_fields = ("code",)
    search_help_text = "Code or public id"
    page_budget = 30
    version_fields = ("code",)
    panels = (
        panels.Facts(title="Newest day with a statement", rows=_proof),
        panels.Facts(
            title="Bank account",
            fields=(
                *("code", "name", "currency", "identification", "starts_on", "window_days", "transit_days"),
                *("tolerance_line", "write_off_line", "has_weekend_statements"),
            ),
            rows=_links,
        ),
        panels.Custom(title="Progress by day", page="ledger/progress.html", load=_progress, wide=True),
        panels.Table(
            title="Newest statements",
            columns=("Days", "Format", "Number", "Lines", "Closing balance", "Imported"),
            figures=("Number", "Lines", "Closing balance"),
            rows=_statements,
            empty="No statement has come in yet.",
        ),
        panels.Table(
            title="Accounts of the books on it",
            columns=("Account", "Book", "Opening"),
            figures=("Opening",),
            rows=_members,
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="declare",
            label="Declare a bank account",
            scope="list",
            style="primary",
            permission="ledger.manage_bank_account",
            form=DeclareForm,
            service=declare,
        ),
        Transition(
            name="reconcile",
            label="Reconcile",
            key="r",
            style="primary",
            permission="ledger.reconcile",
            subject="bank_account_id",
            service=reconciliation.run,
            done=lambda result: f"{sum(result.matched.values())} matches, {result.opened} new breaks, {result.closed} closed.",
        ),
        Transition(
            name="import",
            label="Import a statement",
            key="i",
            permission="ledger.import_statement",
            subject="bank_account_id",
            form=ImportForm,
            service=take_in,
            done=lambda imported: f"{imported.lines} lines imported.",
        ),
        Transition(
            name="change_rules",
            label="Change the rules",
            permission="ledger.manage_bank_account",
            subject="bank_account_id",
            form=RulesForm,
            initial=lambda account: {name: getattr(account, name) for name in RulesForm.base_fields},
            service=bank_accounts.change,
            reason_required=True,
        ),
        Transition(
            name="add_member",
            label="Add an account of the books",
            permission="ledger.manage_bank_account",
            subject="bank_account_id",
            form=MemberForm,
            service=add_member,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """With what the list shows: few rows, so counted beside them."""
        waiting = Q(breaks__state=BreakState.OPEN)
        return (
            super()
            .get_queryset(request)
            .annotate(
                newest_on=Max("statements__to_on", filter=Q(statements__is_proof=True)),
                waiting=Count("breaks", filter=waiting, distinct=True),
                unowned_count=Count("breaks", filter=waiting & Q(breaks__owner=None), distinct=True),
            )
        )

    def title_of(self, obj: BankAccount) -> str:
        """Its name, or the code where it has none."""
        return f"{obj.name or obj.code} ({obj.currency})" if obj.currency not in obj.name else obj.name

    @admin.display(description="statement until")
    def newest(self, account: BankAccount) -> Any:
        """The newest statement's day."""
        return cells.day(account.newest_on)

    @admin.display(description="open breaks")
    def open_breaks(self, account: BankAccount) -> Any:
        """How many."""
        return account.waiting

    @admin.display(description="without owner")
    def unowned(self, account: BankAccount) -> Any:
        """How many of them nobody owns."""
        return cells.badge(account.unowned_count, "bad") if account.unowned_count else 0

    def get_urls(self) -> list[URLPattern]:
        """With the workbench."""
        wrap = self.admin_site.admin_view
        return [
            path("<str:object_id>/workbench/", wrap(self.workbench_view), name="ledger_bankaccount_workbench"),
            *super().get_urls(),
        ]

    def workbench_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Statement and books side by side."""
        return workbench.page(self, request, self._row_or_404(request, object_id))


site.register(BankAccount, BankAccountAdmin)

"""Accounts: balance now and over time, entries, statement."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from flowlet.backoffice import ReadOnlyAdmin, Transition, cells, charts, panels, site
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from flowlet.core.states import check_move
from ledger import errors
from ledger.admin import pages
from ledger.admin.filters import BookFilter
from ledger.choices import AccountMode, AccountStatus
from ledger.models import Account, Balance, Book, Entry
from ledger.selectors import balances, history
from ledger.services import accounts
from ledger.states import ACCOUNT_MOVES

DAYS, SHOWN = 90, 25
TONES = {AccountStatus.OPEN: "good", AccountStatus.FROZEN: "warn", AccountStatus.CLOSED: "neutral"}


def _check(account: Account, status: AccountStatus) -> None:
    """Only the product that owns an account changes its state, so that it knows."""
    if account.owner:
        raise errors.AccountOwned(f"It belongs to {account.owner}; do it there.")
    check_move(ACCOUNT_MOVES, account.status, status)


def _may_freeze(account: Account, actor: Actor) -> None:
    _check(account, AccountStatus.FROZEN)


def _may_unfreeze(account: Account, actor: Actor) -> None:
    _check(account, AccountStatus.OPEN)


def _may_close(account: Account, actor: Actor) -> None:
    _check(account, AccountStatus.CLOSED)


def _balance(account: Account) -> list[tuple[str, Any]]:
    """STRICT accounts from their balance row, the others from snapshot and tail."""
    if account.mode == AccountMode.STRICT:
        row = Balance.objects.get(pk=account.pk)
        return [
            ("Balance", Money(row.posted, account.currency)),
            ("Held", Money(row.held, account.currency)),
            ("Available", Money(row.posted - row.held, account.currency)),
            ("Entries", row.seq),
        ]
    totals = balances.as_of(account_ids=[account.pk])[account.pk]
    return [
        ("Balance", Money(totals.natural(account.normal_side), account.currency)),
        ("Debits", Money(totals.debits, account.currency)),
        ("Credits", Money(totals.credits, account.currency)),
    ]


def _points(account: Account) -> list[charts.Point]:
    last = clock.day_of(clock.now(), zone=account.book.time_zone)
    return [
        charts.Point(day, value, f"{day}: {cells.number(value, account.currency)} {account.currency}")
        for day, value in history.daily(account=account, first=last - timedelta(days=DAYS), last=last)
    ]


def _entries(account: Account) -> list[tuple[Any, ...]]:
    rows = Entry.objects.filter(account_id=account.pk).select_related("journal").order_by("-id")[:SHOWN]
    return [
        (
            cells.link(row.journal),
            row.journal.kind,
            row.effective_on,
            row.posted_at,
            cells.number(row.amount, row.currency) if row.side == "DEBIT" else "",
            cells.number(row.amount, row.currency) if row.side == "CREDIT" else "",
            "" if row.balance_after is None else cells.number(row.balance_after, row.currency),
        )
        for row in rows
    ]


def _statement_url(account: Account) -> str:
    return f"{cells.admin_url(account).removesuffix('change/')}statement/"


class AccountAdmin(ReadOnlyAdmin):
    """One account."""

    section, icon, menu_order = "Books", "account_tree", 20
    list_display = ("public_id", "code", "name", "currency", "book", "mode_", "state")
    list_filter = (BookFilter, "mode", "status")
    list_select_related = ("book",)
    search_fields = ("owner",)
    search_help_text = "Public id of the account or of what it belongs to; or its code"
    page_budget = 25
    version_fields = ("status", "floor", "name")
    panels = (
        panels.Facts(
            title="Account",
            fields=("code", "name", "normal_side", "currency", "mode", "status"),
            rows=lambda account: [
                ("Book", account.book),
                ("Line", account.line),
                ("Floor", None if account.floor is None else Money(account.floor, account.currency)),
                ("Belongs to", account.owner),
                ("Frozen by", ", ".join(account.frozen_by)),
                ("Opened", account.created_at),
                ("Id", cells.code(account.public_id)),
                ("Statement", cells.href(_statement_url(account), "any days, with CSV and XLSX")),
            ],
        ),
        panels.Facts(title="Balance now", rows=_balance),
        panels.LineChart(title=f"Balance of the last {DAYS} days", points=_points, unit=lambda account: account.currency),
        panels.Table(
            title="Newest entries",
            columns=("Journal", "Kind", "Effective", "Recorded", "Debit", "Credit", "Balance"),
            figures=("Debit", "Credit", "Balance"),
            rows=_entries,
            more=_statement_url,
            empty="No entries yet.",
        ),
    )
    transitions = (
        Transition(
            name="freeze",
            label="Freeze",
            style="danger",
            permission="ledger.freeze_account",
            service=accounts.freeze,
            policy=_may_freeze,
            reason_required=True,
        ),
        Transition(
            name="unfreeze",
            label="Unfreeze",
            permission="ledger.freeze_account",
            service=accounts.unfreeze,
            policy=_may_unfreeze,
            reason_required=True,
        ),
        Transition(
            name="close",
            label="Close",
            style="danger",
            permission="ledger.freeze_account",
            service=accounts.close,
            policy=_may_close,
            reason_required=True,
            confirm="An account is closed for good, at zero.",
        ),
    )

    @admin.display(description="mode")
    def mode_(self, account: Account) -> str:
        """In a word; the page says what it means."""
        return account.get_mode_display().partition(":")[0]

    @admin.display(description="state")
    def state(self, account: Account) -> Any:
        """As a badge."""
        return cells.badge(account.get_status_display(), TONES[AccountStatus(account.status)])

    def title_of(self, obj: Account) -> str:
        """Code and name."""
        return f"{obj.code} {obj.name}"

    def status_of(self, obj: Account) -> Any:
        """As a badge."""
        return self.state(obj)

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """By owner, or by code within the books (each an index range)."""
        books = list(Book.objects.values_list("pk", flat=True)[:1000])
        return queryset.filter(Q(owner=term) & ~Q(owner="") | Q(book_id__in=books, code=term))

    def get_urls(self) -> list[URLPattern]:
        """With the statement."""
        wrap = self.admin_site.admin_view
        return [
            path("<str:object_id>/statement/", wrap(self.statement_view), name="ledger_account_statement"),
            *super().get_urls(),
        ]

    def statement_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The account's statement."""
        return pages.statement_page(self, request, self._row_or_404(request, object_id))


site.register(Account, AccountAdmin)

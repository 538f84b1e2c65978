"""Wallets: what they have, what moved, what limits them; frozen, unfrozen and closed here."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from accounts.models import Customer
from flowlet.audit.selectors import records
from flowlet.audit.services import log
from flowlet.backoffice import CaseAdmin, Transition, actor_of, cells, charts, home, panels, permissions, site
from flowlet.core import clock, ids
from flowlet.core.errors import DomainError
from ledger.models import Entry
from wallets import events, policies
from wallets.admin import furniture
from wallets.admin.limits import ASKED, OptionalLimitsForm, ask_for_wallet
from wallets.choices import HoldStatus, LimitScope, TransactionType, WalletStatus
from wallets.models import Hold, Transfer, Wallet
from wallets.selectors import balances, causes, transactions
from wallets.selectors import holds as hold_selectors
from wallets.selectors import limits as limit_selectors
from wallets.selectors import wallets as selectors
from wallets.services import statements, wallets

DAYS_DRAWN = 90
STATEMENTS_SHOWN = 6
FROZEN_COUNTED = 1000
EXPORT = "wallets.export_statements"


def facts(wallet: Wallet) -> list[tuple[str, Any]]:
    """Whose it is and what it has."""
    balance = selectors.balance_of(wallet)
    pairs: list[tuple[str, Any]] = [
        ("Available", balance.available),
        ("Held", balance.held),
        ("Total", balance.total),
        ("Partner", wallet.partner),
        ("Customer", furniture.customer_link(wallet.customer_id)),
        ("Account in the books", cells.link(wallet.account, wallet.account.public_id)),
    ]
    if wallet.freeze_origin:
        pairs.append(("Frozen by", f"{wallet.get_freeze_origin_display()}: {wallet.freeze_reason}"))
    return pairs + furniture.notes(wallet.metadata)


def of_customer(customer: Customer) -> list[tuple]:
    """The customer's newest wallets with what they have now: one query."""
    found = selectors.with_balances(Wallet.objects.filter(customer=customer), at=clock.now()).order_by("-pk")[: furniture.SHOWN]
    return [
        (
            cells.link(wallet, wallet.public_id),
            wallet.name,
            cells.choice(wallet, "status", WalletStatus),
            selectors.balance_of(wallet).held,
            selectors.balance_of(wallet).available,
        )
        for wallet in found
    ]


def points(wallet: Wallet) -> list[charts.Point]:
    """The balance at the end of each of the last 90 days."""
    today = clock.day_of(clock.now(), zone=balances.book_of(wallet).time_zone)
    found = balances.daily(wallet, last=today, days=DAYS_DRAWN)
    first = next((n for n, (_, value) in enumerate(found) if value), len(found) - 1)
    return [
        charts.Point(day, value, f"{day}: {furniture.plain(value, wallet.currency)}") for day, value in found[max(first - 1, 0) :]
    ]


def held(wallet: Wallet) -> list[tuple]:
    """Open holds, those that end first at the top."""
    return [
        (
            furniture.link(Hold, hold.pk),
            hold.description,
            hold.expires_at,
            cells.choice(hold, "status", HoldStatus),
            furniture.figure(hold.remaining, hold.currency),
        )
        for hold in hold_selectors.open_of_wallet(wallet.pk)[: furniture.SHOWN]
    ]


def moved(wallet: Wallet) -> list[tuple]:
    """The last movements, newest first."""
    entries: list[Entry] = list(transactions.of_wallet(wallet).order_by("-id")[: furniture.SHOWN])
    rows = []
    for one in transactions.read(entries, wallet=wallet):
        other = cells.link(Wallet(pk=Wallet.key(one.counterparty)), one.counterparty) if one.counterparty else cells.DASH
        label = one.label if one.type != TransactionType.OTHER else one.journal.kind
        if one.cause.startswith(f"{Transfer.PREFIX}_"):
            label = cells.link(Transfer(pk=Transfer.key(one.cause)), label)
        elif cause := causes.of(one.cause):
            label = cells.link(cause, label)
        rows.append((one.posted_at, one.effective_on, label, other, cells.link(one.journal), one.signed, one.balance_after))
    return rows


def limited(wallet: Wallet) -> list[tuple]:
    """Every limit with what is used of it today or this month."""
    zone = balances.book_of(wallet).time_zone
    today = clock.day_of(clock.now(), zone=zone)
    tier = wallet.customer.kyc_tier
    return [
        (
            f"Customer ({tier.capitalize()})" if row.scope == LimitScope.CUSTOMER else "This wallet",
            row.span.label,
            furniture.figure(row.limit, wallet.currency),
            cells.DASH if row.used is None else furniture.figure(row.used, wallet.currency),
            cells.DASH if row.used is None else furniture.figure(max(row.limit - row.used, row.limit * 0), wallet.currency),
        )
        for row in limit_selectors.of_wallet(wallet, tier=tier, day=today)
    ]


def exports(wallet: Wallet) -> list[tuple]:
    """Statements of the last months."""
    book = balances.book_of(wallet)
    today = clock.day_of(clock.now(), zone=book.time_zone)
    rows = []
    for month in furniture.months_back(today, STATEMENTS_SHOWN):
        if month < book.opened_on.replace(day=1):
            break
        url = reverse("admin:wallets_wallet_statement", args=[wallet.public_id])
        links = [
            format_html('<a class="fl-link" href="{}?month={}&format={}">{}</a>', url, f"{month:%Y-%m}", kind, kind.upper())
            for kind in ("csv", "pdf")
        ]
        rows.append((f"{month:%B %Y}" + (" (running)" if month == today.replace(day=1) else ""), *links))
    return rows


class WalletAdmin(CaseAdmin):
    """One wallet."""

    section, icon, menu_order = "Money", "account_balance_wallet", 10
    list_display = ("public_id", "partner", "customer_", "available", "held_", "state", "created_at")
    list_filter = ("status", furniture.PartnerFilter)
    list_select_related = ("partner",)
    figures = ("available", "held_")
    search_fields = ("external_id",)
    search_help_text = "Id or external id"
    page_budget = 26
    panels = (
        panels.Facts(
            title="Wallet", fields=("status", "name", "external_id", "created_at", "updated_at", "closed_at"), rows=facts
        ),
        panels.Table(
            title="Limits",
            columns=("Whose", "Span", "Limit", "Used", "Left"),
            figures=("Limit", "Used", "Left"),
            rows=limited,
            wide=False,
        ),
        panels.LineChart(title="Balance, last 90 days", points=points, unit=lambda wallet: wallet.currency),
        panels.Table(
            title="Open holds",
            columns=("Hold", "For", "Expires", "State", "Left"),
            figures=("Left",),
            rows=held,
            empty="Nothing is held.",
        ),
        panels.Table(
            title="Last movements",
            columns=("Recorded", "Effective", "What", "Other wallet", "Journal", "Amount", "Balance"),
            figures=("Amount", "Balance"),
            rows=moved,
        ),
        panels.Table(title="Statements", columns=("Month", "CSV", "PDF"), rows=exports, permission=EXPORT, wide=False),
        panels.History(),
    )
    transitions = (
        Transition(
            name="freeze",
            label="Freeze",
            key="f",
            style="danger",
            permission="wallets.freeze_wallet",
            service=wallets.freeze,
            policy=policies.check_can_freeze,
            reason_required=True,
            confirm="Nothing moves in or out until somebody of the platform lifts it. The partner is not told why.",
        ),
        Transition(
            name="unfreeze",
            label="Unfreeze",
            key="u",
            permission="wallets.freeze_wallet",
            service=wallets.unfreeze,
            policy=policies.check_can_unfreeze,
            reason_required=True,
        ),
        Transition(
            name="request_limits",
            label="Ask for limits",
            key="l",
            permission="wallets.request_limit_change",
            form=OptionalLimitsForm,
            service=ask_for_wallet,
            policy=policies.check_can_change_limits,
            initial=lambda wallet: {
                span: furniture.typed(value)
                for span, value in (
                    ("per_transaction", wallet.limit_per_transaction),
                    ("daily", wallet.limit_daily),
                    ("monthly", wallet.limit_monthly),
                )
            },
            reason_required=True,
            done=ASKED,
        ),
        Transition(
            name="close",
            label="Close",
            key="c",
            style="danger",
            permission="wallets.close_wallet",
            service=wallets.close,
            policy=policies.check_can_close,
            reason_required=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wallet]:
        """Each with its balance, read by the same statement."""
        return selectors.with_balances(super().get_queryset(request), at=clock.now())

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Wallet | None:
        """With what its page needs."""
        row = super().get_object(request, object_id, from_field)
        return row and self.get_queryset(request).select_related("partner", "customer", "account").get(pk=row.pk)

    def get_urls(self) -> list[URLPattern]:
        """And statements."""
        view = self.admin_site.admin_view(self.statement_view)
        return [path("<str:object_id>/statement/", view, name="wallets_wallet_statement"), *super().get_urls()]

    def statement_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A month as CSV or PDF; who took it is written to the audit."""
        wallet = self._row_or_404(request, object_id)
        if not permissions.allows(request.user, EXPORT):
            raise PermissionDenied
        kind = request.GET.get("format", "")
        try:
            month = date.fromisoformat(f"{request.GET.get('month', '')}-01")
            write = {"csv": statements.as_csv, "pdf": statements.as_pdf}[kind]
        except (ValueError, KeyError):
            raise Http404("Give month=2026-01 and format=csv or pdf.") from None
        at = clock.now()
        try:
            found = statements.of_month(wallet, month=month, at=at)
            content = write(found)
        except DomainError as refusal:
            raise Http404(refusal.message) from None
        log.record(
            action="wallet.statement_exported",
            actor=actor_of(request),
            at=at,
            target=wallet.public_id,
            partner_id=wallet.partner_id,
            after={"month": f"{month:%Y-%m}", "format": kind},
        )
        media = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}[kind]
        name = statements.file_name(found, kind)
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store, private"}
        return HttpResponse(content, content_type=media, headers=headers)

    def title_of(self, obj: Wallet) -> str:
        """Its name and id."""
        return f"{obj.name} · {obj.public_id}" if obj.name else obj.public_id

    def status_of(self, obj: Wallet) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="customer")
    def customer_(self, obj: Wallet) -> Any:
        """Whose it is."""
        return furniture.customer_link(obj.customer_id)

    @admin.display(description="available")
    def available(self, obj: Wallet) -> Any:
        """What can be spent."""
        return cells.money(selectors.balance_of(obj).available)

    @admin.display(description="held")
    def held_(self, obj: Wallet) -> Any:
        """What is set aside."""
        return cells.money(selectors.balance_of(obj).held)

    @admin.display(description="state")
    def state(self, obj: Wallet) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", WalletStatus)


site.register(Wallet, WalletAdmin)


def frozen_waiting(request: HttpRequest) -> home.Waiting | None:
    """Frozen wallets, for those who may lift a freeze; since when is in the audit, as a frozen wallet can still be renamed."""
    keys = [ids.public_id(Wallet.PREFIX, key) for key in selectors.frozen().values_list("pk", flat=True)[:FROZEN_COUNTED]]
    if not keys:
        return None
    since = records.last_done(events.WALLET_FROZEN, targets=keys)
    url = cells.admin_url(Wallet, "changelist") + "?status__exact=FROZEN"
    return home.Waiting(count=len(keys), url=url, oldest_at=min(since.values(), default=None))


home.register(
    home.Queue(name="frozen_wallets", title="Frozen wallets", permission="wallets.freeze_wallet", load=frozen_waiting, order=40)
)
panels.add(
    Customer,
    panels.Table(
        title="Wallets",
        columns=("Wallet", "Name", "State", "Held", "Available"),
        figures=("Held", "Available"),
        rows=of_customer,
        permission="wallets.view_wallet",
        empty="None yet.",
    ),
)

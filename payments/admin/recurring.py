"""Recurring payments: the rule in words, each time with its payment or its refusal, the days to come; paused, resumed, ended."""

from itertools import islice
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from flowlet.backoffice import CaseAdmin, Transition, cells, may_become, panels, site
from flowlet.core.states import IllegalMove
from payments.admin import furniture
from payments.choices import PaymentStatus, RecurringStatus
from payments.models import ExternalAccount, Mandate, Payment, Recurring
from payments.policies import schedules
from payments.services import recurring
from payments.states import RECURRING_MOVES
from wallets.models import Wallet

MANAGE = "payments.manage_recurring"
AHEAD = 6


def facts(row: Recurring) -> list[tuple[str, Any]]:
    """What is paid to whom, and when."""
    optional = [
        ("To wallet", furniture.link(Wallet, row.target_wallet_id), row.target_wallet_id),
        ("External account", furniture.link(ExternalAccount, row.external_account_id), row.external_account_id),
        ("Mandate", furniture.link(Mandate, row.mandate_id), row.mandate_id),
        ("Description", row.description, row.description),
        ("External id", cells.code(row.external_id), row.external_id),
    ]
    return [
        ("State", cells.choice(row, "status", RecurringStatus)),
        ("Amount", furniture.figure(row.amount, row.currency)),
        ("What", f"{row.get_kind_display()} · {row.get_rail_display()}"),
        ("Partner", row.partner),
        ("Wallet", furniture.link(Wallet, row.wallet_id)),
        *panels.known(optional),
        ("Made so far", f"{row.made:,}"),
        ("Created", row.created_at),
        ("Changed", row.updated_at),
        *furniture.notes(row.metadata),
    ]


def schedule(row: Recurring) -> list[tuple[str, Any]]:
    """The rule in words, and the days to come."""
    rule = recurring.rule_of(row)
    said = [("Rule", schedules.describe(rule).capitalize()), ("Next", row.next_on)]
    if row.status != RecurringStatus.ACTIVE or row.next_on is None:
        return [said[0], ("Next", "none while it is paused" if row.status == RecurringStatus.PAUSED else "none any more")]
    coming = (found for found in schedules.occurrences(rule) if found.on > row.next_on)
    return [*said, *(("Then", one.on) for one in islice(coming, AHEAD - 1))]


def times(row: Recurring) -> list[tuple]:
    """Each time, the newest first: its payment, or why there is none."""
    return [
        (
            one.on,
            one.nominal_on if one.nominal_on != one.on else cells.DASH,
            cells.link(one.payment) if one.payment else cells.DASH,
            cells.choice(one.payment, "status", PaymentStatus) if one.payment else cells.badge("refused", "bad"),
            " · ".join(text for text in (one.refusal, one.refusal_code) if text) or cells.DASH,
        )
        for one in row.occurrences.select_related("payment").order_by("-on")[: furniture.SHOWN]
    ]


def payments_url(row: Recurring) -> str:
    """The wallet's payments."""
    return f"{cells.admin_url(Payment, 'changelist')}?q={Wallet(pk=row.wallet_id).public_id}"


class RecurringAdmin(CaseAdmin):
    """One recurring payment."""

    section, menu_title, icon, menu_order = "Money", "Recurring payments", "event_repeat", 8
    thing, things = "recurring payment", "recurring payments"
    list_display = ("public_id", "what", "amount_", "rule_", "next_on", "made", "state", "partner")
    list_filter = ("status", furniture.PartnerFilter)
    list_select_related = ("partner",)
    figures = ("amount_", "made")
    search_fields = ("external_id",)
    search_help_text = "Id or external id; or the id of a wallet"
    version_fields = ("status", "next_on", "made")
    panels = (
        panels.Facts(title="Recurring payment", rows=facts),
        panels.Facts(title="Schedule", rows=schedule),
        panels.Table(
            title="Times",
            columns=("Day", "By the rule", "Payment", "State", "Why not"),
            rows=times,
            empty="None has come yet.",
            more=payments_url,
        ),
        panels.History(),
    )
    hidden_refusals = (IllegalMove,)
    transitions = (
        Transition(
            name="pause",
            label="Pause",
            key="p",
            permission=MANAGE,
            service=recurring.pause,
            policy=may_become(RECURRING_MOVES, RecurringStatus.PAUSED),
            reason_required=True,
            confirm="No payments are made until it is resumed; days that pass meanwhile are left out. The partner is told.",
        ),
        Transition(
            name="resume",
            label="Resume",
            key="r",
            style="primary",
            permission=MANAGE,
            service=recurring.resume,
            policy=may_become(RECURRING_MOVES, RecurringStatus.ACTIVE),
            reason_required=True,
            confirm="It goes on with its first day from today. The partner is told.",
        ),
        Transition(
            name="end",
            label="End",
            key="e",
            style="danger",
            permission=MANAGE,
            service=recurring.end,
            policy=may_become(RECURRING_MOVES, RecurringStatus.ENDED),
            reason_required=True,
            confirm="For good: no payment is made any more. What is on its way goes on. The partner is told.",
        ),
    )

    def search(self, request: HttpRequest, queryset: QuerySet, term: str) -> QuerySet:
        """An external id, or what it belongs to."""
        found = furniture.by_key(queryset, term, wal="wallet_id")
        return found if term.startswith("wal_") else super().search(request, queryset, term)

    def title_of(self, obj: Recurring) -> str:
        """How much, and how often."""
        return f"{furniture.plain(obj.amount, obj.currency)} · {schedules.describe(recurring.rule_of(obj)).partition(',')[0]}"

    def status_of(self, obj: Recurring) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="what")
    def what(self, obj: Recurring) -> str:
        """Its kind and its rail."""
        kind, rail = obj.get_kind_display(), obj.get_rail_display()
        return f"{furniture.SHORT.get(obj.kind, kind)} · {furniture.SHORT.get(obj.rail, rail)}"

    @admin.display(description="amount")
    def amount_(self, obj: Recurring) -> Any:
        """Each time."""
        return furniture.figure(obj.amount, obj.currency)

    @admin.display(description="when")
    def rule_(self, obj: Recurring) -> str:
        """The rule, without what happens on closed days."""
        return schedules.describe(recurring.rule_of(obj)).partition(",")[0]

    @admin.display(description="state")
    def state(self, obj: Recurring) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", RecurringStatus)


site.register(Recurring, RecurringAdmin)

"""Limits by KYC tier: seen by everybody, changed by two people."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin

from accounts.choices import KycTier
from flowlet.approvals.models import Approval
from flowlet.backoffice import ReferenceAdmin, Transition, TransitionForm, cells, panels, site
from flowlet.core.actors import Actor
from wallets.admin import furniture
from wallets.models import TierLimit
from wallets.services import limits
from wallets.services.limits import Limits


class LimitsForm(TransitionForm):
    """The three limits."""

    per_transaction = forms.DecimalField(min_value=0, max_digits=20, decimal_places=4, label="One transaction")
    daily = forms.DecimalField(min_value=0, max_digits=20, decimal_places=4, label="A day")
    monthly = forms.DecimalField(min_value=0, max_digits=20, decimal_places=4, label="A month")


class OptionalLimitsForm(TransitionForm):
    """The three limits; an empty one is no limit."""

    per_transaction = forms.DecimalField(
        min_value=0, max_digits=20, decimal_places=4, required=False, label="One transaction", help_text="Empty: none of its own"
    )
    daily = forms.DecimalField(min_value=0, max_digits=20, decimal_places=4, required=False, label="A day")
    monthly = forms.DecimalField(min_value=0, max_digits=20, decimal_places=4, required=False, label="A month")


class NewLimitsForm(LimitsForm):
    """First limits of a tier in a currency."""

    tier = forms.ChoiceField(choices=KycTier.choices, label="KYC tier")
    currency = forms.RegexField(r"^[A-Z]{3}$", label="Currency", help_text="ISO 4217, such as CHF")
    field_order = ("tier", "currency", "per_transaction", "daily", "monthly")


def ask_for_change(
    *, tierlimit_id: UUID, per_transaction: Decimal, daily: Decimal, monthly: Decimal, reason: str, actor: Actor, at: datetime
) -> Approval:
    """Ask for other limits of the row's tier and currency."""
    row = TierLimit.objects.get(pk=tierlimit_id)
    wanted = Limits(per_transaction, daily, monthly)
    return limits.request_tier_change(tier=row.tier, currency=row.currency, limits=wanted, reason=reason, actor=actor, at=at)


def ask_for_new(
    *,
    tier: str,
    currency: str,
    per_transaction: Decimal,
    daily: Decimal,
    monthly: Decimal,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Approval:
    """Ask for the first limits of a tier in a currency."""
    wanted = Limits(per_transaction, daily, monthly)
    return limits.request_tier_change(tier=tier, currency=currency, limits=wanted, reason=reason, actor=actor, at=at)


def ask_for_wallet(
    *,
    wallet_id: UUID,
    per_transaction: Decimal | None,
    daily: Decimal | None,
    monthly: Decimal | None,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Approval:
    """Ask for other limits of one wallet."""
    wanted = Limits(per_transaction, daily, monthly)
    return limits.request_wallet_change(wallet_id=wallet_id, limits=wanted, reason=reason, actor=actor, at=at)


ASKED = "Asked for. Another person has to approve it under Approvals before it counts."


class TierLimitAdmin(ReferenceAdmin):
    """One tier in one currency."""

    section, icon, menu_order = "Settings", "speed", 30
    list_display = ("what", "currency", "transaction_", "day_", "month_", "updated_at")
    ordering = ("currency", "pk")
    list_filter = ("tier",)
    figures = ("transaction_", "day_", "month_")
    panels = (
        panels.Facts(
            title="Limits",
            fields=("tier", "currency", "updated_at"),
            rows=lambda row: [
                ("One transaction", furniture.figure(row.per_transaction, row.currency)),
                ("A day", furniture.figure(row.daily, row.currency)),
                ("A calendar month", furniture.figure(row.monthly, row.currency)),
            ],
        ),
        panels.History(),
    )
    transitions = (
        Transition(
            name="request_change",
            label="Ask for a change",
            key="e",
            style="primary",
            permission="wallets.request_limit_change",
            form=LimitsForm,
            service=ask_for_change,
            initial=lambda row: {
                "per_transaction": furniture.typed(row.per_transaction),
                "daily": furniture.typed(row.daily),
                "monthly": furniture.typed(row.monthly),
            },
            reason_required=True,
            done=ASKED,
        ),
        Transition(
            name="request_new",
            label="Ask for limits in another currency",
            scope="list",
            permission="wallets.request_limit_change",
            form=NewLimitsForm,
            service=ask_for_new,
            reason_required=True,
            done=ASKED,
        ),
    )

    @admin.display(description="KYC tier")
    def what(self, row: TierLimit) -> Any:
        """As a badge."""
        return cells.choice(row, "tier", KycTier)

    @admin.display(description="one transaction")
    def transaction_(self, row: TierLimit) -> Any:
        """Its limit."""
        return furniture.figure(row.per_transaction, row.currency)

    @admin.display(description="a day")
    def day_(self, row: TierLimit) -> Any:
        """Its limit."""
        return furniture.figure(row.daily, row.currency)

    @admin.display(description="a month")
    def month_(self, row: TierLimit) -> Any:
        """Its limit."""
        return furniture.figure(row.monthly, row.currency)


site.register(TierLimit, TierLimitAdmin)

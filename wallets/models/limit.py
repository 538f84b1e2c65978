"""Limits and what is used of them."""

from django.db import models
from django.db.models import F, Q

from accounts.choices import KycTier
from accounts.models import Customer
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified


class TierLimit(Identified):
    """One row is what a customer of one KYC tier may send in one currency: in one transaction, a day, a calendar month.

    Changed only through an approved request.
    """

    PREFIX = "lim"

    tier = models.CharField(max_length=12, choices=KycTier.choices)
    currency = models.CharField(max_length=3)
    per_transaction = AmountField()
    daily = AmountField()
    monthly = AmountField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ["currency", "tier"]
        constraints = [
            models.UniqueConstraint(fields=["tier", "currency"], name="tier_has_one_limit_per_currency"),
            models.CheckConstraint(
                condition=Q(per_transaction__gte=0, daily__gte=F("per_transaction"), monthly__gte=F("daily")),
                name="tier_limits_grow_with_their_span",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_tier_display()} {self.currency}"


class Allowance(models.Model):
    """One row stands for all that a customer sends in one currency, whatever the wallet.

    Everything that sends, holds, captures or releases locks it before any other row, so that limits are counted without a race.
    """

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="allowances", db_index=False)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "currency"], name="customer_has_one_allowance_per_currency")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.currency}"


class Usage(models.Model):
    """One row is what one wallet sent and holds of one day (of the book's zone), counted against the allowance.

    A hold counts on the day it was placed, for as much as is captured or still open of it.
    """

    pk = models.CompositePrimaryKey("allowance_id", "day", "wallet_id")
    allowance = models.ForeignKey(Allowance, on_delete=models.PROTECT, related_name="usage", db_index=False)
    day = models.DateField()
    wallet = models.ForeignKey("wallets.Wallet", on_delete=models.PROTECT, related_name="usage", db_index=False)
    used = AmountField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(used__gte=0), name="usage_is_not_negative")]

    def __str__(self) -> str:
        return f"{self.day}: {self.used}"

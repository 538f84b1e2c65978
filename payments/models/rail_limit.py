"""Limits per rail, and what is used of them."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer, Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from payments.choices import Direction, PaymentKind, Rail

FIGURES = (
    "minimum",
    "maximum",
    "customer_daily",
    "customer_monthly",
    "customer_daily_count",
    "partner_daily",
    "partner_monthly",
    "partner_daily_count",
)
_NONE = Q(**{f"{name}__isnull": True for name in FIGURES})


class RailLimit(Identified):
    """One row is what may go one way over a rail in one currency from ``valid_from`` on: one payment, and all payments of a business day or
    calendar month of the rail, of each customer and of the partner as a whole. What is empty is not limited.

    Without a partner it is everybody's (of each partner for itself), without a kind of all kinds together. The partner's own goes before
    everybody's for the same rail, direction, kind and currency; of two the later counts. A row for one kind and one for all kinds count
    both. ``is_withdrawn`` ends the partner's own. Written through an approved request, and never changed.
    """

    PREFIX = "rlm"

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="rail_limits", db_index=False
    )
    rail = models.CharField(max_length=12, choices=Rail.choices)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    kind = models.CharField(max_length=12, choices=PaymentKind.choices, blank=True)
    currency = models.CharField(max_length=3)
    minimum = AmountField(null=True, blank=True, help_text="of one payment")
    maximum = AmountField(null=True, blank=True, help_text="of one payment")
    customer_daily = AmountField(null=True, blank=True)
    customer_monthly = AmountField(null=True, blank=True)
    customer_daily_count = models.PositiveIntegerField(null=True, blank=True)
    partner_daily = AmountField(null=True, blank=True)
    partner_monthly = AmountField(null=True, blank=True)
    partner_daily_count = models.PositiveIntegerField(null=True, blank=True)
    is_withdrawn = models.BooleanField(default=False)
    valid_from = models.DateTimeField()
    reason = models.CharField(max_length=500)
    approval_id = models.UUIDField(help_text="the request that another person approved")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("rail", "direction", "currency", "partner", name="rail_limit_by_what_it_limits")]
        constraints = [
            models.CheckConstraint(condition=Q(valid_from__gte=F("created_at")), name="rail_limits_are_not_changed_backwards"),
            models.UniqueConstraint(fields=["approval_id"], name="rail_limit_has_a_request_of_its_own"),
            models.CheckConstraint(
                condition=(Q(is_withdrawn=True) & _NONE) | (Q(is_withdrawn=False) & ~_NONE), name="rail_limit_limits_something"
            ),
            models.CheckConstraint(
                condition=(Q(minimum__isnull=True) | Q(minimum__gt=0))
                & (Q(minimum__isnull=True) | Q(maximum__isnull=True) | Q(minimum__lte=F("maximum")))
                & (
                    Q(customer_monthly__isnull=True)
                    | Q(customer_daily__isnull=True)
                    | Q(customer_daily__lte=F("customer_monthly"))
                )
                & (Q(partner_monthly__isnull=True) | Q(partner_daily__isnull=True) | Q(partner_daily__lte=F("partner_monthly")))
                & (Q(maximum__isnull=True) | Q(maximum__gte=0))
                & (Q(customer_daily__isnull=True) | Q(customer_daily__gte=0))
                & (Q(customer_monthly__isnull=True) | Q(customer_monthly__gte=0))
                & (Q(partner_daily__isnull=True) | Q(partner_daily__gte=0))
                & (Q(partner_monthly__isnull=True) | Q(partner_monthly__gte=0)),
                name="rail_limits_grow_with_their_span",
            ),
        ]


class CustomerRailUsage(models.Model):
    """One row is what one customer's payments of a kind used of one business day of a rail; what failed or was canceled is not in it."""

    pk = models.CompositePrimaryKey("customer_id", "rail", "direction", "currency", "day", "kind")
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="rail_usage", db_index=False)
    rail = models.CharField(max_length=12, choices=Rail.choices)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    currency = models.CharField(max_length=3)
    day = models.DateField()
    kind = models.CharField(max_length=12, choices=PaymentKind.choices)
    used = AmountField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(used__gte=0), name="customer_rail_usage_is_not_negative")]

    def __str__(self) -> str:
        return f"{self.rail} {self.day}: {self.used}"


class PartnerRailUsage(models.Model):
    """One row is a share of the same for a partner as a whole: a customer's payments are always in the same one of 64, so that customers
    rarely wait for one another. The sum of the shares is what the partner used.
    """

    pk = models.CompositePrimaryKey("partner_id", "rail", "direction", "currency", "day", "kind", "share")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="rail_usage", db_index=False)
    rail = models.CharField(max_length=12, choices=Rail.choices)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    currency = models.CharField(max_length=3)
    day = models.DateField()
    kind = models.CharField(max_length=12, choices=PaymentKind.choices)
    share = models.PositiveSmallIntegerField()
    used = AmountField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(used__gte=0), name="partner_rail_usage_is_not_negative")]

    def __str__(self) -> str:
        return f"{self.rail} {self.day}: {self.used}"

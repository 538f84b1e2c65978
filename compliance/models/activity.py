"""Facts that monitoring looks at."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Customer, Partner
from compliance.choices import SOURCE_PREFIXES, ActivitySource
from flowlet.core import ids
from flowlet.db.fields import AmountField, MoneyField
from payments.choices import Direction
from wallets.models import Wallet


class Activity(models.Model):
    """One row is one side of one movement of money, as one customer saw it: a transfer between two customers is two rows.

    Outgoing payments count from the moment when their money is held, incoming ones when they are settled; what comes back by a return
    or chargeback is a row of its own. ``worth`` is the amount in US dollars at the day's rate, to compare with thresholds (none without
    a rate). ``counterparty`` is the other customer's key, or a keyed digest of the account outside, the same for all customers of the
    partner; ``is_own`` tells money that stays with its owner. What partners know besides stands in ``metadata`` of payments and
    transfers: ``device_id`` (kept as a digest), ``ip_country``, ``location``, and ``cash`` = "true" for what is cash or as good as cash.
    """

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False)
    source = models.CharField(max_length=8, choices=ActivitySource.choices)
    source_id = models.UUIDField()
    direction = models.CharField(max_length=3, choices=Direction.choices)
    kind = models.CharField(max_length=12, help_text="the payment's kind, WALLET, REFUND, RETURN or CHARGEBACK")
    rail = models.CharField(max_length=12)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    worth = AmountField(null=True)
    counterparty = models.UUIDField(null=True)
    is_own = models.BooleanField()
    is_new_counterparty = models.BooleanField(help_text="the first in this direction between the two")
    country = models.CharField(max_length=2, blank=True, help_text="of the other side")
    ip_country = models.CharField(max_length=2, blank=True)
    location = models.CharField(max_length=40, blank=True)
    device = models.UUIDField(null=True)
    is_cash = models.BooleanField()
    names_parties = models.BooleanField(help_text="name and account of the other side are known")
    happened_at = models.DateTimeField()
    previous_at = models.DateTimeField(null=True, help_text="when the customer was active before")

    class Meta:
        verbose_name_plural = "activities"
        constraints = [
            models.UniqueConstraint(
                fields=["source_id", "customer", "direction", "kind"], name="movement_is_one_activity_of_each_side"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="activity_is_positive"),
        ]
        indexes = [
            models.Index(fields=["customer", "happened_at"], name="activity_of_a_customer"),
            models.Index(
                fields=["customer", "counterparty", "happened_at"],
                name="activity_between_two",
                condition=Q(counterparty__isnull=False),
            ),
            models.Index(fields=["device", "happened_at"], name="activity_of_a_device", condition=Q(device__isnull=False)),
            models.Index(fields=["happened_at"], name="activity_without_worth", condition=Q(worth=None)),
            BrinIndex(fields=["happened_at"], name="activity_by_moment", pages_per_range=32, autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.direction}"

    @property
    def reference(self) -> str:
        """The public id of the payment, transfer or refund."""
        return ids.public_id(SOURCE_PREFIXES[ActivitySource(self.source)], self.source_id)


class CustomerProfile(models.Model):
    """One row is what was declared about a customer that monitoring compares activity with; how risky they are says ``CustomerRisk``.

    ``declared`` is the volume of a month that the partner or an officer named, ``expected_monthly`` its worth in US dollars on the day when
    they did; ``segment`` groups peers.
    """

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, primary_key=True, related_name="+")
    declared = MoneyField(null=True)
    expected_monthly = AmountField(null=True)
    segment = models.CharField(max_length=40, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(expected_monthly__gte=0), name="expected_volume_is_not_negative")]

    def __str__(self) -> str:
        return f"{self.customer_id}"

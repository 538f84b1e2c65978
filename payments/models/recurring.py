"""Payments that recur, and what became of each time."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from payments.choices import PaymentKind, Rail, RecurringStatus
from payments.models.external_account import ExternalAccount
from payments.models.mandate import Mandate
from payments.models.payment import Payment
from wallets.models import Wallet


class Recurring(Identified):
    """One row is a payment that is made again and again, as ``rule`` (``payments.policies.schedules``) says.

    ``next_on`` is the day of the next time in the partner's zone, None when there is none any more.
    """

    PREFIX = "rec"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="recurring_payments", db_index=False)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="recurring_payments")
    target_wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, null=True, blank=True, related_name="recurring_payments_in", db_index=False
    )
    external_account = models.ForeignKey(
        ExternalAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="recurring_payments", db_index=False
    )
    mandate = models.ForeignKey(
        Mandate, on_delete=models.PROTECT, null=True, blank=True, related_name="recurring_payments", db_index=False
    )
    kind = models.CharField(max_length=12, choices=PaymentKind.choices)
    rail = models.CharField(max_length=12, choices=Rail.choices)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    description = models.CharField(max_length=140, blank=True)
    rule = models.JSONField()
    status = models.CharField(max_length=6, choices=RecurringStatus.choices, default=RecurringStatus.ACTIVE)
    next_on = models.DateField(null=True, blank=True)
    made = models.PositiveIntegerField(default=0)
    external_id = models.CharField(max_length=128, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id", "partner"],
                condition=~Q(external_id=""),
                name="recurring_external_id_is_unique_per_partner",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="recurring_payment_is_positive"),
            models.CheckConstraint(
                condition=~Q(status="ACTIVE") | Q(next_on__isnull=False), name="active_recurring_payment_has_a_next_day"
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="recurring_by_partner"),
            models.Index(fields=["next_on"], name="recurring_due", condition=Q(status="ACTIVE")),
            GinIndex(fields=["metadata"], name="recurring_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]


class Occurrence(models.Model):
    """One row is one time of a recurring payment: the payment that it made, or why it made none. A day has one at most."""

    id = models.BigAutoField(primary_key=True)
    recurring = models.ForeignKey(Recurring, on_delete=models.PROTECT, related_name="occurrences", db_index=False)
    on = models.DateField()
    nominal_on = models.DateField(help_text="the rule's own day, before banks' holidays moved it")
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="occurrence")
    refusal_code = models.CharField(max_length=80, blank=True)
    refusal = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recurring", "on"], name="recurring_payment_is_made_once_a_day"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False, refusal_code="") | (Q(payment=None) & ~Q(refusal_code="")),
                name="occurrence_is_a_payment_or_a_refusal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recurring_id} {self.on}"

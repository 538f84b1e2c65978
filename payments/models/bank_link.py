"""Customers' logins at their banks, as an aggregator holds them, and what was asked there before money was taken."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Customer, Partner
from flowlet.db.models import Identified, Timestamped
from payments.choices import BalanceResult, BankLinkStatus
from payments.models.external_account import ExternalAccount
from payments.models.payment import Payment

OPEN = (BankLinkStatus.ACTIVE, BankLinkStatus.LOGIN_REQUIRED)


class BankLink(Identified, Timestamped):
    """One row is one login of one customer at one bank, linked over an aggregator by one partner.

    ``access`` is the aggregator's token for it, sealed under the customer's own key in the vault; it goes when the aggregator knows that
    the link has ended. ``item`` is the aggregator's name for the login. ``read_at`` is when its accounts were read last, ``problem`` why
    they could not be (the aggregator's code), ``tries`` how often in a row.
    """

    PREFIX = "bkl"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="bank_links", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="bank_links", db_index=False)
    provider = models.CharField(max_length=24)
    item = models.CharField(max_length=128)
    access = models.BinaryField(null=True, help_text="sealed under the subject's key")
    status = models.CharField(max_length=14, choices=BankLinkStatus.choices, default=BankLinkStatus.ACTIVE)
    problem = models.CharField(max_length=100, blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="how often its accounts could not be read, in a row")
    read_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True, help_text="when the bank will end it, where it said so")
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)
    external_id = models.CharField(max_length=128, blank=True, help_text="the partner's own id")
    metadata = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id", "partner"],
                condition=~Q(external_id=""),
                name="bank_link_external_id_is_unique_per_partner",
            ),
            models.UniqueConstraint(fields=["provider", "item", "partner"], name="bank_link_is_one_at_its_provider"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, ended_at=None, access__isnull=False)
                | (~Q(status__in=OPEN) & Q(ended_at__isnull=False)),
                name="open_bank_link_can_be_read",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="bank_link_by_partner"),
            models.Index(fields=["customer", "id"], name="bank_link_by_customer"),
            models.Index(
                fields=["updated_at"], name="bank_link_to_be_told", condition=Q(access__isnull=False) & ~Q(status__in=OPEN)
            ),
            models.Index(fields=["updated_at"], name="bank_link_unread", condition=Q(read_at=None, status="ACTIVE")),
            GinIndex(fields=["metadata"], name="bank_link_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]


class BalanceCheck(models.Model):
    """One row is what a customer's bank said before a payment took money from the account; the balance itself is not kept."""

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, primary_key=True, related_name="balance_check")
    external_account = models.ForeignKey(ExternalAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    result = models.CharField(max_length=8, choices=BalanceResult.choices)
    problem = models.CharField(max_length=100, blank=True, help_text="why the bank did not say")
    asked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.payment_id}: {self.result}"

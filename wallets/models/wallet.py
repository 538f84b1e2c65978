"""A customer's wallet."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from accounts.choices import FreezeOrigin
from accounts.models import Customer, Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified, Timestamped
from ledger.models import Account
from wallets.choices import WalletStatus
from wallets.models.limit import Allowance


class Wallet(Identified, Timestamped):
    """One row is one wallet of a customer in one currency. Its money is the balance of one STRICT account with floor zero.

    The status repeats the account's, which is what the books obey. The wallet's own limits, where set, count its own outgoing money
    and narrow what the customer's tier allows.
    """

    PREFIX = "wal"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="wallets", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="wallets", db_index=False)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="wallet")
    allowance = models.ForeignKey(Allowance, on_delete=models.PROTECT, related_name="wallets")
    currency = models.CharField(max_length=3)
    name = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=6, choices=WalletStatus.choices, default=WalletStatus.OPEN)
    freeze_reason = models.CharField(max_length=500, blank=True)
    freeze_origin = models.CharField(max_length=8, choices=FreezeOrigin.choices, blank=True)
    freeze_is_kept = models.BooleanField(
        default=False, db_default=False, help_text="by an upper app that lifts it itself, such as by two people"
    )
    partner_freeze_reason = models.CharField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="of the partner's own freeze, which stands when the platform's is lifted",
    )
    staff_freeze_reason = models.CharField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="of the platform's own freeze, which stands when one that is kept is lifted",
    )
    limit_per_transaction = AmountField(null=True, blank=True)
    limit_daily = AmountField(null=True, blank=True)
    limit_monthly = AmountField(null=True, blank=True)
    external_id = models.CharField(max_length=128, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id", "partner"], condition=~Q(external_id=""), name="wallet_external_id_is_unique_per_partner"
            ),
            models.CheckConstraint(
                condition=(Q(status=WalletStatus.FROZEN) & ~Q(freeze_reason="") & ~Q(freeze_origin=""))
                | (~Q(status=WalletStatus.FROZEN) & Q(freeze_reason="", freeze_origin="")),
                name="wallet_is_frozen_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(status=WalletStatus.FROZEN) | Q(partner_freeze_reason="", staff_freeze_reason=""),
                name="wallet_is_open_when_everybody_let_go",
            ),
            models.CheckConstraint(
                condition=Q(status=WalletStatus.CLOSED, closed_at__isnull=False)
                | (~Q(status=WalletStatus.CLOSED) & Q(closed_at=None)),
                name="wallet_is_closed_at_a_moment",
            ),
            models.CheckConstraint(
                condition=(Q(limit_per_transaction=None) | Q(limit_per_transaction__gte=0))
                & (Q(limit_daily=None) | Q(limit_daily__gte=0))
                & (Q(limit_monthly=None) | Q(limit_monthly__gte=0)),
                name="wallet_limits_are_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(limit_daily=None) | Q(limit_monthly=None) | Q(limit_monthly__gte=F("limit_daily")),
                name="wallet_limits_grow_with_their_span",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="wallet_by_partner"),
            models.Index(fields=["customer", "id"], name="wallet_by_customer"),
            models.Index(fields=["id"], name="wallet_frozen", condition=Q(status="FROZEN")),
            GinIndex(fields=["metadata"], name="wallet_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]

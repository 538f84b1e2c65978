"""Money from wallet to wallet, and back."""

from decimal import Decimal

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import F, Q

from accounts.models import Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from wallets.choices import TransferKind, TransferStatus
from wallets.models.hold import Hold
from wallets.models.wallet import Wallet


class Transfer(Identified):
    """One row is money going from one wallet to another of the same partner, in their common currency.

    ``amount`` is what was asked for, ``captured`` what has moved, ``refunded`` what of it has moved back. Its journals carry its public
    id as their cause; ``journal_id`` is the last of them. ``hold`` is the one that an authorised transfer placed, or the one captured.
    Rows are never deleted (trigger), so that the hot columns need no foreign key checks.
    """

    PREFIX = "trf"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="transfers", db_index=False, db_constraint=False)
    source = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, related_name="transfers_out", db_index=False, db_constraint=False
    )
    target = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="transfers_in", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=12, choices=TransferKind.choices)
    status = models.CharField(max_length=10, choices=TransferStatus.choices)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    captured = AmountField()
    refunded = AmountField(default=0)
    hold = models.ForeignKey(Hold, null=True, blank=True, on_delete=models.PROTECT, related_name="transfers", db_index=False)
    journal_id = models.UUIDField(null=True, blank=True)
    description = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=128, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id", "partner"], condition=~Q(external_id=""), name="transfer_external_id_is_unique_per_partner"
            ),
            models.UniqueConstraint(fields=["hold"], condition=Q(kind="AUTHORIZED"), name="hold_is_of_one_authorised_transfer"),
            models.CheckConstraint(condition=~Q(source=F("target")), name="transfer_is_between_two_wallets"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, captured__gte=0, captured__lte=F("amount")),
                name="transfer_captures_no_more_than_its_amount",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("captured")), name="transfer_refunds_no_more_than_was_captured"
            ),
            models.CheckConstraint(
                condition=Q(status="COMPLETED", captured__gt=0, completed_at__isnull=False)
                | Q(status="AUTHORIZED", completed_at=None)
                | Q(status__in=["VOIDED", "EXPIRED"], captured=0, completed_at=None),
                name="transfer_is_completed_by_capture",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="transfer_by_partner"),
            models.Index(fields=["source", "id"], name="transfer_by_source"),
            models.Index(fields=["target", "id"], name="transfer_by_target"),
            models.Index(
                fields=["status", "id"],
                name="transfer_not_completed",
                condition=Q(status__in=["AUTHORIZED", "VOIDED", "EXPIRED"]),
            ),
            models.Index(fields=["hold"], name="transfer_by_hold", condition=Q(hold__isnull=False)),
            BrinIndex(fields=["completed_at"], name="transfer_by_completion", pages_per_range=32, autosummarize=True),
            GinIndex(fields=["metadata"], name="transfer_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]

    @property
    def refundable(self) -> Decimal:
        """What can still be refunded, in its currency."""
        return self.captured - self.refunded


class Refund(Identified):
    """One row is one refund of a transfer, in whole or in part. A trigger keeps their sum equal to the transfer's ``refunded``.

    It never changes, but that its words go with the data of both customers (trigger).
    """

    PREFIX = "rfd"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="refunds", db_index=False)
    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="refunds")
    currency = models.CharField(max_length=3)
    amount = AmountField()
    journal_id = models.UUIDField(unique=True)
    reason = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=128, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "external_id"], condition=~Q(external_id=""), name="refund_external_id_is_unique_per_partner"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="refund_by_partner"),
            BrinIndex(fields=["created_at"], name="refund_by_moment", pages_per_range=32, autosummarize=True),
            GinIndex(fields=["metadata"], name="refund_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]

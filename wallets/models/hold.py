"""Money set aside."""

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from accounts.models import Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from wallets.choices import HoldStatus
from wallets.models.limit import Allowance
from wallets.models.wallet import Wallet


class Hold(Identified):
    """One row is an amount of a wallet set aside until it is captured, released or expired.

    What is left of it is amount less captured less released; when that is zero the hold has ended. The sum of what is left of a
    wallet's holds is the held balance of its account. ``counted_on`` is the day whose limits it counts against. ``kept_for`` is the public
    id of what an upper app keeps the money for: such a hold does not lapse, and only that app ends it.
    """

    PREFIX = "hld"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="holds", db_index=False)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="holds", db_index=False)
    allowance = models.ForeignKey(Allowance, on_delete=models.PROTECT, related_name="holds", db_index=False)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    captured = AmountField(default=0)
    released = AmountField(default=0)
    status = models.CharField(max_length=8, choices=HoldStatus.choices, default=HoldStatus.OPEN)
    expires_at = models.DateTimeField()
    counted_on = models.DateField()
    description = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=128, blank=True)
    kept_for = models.CharField(max_length=40, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id", "partner"], condition=~Q(external_id=""), name="hold_external_id_is_unique_per_partner"
            ),
            models.UniqueConstraint(
                fields=["kept_for"], condition=~Q(kept_for="") & Q(status="OPEN"), name="one_open_hold_is_kept_for_a_thing"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, captured__gte=0, released__gte=0), name="hold_amounts_are_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=F("captured") + F("released")), name="hold_gives_no_more_than_its_amount"
            ),
            models.CheckConstraint(
                condition=Q(status=HoldStatus.OPEN, ended_at=None, amount__gt=F("captured") + F("released"))
                | (~Q(status=HoldStatus.OPEN) & Q(ended_at__isnull=False, amount=F("captured") + F("released"))),
                name="hold_is_open_while_something_is_left",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="hold_by_partner"),
            models.Index(fields=["wallet", "id"], name="hold_by_wallet"),
            models.Index(fields=["status", "id"], name="hold_by_status"),
            models.Index(fields=["wallet", "ended_at"], name="hold_by_end"),
            models.Index(fields=["wallet", "expires_at"], name="hold_open_by_wallet", condition=Q(status="OPEN")),
            models.Index(fields=["allowance", "expires_at"], name="hold_open_by_allowance", condition=Q(status="OPEN")),
            models.Index(fields=["expires_at"], name="hold_open_by_expiry", condition=Q(status="OPEN")),
            GinIndex(fields=["metadata"], name="hold_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]

    @property
    def remaining(self) -> Decimal:
        """What is left of it, in its currency."""
        return self.amount - self.captured - self.released

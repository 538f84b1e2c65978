"""Play money."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from wallets.models.wallet import Wallet


class TopUp(Identified):
    """One row is one simulated payment from outside into a sandbox wallet."""

    PREFIX = "top"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="top_ups", db_index=False)
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="top_ups")
    currency = models.CharField(max_length=3)
    amount = AmountField()
    journal_id = models.UUIDField(unique=True)
    external_id = models.CharField(max_length=128, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "external_id"], condition=~Q(external_id=""), name="top_up_external_id_is_unique_per_partner"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="top_up_is_positive"),
        ]
        indexes = [
            GinIndex(fields=["metadata"], name="top_up_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]

"""What payments cost."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Partner
from flowlet.db.models import Identified
from payments.choices import PaymentKind, Rail


class FeeSchedule(Identified):
    """One row is what payments of a kind over a rail in one currency cost a partner from ``valid_from`` on.

    Without a partner it is everybody's, without a rail or kind that of all of them. The partner's own goes before everybody's, then the
    rail's before that of all rails, then the kind's; of two for the same the later counts. ``terms`` (``payments.policies.fees``) may be
    missing: from then on the more general one counts again. Written through an approved request, and never changed.
    """

    PREFIX = "fee"

    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, null=True, blank=True, related_name="fee_schedules", db_index=False
    )
    rail = models.CharField(max_length=12, choices=Rail.choices, blank=True)
    kind = models.CharField(max_length=12, choices=PaymentKind.choices, blank=True)
    currency = models.CharField(max_length=3)
    valid_from = models.DateTimeField()
    terms = models.JSONField(null=True, blank=True, help_text="mode, tiers, minimum and maximum")
    reason = models.CharField(max_length=500)
    approval_id = models.UUIDField(help_text="the request that another person approved")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("currency", "partner", "valid_from", name="fee_schedule_by_currency")]
        constraints = [
            models.CheckConstraint(condition=Q(valid_from__gte=F("created_at")), name="fees_are_not_changed_backwards"),
            models.UniqueConstraint(fields=["approval_id"], name="fee_schedule_has_a_request_of_its_own"),
        ]

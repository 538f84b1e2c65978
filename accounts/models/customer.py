"""The person or business a partner serves."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.choices import CustomerKind, CustomerStatus, FreezeOrigin, KycTier
from accounts.models.partner import Partner
from flowlet.db.models import Identified, Timestamped


class Customer(Identified, Timestamped):
    """One row is one person or business, known to one partner.

    Name, e-mail address, phone number, dates, registration number and address are one document in ``personal``, sealed under the
    customer's own key in the vault (``accounts.selectors.customers.personal_of`` opens it). Exact search goes through the keyed
    indexes beside it. ``country`` stays readable: limits and reports need it, and it names nobody.
    """

    PREFIX = "cus"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="customers", db_index=False)
    kind = models.CharField(max_length=8, choices=CustomerKind.choices)
    status = models.CharField(max_length=8, choices=CustomerStatus.choices, default=CustomerStatus.ACTIVE)
    kyc_tier = models.CharField(max_length=12, choices=KycTier.choices, default=KycTier.UNVERIFIED)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 alpha-2: residence, or seat of a business")
    external_id = models.CharField(max_length=128, blank=True, help_text="the partner's own id")
    metadata = models.JSONField(default=dict, blank=True)
    personal = models.BinaryField(help_text="sealed under the subject's key")
    email_index = models.CharField(max_length=32, blank=True, editable=False)
    phone_index = models.CharField(max_length=32, blank=True, editable=False)
    name_indexes = ArrayField(models.CharField(max_length=32), default=list, editable=False)
    freeze_reason = models.CharField(max_length=500, blank=True)
    freeze_origin = models.CharField(max_length=8, choices=FreezeOrigin.choices, blank=True)
    partner_freeze_reason = models.CharField(
        max_length=500,
        blank=True,
        default="",
        db_default="",
        help_text="of the partner's own freeze, which stands when the platform's is lifted",
    )
    open_products = models.PositiveIntegerField(default=0, help_text="wallets and the like; a customer closes only without any")
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "external_id"], condition=~Q(external_id=""), name="customer_external_id_is_unique_per_partner"
            ),
            models.CheckConstraint(
                condition=(Q(status=CustomerStatus.FROZEN) & ~Q(freeze_reason="") & ~Q(freeze_origin=""))
                | (~Q(status=CustomerStatus.FROZEN) & Q(freeze_reason="") & Q(freeze_origin="")),
                name="customer_is_frozen_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(status=CustomerStatus.FROZEN) | Q(partner_freeze_reason=""),
                name="customer_is_active_when_everybody_let_go",
            ),
            models.CheckConstraint(
                condition=Q(status=CustomerStatus.CLOSED, closed_at__isnull=False, open_products=0)
                | (~Q(status=CustomerStatus.CLOSED) & Q(closed_at=None)),
                name="customer_closes_without_open_products",
            ),
            models.CheckConstraint(condition=Q(country__regex="^[A-Z]{2}$"), name="customer_country_is_two_capitals"),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="customer_by_partner"),
            models.Index(fields=["status", "id"], name="customer_by_status", condition=~Q(status=CustomerStatus.ACTIVE)),
            models.Index(fields=["kyc_tier", "id"], name="customer_by_tier"),
            models.Index(fields=["email_index"], name="customer_by_email", condition=~Q(email_index="")),
            models.Index(fields=["phone_index"], name="customer_by_phone", condition=~Q(phone_index="")),
            GinIndex(fields=["name_indexes"], name="customer_by_name"),
            GinIndex(fields=["metadata"], name="customer_by_metadata", opclasses=["jsonb_path_ops"]),
        ]

    @property
    def is_frozen(self) -> bool:
        """Whether nothing may move for this customer."""
        return self.status == CustomerStatus.FROZEN

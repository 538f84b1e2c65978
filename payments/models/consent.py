"""What customers let partners do at their own banks."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Customer, Partner
from flowlet.db.models import Identified, Timestamped
from payments.choices import BankStandard, ConsentScope, ConsentStatus

OPEN = (ConsentStatus.AWAITING, ConsentStatus.AUTHORISED)


class Consent(Identified, Timestamped):
    """One row is one consent of one customer at one bank, asked for by one partner.

    What has to be kept between us and the bank (state, nonce, tokens) is one document in ``session``, sealed under the customer's own
    key in the vault and gone when the consent has ended. ``reference`` is the bank's name for the consent. ``is_told_to_bank`` turns true
    when the bank knows that the consent has ended. While ``renewing_until`` lies ahead, somebody renews the tokens.
    """

    PREFIX = "con"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="consents", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="consents", db_index=False)
    standard = models.CharField(max_length=16, choices=BankStandard.choices)
    bank = models.CharField(max_length=40)
    scopes = ArrayField(models.CharField(max_length=12, choices=ConsentScope.choices))
    status = models.CharField(max_length=10, choices=ConsentStatus.choices, default=ConsentStatus.AWAITING)
    reference = models.CharField(max_length=128)
    session = models.BinaryField(null=True, help_text="sealed under the subject's key")
    expires_at = models.DateTimeField()
    authorised_at = models.DateTimeField(null=True, blank=True)
    reconfirm_by = models.DateTimeField(null=True, blank=True)
    renewing_until = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)
    is_told_to_bank = models.BooleanField(default=False)
    external_id = models.CharField(max_length=128, blank=True, help_text="the partner's own id")
    metadata = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id", "partner"], condition=~Q(external_id=""), name="consent_external_id_is_unique_per_partner"
            ),
            models.UniqueConstraint(fields=["bank", "reference"], name="consent_is_one_at_its_bank"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, ended_at=None, session__isnull=False)
                | (~Q(status__in=OPEN) & Q(ended_at__isnull=False, session=None)),
                name="consent_keeps_no_session_after_its_end",
            ),
            models.CheckConstraint(
                condition=~Q(status=ConsentStatus.AUTHORISED) | Q(authorised_at__isnull=False), name="consent_was_authorised_once"
            ),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="consent_is_for_something"),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="consent_by_partner"),
            models.Index(fields=["customer", "id"], name="consent_by_customer"),
            models.Index(fields=["expires_at"], name="consent_open_by_expiry", condition=Q(status__in=OPEN)),
            models.Index(
                fields=["ended_at"], name="consent_to_be_told", condition=Q(is_told_to_bank=False) & ~Q(status__in=OPEN)
            ),
            GinIndex(fields=["metadata"], name="consent_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]

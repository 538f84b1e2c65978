"""Permissions to collect money from external accounts."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from accounts.models import Customer, Partner
from flowlet.db.models import Identified, Timestamped
from payments.choices import AchAuthorization, MandateKind, MandateScheme, MandateStatus, Sequence
from payments.models.external_account import ExternalAccount

_SEPA = Q(scheme__in=[MandateScheme.SEPA_CORE, MandateScheme.SEPA_B2B])
_ENDED = Q(status__in=[MandateStatus.REVOKED, MandateStatus.EXPIRED])


class Mandate(Identified, Timestamped):
    """One row is one permission, given by the holder of an external account, to collect money from it.

    ``reference`` is the unique mandate reference of SEPA (unique per creditor, capitals make no difference: EPC AT-01) and the
    partner's own name of an authorization for ACH. ``evidence`` is how an ACH authorization was given, sealed under the customer's
    key. ``last_sequence`` is the latest collection's place that was not rejected before settlement; ``MandateUse`` has all of them.
    """

    PREFIX = "mdt"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="mandates", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="mandates", db_index=False)
    external_account = models.ForeignKey(ExternalAccount, on_delete=models.PROTECT, related_name="mandates", db_index=False)
    scheme = models.CharField(max_length=9, choices=MandateScheme.choices)
    kind = models.CharField(max_length=9, choices=MandateKind.choices)
    reference = models.CharField(max_length=35)
    reference_key = models.CharField(max_length=35, editable=False, help_text="the reference in capitals")
    creditor_id = models.CharField(max_length=35, blank=True, help_text="SEPA creditor identifier (EPC AT-02)")
    authorization = models.CharField(max_length=3, choices=AchAuthorization.choices, blank=True)
    evidence = models.BinaryField(null=True, blank=True, help_text="sealed under the subject's key")
    signed_on = models.DateField()
    status = models.CharField(max_length=9, choices=MandateStatus.choices, default=MandateStatus.ACTIVE)
    status_reason = models.CharField(max_length=500, blank=True)
    last_sequence = models.CharField(max_length=4, choices=Sequence.choices, blank=True)
    uses = models.PositiveIntegerField(default=0, help_text="collections that were not rejected before settlement")
    last_used_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True, help_text="unused for 36 months on this day; SEPA only")
    notice_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="so many days ahead the debtor is told of a collection; SEPA, where it is held to"
    )
    external_id = models.CharField(max_length=128, blank=True, help_text="the partner's own id")
    metadata = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "creditor_id", "reference_key"], name="mandate_reference_is_unique_per_creditor"
            ),
            models.UniqueConstraint(
                fields=["external_id", "partner"], condition=~Q(external_id=""), name="mandate_external_id_is_unique_per_partner"
            ),
            models.CheckConstraint(
                condition=(_SEPA & ~Q(creditor_id="") & Q(authorization="", expires_on__isnull=False))
                | (~_SEPA & Q(creditor_id="", expires_on=None) & ~Q(authorization="")),
                name="mandate_has_what_its_scheme_needs",
            ),
            models.CheckConstraint(
                condition=(_ENDED & Q(ended_at__isnull=False)) | (~_ENDED & Q(ended_at=None)),
                name="mandate_knows_when_it_ended",
            ),
            models.CheckConstraint(
                condition=Q(uses=0, last_sequence="", last_used_on=None)
                | (Q(uses__gt=0, last_used_on__isnull=False) & ~Q(last_sequence="")),
                name="mandate_that_was_used_knows_how",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="mandate_by_partner"),
            models.Index(fields=["customer", "id"], name="mandate_by_customer"),
            models.Index(fields=["external_account", "id"], name="mandate_by_account"),
            models.Index(fields=["status", "id"], name="mandate_by_status"),
            models.Index(fields=["expires_on"], name="mandate_by_expiry", condition=Q(status__in=["ACTIVE", "SUSPENDED"])),
            GinIndex(fields=["metadata"], name="mandate_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]


class MandateAmendment(models.Model):
    """One row is one change of a mandate, with what was so before it (empty: that did not change).

    ``is_for_bank`` says that the debtor's bank knows the mandate from an earlier collection, so that the next one has to tell of the
    change (EPC SDD rulebook, section 4.6.1); ``carried_by`` is that collection, by its payment's public id.
    """

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="amendments")
    former_reference = models.CharField(max_length=35, blank=True)
    former_creditor_id = models.CharField(max_length=35, blank=True)
    former_account = models.ForeignKey(ExternalAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_for_bank = models.BooleanField()
    carried_by = models.CharField(max_length=64, blank=True)
    amended_by = models.CharField(max_length=80)
    amended_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(former_reference="") | ~Q(former_creditor_id="") | Q(former_account__isnull=False),
                name="amendment_changes_something",
            ),
            models.CheckConstraint(condition=Q(carried_by="") | Q(is_for_bank=True), name="bank_is_told_what_it_needs_to_know"),
        ]
        indexes = [models.Index(fields=["carried_by"], name="amendment_by_collection", condition=~Q(carried_by=""))]

    def __str__(self) -> str:
        return f"{self.mandate_id} {self.amended_at}"


class MandateUse(models.Model):
    """One row is one collection's place in the sequence of its mandate; asked for twice under one reference, it is the same place.

    A collection rejected before settlement gives its place back (EPC SDD rulebook, section 4.5.2): ``rejected_at`` says when.
    """

    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, related_name="collections", db_index=False)
    reference = models.CharField(max_length=64, help_text="the payment's public id")
    sequence = models.CharField(max_length=4, choices=Sequence.choices)
    used_on = models.DateField()
    created_at = models.DateTimeField()
    rejected_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mandate", "reference"], name="mandate_is_used_once_per_collection"),
            models.UniqueConstraint(
                fields=["mandate"],
                condition=Q(sequence__in=[Sequence.OOFF, Sequence.FNAL], rejected_at=None),
                name="mandate_has_one_last_collection",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.sequence}"

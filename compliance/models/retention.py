"""Holds that keep customers' data, and certificates of their deletion."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer, Partner
from flowlet.db.models import Identified


class LegalHold(Identified):
    """One row is an order or a suspicion for which nothing of a customer is deleted, whatever the clocks say, until ``until`` or until two
    people release it. Two people put it there as well.
    """

    PREFIX = "lgh"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="legal_holds", db_index=False)
    authority = models.CharField(max_length=200, help_text="who asks for it, and under which reference")
    reason = models.CharField(max_length=500)
    begins_at = models.DateTimeField()
    until = models.DateField(
        null=True, blank=True, help_text="the first day on which it holds no more; empty: until it is released"
    )
    asked_by = models.CharField(max_length=80)
    approved_by = models.CharField(max_length=80)
    approval_id = models.UUIDField(unique=True)
    released_at = models.DateTimeField(null=True, blank=True)
    release_asked_by = models.CharField(max_length=80, blank=True)
    release_approved_by = models.CharField(max_length=80, blank=True)
    release_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["customer", "id"], name="legal_hold_by_customer")]
        constraints = [
            models.CheckConstraint(condition=~Q(asked_by=F("approved_by")), name="legal_hold_is_approved_by_another"),
            models.CheckConstraint(
                condition=Q(released_at=None, release_asked_by="", release_approved_by="")
                | (
                    Q(released_at__isnull=False)
                    & ~Q(release_asked_by="")
                    & ~Q(release_approved_by="")
                    & ~Q(release_asked_by=F("release_approved_by"))
                ),
                name="legal_hold_is_released_by_two",
            ),
        ]


class DeletionCertificate(Identified):
    """One row certifies a deletion: how many customers, how many records of which sort, and a digest per customer.

    ``digests`` are SHA-256 of the customer's public id and the day, so that the certificate names nobody, and yet anybody who knows an id
    can be shown that it is in. ``digest`` covers all of it and the certificate before. Never changed.
    """

    PREFIX = "dlc"

    number = models.PositiveIntegerField(unique=True)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    customers_count = models.PositiveIntegerField()
    counts = models.JSONField(help_text="holding → records")
    digests = models.JSONField()
    previous = models.CharField(max_length=64, blank=True, help_text="digest of the certificate before")
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(customers_count__gt=0), name="deletion_certificate_is_of_somebody"),
        ]

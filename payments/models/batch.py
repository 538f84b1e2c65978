"""Batches of payments and the files that carry them."""

from django.db import models
from django.db.models import Q

from accounts.models import Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from payments.choices import BatchStatus, Direction, Rail


class Batch(Identified):
    """One row is what one partner sends over one rail, in one currency and direction, by one cut-off: a file.

    ``sealed`` is the file's content under the keyring (it names accounts), null before it is built and once no law wants it kept;
    ``digest`` is the SHA-256 of the plain bytes, so that a file built again can be compared. ``number`` counts the files of a rail and
    never repeats. ``released_by`` is another than ``built_by`` above the threshold (constraint). A batch of a rail without files (open
    banking, cards) has none.
    """

    PREFIX = "bat"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="payment_batches", db_index=False)
    rail = models.CharField(max_length=12, choices=Rail.choices)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    currency = models.CharField(max_length=3)
    number = models.BigIntegerField()
    status = models.CharField(max_length=12, choices=BatchStatus.choices, default=BatchStatus.GATHERED)
    cutoff_at = models.DateTimeField()
    value_on = models.DateField()
    count = models.PositiveIntegerField()
    total = AmountField()
    needs_two = models.BooleanField(default=False)
    is_verification = models.BooleanField(default=False, help_text="micro-deposits and prenotes instead of payments")
    format = models.CharField(max_length=24, blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    sealed = models.BinaryField(null=True, blank=True, editable=False)
    built_by = models.CharField(max_length=80, blank=True)
    built_at = models.DateTimeField(null=True, blank=True)
    released_by = models.CharField(max_length=80, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    delivered_to = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rail", "number"], name="file_numbers_of_a_rail_never_repeat"),
            models.UniqueConstraint(fields=["digest"], condition=~Q(digest=""), name="no_file_is_built_twice"),
            models.CheckConstraint(
                condition=Q(needs_two=False) | Q(released_by="") | ~Q(released_by=models.F("built_by")),
                name="large_files_are_released_by_another",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["BUILT", "RELEASED", "DELIVERED", "ACKNOWLEDGED"]) | Q(format="") | ~Q(digest=""),
                name="built_file_has_its_digest",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="batch_by_partner"),
            models.Index(
                fields=["status", "id"],
                name="batch_open_by_status",
                condition=Q(status__in=["GATHERED", "BUILT", "RELEASED", "DELIVERED"]),
            ),
        ]

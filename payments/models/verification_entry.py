"""What is sent to an account to find out who holds it."""

from django.db import models
from django.db.models import Q

from flowlet.db.fields import AmountField
from payments.models.batch import Batch
from payments.models.external_account import AccountVerification


class VerificationEntry(models.Model):
    """One row is one entry of an ACH file that belongs to no payment: a micro-deposit, or a prenote of zero dollars.

    Each is sent once (constraint): ``ordinal`` is 0 for a prenote, 1 and 2 for micro-deposits. ``trace`` is the entry's number in its file.
    ``settled_at`` and ``returned_at`` say what the books have of its money.
    """

    verification = models.ForeignKey(AccountVerification, on_delete=models.PROTECT, related_name="entries", db_index=False)
    ordinal = models.PositiveSmallIntegerField()
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="verification_entries")
    trace = models.CharField(max_length=7)
    amount = AmountField()
    settled_at = models.DateTimeField(null=True, blank=True)
    returned_at = models.DateTimeField(null=True, blank=True)
    return_code = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["verification", "ordinal"], name="verification_entry_is_sent_once"),
            models.UniqueConstraint(fields=["trace", "batch"], name="verification_entry_has_a_trace_of_its_own"),
            models.CheckConstraint(
                condition=Q(ordinal=0, amount=0) | Q(ordinal__in=[1, 2], amount__gt=0, amount__lt=1),
                name="verification_entry_is_zero_or_below_one_dollar",
            ),
        ]
        indexes = [models.Index(fields=["trace"], name="verification_entry_by_trace")]

    def __str__(self) -> str:
        return f"{self.verification_id}: {self.ordinal}"

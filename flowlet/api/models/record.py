"""What was answered to a POST."""

from django.db import models

from flowlet.core import clock


class IdempotencyRecord(models.Model):
    """One row is one POST that took effect: its Idempotency-Key, what was asked, and the answer that every repetition gets.

    Written in the transaction of the effect, so neither exists without the other. Refusals leave no row.
    """

    partner_id = models.UUIDField(help_text="the LIVE or SANDBOX partner; the mode is in the partner's row")
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of method, path and canonical body")
    status = models.PositiveSmallIntegerField()
    sealed = models.BinaryField(help_text="request and answer, encrypted: they may hold personal data")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner_id", "key"], name="idempotency_key_is_unique_per_partner")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return self.key

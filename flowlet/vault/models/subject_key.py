"""The key under which one subject's personal data lies."""

from django.db import models
from django.db.models import Q

from flowlet.db.models import Timestamped


class SubjectKey(Timestamped):
    """One row is the AES-256 key of one subject (a customer), wrapped by the keyring.

    Erasing the wrapped key erases whatever it sealed, wherever that lies, backups apart; the row stays as the proof of when. A
    subject's id comes from whoever owns the subject, so there is no foreign key.
    """

    subject_id = models.UUIDField(primary_key=True)
    wrapped_key = models.BinaryField(null=True)
    wrapped_by = models.CharField(max_length=32, help_text="id of the keyring's key; empty once erased", blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(wrapped_key__isnull=False, erased_at=None) & ~Q(wrapped_by=""))
                | Q(wrapped_key=None, erased_at__isnull=False, wrapped_by=""),
                name="subject_key_is_there_or_erased",
            )
        ]
        indexes = [models.Index(fields=["wrapped_by", "subject_id"], name="subject_key_by_wrapping_key")]

    def __str__(self) -> str:
        return f"{self.subject_id}{' (erased)' if self.erased_at else ''}"

"""Proof: sealed blocks and what the checks found."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class SealBlock(models.Model):
    """One row seals the journals of the transactions ``from_xid`` (inclusive) to ``to_xid`` (exclusive), at most some thousand.

    ``journal_digests`` has 32 bytes (SHA-256) for each journal in the order of ``journal_ids``, ``entry_digests`` 32 bytes
    for each of their
    entries in the order of their ordinals; ``hash`` is SHA-256 over number, range, previous hash, ids and digests. Blocks
    form one chain over
    all books.
    """

    number = models.BigIntegerField(primary_key=True)
    from_xid = models.BigIntegerField()
    to_xid = models.BigIntegerField()
    journal_ids = ArrayField(models.UUIDField())
    leg_counts = ArrayField(models.SmallIntegerField())
    journal_digests = models.BinaryField()
    entry_digests = models.BinaryField()
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"block {self.number}"


class Verification(models.Model):
    """One row is one run of the checks over the books."""

    id = models.BigAutoField(primary_key=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    is_clean = models.BooleanField()
    journals = models.BigIntegerField()
    entries = models.BigIntegerField()
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.started_at}: {'clean' if self.is_clean else 'broken'}"

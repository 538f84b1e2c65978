"""One link of the chain."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Block(models.Model):
    """One row seals a run of records: their ids and SHA-256 digests in seal order, chained to the block before.

    ``digests`` is 32 bytes for each of ``record_ids``. ``hash`` covers everything else in the row and ``previous_hash``, so that
    a block cannot change without every later one changing.
    """

    number = models.BigIntegerField(primary_key=True, help_text="1, 2, 3, without gaps")
    sealed_at = models.DateTimeField()
    count = models.IntegerField()
    last_xid = models.BigIntegerField(help_text="with last_id the place in seal order where the block ends")
    last_id = models.BigIntegerField()
    record_ids = ArrayField(models.BigIntegerField())
    digests = models.BinaryField()
    previous_hash = models.BinaryField(help_text="32 bytes; zeros for the first block")
    hash = models.BinaryField(unique=True, help_text="32 bytes")

    class Meta:
        verbose_name = "audit block"
        indexes = [models.Index("last_xid", "last_id", name="audit_block_by_end")]
        constraints = [
            models.CheckConstraint(condition=models.Q(count__gt=0), name="audit_block_is_not_empty"),
        ]

    def __str__(self) -> str:
        return f"audit block {self.number}"

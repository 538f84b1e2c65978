"""Journals and their entries: written by the posting functions only, changed by nobody."""

from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from ledger.choices import Side
from ledger.models.book import Account, Book


class Journal(Identified):
    """One row is one event in the books; its entries balance per currency.

    ``effective_on`` is the day it counts for, ``posted_at`` the moment it was recorded by the database's clock,
    ``posted_xid`` the
    transaction that recorded it (for the commit horizon). ``cause`` is the public id of what brought it about (``trf_…``),
    opaque here;
    ``actor`` is who posted it. A row never changes, so nothing that somebody wrote of a customer stands in ``description`` or ``metadata``:
    that is read from the cause.
    """

    PREFIX = "jrn"

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="journals", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=40)
    effective_on = models.DateField()
    posted_at = models.DateTimeField()
    posted_xid = models.BigIntegerField()
    leg_count = models.SmallIntegerField()
    reverses = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="reversals", db_index=False, db_constraint=False
    )
    external_id = models.CharField(max_length=120, blank=True)
    description = models.CharField(max_length=500, blank=True)
    cause = models.CharField(max_length=60, blank=True)
    actor = models.CharField(max_length=80)
    metadata = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["book", "external_id"], condition=~Q(external_id=""), name="external_id_is_unique_in_book"
            ),
            models.UniqueConstraint(fields=["reverses"], condition=Q(reverses__isnull=False), name="journal_is_reversed_once"),
        ]
        indexes = [
            models.Index(fields=["book", "id"], name="journal_by_book"),
            models.Index(fields=["cause"], name="journal_by_cause", condition=~Q(cause="")),
            BrinIndex(fields=["posted_xid"], name="journal_by_xid", pages_per_range=32),
            GinIndex(fields=["metadata"], name="journal_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]

    @property
    def text(self) -> str:
        """What it says, for people; what says nothing is named by its cause."""
        return self.description or self.cause


class Entry(models.Model):
    """One row is one leg of a journal.

    ``id`` grows in the order of recording within an account. On STRICT accounts ``seq`` counts the account's entries without
    a gap and
    ``balance_after`` is its posted balance in the normal direction; both are null on DEFERRED accounts. ``effective_on``,
    ``posted_at`` and
    ``posted_xid`` repeat the journal's (a trigger compares), so that reports need no join.
    """

    pk = models.CompositePrimaryKey("account_id", "id")
    id = models.BigIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False)
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="entries", db_index=False, db_constraint=False)
    ordinal = models.SmallIntegerField()
    side = models.CharField(max_length=6, choices=Side.choices)
    amount = AmountField()
    currency = models.CharField(max_length=3)
    effective_on = models.DateField()
    posted_at = models.DateTimeField()
    posted_xid = models.BigIntegerField()
    seq = models.BigIntegerField(null=True)
    balance_after = AmountField(null=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["journal", "ordinal"], name="entry_ordinal_is_taken_once"),
        ]
        indexes = [BrinIndex(fields=["posted_xid", "posted_at"], name="entry_by_xid_and_moment", pages_per_range=32)]

    def __str__(self) -> str:
        return f"{self.side} {self.amount} {self.currency}"


class Annotation(Identified):
    """One row is a remark made on a journal after it was posted; the journal itself never changes."""

    PREFIX = "ann"

    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="annotations")
    text = models.CharField(max_length=2000)
    author = models.CharField(max_length=80)
    created_at = models.DateTimeField()

"""Watchlists: which there are, each version that was in force, the files it was read from, and what it did to which entry.

All but the list itself is append-only, so that any version can be read again as it was: an entry stands in a version with what the
newest of its rows up to that version says, unless that row removed it. What is kept here was published to be known by everybody; see
docs/adr/watchlists-are-kept-as-changes.md for why it is not sealed as customers' data are.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from compliance.choices import EntryChange, ListedKind, ListKind
from flowlet.db.models import Identified


class Watchlist(Identified):
    """One row is one list of a publisher, such as OFAC's SDN list. ``code`` is what commands call it."""

    PREFIX = "wli"

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=9, choices=ListKind.choices)
    publisher = models.CharField(max_length=200, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()


class WatchlistVersion(Identified):
    """One row is one version of a list, in force from ``imported_at`` until the next one.

    ``digest`` is the SHA-256 over the digests of its files. ``entries`` is how many it has; ``added``, ``changed``, ``renamed`` (of
    those, with another primary name) and ``removed`` are its difference from ``previous``. ``not_understood`` counts what stood in
    rows that were taken and could not be read, by kind: the texts and how often.
    """

    PREFIX = "wlv"

    watchlist = models.ForeignKey(Watchlist, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    previous = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="next")
    digest = models.CharField(max_length=64)
    published_on = models.DateField(null=True, blank=True, help_text="as the publisher says, or as whoever imported it said")
    entries = models.PositiveIntegerField()
    added = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()
    renamed = models.PositiveIntegerField()
    removed = models.PositiveIntegerField()
    refused = models.PositiveIntegerField(help_text="rows of its files that were not taken")
    not_understood = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    imported_by = models.CharField(max_length=80)
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["watchlist", "number"], name="versions_of_a_watchlist_are_numbered"),
            models.CheckConstraint(
                condition=Q(number=1, previous=None) | Q(number__gt=1, previous__isnull=False),
                name="watchlist_version_follows_another",
            ),
            models.CheckConstraint(condition=Q(renamed__lte=F("changed")), name="watchlist_renamed_are_among_the_changed"),
        ]


class WatchlistFile(Identified):
    """One row is one file as it was published: ``content`` is its bytes, deflated; ``digest`` the SHA-256 of the bytes themselves."""

    PREFIX = "wlf"

    watchlist = models.ForeignKey(Watchlist, on_delete=models.PROTECT, related_name="files", db_index=False)
    role = models.CharField(max_length=20)
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    content = models.BinaryField(editable=False)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["watchlist", "role", "digest"], name="watchlist_files_are_kept_once")]


class WatchlistVersionFile(models.Model):
    """One row is one file in force in a version, with how many of its rows were taken together with the other files of that version.

    ``is_carried_over`` says that it was not given with this version, and stays as it was.
    """

    version = models.ForeignKey(WatchlistVersion, on_delete=models.PROTECT, related_name="files", db_index=False)
    file = models.ForeignKey(WatchlistFile, on_delete=models.PROTECT, related_name="versions")
    role = models.CharField(max_length=20)
    is_carried_over = models.BooleanField()
    rows = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "role"], name="watchlist_version_has_a_file_for_a_part_once"),
            models.CheckConstraint(condition=Q(refused__lte=F("rows")), name="watchlist_refused_rows_are_among_the_rows"),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.version_id}"

    @property
    def taken(self) -> int:
        """Rows that became part of an entry."""
        return self.rows - self.refused


class WatchlistEntry(Identified):
    """One row is what one entry says from a version on (``content``), or that it left the list with that version (no content).

    ``entry`` is the publisher's number with the list's prefix ("ofac-2674"), ``name`` its primary name. ``fields`` are those in which it
    differs from what it said before; ``digest`` is of the content.
    """

    PREFIX = "wle"

    watchlist = models.ForeignKey(Watchlist, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.ForeignKey(WatchlistVersion, on_delete=models.PROTECT, related_name="changes", db_index=False)
    number = models.PositiveIntegerField(help_text="of the version")
    entry = models.CharField(max_length=80)
    change = models.CharField(max_length=7, choices=EntryChange.choices)
    kind = models.CharField(max_length=12, choices=ListedKind.choices)
    name = models.TextField()
    fields = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    is_renamed = models.BooleanField(default=False)
    content = models.JSONField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["watchlist", "entry", "number"], name="watchlist_entry_changes_once_in_a_version"),
            models.CheckConstraint(
                condition=Q(change=EntryChange.REMOVED, content=None, digest="")
                | (~Q(change=EntryChange.REMOVED) & Q(content__isnull=False) & ~Q(digest="")),
                name="watchlist_entry_says_something_or_is_removed",
            ),
            models.CheckConstraint(
                condition=Q(change=EntryChange.CHANGED) & ~Q(fields=[])
                | ~Q(change=EntryChange.CHANGED) & Q(fields=[], is_renamed=False),
                name="watchlist_entry_that_changed_says_in_what",
            ),
        ]
        indexes = [
            models.Index(fields=["version", "change", "id"], name="watchlist_entry_by_version"),
            models.Index(fields=["entry", "number"], name="watchlist_entry_by_number"),
        ]


class RefusedRow(Identified):
    """One row is one row of a file that was not taken into a version: where it stands, why, and how it begins."""

    PREFIX = "wlr"

    version = models.ForeignKey(WatchlistVersion, on_delete=models.PROTECT, related_name="refusals", db_index=False)
    role = models.CharField(max_length=20)
    file = models.CharField(max_length=200)
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=500)
    excerpt = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["version", "id"], name="refused_row_by_version")]

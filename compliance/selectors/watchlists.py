"""Lists as they are and as they were: versions, and the entries of any version."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from django.db import connection

from compliance.models import Watchlist, WatchlistEntry, WatchlistVersion
from compliance.providers.watchlists import entry_json
from compliance.providers.watchlists.entries import Entry

CHUNK = 2000
# The newest row of each entry up to a version; an index holds them in this order.
_STATE = """
SELECT id, entry, content FROM (
    SELECT DISTINCT ON (entry) id, entry, content FROM compliance_watchlistentry
    WHERE watchlist_id = %s AND number <= %s ORDER BY entry, number DESC
) newest WHERE content IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a list stands: its version in force, or None before the first import."""

    watchlist: Watchlist
    version: WatchlistVersion | None


def in_force(code: str) -> WatchlistVersion | None:
    """The newest version of the list with this code, or None where nothing was imported yet."""
    return WatchlistVersion.objects.filter(watchlist__code=code).select_related("watchlist").order_by("-number").first()


def in_force_at(code: str, at: datetime) -> WatchlistVersion | None:
    """The version that was in force at a moment."""
    found = WatchlistVersion.objects.filter(watchlist__code=code, imported_at__lte=at)
    return found.select_related("watchlist").order_by("-number").first()


def standings() -> list[Standing]:
    """All lists with their versions in force, by code. Two queries."""
    newest = WatchlistVersion.objects.order_by("watchlist_id", "-number").distinct("watchlist_id")
    by_list = {version.watchlist_id: version for version in newest}
    return [Standing(row, by_list.get(row.pk)) for row in Watchlist.objects.order_by("code")]


def rows_of(version: WatchlistVersion) -> Iterator[tuple[UUID, Entry]]:
    """The entries that the list has in this version, in the order of their ids, each with the key of its row; read in chunks."""
    with connection.cursor() as cursor:
        cursor.execute(_STATE, [version.watchlist_id, version.number])
        while rows := cursor.fetchmany(CHUNK):
            for row_id, entry_id, content in rows:
                yield row_id, entry_json.from_json(entry_id, _loaded(content))


def entries_of(version: WatchlistVersion) -> Iterator[Entry]:
    """The entries alone."""
    return (entry for _, entry in rows_of(version))


def by_id(version: WatchlistVersion) -> dict[str, Entry]:
    """The entries that the list has in this version."""
    return {entry.id: entry for entry in entries_of(version)}


def changes_of(version_id: UUID) -> Iterator[WatchlistEntry]:
    """What a version did to entries, without what they say."""
    return WatchlistEntry.objects.filter(version_id=version_id).defer("content").order_by("id").iterator(CHUNK)


def _loaded(content: str | Mapping) -> Mapping:
    """A bare cursor may give JSON as text."""
    return orjson.loads(content) if isinstance(content, str) else content

"""The index over all entries in force, kept by each process for as long as no list has another version.

``current`` builds it when it has to, which takes seconds for real lists: for tasks and commands. ``at_hand`` is for those who cannot wait:
it answers with what the process has, be it of the version before, and has the newest built beside.
"""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection

from compliance.models import WatchlistVersion
from compliance.policies.screening.index import Index
from compliance.selectors import watchlists

log = logging.getLogger(__name__)
# So many entries are indexed at once, in about a tenth of a second, by those who cannot wait as well.
FEW: Final = 150


class Place(NamedTuple):
    """Where an entry stands: its list, the list's kind and code, and the row that says what it says now."""

    watchlist_id: UUID
    kind: str
    code: str
    row_id: UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """An index and what it is of. ``versions`` are public ids by the list's code; ``places`` lead from an entry's id to its rows."""

    index: Index
    versions: Mapping[str, str]
    places: Mapping[str, Place]
    seconds: float

    @property
    def version(self) -> str:
        """All versions in one text."""
        return ", ".join(f"{code} {version}" for code, version in self.versions.items())


_building = threading.Lock()
_kept: Standing | None = None


def current() -> Standing:
    """The index over what is in force now; built when the process has none of these versions."""
    found = _of(versions := _in_force())
    if found is not None:
        return found
    with _building:
        return _of(versions) or _keep(_built(versions))


def at_hand() -> Standing | None:
    """What the process has at hand, or None where it has nothing yet; what is missing is built by a thread of its own."""
    versions = _in_force()
    found = _of(versions)
    if found is not None or sum(version.entries for version in versions) <= FEW:
        return found or current()
    warm()
    return _kept


def warm() -> None:
    """Have the newest index built by a thread, unless one is at it."""
    if _building.acquire(blocking=False):
        _building.release()
        threading.Thread(target=_warm, name="standing-index", daemon=True).start()


def forget() -> None:
    """Drop the index, so that the next who asks builds it."""
    global _kept
    _kept = None


def _warm() -> None:
    try:
        current()
    except Exception:
        log.exception("The index over the watchlists could not be built")
    finally:
        connection.close()


def _in_force() -> list[WatchlistVersion]:
    return list(WatchlistVersion.objects.filter(next=None).select_related("watchlist").order_by("watchlist__code"))


def _of(versions: list[WatchlistVersion]) -> Standing | None:
    kept = _kept
    wanted = [version.public_id for version in versions]
    return kept if kept is not None and list(kept.versions.values()) == wanted else None


def _keep(standing: Standing) -> Standing:
    global _kept
    _kept = standing
    log.info("Indexed %s names of the watchlists in %.1f s", f"{len(standing.index):,}", standing.seconds)
    return standing


def _built(versions: list[WatchlistVersion]) -> Standing:
    began = time.monotonic()
    places: dict[str, Place] = {}
    entries = []
    for version in versions:
        listed = version.watchlist
        for row_id, entry in watchlists.rows_of(version):
            entries.append(entry)
            places[entry.id] = Place(listed.pk, listed.kind, listed.code, row_id)
    index = Index(entries)
    return Standing(index, {one.watchlist.code: one.public_id for one in versions}, places, time.monotonic() - began)

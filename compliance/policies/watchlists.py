"""What a new version of a list does to its entries, and when it may come into force. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from compliance import errors
from compliance.providers.watchlists import entry_json
from compliance.providers.watchlists.entries import Entry

# A file that was cut off on the way looks like a list from which many were removed at once.
SHRINKS_BY_PERCENT = 10
SHRINKS_BY_AT_LEAST = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two states of a list: ids in the order of the newer (added, changed) or the older (removed).

    ``changed`` holds the fields of ``Entry`` that differ, in their order; ``renamed`` those whose primary name differs.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    renamed: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether the two say the same."""
        return not (self.added or self.removed or self.changed)


def difference(before: Mapping[str, Entry], after: Iterable[Entry]) -> Difference:
    """What is added, removed and changed from ``before`` (by id) to ``after``."""
    added: list[str] = []
    changed: dict[str, tuple[str, ...]] = {}
    renamed: set[str] = set()
    here: set[str] = set()
    for entry in after:
        here.add(entry.id)
        known = before.get(entry.id)
        if known is None:
            added.append(entry.id)
        elif known != entry:
            changed[entry.id] = tuple(name for name in entry_json.FIELDS if getattr(known, name) != getattr(entry, name))
            if known.names[0].text != entry.names[0].text:
                renamed.add(entry.id)
    return Difference(tuple(added), tuple(one for one in before if one not in here), changed, frozenset(renamed))


def check_shrinks_little(found: Difference, *, before: int) -> None:
    """Raises WatchlistShrinks where so many of ``before`` entries would leave that the file is more likely cut off than right."""
    gone = len(found.removed)
    if gone >= SHRINKS_BY_AT_LEAST and gone * 100 > before * SHRINKS_BY_PERCENT:
        raise errors.WatchlistShrinks(
            f"{gone:,} of {before:,} entries would leave the list, more than {SHRINKS_BY_PERCENT} percent at once: the file may be cut"
            " off. Say that it is right if it is.",
            removed=gone,
            before=before,
        )


def check_is_newer(published_on: date | None, *, in_force: date | None, version: str) -> None:
    """Raises WatchlistOlder where both say when they were published and the new one is the older."""
    if published_on is not None and in_force is not None and published_on < in_force:
        raise errors.WatchlistOlder(
            f"The files are of {published_on}, and version {version}, which is in force, of {in_force}.", version=version
        )

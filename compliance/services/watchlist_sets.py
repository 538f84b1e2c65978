"""The files of a list in a version: those that were given, and for each part that was not, the one in force."""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from compliance import errors
from compliance.models import WatchlistFile, WatchlistVersion, WatchlistVersionFile
from compliance.providers.watchlists.formats import ListFormat
from compliance.providers.watchlists.reading import SourceFile


@dataclass(frozen=True, slots=True)
class Placed:
    """One file of the set. ``kept`` is its row where the bytes are known already."""

    source: SourceFile
    digest: str
    is_carried_over: bool
    kept: WatchlistFile | None = None


def digest_of(content: bytes) -> str:
    """The SHA-256 of the bytes."""
    return hashlib.sha256(content).hexdigest()


def assemble(
    found: ListFormat, files: Sequence[SourceFile], *, version: WatchlistVersion | None, allow_older: bool
) -> list[Placed]:
    """The set that would be in force, in the order of the list's parts.

    Raises WatchlistKnown when every file given is in force already, and WatchlistOlder, unless that is allowed, for one that was in
    force before and is not any more.
    """
    given = {file.role: file for file in files}
    in_force = _in_force(version)
    placed: list[Placed] = []
    for part in found.parts:
        known = in_force.get(part.role)
        if file := given.get(part.role):
            digest = digest_of(file.content)
            if known is not None and known.digest == digest:
                placed.append(Placed(file, digest, True, known))
            else:
                placed.append(Placed(file, digest, False, _kept(version, part.role, digest, file, allow_older=allow_older)))
        elif known is not None:
            source = SourceFile(part.role, known.name, content_of(known))
            placed.append(Placed(source, known.digest, True, known))
    if version is not None and all(one.is_carried_over for one in placed if one.source.role in given):
        names = ", ".join(f"{one.source.name} (SHA-256 {one.digest[:16]}…)" for one in placed if one.source.role in given)
        raise errors.WatchlistKnown(
            f"Nothing is new: {names} is in force since version {version.number} of {found.code}, imported"
            f" {version.imported_at:%Y-%m-%d %H:%M} UTC.",
            version=version.public_id,
        )
    return placed


def content_of(file: WatchlistFile) -> bytes:
    """The bytes as they were published."""
    return zlib.decompress(bytes(file.content))


def deflated(content: bytes) -> bytes:
    """What is stored of the bytes."""
    return zlib.compress(content, 6)


def digest_of_set(placed: Sequence[Placed]) -> str:
    """One digest over all files of the set."""
    return digest_of("\n".join(f"{one.source.role} {one.digest}" for one in placed).encode())


def _in_force(version: WatchlistVersion | None) -> dict[str, WatchlistFile]:
    if version is None:
        return {}
    rows = WatchlistVersionFile.objects.filter(version=version).select_related("file")
    return {row.role: row.file for row in rows}


def _kept(
    version: WatchlistVersion | None, role: str, digest: str, file: SourceFile, *, allow_older: bool
) -> WatchlistFile | None:
    """The row of a file that was in force before."""
    if version is None:
        return None
    known = WatchlistFile.objects.filter(watchlist_id=version.watchlist_id, role=role, digest=digest).defer("content").first()
    if known is not None and not allow_older:
        first = WatchlistVersionFile.objects.filter(file=known).select_related("version").order_by("version__number").first()
        number = first.version.number if first else 0
        raise errors.WatchlistOlder(
            f"{file.name} (SHA-256 {digest[:16]}…) was in force with version {number}, and a newer one has taken its place."
            " Say that the list goes back if it does.",
            version=number,
        )
    return known

"""The lists in a folder, as their publishers' files lie there, for measuring without a database.

Folders below are looked through as well. Where a file of a list is there more than once, the one in the last folder by name counts (folders
are mostly called by their date), and each file of a set by itself: an absent file of a set means unchanged, not empty.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from compliance.providers.watchlists import formats
from compliance.providers.watchlists.entries import Entry
from compliance.providers.watchlists.reading import SourceFile, UnreadableList


@dataclass(frozen=True, slots=True)
class FoundList:
    """One list: its code, its entries, the files it was read from, and how many rows were refused."""

    code: str
    entries: tuple[Entry, ...]
    files: tuple[str, ...]
    refused: int


def in_folder(folder: Path) -> list[FoundList]:
    """Every list that has its main file somewhere in the folder. Raises UnreadableList when there is none."""
    if not folder.is_dir():
        raise UnreadableList(f"{folder} is no folder.")
    found = [one for code in formats.FORMATS if (one := _read(formats.FORMATS[code], folder)) is not None]
    if not found:
        raise UnreadableList(f"{folder} has no list in it: of {', '.join(formats.FORMATS)} no main file is there.")
    return found


def _read(known: formats.ListFormat, folder: Path) -> FoundList | None:
    last: dict[str, Path] = {}
    for below in _folders(folder):
        for role, name in formats.pick(known, (path.name for path in below.iterdir() if path.is_file())).items():
            last[role] = below / name
    if not all(part.role in last for part in known.parts if part.is_needed):
        return None
    files = [(part.role, last[part.role]) for part in known.parts if part.role in last]
    reading = formats.read(known, [SourceFile(role, path.name, path.read_bytes()) for role, path in files])
    return FoundList(known.code, reading.entries, tuple(str(path.relative_to(folder)) for _, path in files), len(reading.refused))


def _folders(folder: Path) -> Iterator[Path]:
    yield from sorted(Path(path) for path, _, _ in os.walk(folder, followlinks=True))

"""What the readers of all lists share: files in, entries out, and an account of every row.

A reader takes the files of a set and answers with a ``Reading``. Each row of each file is either taken or refused with its line and
the reason; the two add up to what was in the file. What stands in a row that was taken, but could not be understood (a country
without a code, a date in unknown words), is counted in ``not_understood`` and stays in the entry's remarks. A file that cannot be
what it should be raises ``UnreadableList``.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from compliance.providers.watchlists import places
from compliance.providers.watchlists.entries import Entry
from flowlet.core.errors import Invalid

END_MARK: Final = "\x1a"
SHOWN: Final = 200
LONGEST_RECORD: Final = 200  # lines
_CONTROLS = {number: None for number in range(32) if chr(number) not in "\t\n\r"}


class UnreadableList(Invalid):
    """A file of a list is not what it should be, as a whole. ``details`` name the file and, where there is one, the line."""

    code, title = "watchlist.unreadable", "The file cannot be read as this list"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a set: ``role`` is which part of the list it holds."""

    role: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: where, why, and how it begins."""

    role: str
    file: str
    line: int
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class FileTally:
    """How many rows a file had, without heading, blank lines and mark of the end, and how many were taken."""

    role: str
    file: str
    rows: int
    refused: int

    @property
    def taken(self) -> int:
        """Rows that became part of an entry."""
        return self.rows - self.refused


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files of a set say together. ``published_on`` is the day that they state themselves."""

    entries: tuple[Entry, ...]
    files: tuple[FileTally, ...]
    refused: tuple[RefusedRow, ...] = ()
    published_on: date | None = None
    not_understood: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


class Account:
    """Kept while files are read: rows, refusals, what was not understood."""

    def __init__(self, files: Iterable[SourceFile]) -> None:
        self.files = list(files)
        self._rows: Counter[str] = Counter()
        self.refused: list[RefusedRow] = []
        self._unknown: dict[str, Counter[str]] = {}
        self._of_the_entry: list[tuple[str, str]] = []

    def row(self, file: SourceFile) -> None:
        """One more row of the file."""
        self._rows[file.role] += 1

    def refuse(self, file: SourceFile, line: int, reason: str, excerpt: str = "") -> None:
        """The row that was counted last, or at this line, is not taken."""
        self.refused.append(RefusedRow(file.role, file.name, line, reason, printable(excerpt)[:SHOWN]))

    def unknown(self, what: str, text: str) -> None:
        """Something in a row that is taken was not understood."""
        self._unknown.setdefault(what, Counter())[text[:SHOWN]] += 1
        self._of_the_entry.append((what, text))

    def whole(self, entry: Entry) -> Entry:
        """The entry, with what was not understood since the last one in its remarks, unless it stands there anyway."""
        said, self._of_the_entry = self._of_the_entry, []
        missing = [f"{what}: {text}" for what, text in dict.fromkeys(said) if text not in entry.remarks]
        return replace(entry, remarks=f"{entry.remarks} ({'; '.join(missing)})".strip()) if missing else entry

    def country(self, text: str) -> str:
        """Its code, or "" where there is none; a name that is not known is counted."""
        code = places.code_of(text)
        if not code and text.strip().casefold() not in places.NOWHERE:
            self.unknown("country", text.strip())
        return code

    def reading(self, entries: Iterable[Entry], *, published_on: date | None = None) -> Reading:
        """The whole, refusals in the order of files and lines. ``entries`` may still be read while it is asked for."""
        taken = tuple(entries)
        order = {file.role: place for place, file in enumerate(self.files)}
        by_role = Counter(row.role for row in self.refused)
        tallies = tuple(FileTally(file.role, file.name, self._rows[file.role], by_role[file.role]) for file in self.files)
        return Reading(
            entries=taken,
            files=tallies,
            refused=tuple(sorted(self.refused, key=lambda row: (order[row.role], row.line))),
            published_on=published_on,
            not_understood={what: dict(counted.most_common()) for what, counted in sorted(self._unknown.items())},
        )


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a CSV file: its first line, its text and its cells with their blanks; ``flaw`` says why it has none."""

    line: int
    text: str
    cells: tuple[str, ...] = ()
    flaw: str = ""


def records(content: bytes, *, is_multiline: bool = False) -> Iterator[Record]:
    """The records of a CSV file, blank lines left out, without the mark of the end (0x1A) that DOS put after the last line.

    Each line is read by itself, so that a quote that is never closed costs its own line and not the rest of the file; with
    ``is_multiline`` a quoted cell may run over lines. UTF-8, and line by line Windows-1252 where it is not.
    """
    lines = [_decoded(line) for line in content.removeprefix(b"\xef\xbb\xbf").splitlines()]
    while lines and lines[-1][0].strip(" ,\t" + END_MARK) == "" and not lines[-1][1]:
        lines.pop()
    at = 0
    while at < len(lines):
        text, flaw = lines[at]
        first, at = at + 1, at + 1
        if not text.strip() and not flaw:
            continue
        if flaw or text.translate(_CONTROLS) != text:
            yield Record(first, text, flaw=flaw or "it has a control character")
            continue
        cells, is_open = _cells(text)
        end = at
        while is_open and is_multiline and end < len(lines) and end - at < LONGEST_RECORD and not lines[end][1]:
            text = f"{text}\n{lines[end][0]}"
            end += 1
            cells, is_open = _cells(text)
        if isinstance(cells, str):
            yield Record(first, lines[first - 1][0], flaw=cells)
        else:
            at = max(at, end)
            yield Record(first, text, tuple(cells))


def printable(text: str) -> str:
    """Without control characters, on one line."""
    return " ".join(text.translate(_CONTROLS).split())


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order in which they came, empty ones left out."""
    return tuple(dict.fromkeys(value for value in values if value))


def _decoded(line: bytes) -> tuple[str, str]:
    try:
        return line.decode(), ""
    except UnicodeDecodeError:
        pass
    try:
        return line.decode("cp1252"), ""
    except UnicodeDecodeError as error:
        return line.decode("latin-1"), f"byte 0x{line[error.start]:02X} is neither UTF-8 nor Windows-1252"


def _cells(text: str) -> tuple[list[str] | str, bool]:
    """The cells, or why there are none; and whether it ends inside a quoted cell."""
    lines = [text] if "\n" not in text else [f"{line}\n" for line in text.split("\n")]
    try:
        rows = list(csv.reader(lines, strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return "a quote is not closed", True
        return ("a cell is too long" if "field larger" in str(error) else "its quotes are out of place"), False
    return (rows[0] if len(rows) == 1 else "its quotes are out of place"), False

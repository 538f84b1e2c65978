"""From bytes to records in their places: header, batches, entries with addenda, controls. Nothing is believed yet.

Every byte is kept (Latin-1, one character each), so that columns stay columns whatever was sent. Lines that lost their trailing blanks
are filled up again, lines with blanks too many are cut, both with a warning. A record in a wrong place is reported and, where a
place for it can be guessed, put there.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from payments.providers.nacha import layouts
from payments.providers.nacha.layouts import WIDTH, Layout
from payments.providers.nacha.problems import Problem, Severity

FILL = "9" * WIDTH
_FOLLOWS = {"": "1", "1": "59", "5": "68", "6": "678", "7": "678", "8": "59", "9": ""}
_NAMES = {"1": "file header", "5": "batch header", "6": "entry", "7": "addenda", "8": "batch control", "9": "file control"}


@dataclass(slots=True)
class Record:
    """One line, 94 columns, read by a layout."""

    line: int
    text: str
    layout: Layout

    def __getitem__(self, name: str) -> str:
        return self.text[self.layout.spans[name]]

    def number(self, name: str) -> int:
        """A numeric field, or -1, which equals nothing that is counted."""
        digits = self[name]
        return int(digits) if digits.isascii() and digits.isdigit() else -1


@dataclass(slots=True)
class EntryRecords:
    """An entry and the addenda after it."""

    detail: Record
    addenda: list[Record] = field(default_factory=list)


@dataclass(slots=True)
class BatchRecords:
    """A batch; ``control`` is None when it never came."""

    header: Record
    entries: list[EntryRecords] = field(default_factory=list)
    control: Record | None = None

    @property
    def sec(self) -> str:
        """The standard entry class code."""
        return self.header["sec"]


@dataclass(slots=True)
class FileRecords:
    """All records of a file, ``lines`` of them without blank lines and with the fill at the end."""

    header: Record | None = None
    batches: list[BatchRecords] = field(default_factory=list)
    control: Record | None = None
    lines: int = 0
    fill: int = 0
    problems: list[Problem] = field(default_factory=list)

    def all(self) -> list[Record]:
        """The records in the order of the file, without the fill."""
        found = [self.header] if self.header else []
        for batch in self.batches:
            found.append(batch.header)
            for entry in batch.entries:
                found += [entry.detail, *entry.addenda]
            if batch.control:
                found.append(batch.control)
        return found + ([self.control] if self.control else [])

    def report(self, record: Record | None, name: str, code: str, message: str, severity: Severity = Severity.ERROR) -> None:
        """Note a problem of a record's field, or of the whole file."""
        self.problems.append(Problem(record.line if record else 0, name, code, message, severity))


def split(data: bytes) -> FileRecords:
    """The records of a file, with what is wrong about lines, characters and order."""
    tree = FileRecords()
    arrange(tree, _lines(data, tree))
    if not tree.lines:
        tree.report(None, "", "file.empty", "there is no record")
    if tree.header is None:
        tree.report(None, "", "file.no_header", "there is no file header")
    if tree.control is None:
        tree.report(None, "", "file.no_control", "there is no file control; the file may have been cut off")
    return tree


def arrange(tree: FileRecords, lines: Iterable[tuple[int, str]]) -> None:
    """Put numbered lines of 94 columns into their places, noting what stands in a wrong one."""
    previous = ""
    for number, line in lines:
        tree.lines += 1
        if previous == "9" and line == FILL:
            tree.fill += 1
            continue
        kind = line[0]
        if kind not in _NAMES:
            tree.problems.append(Problem(number, "record_type", "line.unknown_record", f"a record cannot begin with {kind!r}"))
            continue
        if kind not in _FOLLOWS[previous]:
            tree.problems.append(Problem(number, "record_type", "file.order", _misplaced(kind, previous)))
        _place(tree, Record(number, line, _layout_of(tree, kind, line)), kind)
        previous = kind


def _misplaced(kind: str, previous: str) -> str:
    if kind == "9" and previous == "9":
        return "after the file control only lines of 94 nines may come"
    after = f"after the {_NAMES[previous]}" if previous else "at the beginning"
    return f"a record of kind {_NAMES[kind]} cannot stand {after}"


def _layout_of(tree: FileRecords, kind: str, line: str) -> Layout:
    batch = tree.batches[-1] if tree.batches else None
    sec = batch.sec if batch else ""
    if kind == "1":
        return layouts.FILE_HEADER
    if kind == "5":
        return layouts.IAT_BATCH_HEADER if line[50:53] == "IAT" else layouts.BATCH_HEADER
    if kind == "6":
        return layouts.entry_layout(sec)
    if kind == "7":
        return layouts.addenda_layout(line[1:3], line[3:6], sec) or layouts.REMITTANCE
    if kind == "8":
        return layouts.ADV_BATCH_CONTROL if sec == "ADV" else layouts.BATCH_CONTROL
    # A file of advices has wider totals; it holds nothing else (Appendix Three).
    return layouts.ADV_FILE_CONTROL if sec == "ADV" else layouts.FILE_CONTROL


def _place(tree: FileRecords, record: Record, kind: str) -> None:
    batch = tree.batches[-1] if tree.batches else None
    if kind == "1" and tree.header is None:
        tree.header = record
    elif kind == "5":
        tree.batches.append(BatchRecords(record))
    elif kind == "6" and batch:
        batch.entries.append(EntryRecords(record))
    elif kind == "7" and batch and batch.entries:
        batch.entries[-1].addenda.append(record)
    elif kind == "8" and batch and batch.control is None:
        batch.control = record
    elif kind == "9" and tree.control is None:
        tree.control = record


def _lines(data: bytes, tree: FileRecords) -> list[tuple[int, str]]:
    text = data.decode("latin-1")
    for mark in ("\xef\xbb\xbf", "\x1a"):
        if mark in text:
            tree.report(None, "", "file.marks", "a byte order mark or an end-of-file mark is ignored", Severity.WARNING)
            text = text.removeprefix(mark) if mark != "\x1a" else text.rstrip("\x1a")
    found, endings = [], set()
    if "\n" not in text and len(text) > WIDTH and len(text) % WIDTH == 0:
        tree.report(None, "", "file.no_line_ends", "the records are not parted by line ends", Severity.WARNING)
        rows = [text[place : place + WIDTH] for place in range(0, len(text), WIDTH)]
    else:
        rows = text.split("\n")
        if rows and not rows[-1].strip("\r"):
            rows.pop()
    for number, row in enumerate(rows, start=1):
        line = row.removesuffix("\r")
        if number < len(rows):
            endings.add(line != row)
        if not line.strip():
            tree.problems.append(Problem(number, "", "line.blank", "the line is blank and ignored", Severity.WARNING))
            continue
        found.append((number, _exact(number, line, tree)))
    if len(endings) > 1:
        tree.report(None, "", "file.mixed_line_ends", "some lines end with CR LF and some with LF", Severity.WARNING)
    return found


def _exact(number: int, line: str, tree: FileRecords) -> str:
    if not (line.isascii() and line.isprintable()):
        column = next(place for place, one in enumerate(line, start=1) if not (one.isascii() and one.isprintable()))
        message = f"column {column} is not a printable ASCII character"
        tree.problems.append(Problem(number, "", "line.characters", message))
    if len(line) < WIDTH:
        message = f"{len(line)} columns instead of 94; filled up with blanks"
        tree.problems.append(Problem(number, "", "line.short", message, Severity.WARNING))
        return line.ljust(WIDTH)
    if len(line) > WIDTH:
        blank = not line[WIDTH:].strip()
        message = f"{len(line)} columns instead of 94; " + ("blanks at the end are ignored" if blank else "the rest is not read")
        severity = Severity.WARNING if blank else Severity.ERROR
        tree.problems.append(Problem(number, "", "line.long", message, severity))
        return line[:WIDTH]
    return line

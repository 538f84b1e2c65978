"""From bytes to values, with everything that is wrong about them.

``read`` never raises for what a bank sends: it answers the file as far as it can be understood and the problems by line and field. Book
nothing from a file whose ``errors`` are not empty; ``checked()`` says so with FileRefused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time

from payments.providers.nacha import layouts
from payments.providers.nacha.checks import check, day
from payments.providers.nacha.codes import Purpose
from payments.providers.nacha.lines import BatchRecords, EntryRecords, FileRecords, Record, arrange, split
from payments.providers.nacha.problems import FileRefused, Problem, Severity
from payments.providers.nacha.records import (
    Addenda,
    Batch,
    Change,
    ContestedReturn,
    DishonoredReturn,
    Entry,
    File,
    OtherAddenda,
    RefusedChange,
    Remittance,
    Return,
    dollars,
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was understood; ``file`` is None when there was no header to begin with."""

    file: File | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that make the file unfit to be booked."""
        return tuple(one for one in self.problems if one.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The problems that are tolerated of what others send."""
        return tuple(one for one in self.problems if one.severity is Severity.WARNING)

    def checked(self) -> File:
        """The file, if it has no errors. Raises FileRefused."""
        if self.errors or self.file is None:
            raise FileRefused(self.errors)
        return self.file


def read(data: bytes) -> Reading:
    """Read a file that somebody sent. Problems come in the order of the lines."""
    tree = split(data)
    check(tree, outbound=False)
    return Reading(_file(tree), _sorted(tree))


def validate(data: bytes) -> tuple[Problem, ...]:
    """What is wrong with a file that we are about to send: the same rules and those of the originator. Must be empty."""
    tree = split(data)
    check(tree, outbound=True)
    return _sorted(tree)


def validate_lines(lines: Sequence[str]) -> tuple[Problem, ...]:
    """As ``validate``, for the lines of a file that has no controls yet."""
    tree = FileRecords()
    arrange(tree, enumerate(lines, start=1))
    check(tree, outbound=True, has_controls=False)
    return _sorted(tree)


def _sorted(tree: FileRecords) -> tuple[Problem, ...]:
    return tuple(sorted(tree.problems, key=lambda one: one.line or tree.lines + 1))


def _file(tree: FileRecords) -> File | None:
    header = tree.header
    if header is None:
        return None
    origin = header["origin"]
    clock = header["creation_time"]
    return File(
        destination=header["destination"].strip(),
        origin=origin.strip(),
        created_on=day(header["creation_date"]),
        created_time=_time(clock),
        modifier=header["modifier"],
        destination_name=header["destination_name"].rstrip(),
        origin_name=header["origin_name"].rstrip(),
        reference=header["reference"].rstrip(),
        batches=tuple(_batch(one) for one in tree.batches),
    )


def _time(digits: str) -> time | None:
    if not (digits.isascii() and digits.isdigit()) or int(digits[:2]) > 23 or int(digits[2:]) > 59:
        return None
    return time(int(digits[:2]), int(digits[2:]))


def _batch(records: BatchRecords) -> Batch:
    header = records.header
    international = header.layout is layouts.IAT_BATCH_HEADER
    own = {"iat_indicator", "fx_indicator", "fx_reference_indicator", "fx_reference", "destination_country"}
    own |= {"origin_currency", "destination_currency"}
    description = header["description"].rstrip()
    return Batch(
        sec=records.sec,
        company_name="" if international else header["company_name"].rstrip(),
        company_id=header["company_id"].rstrip(),
        odfi=header["odfi"],
        description=description,
        effective_on=day(header["effective_date"]),
        entries=tuple(_entry(one, records.sec) for one in records.entries),
        number=max(header.number("batch_number"), 0),
        purpose=Purpose(description) if description in set(Purpose) else Purpose.OTHER,
        descriptive_date="" if international else header["descriptive_date"].rstrip(),
        discretionary="" if international else header["company_discretionary"].rstrip(),
        service_class=header["service_class"],
        settlement_date=header["settlement_date"].strip(),
        originator_status=header["originator_status"],
        details=_details(header, own) if international else (),
    )


def _details(record: Record, names: set[str]) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, record[one.name].rstrip()) for one in record.layout.fields if one.name in names)


_COMMON = {"record_type", "code", "rdfi", "check_digit", "account", "amount", "trace", "addenda_indicator"}
_COMMON |= {"name", "identification", "discretionary", "reserved", "reserved_2"}


def _entry(records: EntryRecords, sec: str) -> Entry:
    detail = records.detail
    spans = detail.layout.spans
    return Entry(
        code=detail["code"],
        routing=detail["rdfi"] + detail["check_digit"],
        account=detail["account"].rstrip(),
        amount=dollars(max(detail.number("amount"), 0)),
        trace=detail["trace"] if "trace" in spans else "",
        name=detail["name"].rstrip() if "name" in spans else "",
        identification=detail["identification"].rstrip() if "identification" in spans else "",
        discretionary=detail["discretionary"].rstrip() if "discretionary" in spans else "",
        addenda=tuple(_addenda(one) for one in records.addenda),
        # Only an international entry says something of its own by its count of addenda.
        details=_details(detail, set(spans) - _COMMON - ({"addenda_count"} if sec != "IAT" else set())),
    )


def _addenda(record: Record) -> Addenda:
    layout = record.layout
    if layout is layouts.REMITTANCE and record["addenda_type"] == "05":
        return Remittance(text=record["text"].rstrip())
    known = {layouts.DISHONORED: DishonoredReturn, layouts.CONTESTED: ContestedReturn}.get(layout)
    if known:
        return known(**_plain(record))
    if layout in {layouts.RETURN, layouts.IAT_RETURN}:
        values = _plain(record)
        forward = values.pop("forward_amount", None)
        return Return(**values, forward_cents=max(record.number("forward_amount"), 0) if forward else None)
    if layout in {layouts.CHANGE, layouts.IAT_CHANGE}:
        values = _plain(record)
        return Change(code=values.pop("change_code"), **values)
    if layout is layouts.REFUSED_CHANGE:
        values = _plain(record)
        return RefusedChange(code=values.pop("refused_code"), **values)
    values = tuple(_plain(record).items())
    return OtherAddenda(kind=record["addenda_type"], values=values)


def _plain(record: Record) -> dict[str, str]:
    skipped = {"record_type", "addenda_type", "reserved", "reserved_2", "entry_sequence"}
    return {one.name: record[one.name].rstrip() for one in record.layout.fields if one.name not in skipped}

"""The euro foreign exchange reference rates of the European Central Bank, read from what it publishes.

Four shapes of one table, all of them units of a currency for one euro: the history and the day's rates, each as CSV (also
zipped) and as XML (``gesmes:Envelope`` with nested ``Cube`` elements). "N/A" or a blank means that the currency was not quoted on
the day. What cannot be read is answered with its line and the reason, never skipped in silence.
"""

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from flowlet.core import xml
from flowlet.core.errors import DomainError, Invalid
from flowlet.core.outbound import Outbound

BASE = "EUR"
SOURCE = "ECB"
LARGEST = 64 * 1024 * 1024
_CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"
_CODE = re.compile(r"[A-Z]{3}", re.ASCII)
_RATE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?", re.ASCII)
_DAY = re.compile(r"([0-9]{1,2}) ([A-Z][a-z]+) ([0-9]{4})", re.ASCII)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_NOT_QUOTED = frozenset({"", "N/A"})


class NotRates(Invalid):
    """The file is none of the ECB's."""

    code, title = "ledger.not_rates", "The file does not hold the ECB's reference rates"


@dataclass(frozen=True, slots=True)
class EuroRate:
    """One euro was worth ``rate`` units of ``currency`` on ``day``."""

    day: date
    currency: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Refused:
    """What could not be read: ``line`` counts from 1, ``text`` is as it stood there."""

    line: int
    text: str
    reason: str


@dataclass(slots=True)
class Published:
    """What a file says."""

    rates: list[EuroRate] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def read(content: bytes) -> Published:
    """The rates of a file in any of the ECB's shapes, in the file's order. Raises NotRates."""
    if content.startswith(b"PK\x03\x04"):
        content = _unzipped(content)
    if len(content) > LARGEST:
        raise NotRates(f"The file is larger than {LARGEST // 1024 // 1024} MB.")
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _read_xml(content)
    try:
        return _read_csv(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotRates("The file is neither CSV nor XML.") from None


def fetch(url: str) -> bytes:
    """The file at an address of the ECB. Raises what ``Outbound.call`` raises, and ValueError for an address that it does not take."""
    base, _, name = url.rpartition("/")
    answer = Outbound("ecb", base_url=base, max_bytes=LARGEST).call(
        "GET", f"/{name}", operation="reference_rates", wants_json=False
    )
    return answer.body


def _unzipped(content: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) != 1:
                raise NotRates(f"The archive holds {len(members)} files instead of one.")
            with archive.open(members[0]) as file:
                return file.read(LARGEST + 1)  # its own word about its size is not believed
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise NotRates(f"The archive cannot be opened: {error}.") from None


def _read_csv(text: str) -> Published:
    rows = csv.reader(io.StringIO(text, newline=""), strict=False)
    header = [cell.strip() for cell in next(rows, [])]
    while header and not header[-1]:  # the ECB ends each line with a comma
        header.pop()
    codes = header[1:]
    if not codes or header[0] != "Date":
        raise NotRates("The first line is not: Date, then the currencies.")
    for code in codes:
        if not _CODE.fullmatch(code):
            raise NotRates(f"The first line names {code[:20]!r}, which is no currency code.")
    if len(set(codes)) < len(codes):
        raise NotRates("The first line names a currency twice.")
    found = Published()
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                _read_line(rows.line_num, cells, codes, found)
    except csv.Error as error:
        raise NotRates(f"Line {rows.line_num} cannot be read: {error}.") from None
    return found


def _read_line(line: int, cells: list[str], codes: list[str], found: Published) -> None:
    day = _day(cells[0].strip())
    if day is None:
        found.refused.append(Refused(line, cells[0][:40], "is no day"))
        return
    values = [cell.strip() for cell in cells[1:]]
    if len(values) < len(codes) or any(values[len(codes) :]):
        found.refused.append(Refused(line, cells[0][:40], f"has {len(values)} values for {len(codes)} currencies"))
        return
    for code, value in zip(codes, values, strict=False):
        if value not in _NOT_QUOTED:
            _take(line, day, code, value, found)


def _read_xml(content: bytes) -> Published:
    try:
        root = xml.read(content)
    except DomainError as refusal:
        raise NotRates(f"The XML cannot be read: {refusal.message}") from None
    days = root.findall(f"{_CUBE}/{_CUBE}")
    if not days:
        raise NotRates("The XML has no rates in the ECB's form.")
    found = Published()
    for cube in days:
        text = cube.get("time", "")
        day = _day(text)
        if day is None:
            found.refused.append(Refused(cube.sourceline, text[:40], "is no day"))
            continue
        for quoted in cube.iterfind(_CUBE):
            code = quoted.get("currency", "")
            if not _CODE.fullmatch(code):
                found.refused.append(Refused(quoted.sourceline, code[:40], "is no currency code"))
            else:
                _take(quoted.sourceline, day, code, quoted.get("rate", "").strip(), found)
    return found


def _take(line: int, day: date, code: str, value: str, found: Published) -> None:
    if not _RATE.fullmatch(value) or not (rate := Decimal(value)):
        found.refused.append(Refused(line, f"{code} {value[:40]}", "is no rate"))
    else:
        found.rates.append(EuroRate(day, code, rate))


def _day(text: str) -> date | None:
    """2026-10-30 as the history writes it, 30 October 2026 as the daily CSV does; None for neither."""
    named = _DAY.fullmatch(text)
    try:
        if named:
            return date(int(named[3]), _MONTHS.index(named[2]) + 1, int(named[1]))
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None

"""Lists of countries of higher risk, as files of comma-separated values with days of effect.

Columns: ``list,country,level,from,until,note,source``. A row says that a country (ISO 3166-1 alpha-2) is on a list from a day on (empty:
from before the list is known) until a day (empty: still), that day no longer included. A row with the country ``*`` says from when to
when the list is known. ``shipped`` is our own compilation of public facts, ``country_lists.csv`` beside this module; it says of each row
where it comes from. Own lists have the same form and a name of their own.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from functools import lru_cache
from io import StringIO
from pathlib import Path
from typing import Final

from flowlet.core import countries
from flowlet.core.errors import Invalid

FATF_CALL_FOR_ACTION: Final = "FATF_CALL_FOR_ACTION"
FATF_INCREASED_MONITORING: Final = "FATF_INCREASED_MONITORING"
EU_HIGH_RISK: Final = "EU_HIGH_RISK"
COLUMNS: Final = ("list", "country", "level", "from", "until", "note", "source")
_WHOLE_LIST: Final = "*"
_NAME = re.compile(r"[A-Z][A-Z0-9_]{2,39}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOST: Final = 20_000  # rows


class InvalidCountryList(Invalid):
    """A file of countries breaks its form. The message names line and column."""

    code, title = "country_list.invalid", "The list of countries has the wrong form"


class Level(IntEnum):
    """How a list counts a country, least first."""

    STANDARD = 0
    HIGH = 1
    CALL_FOR_ACTION = 2


@dataclass(frozen=True)
class Listing:
    """A country on a list: from ``since`` on (None: from before the list is known), and no longer on ``until`` (None: still)."""

    list: str
    country: str
    level: Level
    since: date | None
    until: date | None
    note: str
    source: str

    def holds(self, on: date) -> bool:
        """Whether the country is on the list on the day."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


@dataclass(frozen=True)
class Coverage:
    """From when to when a list is known."""

    list: str
    since: date
    until: date
    source: str


@dataclass(frozen=True)
class CountryLists:
    """Lists and the days for which they are known."""

    coverages: tuple[Coverage, ...]
    listings: tuple[Listing, ...]

    def joined(self, other: "CountryLists") -> "CountryLists":
        """These lists and others, such as a partner's own. Raises InvalidCountryList when both have a list of the same name."""
        mine = {coverage.list for coverage in self.coverages}
        if twice := mine & {coverage.list for coverage in other.coverages}:
            raise InvalidCountryList(f"Both have {', '.join(sorted(twice))}.")
        return CountryLists(self.coverages + other.coverages, self.listings + other.listings)


@lru_cache(maxsize=1)
def shipped() -> CountryLists:
    """The lists of FATF and EU that come with the platform. How far they reach, their coverages say."""
    return read((Path(__file__).parent / "country_lists.csv").read_text(encoding="utf-8"))


def read(text: str) -> CountryLists:
    """Lists from a file, whole or not at all. Raises InvalidCountryList with line and column of what is wrong."""
    reader = csv.reader(StringIO(text.removeprefix("\ufeff")), strict=True)
    coverages: dict[str, Coverage] = {}
    listings: list[tuple[int, Listing]] = []
    try:
        if tuple(next(reader, ())) != COLUMNS:
            raise InvalidCountryList(f"Line 1: the columns are {','.join(COLUMNS)}.")
        for cells in reader:
            line = reader.line_num
            if not any(cells):
                continue
            if len(cells) != len(COLUMNS):
                raise InvalidCountryList(f"Line {line}: {len(cells)} columns instead of {len(COLUMNS)}.")
            if len(listings) >= _MOST:
                raise InvalidCountryList(f"Line {line}: more than {_MOST} rows.")
            row = dict(zip(COLUMNS, (cell.strip() for cell in cells), strict=True))
            if not _NAME.fullmatch(row["list"]):
                raise InvalidCountryList(f"Line {line}, list: a name in capitals, digits and underscores.")
            if row["country"] == _WHOLE_LIST:
                if row["list"] in coverages:
                    raise InvalidCountryList(f"Line {line}, country: the days of {row['list']} are given twice.")
                coverages[row["list"]] = _coverage(row, line)
            else:
                listings.append((line, _listing(row, line)))
    except csv.Error as error:
        raise InvalidCountryList(f"Line {reader.line_num}: {error}.") from None
    _check(coverages, listings)
    return CountryLists(tuple(coverages.values()), tuple(listing for _, listing in listings))


def _coverage(row: dict[str, str], line: int) -> Coverage:
    since, until = _day(row, "from", line), _day(row, "until", line)
    if since is None or until is None or until < since:
        raise InvalidCountryList(f"Line {line}, from: a list is known from a day to the same or a later one.")
    return Coverage(row["list"], since, until, row["source"])


def _listing(row: dict[str, str], line: int) -> Listing:
    if row["country"] not in countries.CODES:
        raise InvalidCountryList(f"Line {line}, country: {row['country'][:10]!r} is no ISO 3166-1 alpha-2 code.")
    if row["level"] not in (Level.HIGH.name, Level.CALL_FOR_ACTION.name):
        raise InvalidCountryList(f"Line {line}, level: HIGH or CALL_FOR_ACTION.")
    since, until = _day(row, "from", line), _day(row, "until", line)
    if since and until and until <= since:
        raise InvalidCountryList(f"Line {line}, until: the day does not lie after the first.")
    return Listing(row["list"], row["country"], Level[row["level"]], since, until, row["note"], row["source"])


def _day(row: dict[str, str], column: str, line: int) -> date | None:
    text = row[column]
    if not text:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidCountryList(f"Line {line}, {column}: a day such as 2026-06-19.")


def _check(coverages: dict[str, Coverage], listings: list[tuple[int, Listing]]) -> None:
    spans: dict[tuple[str, str], list[tuple[date, date]]] = {}
    for line, listing in listings:
        if listing.list not in coverages:
            raise InvalidCountryList(f"Line {line}, list: no row says with the country * for which days {listing.list} is known.")
        since, until = listing.since or date.min, listing.until or date.max
        seen = spans.setdefault((listing.list, listing.country), [])
        if any(since < end and start < until for start, end in seen):
            raise InvalidCountryList(f"Line {line}, from: {listing.country} is on {listing.list} already at that time.")
        seen.append((since, until))

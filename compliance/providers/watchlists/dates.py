"""Dates as publishers of lists write them: whole, partial, approximate, spans."""

import re
from datetime import date

from compliance.providers.watchlists.entries import PartialDate

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            ("jan", "january"),
            ("feb", "february"),
            ("mar", "march"),
            ("apr", "april"),
            ("may",),
            ("jun", "june"),
            ("jul", "july"),
            ("aug", "august"),
            ("sep", "sept", "september"),
            ("oct", "october"),
            ("nov", "november"),
            ("dec", "december"),
        ],
        start=1,
    )
    for name in names
}
_ABOUT = re.compile(r"^(?:circa|approximately|approx\.?|c\.)\s+", re.IGNORECASE)
_SPAN = re.compile(r"^(?:between\s+)?(.+?)(?:\s+to\s+|\s+and\s+|\s*-\s*(?=\d{4}$))(.+)$", re.IGNORECASE)
# Only the digits of ASCII: an Arabic-Indic figure is written by nobody here, and int() would take it.
_WORDS = re.compile(r"(?:(\d{1,2})\s+)?(?:([A-Za-z]{3,9})\.?\s+)?(\d{4})", re.ASCII)
_ISO = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:T.*)?", re.ASCII)
# Unknown parts are written 00, dd or mm.
_SLASHES = re.compile(r"(\d{1,2}|dd)/(\d{1,2}|mm)/(\d{4})(?:\s.*)?", re.ASCII | re.IGNORECASE)


def partial(text: str) -> PartialDate | None:
    """The date that the words say ("10 Dec 1948", "circa 1951", "1955 to 1960", "1971-02", "00/07/1978"), or None where they say none.

    A span keeps its years only.
    """
    text = text.strip().rstrip(".")
    plain = _ABOUT.sub("", text)
    is_approximate = plain != text
    single = _single(plain)
    if single is not None:
        return PartialDate(*single, is_approximate=is_approximate)
    if span := _SPAN.fullmatch(plain):
        start, end = _single(_ABOUT.sub("", span[1])), _single(_ABOUT.sub("", span[2]))
        if start and end and start[0] <= end[0]:
            if start[0] == end[0] and (start[1] is None or start[1:] == end[1:]):
                return PartialDate(*start, is_approximate=is_approximate)
            # Two days of one year are that year.
            last = end[0] if end[0] > start[0] else None
            return PartialDate(start[0], last_year=last, is_approximate=is_approximate)
    return None


def day(text: str) -> date | None:
    """The whole day that the words say, or None."""
    found = _single(text.strip())
    if found is None or None in found:
        return None
    return date(*found)  # type: ignore[arg-type]


def from_parts(year: str, month: str = "", of_month: str = "") -> PartialDate | None:
    """A date of which each part stands by itself; a part that is empty, zero or impossible is unknown. None without a year."""
    checked = _checked(_number(year), _number(month), _number(of_month))
    return PartialDate(*checked) if checked else None


def _single(text: str) -> tuple[int, int | None, int | None] | None:
    if found := _WORDS.fullmatch(text):
        if found[2] is not None and found[2].casefold() not in _MONTHS:
            return None
        if found[1] is not None and found[2] is None:
            return None
        return _checked(int(found[3]), _MONTHS.get((found[2] or "").casefold(), 0), _number(found[1]))
    if found := _ISO.fullmatch(text):
        return _checked(int(found[1]), _number(found[2]), _number(found[3]))
    if found := _SLASHES.fullmatch(text):
        return _checked(int(found[3]), _number(found[2]), _number(found[1]))
    return None


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() else 0


def _checked(year: int, month: int, of_month: int) -> tuple[int, int | None, int | None] | None:
    """With None for what is unknown; None altogether for a year or a day that cannot be."""
    if not 1000 <= year <= 2200 or month > 12:
        return None
    if not month or not of_month:
        return (year, month or None, None)
    try:
        date(year, month, of_month)
    except ValueError:
        return None
    return (year, month, of_month)

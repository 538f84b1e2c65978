"""Does the form say what the document says?

Names are brought into the zone's letters first (Doc 9303-3, section 6). Some letters have two spellings there (Ä is AE or A), so every
spelling is tried; parts may be cut, and given names that fell away at the end of a full field are not missed.
"""

import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from compliance.policies.mrz.documents import Document

# Letters that the standard writes in more than one way, or in a way that taking the accent off does not give.
_SPELLINGS: Final = {
    "Ä": ("AE", "A"),
    "Ö": ("OE", "O"),
    "Ü": ("UE", "UXX", "U"),
    "Å": ("AA", "A"),
    "Ñ": ("N", "NXX"),
    "ß": ("SS", "SS"),
    "ẞ": ("SS", "SS"),
    "Æ": ("AE", "AE"),
    "Ø": ("OE", "O"),
    "Œ": ("OE", "OE"),
    "Ð": ("D", "D"),
    "Đ": ("D", "D"),
    "Þ": ("TH", "TH"),
    "Ł": ("L", "L"),
    "Ħ": ("H", "H"),
    "Ŋ": ("N", "N"),
    "Ŧ": ("T", "T"),
    "İ": ("I", "I"),
    "ı": ("I", "I"),
    "Ĳ": ("IJ", "IJ"),
}
_SILENT: Final = frozenset("'’`´ʼ.,")  # left out; hyphens and spaces become fillers


@dataclass(frozen=True)
class Difference:
    """A field in which form and document do not agree."""

    field: str
    form: str
    document: str


def compare(
    document: Document,
    *,
    surname: str = "",
    given_names: str = "",
    number: str = "",
    born_on: date | None = None,
    country: str = "",
) -> tuple[Difference, ...]:
    """Where the form's values differ from the document's. What the form leaves empty is not compared. ``country`` is alpha-2."""
    found = []
    if surname and not _same(surname, document.surname, is_cut=document.is_name_cut):
        found.append(Difference("surname", surname, document.surname))
    if given_names and not _same(given_names, document.given_names, is_cut=document.is_name_cut):
        found.append(Difference("given_names", given_names, document.given_names))
    if number and "".join(filter(str.isalnum, number.upper())) != document.number.replace("<", ""):
        found.append(Difference("number", number, document.number))
    if born_on is not None and not _same_day(born_on, document):
        born = document.born
        shown = "-".join("??" if part is None else f"{part:02}" for part in (born.year, born.month, born.day))
        found.append(Difference("born_on", born_on.isoformat(), shown))
    if country and country != document.country:
        found.append(Difference("country", country, document.country or document.nationality))
    return tuple(found)


def transliterations(name: str) -> tuple[str, ...]:
    """The spellings of a name in the zone's letters, parts separated by spaces: MÜLLER is MUELLER, MUXXLLER, MULLER."""
    return tuple(dict.fromkeys(_spelled(name, variant) for variant in range(3)))


def _spelled(name: str, variant: int) -> str:
    letters = []
    for character in unicodedata.normalize("NFC", name.replace("ß", "ẞ")).upper():
        if spellings := _SPELLINGS.get(character):
            letters.append(spellings[min(variant, len(spellings) - 1)])
        elif character in _SILENT:
            continue
        else:
            plain = unicodedata.normalize("NFKD", character)
            letters.append("".join(letter for letter in plain if "A" <= letter <= "Z") or " ")
    return " ".join("".join(letters).split())


def _same(form: str, zone: str, *, is_cut: bool) -> bool:
    for spelled in transliterations(form):
        mine, theirs = spelled.split(), zone.split()
        if mine == theirs or "".join(mine) == "".join(theirs):
            return True
        if is_cut and len(theirs) <= len(mine) and all(a.startswith(b) for a, b in zip(mine, theirs, strict=False)):
            return True
    return False


def _same_day(day: date, document: Document) -> bool:
    born = document.born
    return all(mine in (None, theirs) for mine, theirs in ((born.year, day.year), (born.month, day.month), (born.day, day.day)))

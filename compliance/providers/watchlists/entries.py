"""What one entry of a watchlist says, whoever published it.

Every reader yields ``Entry``; the matcher, the difference between two versions and the import know nothing else. All values are as
published, trimmed of blanks: nothing is translated, transliterated or guessed here. Tuples keep the publisher's order and are
without duplicates, so that two readings of one file are equal.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class EntryKind(StrEnum):
    """What is listed. What a publisher calls an entity is an ORGANISATION."""

    PERSON = "PERSON"
    ORGANISATION = "ORGANISATION"
    VESSEL = "VESSEL"
    AIRCRAFT = "AIRCRAFT"


class NameQuality(StrEnum):
    """How much a name proves: publishers mark aliases that are broad or common as weak ("low quality", quoted a.k.a.)."""

    PRIMARY = "PRIMARY"
    STRONG = "STRONG"
    WEAK = "WEAK"


class Gender(StrEnum):
    """As published; absent is None."""

    FEMALE = "FEMALE"
    MALE = "MALE"


@dataclass(frozen=True, slots=True)
class ListedName:
    """One name of an entry.

    ``text`` as published; ``script`` the ISO 15924 code of a name in its original script ("Arab", "Cyrl", "Hans"…), "Latn" for a
    Latin one, "" where the reader did not look. ``family`` is the family name where the publisher marks it ("LAST, First" of OFAC),
    spelled as inside ``text``.
    """

    text: str
    quality: NameQuality = NameQuality.PRIMARY
    script: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of birth as far as it is known: a day, a month, a year, or a span of years.

    ``last_year`` is set for a span ("between 1955 and 1960": year 1955, last_year 1960). ``is_approximate`` is "circa".
    """

    year: int
    month: int | None = None
    day: int | None = None
    last_year: int | None = None
    is_approximate: bool = False

    @classmethod
    def of(cls, day: date) -> "PartialDate":
        """A day that is known exactly."""
        return cls(day.year, day.month, day.day)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number that somebody issued: ``kind`` in the publisher's words ("Passport", "Tax ID No.", "Vessel Registration Identification").

    ``country`` is the issuer's ISO 3166-1 alpha-2 code, "" where it is unknown.
    """

    kind: str
    value: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One listed person, organisation, vessel or aircraft.

    ``id`` is the list's prefix and the publisher's own number, stable over versions ("ofac-2674", "un-6907993"). ``names`` starts
    with the primary name. ``countries`` are ISO 3166-1 alpha-2 codes of nationality, citizenship, registration and address.
    ``programmes`` are the publisher's sanctions programmes or list types; ``remarks`` its free text. ``reference`` is what the
    publisher calls the entry in its decisions ("QDi.006", "EU.27.28"). ``titles`` are titles and offices, ``places_of_birth`` and
    ``addresses`` one text each, ``linked_to`` the names of others that it is listed for.
    """

    id: str
    kind: EntryKind
    names: tuple[ListedName, ...]
    dates_of_birth: tuple[PartialDate, ...] = ()
    countries: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    programmes: tuple[str, ...] = ()
    gender: Gender | None = None
    remarks: str = ""
    reference: str = ""
    listed_on: date | None = None
    titles: tuple[str, ...] = ()
    places_of_birth: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    linked_to: tuple[str, ...] = ()

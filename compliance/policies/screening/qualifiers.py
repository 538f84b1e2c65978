"""What else is known of both sides: birth, country, gender, identifiers. It moves the priority; the match is the names' alone.

An equal identifier is the one exception: it is a match by itself, whatever the names. A different birth date puts the priority of a hit
below that of every hit of the same name whose birth agrees or is not known.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from compliance.providers.watchlists.entries import Entry, Gender, Identifier, NameQuality, PartialDate


class Verdict(StrEnum):
    """What a pair of values says about the two being one: absent when either side has none."""

    AGREES = "AGREES"
    NEARLY = "NEARLY"
    CONFLICTS = "CONFLICTS"
    ABSENT = "ABSENT"


@dataclass(frozen=True, slots=True)
class Qualifier:
    """One value compared: ``points`` is what it adds to the priority, or takes from it."""

    name: str
    verdict: Verdict
    left: str
    right: str
    points: float


BIRTH: Final = "date_of_birth"
COUNTRY: Final = "country"
GENDER: Final = "gender"
IDENTIFIER: Final = "identifier"
QUALITY: Final = "alias_quality"

_POINTS: Final = {
    (BIRTH, Verdict.AGREES): 0.25,
    (BIRTH, Verdict.NEARLY): 0.12,
    (BIRTH, Verdict.CONFLICTS): -0.35,
    (COUNTRY, Verdict.AGREES): 0.08,
    (COUNTRY, Verdict.CONFLICTS): -0.08,
    (GENDER, Verdict.AGREES): 0.02,
    (GENDER, Verdict.CONFLICTS): -0.15,
    (IDENTIFIER, Verdict.AGREES): 0.40,
    (QUALITY, Verdict.CONFLICTS): -0.10,
}
_SHORTEST_IDENTIFIER: Final = 5
# Circa: so many years to either side.
_ABOUT: Final = 2
_PLAIN: Final = 0.5
# Hits whose birth dates differ share the lowest part of the scale, all others the rest.
_BAND_OF_CONFLICT: Final = 0.30


def compare(
    *,
    born: Sequence[PartialDate],
    countries: Iterable[str],
    gender: Gender | None,
    identifiers: Iterable[Identifier],
    entry: Entry,
    quality: NameQuality,
) -> tuple[Qualifier, ...]:
    """Everything that a query and an entry both have to say, beside the name."""
    return (
        _birth(born, entry.dates_of_birth),
        _countries(frozenset(countries), frozenset(entry.countries)),
        _gender(gender, entry.gender),
        _identifiers(tuple(identifiers), entry.identifiers),
        _qualifier(QUALITY, Verdict.CONFLICTS if quality == NameQuality.WEAK else Verdict.ABSENT, "", quality.value),
    )


def priority(match: float, qualifiers: Sequence[Qualifier]) -> float:
    """How urgent a hit is, from 0 to 1."""
    by_name = {one.name: one.verdict for one in qualifiers}
    share = max(0.0, min(1.0, match * _PLAIN + sum(one.points for one in qualifiers)))
    if by_name.get(BIRTH) == Verdict.CONFLICTS and by_name.get(IDENTIFIER) != Verdict.AGREES:
        return round(_BAND_OF_CONFLICT * share, 4)
    return round(_BAND_OF_CONFLICT + 0.01 + (0.99 - _BAND_OF_CONFLICT) * share, 4)


def same_identifier(value: str) -> str:
    """An identifier without blanks and punctuation, in capitals; "" when it is too short to prove anything."""
    plain = "".join(letter for letter in value if letter.isalnum()).upper()
    return plain if len(plain) >= _SHORTEST_IDENTIFIER and any(letter.isdigit() for letter in plain) else ""


def bank_code(value: str) -> str:
    """The bank and country of a BIC (ISO 9362, eight characters without the branch), by which lists name banks; "" for anything else."""
    plain = "".join(letter for letter in value if letter.isalnum()).upper()
    return plain[:8] if len(plain) in {8, 11} and plain[:6].isalpha() else ""


def is_bank_code(identifier: Identifier) -> bool:
    """Whether a publisher calls the number a BIC."""
    return "BIC" in identifier.kind.upper() or "SWIFT" in identifier.kind.upper()


def _qualifier(name: str, verdict: Verdict, left: str, right: str) -> Qualifier:
    return Qualifier(name, verdict, left, right, _POINTS.get((name, verdict), 0.0))


def shown(day: PartialDate) -> str:
    """A date of birth as an officer reads it: 1957-03-10, 1957-03, 1957, 1955 to 1960, about 1957."""
    text = str(day.year)
    if day.last_year is not None:
        text = f"{day.year} to {day.last_year}"
    elif day.month is not None:
        text = f"{day.year}-{day.month:02d}" + (f"-{day.day:02d}" if day.day is not None else "")
    return f"about {text}" if day.is_approximate else text


def _birth(ours: Sequence[PartialDate], theirs: Sequence[PartialDate]) -> Qualifier:
    left, right = ", ".join(map(shown, ours)), ", ".join(map(shown, theirs))
    if not ours or not theirs:
        return _qualifier(BIRTH, Verdict.ABSENT, left, right)
    order = (Verdict.AGREES, Verdict.NEARLY, Verdict.CONFLICTS)
    found = {_birth_of(one, other) for one in ours for other in theirs}
    return _qualifier(BIRTH, next(verdict for verdict in order if verdict in found), left, right)


def _birth_of(one: PartialDate, other: PartialDate) -> Verdict:
    is_exact = None not in (one.month, one.day, other.month, other.day)
    is_vague = one.is_approximate or other.is_approximate or one.last_year is not None or other.last_year is not None
    if is_exact and not is_vague:
        if (one.year, one.month, one.day) == (other.year, other.month, other.day):
            return Verdict.AGREES
        # Day and month in the other order, or one of the three digits groups mistyped.
        is_swapped = one.year == other.year and (one.month, one.day) == (other.day, other.month)
        is_one_off = sum((one.year != other.year, one.month != other.month, one.day != other.day)) == 1
        return Verdict.NEARLY if is_swapped or (is_one_off and abs(one.year - other.year) <= 1) else Verdict.CONFLICTS
    if not is_vague and one.year == other.year and None not in (one.month, other.month):
        return Verdict.NEARLY if one.month == other.month else Verdict.CONFLICTS
    (low, high), (other_low, other_high) = _years(one), _years(other)
    return Verdict.NEARLY if low <= other_high and other_low <= high else Verdict.CONFLICTS


def _years(day: PartialDate) -> tuple[int, int]:
    about = _ABOUT if day.is_approximate else 0
    return day.year - about, (day.last_year if day.last_year is not None else day.year) + about


def _countries(ours: frozenset[str], theirs: frozenset[str]) -> Qualifier:
    left, right = ", ".join(sorted(ours)), ", ".join(sorted(theirs))
    if not ours or not theirs:
        return _qualifier(COUNTRY, Verdict.ABSENT, left, right)
    return _qualifier(COUNTRY, Verdict.AGREES if ours & theirs else Verdict.CONFLICTS, left, right)


def _gender(ours: Gender | None, theirs: Gender | None) -> Qualifier:
    if ours is None or theirs is None:
        return _qualifier(GENDER, Verdict.ABSENT, ours or "", theirs or "")
    return _qualifier(GENDER, Verdict.AGREES if ours == theirs else Verdict.CONFLICTS, ours, theirs)


def _identifiers(ours: Sequence[Identifier], theirs: Sequence[Identifier]) -> Qualifier:
    known = {plain: other for other in theirs if (plain := same_identifier(other.value))}
    for one in ours:
        other = known.get(same_identifier(one.value))
        if other is not None and not (one.country and other.country and one.country != other.country):
            return _qualifier(IDENTIFIER, Verdict.AGREES, f"{one.kind} {one.value}", f"{other.kind} {other.value}")
    return _qualifier(IDENTIFIER, Verdict.ABSENT, ", ".join(one.value for one in ours), ", ".join(one.value for one in theirs))

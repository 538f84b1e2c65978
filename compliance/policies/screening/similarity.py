"""How alike two words of names are, and in what way.

The distance is that of Damerau and Levenshtein (one slip: a letter changed, left out, put in, or swapped with its neighbour), weighed
by what the slip is: a vowel for a vowel, a letter for one that sounds or looks like it, and a letter written twice cost less. Words are
compared as spelled and as they sound, the better counts.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from compliance.policies.screening import sounds, tables
from compliance.policies.screening.parts import Role, Token


class Way(StrEnum):
    """In what way two words are alike."""

    SAME = "SAME"
    VARIANT = "VARIANT"
    NICKNAME = "NICKNAME"
    SOUND = "SOUND"
    SPELLING = "SPELLING"
    CONSONANTS = "CONSONANTS"
    INITIAL = "INITIAL"
    JOINED = "JOINED"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Likeness:
    """``score`` from 0 to 1."""

    score: float
    way: Way


_SAME: Final = Likeness(1.0, Way.SAME)
_NONE: Final = Likeness(0.0, Way.NONE)
_VOWELS: Final = frozenset("aeiouy")
# Letters that are taken for each other across languages.
_ALIKE_LETTERS: Final = "bp dt gk ck qk sz vw vf fp mn lr ij jy cs bv gh hk xk zj cz gj uv uw"
_ALIKE: Final = frozenset(pair for one, other in _ALIKE_LETTERS.split(" ") for pair in ((one, other), (other, one)))
_LOOK_ALIKE: Final = frozenset(
    pair
    for digit, letters in {
        "0": "o",
        "1": "il",
        "3": "e",
        "4": "a",
        "5": "s",
        "7": "t",
        "8": "b",
        "9": "g",
        "2": "z",
        "6": "b",
    }.items()
    for letter in letters
    for pair in ((digit, letter), (letter, digit))
)
# Endings by which the names of men and women differ: Alejandro, Alejandra.
_GENDERS: Final = frozenset({("a", "o"), ("o", "a"), ("a", "u"), ("u", "a")})
_VOWEL_FOR_VOWEL, _ALIKE_FOR_ALIKE, _LOOKS_LIKE, _SWAP = 0.6, 0.6, 0.3, 0.7
_FIRST_LETTER: Final = 0.2
_OTHER_GENDER: Final = 1.3
_TWICE, _SILENT, _VOWEL_MORE = 0.25, 0.4, 0.75
_NICKNAME: Final = 0.90
_BEGINS: Final = 0.90
# Words that sound the same, by the length of the sound: short ones do so by chance.
_SAME_SOUND: Final = {0: 0.0, 1: 0.8, 2: 0.86, 3: 0.89, 4: 0.93}
# Words that sound nearly the same count as so much more alike than they are spelled, and no more: "Wijaya" is not "Wiji".
_HEARD_ABOVE: Final = 0.12
_SHORTEST: Final = 2
# A word that is almost a generic one, and none itself, is a slip of it.
_KNOWN_WORDS: Final = frozenset({Role.GENERIC, Role.PLACE})
_SLIP_IN_KNOWN, _WORTH_RAISING = 0.93, 0.7
# "Abdul Rahim" calls himself Rahim.
_SERVANT: Final = "abdul"
_WITHOUT_SERVANT: Final = 0.80
_WORTH_A_LOOK: Final = 0.45


def likeness(one: Token, other: Token) -> Likeness:
    """How alike two words are; initials match the words that they begin."""
    if one.text == other.text:
        return _SAME
    if Role.KUNYA in {one.role, other.role}:
        return _NONE
    if {one.role, other.role} == {Role.PARTICLE, Role.WORD} and _SHORTEST in {len(one.text), len(other.text)}:
        return _NONE  # the article of "Al-Masri" is no slip of "Ali"
    if Role.INITIAL in {one.role, other.role}:
        return _initial(one, other)
    if Role.NUMBER in {one.role, other.role}:
        return (
            _NONE
            if one.role == other.role or not (one.text.isalnum() and other.text.isalnum())
            else _spelled(one.text, other.text)
        )
    if (one.role in _KNOWN_WORDS) != (other.role in _KNOWN_WORDS) and not one.is_vowelless and not other.is_vowelless:
        found = _words(one.text, other.text, one.canonical, other.canonical)
        is_slip = found.score > _WORTH_RAISING and OSA.distance(one.text, other.text, score_cutoff=1) <= 1
        return Likeness(min(_SLIP_IN_KNOWN, found.score + 0.12), found.way) if is_slip else found
    if one.canonical == other.canonical:
        return Likeness(0.99, Way.VARIANT)
    if one.is_vowelless != other.is_vowelless:
        return max(_consonants(one.text, other.text), _words(one.text, other.text, one.canonical, other.canonical), key=_score)
    return _words(one.text, other.text, one.canonical, other.canonical)


def _initial(one: Token, other: Token) -> Likeness:
    initial, full = (one, other) if one.role == Role.INITIAL else (other, one)
    return Likeness(_BEGINS, Way.INITIAL) if full.role == Role.WORD and full.text.startswith(initial.text) else _NONE


@lru_cache(maxsize=200_000)
def _words(one: str, other: str, canonical: str, other_canonical: str) -> Likeness:
    best = _spelled(one, other)
    if canonical != one or other_canonical != other:
        best = max(best, _spelled(canonical, other_canonical), key=_score)
    if one.startswith(_SERVANT) != other.startswith(_SERVANT) and one.removeprefix(_SERVANT) == other.removeprefix(_SERVANT):
        best = max(best, Likeness(_WITHOUT_SERVANT, Way.NICKNAME), key=_score)
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) == len(_SERVANT) + 1 and shorter.startswith(_SERVANT) and longer.startswith(shorter):
        best = max(best, Likeness(_BEGINS, Way.INITIAL), key=_score)
    groups = tables.groups("nicknames")
    if not groups.get(canonical, _NOBODY).isdisjoint(groups.get(other_canonical, _NOBODY)) or not groups.get(
        one, _NOBODY
    ).isdisjoint(groups.get(other, _NOBODY)):
        best = max(best, Likeness(_NICKNAME, Way.NICKNAME), key=_score)
    return best


_NOBODY: Final[frozenset[int]] = frozenset()


def _score(found: Likeness) -> float:
    return found.score


@lru_cache(maxsize=200_000)
def _spelled(one: str, other: str) -> Likeness:
    """As spelled or as it sounds, the better."""
    if min(len(one), len(other)) < 2:
        return _NONE
    spelled = _closeness(one, other)
    sound, other_sound = sounds.sound(one), sounds.sound(other)
    same = _SAME_SOUND.get(len(sound), 0.97)
    heard = same if sound == other_sound else min(0.98 * _closeness(sound, other_sound) - 0.02, max(spelled, 0.45) + _HEARD_ABOVE)
    if max(spelled, heard) <= 0:
        return _NONE
    return Likeness(spelled, Way.SPELLING) if spelled >= heard else Likeness(heard, Way.SOUND)


def _closeness(one: str, other: str) -> float:
    longest = max(len(one), len(other))
    if OSA.normalized_similarity(one, other, score_cutoff=_WORTH_A_LOOK) == 0.0:
        return 0.0
    return max(0.0, 1.0 - distance(one, other) / (1.2 + 0.82 * longest))


@lru_cache(maxsize=100_000)
def _consonants(one: str, other: str) -> Likeness:
    """A word from a script without vowels with one from another: what is left of both without vowels."""
    bones, others = sounds.consonants(one), sounds.consonants(other)
    if bones.replace("l", "r") == others.replace("l", "r") != "" and bones != others:
        # Syllabic scripts do not tell the two apart.
        return Likeness(0.85 if len(bones) > 2 else 0.6, Way.CONSONANTS)
    longest = max(len(bones), len(others))
    if not bones or not others:
        return _NONE
    if bones == others:
        return Likeness({1: 0.6, 2: 0.78}.get(longest, 0.93), Way.CONSONANTS)
    missing = OSA.distance(bones, others)
    return Likeness(max(0.0, 0.95 - 0.9 * missing / longest), Way.CONSONANTS) if longest > 2 else _NONE


def distance(one: str, other: str) -> float:
    """What the slips between two spellings cost, added up: 1 for a letter that is simply another."""
    before: list[float] = []
    last = [0.0]
    for place, letter in enumerate(other):
        last.append(last[-1] + _single(letter, other[place - 1] if place else ""))
    for row, letter in enumerate(one):
        earlier = one[row - 1] if row else ""
        single = _single(letter, earlier)
        current = [last[0] + single]
        for column, against in enumerate(other):
            same = letter == against
            best = last[column]
            if not same:
                is_first, is_last = not row and not column, row == len(one) - 1 and column == len(other) - 1
                best += (
                    _OTHER_GENDER
                    if is_last and (letter, against) in _GENDERS
                    else _substitution(letter, against, is_first=is_first)
                )
            best = min(best, last[column + 1] + single, current[column] + _single(against, other[column - 1] if column else ""))
            if not same and row and column and letter == other[column - 1] and earlier == against:
                best = min(best, before[column - 1] + _SWAP)
            current.append(best)
        before, last = last, current
    return last[-1]


def _single(letter: str, earlier: str) -> float:
    """A letter too many, after the one before it in the same word."""
    if letter == earlier:
        return _TWICE
    if letter == "h":
        return _SILENT
    return _VOWEL_MORE if letter in _VOWELS else 1.0


def _substitution(letter: str, other: str, *, is_first: bool) -> float:
    if letter in _VOWELS and other in _VOWELS:
        return _VOWEL_FOR_VOWEL
    pair = (letter, other)
    if pair in _ALIKE:
        return _ALIKE_FOR_ALIKE + (_FIRST_LETTER / 2 if is_first else 0.0)
    if pair in _LOOK_ALIKE:
        return _LOOKS_LIKE
    return 1.0 + (_FIRST_LETTER if is_first else 0.0)

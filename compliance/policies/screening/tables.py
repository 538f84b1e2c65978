"""Words with a meaning: legal forms, titles, particles, places, nicknames… read once from the text files beside this module.

Where each file's words come from is said at its head and in docs/screening.md.
"""

from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from rapidfuzz.distance import OSA

from compliance.policies.screening import sounds

_LONG: Final = 6
_FOLDER: Final = Path(__file__).parent / "tables"


def _lines(name: str) -> list[str]:
    text = (_FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    return [line for raw in text.splitlines() if (line := raw.rstrip("\r\n ")) and not line.startswith("#")]


@cache
def words(name: str) -> frozenset[str]:
    """Every word of a file that is a bare list."""
    return frozenset(word for line in _lines(name) for word in line.split())


@cache
def first_of_line(name: str) -> dict[str, str]:
    """Each word of a file of equivalents with the first word of its line; the first line that has the word wins."""
    found: dict[str, str] = {}
    for line in _lines(name):
        first, *others = line.split()
        for word in (first, *others):
            found.setdefault(word, first)
    return found


@cache
def pairs(name: str) -> dict[str, str]:
    """A file of two columns, separated by a tab; the second may be empty."""
    return {first: second for first, _, second in (line.partition("\t") for line in _lines(name))}


@cache
def groups(name: str) -> dict[str, frozenset[int]]:
    """Each word of a file of groups with the numbers of the lines that have it; words of one line may stand for each other."""
    found: dict[str, set[int]] = {}
    for number, line in enumerate(_lines(name)):
        for word in line.split():
            found.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in found.items()}


@cache
def lines_of(name: str) -> tuple[tuple[str, ...], ...]:
    """The lines of a file of groups, by their numbers."""
    return tuple(tuple(line.split()) for line in _lines(name))


@cache
def legal_forms() -> dict[tuple[str, ...], str]:
    """The words of each legal form, and its class."""
    found: dict[tuple[str, ...], str] = {}
    for line in _lines("legal_forms"):
        name, _, spellings = line.partition(":")
        for spelling in spellings.split("|"):
            found.setdefault(tuple(spelling.split()), name.strip())
    return found


@cache
def longest_legal_form() -> int:
    """How many words the longest legal form has."""
    return max(len(form) for form in legal_forms())


@cache
def _generic_words_with_a_slip() -> dict[str, str]:
    """Long generic words, places and words of legal forms, by themselves and with one letter left out."""
    known = words("generic_words") | {word for form in legal_forms() for word in form} | first_of_line("places").keys()
    found: dict[str, str] = {}
    for word in sorted(word for word in known if len(word) >= _LONG):
        for form in (word, *(word[:place] + word[place + 1 :] for place in range(len(word)))):
            found.setdefault(form, word)
    return found


@cache
def _generic_words_by_sound() -> dict[str, str]:
    return {sounds.sound(word): word for word in sorted(set(_generic_words_with_a_slip().values()), reverse=True)}


@lru_cache(maxsize=100_000)
def generic_word_meant(word: str) -> str | None:
    """The generic word, place or legal form that this one is but for a slip, or sounds like ("compny", "tradnig"), if it is long enough."""
    if len(word) < _LONG - 1:
        return None
    slips = _generic_words_with_a_slip()
    for form in (word, *(word[:place] + word[place + 1 :] for place in range(len(word)))):
        meant = slips.get(form)
        if meant is not None and OSA.distance(meant, word, score_cutoff=1) <= 1:
            return meant
    return _generic_words_by_sound().get(sounds.sound(word)) if len(word) >= _LONG else None


@cache
def commonness() -> dict[str, float]:
    """What meeting a frequent part of a personal name proves, in nats: the less, the more people bear it."""
    nats = {"very": 3.5, "often": 5.0, "common": 6.0}
    found: dict[str, float] = {}
    for line in _lines("frequent_names"):
        level, _, names = line.partition(":")
        for name in names.split():
            found.setdefault(name, nats[level])
    return found

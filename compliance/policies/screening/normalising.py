"""A name as written into words: lower case, Latin letters without accents, no punctuation.

Numbers stay ("11420 CORP." is "11420 corp"), dotted letters become one word in organisations ("A.B.C." is "abc") and stay letters in
persons ("J.R. Smith"), digits that stand for letters inside a word become those letters ("Ig0r").
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from compliance.policies.screening import scripts

_LETTERS: Final = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ə": "a", "œ": "oe", "ħ": "h", "ŋ": "ng",
        "&": " and ", "+": " and ", "@": "a", "$": "s", "№": " ",
    }
)  # fmt: skip
_APOSTROPHES: Final = re.compile(r"[’'`´ʼʻʿʾ‘‛′ˈ]")
_POSSESSIVE: Final = re.compile(r"(?<=\w{3})['’]s\b")
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_DOTTED: Final = re.compile(r"\b(?:\w\.){1,7}\w\b\.?|\b(?:\w\.\s){1,7}\w\.(?=\s|$)|\b\w\.(?=\s|$)")
_SIGNS: Final = frozenset({"So", "Cn", "Co", "Cs"})
_WORD: Final = re.compile(r"[a-z0-9]+")
_DIGITS: Final = str.maketrans("01345789", "oieastbg")
_HAS_LETTERS_AND_DIGITS: Final = re.compile(r"(?=.*[a-z].*[a-z])(?=.*\d)[a-z0-9]{4,}")
_TRAILING_NUMBER: Final = re.compile(r"[a-z]+\d+|\d+[a-z]+")


@lru_cache(maxsize=100_000)
def words(text: str, *, is_person: bool) -> tuple[str, ...]:
    """The words of a name in Latin letters, in their order; of the first romanisation when there are several."""
    return spellings(text, is_person=is_person)[0]


def spellings(text: str, *, is_person: bool) -> tuple[tuple[str, ...], ...]:
    """The words of a name in each usual romanisation, at least one."""
    shown = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    if not shown.isascii():
        # Pictures and signs have names in the table of romanisations, but say nothing here.
        shown = "".join(" " if unicodedata.category(letter) in _SIGNS else letter for letter in shown)
    found = dict.fromkeys(_latin_words(spelling, is_person=is_person) for spelling in scripts.romanised(shown))
    return tuple(found)


def _latin_words(text: str, *, is_person: bool) -> tuple[str, ...]:
    folded = text.casefold()
    folded = _APOSTROPHES.sub("", _POSSESSIVE.sub("", folded)).translate(_LETTERS)
    if not folded.isascii():
        folded = "".join(letter for letter in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(letter))
        folded = folded if folded.isascii() else scripts.anyascii(folded).casefold()
    if not is_person and "." in folded:
        folded = _DOTTED.sub(lambda found: re.sub(r"[.\s]", "", found.group()) + " ", folded)
    found = [_letters(word) for word in _WORD.findall(folded)]
    return tuple(found if is_person else _joined_letters(found))


def _letters(word: str) -> str:
    """The word with the letters that its digits stand for; a number after or before a word, as in "q8" or "alfa5", is left alone."""
    if word.isalpha() or word.isdigit() or _TRAILING_NUMBER.fullmatch(word):
        return word
    return word.translate(_DIGITS) if _HAS_LETTERS_AND_DIGITS.fullmatch(word) else word


def _joined_letters(found: list[str]) -> list[str]:
    """Letters that stand alone, one after another, as one word: "c g" is "cg"."""
    joined: list[str] = []
    run: list[str] = []
    for word in [*found, ""]:
        if len(word) == 1 and word.isalpha():
            run.append(word)
            continue
        if run:
            joined.append("".join(run))
            run = []
        if word:
            joined.append(word)
    return joined

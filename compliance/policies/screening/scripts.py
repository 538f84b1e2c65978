"""Other alphabets into Latin letters.

Most scripts are romanised letter by letter (anyascii). What that table does not know is added here: several usual romanisations of a
Korean syllable, the readings of Chinese surnames that differ from the character's commonest one, names in Han characters taken
apart into family and given name, common Arabic names whose vowels the script leaves out.
"""

import re
import unicodedata
from typing import Final

from anyascii import anyascii

from compliance.policies.screening import tables
from flowlet.core.scripts import sole_script_of

# Scripts that leave out (most) vowels.
VOWELLESS: Final = frozenset({"Arab", "Hebr", "Deva"})

_COMPOUND_SURNAMES: Final = frozenset(name for name, said in tables.pairs("chinese_surnames").items() if not said)
_SURNAME_READINGS: Final = {name: said for name, said in tables.pairs("chinese_surnames").items() if said}
_TRADITIONAL: Final = str.maketrans(dict(tables.pairs("traditional_characters")))
_ARABIC: Final = tables.pairs("arabic_names")
_KOREAN_SURNAMES: Final = tables.pairs("korean_surnames")
_ARABIC_FOLD: Final = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ک": "ك", "ی": "ي", "ـ": None})

# The official romanisation, by the parts of a syllable in the order of their code points; "-" is nothing.
_LEADS: Final = "g kk n d tt r m b pp s ss - j jj ch k t p h".replace("-", "").split(" ")
_VOWELS: Final = tuple("a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".replace("-", "").split(" "))
_TAILS: Final = "- k k k n n n t l k m l l l p l m p p t t ng t t k t p t".replace("-", "").split(" ")
# Romanisations of North Korea and of most passports, made from the letters of the official one.
_NORTHERN: Final = (("yeo", "yo"), ("eo", "o"), ("eu", "u"), ("oe", "oe"), ("wo", "wo"))
# What stands between the words of a foreign name in Han characters.
_DOTS: Final = "·・•‧"
_APART: Final = re.compile(r"[^\w]+", re.UNICODE)


def is_vowelless(text: str, script: str) -> bool:
    """Whether consonants alone can be trusted: scripts without vowels, and foreign names spelled in syllables (kana, dotted Han)."""
    return script in VOWELLESS or script == "Kana" or (script in {"Hani", "Jpan"} and any(dot in text for dot in _DOTS))


def simplified(text: str) -> str:
    """Traditional Han characters that are common in names, in their simplified form."""
    return text.translate(_TRADITIONAL)


def romanised(text: str) -> tuple[str, ...]:
    """The usual ways to write a text in Latin letters, the likeliest first; the text itself when it is Latin."""
    if text.isascii():
        return (text,)
    script = sole_script_of(text)
    if script == "Hani":
        return (_han(text),)
    if script == "Hang":
        return _hangul(text)
    if script == "Arab":
        return (_arabic(text),)
    if script == "Hebr":
        # Vav is a vowel more often than a consonant, and yod as well.
        return (anyascii(text.replace("ו", "w").replace("ב", "b")).replace("'", ""),)
    return (anyascii(text).replace("'", "").replace("`", ""),)


def _han(text: str) -> str:
    said = []
    is_foreign = any(dot in text for dot in _DOTS)
    for word in _APART.sub(" ", text).split():
        if is_foreign:
            said.append("".join(anyascii(letter) for letter in word))
            continue
        if len(word) > 4:
            said.append(" ".join(anyascii(letter) for letter in word))
            continue
        family = 2 if word[:2] in _COMPOUND_SURNAMES and len(word) > 2 else 1
        first = "".join(_reading(letter, is_surname=family == 1) for letter in word[:family])
        given = "".join(anyascii(letter) for letter in word[family:])
        said.append(f"{first} {given}".strip())
    return anyascii(" ".join(said))


def _reading(letter: str, *, is_surname: bool) -> str:
    return (_SURNAME_READINGS.get(letter) if is_surname else None) or anyascii(letter)


def _arabic(text: str) -> str:
    said = []
    for raw in _APART.sub(" ", "".join(_bare(text))).split():
        word = raw.translate(_ARABIC_FOLD)
        known = _ARABIC.get(word)
        if known is None and word.startswith("ال") and len(word) > 4:
            known = "al " + _ARABIC.get(word[2:], anyascii(word[2:]))
        said.append(known or anyascii(word))
    return " ".join(said).replace("'", "").replace("`", "")


def _bare(text: str) -> str:
    """Without points and vowel marks."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Mn")


def _hangul(text: str) -> tuple[str, ...]:
    official, northern = [], []
    for word in _APART.sub(" ", unicodedata.normalize("NFC", text)).split():
        syllables = [_syllable(letter) for letter in word]
        # A Korean name is written in one: the family name is the first syllable.
        family = _KOREAN_SURNAMES.get(word[0]) if 2 <= len(word) <= 4 else None
        if family:
            official.append(f"{family} {''.join(syllables[1:])}")
            northern.append(f"{family} {''.join(_northern(one) for one in syllables[1:])}")
        else:
            official.append("".join(syllables))
            northern.append("".join(_northern(one) for one in syllables))
    return tuple(dict.fromkeys((" ".join(official), " ".join(northern))))


def _syllable(letter: str) -> str:
    number = ord(letter) - 0xAC00
    if not 0 <= number < 11_172:
        return anyascii(letter).lower()
    return _LEADS[number // 588] + _VOWELS[number % 588 // 28] + _TAILS[number % 28]


def _northern(syllable: str) -> str:
    for official, other in _NORTHERN:
        if official in syllable:
            return syllable.replace(official, other)
    return syllable

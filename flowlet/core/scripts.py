"""In which script a text is written, by its letters, as ISO 15924 calls it: what others say about that is often wrong or missing."""

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

# The first word of a letter's Unicode name, and the script's code.
_SCRIPTS: Final = {
    "LATIN": "Latn",
    "FULLWIDTH": "Latn",
    "CYRILLIC": "Cyrl",
    "ARABIC": "Arab",
    "GREEK": "Grek",
    "HEBREW": "Hebr",
    "THAI": "Thai",
    "CJK": "Hani",
    "IDEOGRAPHIC": "Hani",
    "HIRAGANA": "Hira",
    "KATAKANA": "Kana",
    "KATAKANA-HIRAGANA": "Kana",
    "HANGUL": "Hang",
    "GEORGIAN": "Geor",
    "ARMENIAN": "Armn",
    "DEVANAGARI": "Deva",
    "BENGALI": "Beng",
    "MYANMAR": "Mymr",
    "KHMER": "Khmr",
    "LAO": "Laoo",
    "ETHIOPIC": "Ethi",
    "TAMIL": "Taml",
    "SINHALA": "Sinh",
    "GURMUKHI": "Guru",
    "GUJARATI": "Gujr",
    "TELUGU": "Telu",
    "KANNADA": "Knda",
    "MALAYALAM": "Mlym",
    "TIBETAN": "Tibt",
    "MONGOLIAN": "Mong",
    "THAANA": "Thaa",
    "SYRIAC": "Syrc",
}
JAPANESE: Final = "Jpan"
OTHER: Final = "Zyyy"


def script_of(text: str) -> str:
    """The script that most letters are in: "Jpan" where kana stand among Han, "Zyyy" without letters."""
    if text.isascii():
        return "Latn" if any(letter.isalpha() for letter in text) else OTHER
    found = Counter(_script(letter) for letter in text if letter.isalpha())
    if not found:
        return OTHER
    if found["Hani"] and (found["Hira"] or found["Kana"]):
        return JAPANESE
    return found.most_common(1)[0][0]


def sole_script_of(text: str) -> str:
    """The script of all letters and their marks: "Kana" for kana of both kinds, "Jpan" for kana with Han, "" where scripts are mixed or
    none is there.
    """
    if text.isascii():
        return "Latn" if any(letter.isalpha() for letter in text) else ""
    letters = {letter for letter in text if letter.isalpha() or unicodedata.category(letter).startswith("M")}
    found = {"Kana" if script == "Hira" else script for script in map(_script, letters)}
    if found == {"Kana", "Hani"}:
        return JAPANESE
    return found.pop() if len(found) == 1 else ""


@lru_cache(maxsize=20_000)
def _script(letter: str) -> str:
    return _SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0], OTHER)

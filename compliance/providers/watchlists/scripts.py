"""In which script a name is written, by its letters: publishers' own statements about it are often wrong or missing."""

import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

# The first word of a letter's Unicode name, and the code of ISO 15924.
_SCRIPTS: Final = {
    "LATIN": "Latn",
    "FULLWIDTH": "Latn",
    "CYRILLIC": "Cyrl",
    "ARABIC": "Arab",
    "GREEK": "Grek",
    "HEBREW": "Hebr",
    "THAI": "Thai",
    "CJK": "Hani",
    "HIRAGANA": "Hira",
    "KATAKANA": "Kana",
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
    """The ISO 15924 code of the script that most letters of ``text`` are in: "Jpan" where kana stand among Han, "Zyyy" without letters."""
    if text.isascii():
        return "Latn" if any(letter.isalpha() for letter in text) else OTHER
    found = Counter(script for letter in text if (script := _script(letter)))
    if not found:
        return OTHER
    if found["Hani"] and (found["Hira"] or found["Kana"]):
        return JAPANESE
    return found.most_common(1)[0][0]


@lru_cache(maxsize=8192)
def _script(letter: str) -> str:
    if not letter.isalpha():
        return ""
    first, *_ = unicodedata.name(letter, "").split(" ")
    return _SCRIPTS.get(first, OTHER)

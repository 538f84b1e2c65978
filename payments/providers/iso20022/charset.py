"""The letters that SEPA carries, and how names are written in them (EPC217-08).

Messages may hold only ``a-z A-Z 0-9 / - ? : ( ) . , ' +`` and the space. ``to_latin`` rewrites a text in them and says what it changed,
so that somebody can be shown it; nothing else here changes a text.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

TEXT: Final = re.compile(r"[A-Za-z0-9/\-?:().,'+ ]*", re.ASCII)
# Identifiers neither begin nor end with a slash, nor hold two in a row (EPC implementation guidelines, section 1.4).
IDENTIFIER: Final = re.compile(r"(?!/)(?!.*//)[A-Za-z0-9/\-?:().,'+ ]{1,35}(?<!/)", re.ASCII)

# EPC217-08, annex: the conversions that removing an accent does not give.
_CONVERSIONS: Final = {
    "Ä": "A", "ä": "a", "Ö": "O", "ö": "o", "Ü": "U", "ü": "u", "ß": "ss", "ẞ": "SS", "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe",
    "Ø": "O", "ø": "o", "Å": "A", "å": "a", "Ð": "D", "ð": "d", "Þ": "TH", "þ": "th", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h",
    "ı": "i", "ĸ": "k", "Ł": "L", "ł": "l", "Ŋ": "N", "ŋ": "n", "Ŧ": "T", "ŧ": "t", "€": "E", "&": "+", "@": "(at)", "_": "-",
    "$": ".", "%": ".", "*": ".", "=": ".", "#": ".", "|": "/", "\\": "/", "{": "(", "[": "(", "<": "(", "}": ")", "]": ")",
    ">": ")", ";": ",", "!": ".", '"': "'", "`": "'", "^": ".", "~": "-", "´": "'", "‘": "'", "’": "'", "“": "'", "”": "'",
    "«": "'", "»": "'", "‐": "-", "–": "-", "—": "-", "…": "...", "⁄": "/", "−": "-", "\u00a0": " ", "\t": " ", "\n": " ",
    # Greek (ELOT 743) and Cyrillic, as Bulgarian law transliterates it: the scheme's other two alphabets.
    "Α": "A", "Β": "V", "Γ": "G", "Δ": "D", "Ε": "E", "Ζ": "Z", "Η": "I", "Θ": "TH", "Ι": "I", "Κ": "K", "Λ": "L", "Μ": "M",
    "Ν": "N", "Ξ": "X", "Ο": "O", "Π": "P", "Ρ": "R", "Σ": "S", "Τ": "T", "Υ": "Y", "Φ": "F", "Χ": "CH", "Ψ": "PS", "Ω": "O",
    "ς": "s",
    "А": "A", "Б": "B", "В": "V", "Г": "G", "Д": "D", "Е": "E", "Ж": "ZH", "З": "Z", "И": "I", "Й": "Y", "К": "K", "Л": "L",
    "М": "M", "Н": "N", "О": "O", "П": "P", "Р": "R", "С": "S", "Т": "T", "У": "U", "Ф": "F", "Х": "H", "Ц": "TS", "Ч": "CH",
    "Ш": "SH", "Щ": "SHT", "Ъ": "A", "Ь": "Y", "Ю": "YU", "Я": "YA",
}  # fmt: skip
_UNKNOWN: Final = "."


@dataclass(frozen=True)
class Change:
    """One character that was written otherwise; ``position`` counts from 0 in the original."""

    position: int
    original: str
    written: str


@dataclass(frozen=True)
class Latin:
    """A text in SEPA's letters, and what was changed to get there."""

    text: str
    changes: tuple[Change, ...] = ()


def to_latin(text: str) -> Latin:
    """The text in SEPA's letters. What cannot be transliterated becomes a full stop; every change is named."""
    if TEXT.fullmatch(text):
        return Latin(text)
    written, changes = [], []
    for position, original in enumerate(unicodedata.normalize("NFC", text)):
        latin = original if TEXT.fullmatch(original) else _converted(original)
        written.append(latin)
        if latin != original:
            changes.append(Change(position, original, latin))
    return Latin("".join(written), tuple(changes))


def _converted(character: str) -> str:
    if character in _CONVERSIONS:
        return _CONVERSIONS[character]
    upper = character.upper()
    if upper != character and upper in _CONVERSIONS:
        return _CONVERSIONS[upper].lower()
    plain = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    if plain and plain != character:
        return "".join(part if TEXT.fullmatch(part) else _converted(part) for part in plain)
    return _UNKNOWN

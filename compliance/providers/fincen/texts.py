"""Texts as the batch file takes them: no control characters, no line ends, no spaces at the ends; the narrative in blocks.

The SAR guide (version 1.1, section 3.2) and the CTR schema's notes of 2018: values have neither spaces at their ends nor carriage returns,
line feeds or tabs; a file with such a value is rejected as a whole.
"""

import unicodedata
from typing import Final

BLOCK: Final = 4000  # characters of one block of the narrative
_NEAR: Final = 200
LONGEST: Final = 17_000  # characters of all five blocks, by the schema's notes


def clean(text: str) -> str:
    """The text on one line, with single spaces, without control and format characters."""
    line = " ".join(text.split())
    if line.isprintable():  # nearly every text
        return line
    return " ".join("".join(character for character in line if not _is_control(character)).split())


def blocks(narrative: str) -> tuple[str, ...]:
    """The narrative in blocks of at most ``BLOCK`` characters, none of which begins or ends with a space.

    A block ends within a word, so that the blocks joined are the cleaned text. Where there is no word of two letters near, a space is lost.
    """
    text, found = clean(narrative), []
    while len(text) > BLOCK:
        within = (end for end in range(BLOCK, BLOCK - _NEAR, -1) if " " not in text[end - 1 : end + 1])
        end = next(within, BLOCK)
        found.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return (*found, text) if text else tuple(found)


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}

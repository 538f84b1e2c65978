"""The check digit of Doc 9303-3, section 4.9: weights 7, 3, 1 repeated, sum modulo 10; A is 10, Z is 35, the filler is 0.

Every weight is coprime to 10, so a digit that is read as another digit always changes the sum. What is not seen: a character in the place
of another whose value differs by a multiple of ten (``classes``), such as A, K and U, or I and S; and two neighbours that change places
when their values differ by a multiple of five.
"""

from typing import Final

FILLER: Final = "<"
WEIGHTS: Final = (7, 3, 1)
ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def value(character: str) -> int:
    """What a character counts."""
    return 0 if character == FILLER else ALPHABET.index(character)


def check_digit(text: str) -> str:
    """The check digit over digits, capitals and fillers."""
    return str(sum(value(character) * WEIGHTS[index % 3] for index, character in enumerate(text)) % 10)


def classes() -> tuple[str, ...]:
    """The characters that the check digit cannot tell from one another, one text per class: ``<0AKU`` first."""
    everything = FILLER + ALPHABET
    return tuple("".join(character for character in everything if value(character) % 10 == rest) for rest in range(10))

"""Routing numbers of the American Bankers Association: eight digits and a check digit (weights 3, 7, 1, modulo 10)."""

from functools import lru_cache

_WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7)


@lru_cache(maxsize=4096)
def check_digit(identification: str) -> str:
    """The ninth digit for eight. Raises ValueError unless given eight ASCII digits."""
    if len(identification) != 8 or not (identification.isascii() and identification.isdigit()):
        raise ValueError("a DFI identification has eight digits")
    return str(-sum(int(digit) * weight for digit, weight in zip(identification, _WEIGHTS, strict=True)) % 10)


def is_routing_number(text: str) -> bool:
    """Nine digits, of which the last is right."""
    return len(text) == 9 and text.isascii() and text.isdigit() and check_digit(text[:8]) == text[8]

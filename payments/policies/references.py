"""References that people read out and type in: our own, and the creditor reference of ISO 11649 for SEPA.

Ours is ``FLW-7K3D-9QX2-M4T1-K``: twelve random symbols of Crockford's base32 (60 bits) and a check symbol. The check is a weighted sum
in the field of 32 elements (polynomial x^5 + x^2 + 1), so that any one wrong symbol and any two swapped ones are noticed, and it needs
no symbol beyond the alphabet, which every rail's character set has. O is read as 0, I and L as 1.
"""

import re
import secrets

from payments.errors import MalformedReference

PREFIX = "FLW"
SYMBOLS = 12
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {symbol: value for value, symbol in enumerate(_ALPHABET)}
_LOOKALIKES = str.maketrans("OIL", "011")
_FORM = re.compile(rf"[{_ALPHABET}]{{{SYMBOLS + 1}}}\Z")
_CREDITOR_FORM = re.compile(r"RF[0-9]{2}[A-Z0-9]{1,21}\Z")


def new() -> str:
    """A new reference, such as ``FLW-7K3D-9QX2-M4T1-K``; nobody can guess it from another."""
    body = "".join(secrets.choice(_ALPHABET) for _ in range(SYMBOLS))
    return _shown(body + _check(body))


def parse(text: str) -> str:
    """The reference as it was given out, from what somebody typed: any case, any spaces and hyphens, with or without ``FLW``.

    Raises MalformedReference.
    """
    return _shown(compact(text))


def compact(text: str) -> str:
    """The thirteen symbols alone, for narrow fields such as ACH's individual identification number. Raises MalformedReference."""
    symbols = re.sub(r"[\s-]", "", text).upper().translate(_LOOKALIKES)
    if len(symbols) == len(PREFIX) + SYMBOLS + 1:
        symbols = symbols.removeprefix(PREFIX.translate(_LOOKALIKES))
    if not _FORM.match(symbols) or _check(symbols[:-1]) != symbols[-1]:
        raise MalformedReference(param="reference")
    return symbols


def is_reference(text: str) -> bool:
    """Whether it is one of ours, rightly typed."""
    try:
        compact(text)
    except MalformedReference:
        return False
    return True


def creditor_reference(text: str) -> str:
    """``RF``, two check digits and ``text``: the structured creditor reference of ISO 11649 over 1 to 21 letters and digits.

    Hyphens and blanks of ``text`` are left out, so that it may be one of our own references. Raises MalformedReference.
    """
    body = re.sub(r"[\s-]", "", text).upper()
    found = f"RF{98 - _mod_97(f'{body}RF00'):02d}{body}" if body.isascii() and body.isalnum() else ""
    if not _CREDITOR_FORM.match(found):
        raise MalformedReference("A creditor reference has 1 to 21 letters and digits.", param="reference")
    return found


def is_creditor_reference(text: str) -> bool:
    """Whether it is a creditor reference of ISO 11649 whose check digits fit; blanks do not count."""
    typed = re.sub(r"\s", "", text).upper()
    return bool(_CREDITOR_FORM.match(typed)) and _mod_97(typed[4:] + typed[:4]) == 1


def _shown(symbols: str) -> str:
    groups = [symbols[at : at + 4] for at in range(0, SYMBOLS, 4)]
    return "-".join([PREFIX, *groups, symbols[SYMBOLS:]])


def _check(body: str) -> str:
    """Horner's rule: times the generator of the field after each symbol, so that each place has a weight of its own."""
    total = 0
    for symbol in body:
        total = (total ^ _VALUES[symbol]) << 1
        if total & 0b100000:
            total ^= 0b100101
    return _ALPHABET[total]


def _mod_97(text: str) -> int:
    """ISO 7064 MOD 97-10 over letters as 10 to 35."""
    return int("".join(str(int(symbol, 36)) for symbol in text)) % 97

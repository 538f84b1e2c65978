"""Public identifiers: a prefix and a UUIDv7 (RFC 9562 §5.7) in Crockford's base32, lower case.

``wal_06brrx…``: sortable by creation, unguessable (74 random bits), and self-explaining. The database stores the UUID.
"""

import os
import re
import threading
import time
from uuid import UUID

from flowlet.core.errors import NotFound

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
# 26 characters hold 130 bits: the first one stays below 8. Two characters at a time, for ids are made and read in every request.
_BODY = re.compile(f"[0-7][{ALPHABET}]{{{LENGTH - 1}}}\\Z")
_TO_DIGITS = str.maketrans(ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_SHIFTS = range(10 * (LENGTH // 2 - 1), -1, -10)
_lock = threading.Lock()
_last_ms = 0
_sequence = 0


class MalformedId(NotFound):
    """The text is not a public id of the wanted kind, so nothing can be found under it."""

    code, title = "resource.not_found", "There is no such resource"


def uuid7() -> UUID:
    """A new UUIDv7; strictly increasing within this process (12 bits of sequence inside a millisecond)."""
    global _last_ms, _sequence
    with _lock:
        ms = time.time_ns() // 1_000_000
        if ms <= _last_ms:
            _sequence += 1
            if _sequence > 0xFFF:
                _last_ms, _sequence = _last_ms + 1, 0
            ms = _last_ms
        else:
            _last_ms, _sequence = ms, int.from_bytes(os.urandom(1), "big")
        sequence = _sequence
    tail = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    return UUID(int=(ms << 80) | (0x7 << 76) | (sequence << 64) | (0b10 << 62) | tail)


def public_id(prefix: str, value: UUID) -> str:
    """The public form of ``value``, such as ``wal_01k9…`` (prefix, underscore, 26 characters)."""
    number = value.int
    return f"{prefix}_{''.join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])}"


def parse(prefix: str, text: str) -> UUID:
    """The UUID behind a public id. Raises MalformedId (a 404) when it is not one of this kind."""
    head, _, body = str(text).rpartition("_")
    if head != prefix or len(body) != LENGTH:
        raise MalformedId(f"{prefix}_… was expected.")
    if not _BODY.match(body):
        raise MalformedId(f"{prefix}_… was expected.")
    return UUID(int=int(body.translate(_TO_DIGITS), 32))

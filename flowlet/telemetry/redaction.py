"""Keeps secrets and personal data out of the logs, whoever wrote them in.

By name (``password``, ``email``, ``api_key`` …) the whole value goes; by form (API keys, bearer tokens, passwords in addresses, e-mail
addresses, card numbers that pass Luhn's check) the match goes, wherever in a text it stands, tracebacks included.
"""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

REDACTED = "[redacted]"

_NAMES = re.compile(
    r"^(?:.*_)?(?:password|passwd|pwd|secret|secrets|token|tokens|authorization|cookie|cookies|set_cookie|api_?key|apikey|pepper|"
    r"private_?key|session_?key|sessionid|csrf\w*|otp|totp|pin|pan|cvv|cvc|card_?number|iban|account_?number|"
    r"e?mail|email_address|phone|phone_number|first_name|last_name|full_name|legal_name|birth_date|date_of_birth|"
    r"address|street|postal_code|tax_id|national_id|passport\w*|ssn|totp_secret|credentials|personal)$",
    re.IGNORECASE,
)
# Names that look like the above and are harmless.
_HARMLESS = frozenset({"ip_address", "remote_address", "server_address"})

_FORMS = (
    (re.compile(r"\bfk_(live|test)_[A-Za-z0-9_-]+"), r"fk_\1_" + REDACTED),
    (re.compile(r"\b(Bearer|Basic|Token)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), r"\1 " + REDACTED),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), REDACTED),
    (re.compile(r"(\w://[^\s:/@]*:)[^\s@/]+@"), r"\1" + REDACTED + "@"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=]+"), "whsec_" + REDACTED),
    (re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"), REDACTED),
)
_CARD = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])")
_DEEPEST = 6


def redact_text(text: str) -> str:
    """The text without what looks secret or personal."""
    for form, replacement in _FORMS:
        text = form.sub(replacement, text)
    return _CARD.sub(lambda match: REDACTED if _passes_luhn(match[0]) else match[0], text)


def redact(value: Any, *, name: str = "", depth: int = 0) -> Any:
    """The value without what its name or its form says to hide; mappings and sequences are walked."""
    if name and name not in _HARMLESS and _NAMES.match(name):
        return REDACTED if value not in (None, "") else value
    if isinstance(value, str):
        return redact_text(value)
    if depth >= _DEEPEST:
        return REDACTED
    if isinstance(value, Mapping):
        return {key: redact(item, name=str(key), depth=depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redact(item, depth=depth + 1) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return redact_text(str(value))


def processor(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The structlog processor: the last one before rendering."""
    return {key: redact(value, name=key) for key, value in event.items()}


def _passes_luhn(text: str) -> bool:
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    return sum(digits[0::2]) % 10 == (-sum(sum(divmod(2 * digit, 10)) for digit in digits[1::2])) % 10

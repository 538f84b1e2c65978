"""References as they are compared: in capitals and without blanks, since banks change both."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LONGEST = 80
LINE_KINDS = ("end_to_end", "transaction", "bank")
ORDERER_KINDS = ("end_to_end", "transaction")
JOURNAL_NAMES = ("end_to_end_id", "trace_number", "reference")
BANK_NAME = "bank_reference"  # the bank's own, of what it told us of before it stated it
BATCH, COUNTERPARTY = "batch", "counterparty"
# What looks like a reference in the bank's text: six characters or more, a digit among them.
_TOKEN = re.compile(r"(?=[A-Z0-9_-]*[0-9])[A-Z0-9][A-Z0-9_-]{5,}")


def key(text: Any) -> str:
    """One reference as it is compared."""
    return "".join(str(text).split()).upper()[:LONGEST]


def keys(texts: Iterable[Any]) -> list[str]:
    """Those that say something, each once, in their order."""
    return list(dict.fromkeys(made for text in texts if text and (made := key(text))))


def of_line(references: Mapping[str, Sequence[str]]) -> list[str]:
    """A line's (or detail's) references that name one payment, the strongest first."""
    return keys(text for kind in LINE_KINDS for text in references.get(kind, ()))


def strongest(references: Mapping[str, Sequence[str]]) -> str:
    """The first of them; empty without any."""
    found = of_line(references)
    return found[0] if found else ""


def is_named(references: Mapping[str, Sequence[str]]) -> bool:
    """Whether who ordered the payment named it."""
    return any(references.get(kind) for kind in ORDERER_KINDS)


def of_journal(external_id: str, cause: str, metadata: Mapping[str, Any]) -> list[str]:
    """The references under which the bank may name a journal, the strongest first."""
    return keys([*(metadata.get(name) for name in JOURNAL_NAMES), metadata.get(BANK_NAME), external_id, cause])


def in_text(text: str) -> list[str]:
    """What looks like a reference in free text."""
    return _TOKEN.findall(text.upper())

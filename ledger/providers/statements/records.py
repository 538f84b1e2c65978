"""The one form that every statement is read into.

Amounts are signed as the account's owner sees them: money in is positive, money out negative, whatever the file writes. Nothing is
rounded; an amount is the file's own decimal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

END_TO_END, TRANSACTION, BATCH, BANK = "end_to_end", "transaction", "batch", "bank"
# What banks write where they have no reference.
NO_REFERENCE = frozenset({"NOTPROVIDED", "NONREF", "NOREF", "NOT PROVIDED", "NONE", "N/A", "EREFERENCE"})

References = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Party:
    """The other side of a payment, as far as the bank names it. Personal data."""

    name: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """One of the payments that a line is made of. ``amount`` is None where the bank gives none in the account's currency."""

    amount: Decimal | None
    references: References
    party: Party = Party()
    text: str = ""
    return_code: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the bank's. ``is_booked`` is False for what is only announced (pending, information)."""

    number: int
    amount: Decimal
    currency: str
    booked_on: date
    value_on: date | None
    references: References
    code: str = ""
    is_reversal: bool = False
    is_booked: bool = True
    party: Party = Party()
    text: str = ""
    return_code: str = ""
    details: Sequence[Detail] = ()


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of one account.

    ``is_proof``: it carries opening and closing balance and claims to be complete. Interim reports (camt.052) and notices of single
    bookings (camt.054) are not: they only tell more of what a statement will show. ``account`` is the bank's own name of it, an IBAN
    or number without blanks. ``sequence`` counts the account's statements where the bank counts them.
    """

    format: str
    reference: str
    account: str
    currency: str
    is_proof: bool
    opening: Decimal | None
    closing: Decimal | None
    from_on: date
    to_on: date
    lines: Sequence[Line] = field(repr=False)
    sequence: int | None = None

    @property
    def booked(self) -> list[Line]:
        """The lines that count."""
        return [line for line in self.lines if line.is_booked]


def kept(found: Mapping[str, Sequence[str]]) -> References:
    """References by kind: blanks cut off, what means "none" left out, each once, in the file's order."""
    answer: dict[str, tuple[str, ...]] = {}
    for kind, values in found.items():
        clean = dict.fromkeys(value.strip() for value in values if value)
        if wanted := tuple(value for value in clean if value and value.upper() not in NO_REFERENCE and value.strip("0")):
            answer[kind] = wanted
    return answer


def plain_account(text: str) -> str:
    """An account number without blanks, in capitals, as it is compared."""
    return "".join(text.split()).upper()

"""The parts of which payments are made: parties, addresses, banks, accounts, remittances."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """Codes with a label for people."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        """A member that is its code and has a label."""
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member


@dataclass(frozen=True, kw_only=True)
class Address:
    """A postal address: structured, or hybrid (``town`` and ``country`` with up to two ``lines``). ``country`` is ISO 3166-1."""

    country: str
    town: str
    street: str = ""
    building_number: str = ""
    building_name: str = ""
    floor: str = ""
    room: str = ""
    post_box: str = ""
    post_code: str = ""
    district: str = ""
    state: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Party:
    """Who pays or is paid. ``lei`` and ``organisation_id`` identify organisations, the latter under its ``organisation_scheme``
    (a code of ISO's external list, such as COID).
    """

    name: str = field(repr=False)
    address: Address | None = field(default=None, repr=False)
    lei: str = ""
    organisation_id: str = ""
    organisation_scheme: str = ""


@dataclass(frozen=True, kw_only=True)
class Agent:
    """A bank, by its BIC or, in the United States, by its routing number ``aba``."""

    bic: str = ""
    aba: str = ""
    name: str = ""
    address: Address | None = None


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account, by IBAN or by the bank's own ``number``."""

    iban: str = field(default="", repr=False)
    number: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Remittance:
    """What the payment is for: free ``text``, or a creditor ``reference`` of ISO 11649 (RF…), or a document with number and day."""

    text: str = ""
    reference: str = ""
    document_number: str = ""
    document_type: str = "CINV"
    document_on: date | None = None


class PayeeMatch(Labelled):
    """What the payee's bank answered about the name (EPC218-23, Verification of Payee)."""

    MATCH = "MTCH", "The name matches"
    CLOSE_MATCH = "CMTC", "The name nearly matches"
    NO_MATCH = "NMTC", "The name does not match"
    NOT_POSSIBLE = "NOAP", "The bank could not say"


@dataclass(frozen=True, kw_only=True)
class PayeeVerification:
    """The answer about the payee's name. After CMTC, NMTC and NOAP the payer decides: ``is_accepted`` says that they want to pay."""

    match: PayeeMatch
    is_accepted: bool = False

    @property
    def allows_payment(self) -> bool:
        """Whether the payment may go out."""
        return self.match is PayeeMatch.MATCH or self.is_accepted

"""A currency transaction report, FinCEN form 112."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from moneyed import Money

from compliance.providers.fincen import parts
from compliance.providers.fincen.amounts import whole_dollars
from compliance.providers.fincen.codes import CASH_IN, PartyRole
from compliance.providers.fincen.parts import ContactOffice, Institution, Person


class FilingType(StrEnum):
    """Item 1: one of these."""

    INITIAL = "InitialReportIndicator"
    AMENDMENT = "CorrectsAmendsPriorReportIndicator"
    BACK_FILE = "FinCENDirectBackFileIndicator"


class Channel(StrEnum):
    """How the cash came or went (item 24), in the schema's order: the element that says so."""

    AGGREGATED = "AggregateTransactionIndicator"
    ARMORED_CAR = "ArmoredCarServiceIndicator"
    ATM = "ATMIndicator"
    MAIL = "MailDepositShipmentIndicator"
    NIGHT_DEPOSIT = "NightDepositIndicator"
    SHARED_BRANCHING = "SharedBranchingIndicator"


PERSON_ROLES: Final = (PartyRole.OWN_BEHALF, PartyRole.CONDUCTOR, PartyRole.BENEFICIARY, PartyRole.COMMON_CARRIER)


@dataclass(frozen=True, kw_only=True)
class Involved(Person):
    """A person of part I: who brought or took the cash, or for whom.

    The form takes one address, one telephone, one e-mail, one other name and one form of identification.
    """

    role: PartyRole
    cash_in: Money | None = None
    cash_out: Money | None = None
    accounts_in: tuple[str, ...] = ()
    accounts_out: tuple[str, ...] = ()
    has_multiple_transactions: bool = False


@dataclass(frozen=True, kw_only=True)
class Location:
    """Where the cash came or went (part III)."""

    institution: Institution
    cash_in: Money | None = None
    cash_out: Money | None = None


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One line of items 25 to 28: a code of ``codes.CASH_IN`` or ``codes.CASH_OUT``, in dollars; the country of a foreign currency."""

    code: int
    amount: Money
    other: str = ""
    country: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report: all cash of one person in one business day."""

    reference: str
    filing: FilingType
    filed_on: date
    transacted_on: date
    institution: Institution
    contact_office: ContactOffice
    locations: tuple[Location, ...]
    persons: tuple[Involved, ...]
    details: tuple[Detail, ...]
    channels: frozenset[Channel] = frozenset()
    prior_bsa_id: str = ""

    @property
    def cash_in(self) -> int:
        """Item 25: the sum of its lines in whole dollars, foreign currency included."""
        return _sum(detail for detail in self.details if detail.code in CASH_IN)

    @property
    def cash_out(self) -> int:
        """Item 27."""
        return _sum(detail for detail in self.details if detail.code not in CASH_IN)


def _sum(details: Iterable[Detail]) -> int:
    return sum(whole_dollars(detail.amount) for detail in details)


LIMITS: Final[dict[type, dict[str, int]]] = parts.LIMITS | {
    Involved: parts.LIMITS[Person] | {"accounts_in": 40, "accounts_out": 40},
    Detail: {"other": 50, "country": 2},
    Report: {"reference": 25},
}

"""A suspicious activity report, FinCEN form 111."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from moneyed import Money

from compliance.providers.fincen import parts
from compliance.providers.fincen.codes import (
    CyberIndicator,
    LocationRole,
    Relationship,
    RelationshipStatus,
    SubjectRole,
)
from compliance.providers.fincen.parts import Address, ContactOffice, Institution, Person


class FilingType(StrEnum):
    """Item 1. A report of continuing activity may also amend the last one; a first report does neither."""

    INITIAL = "InitialReportIndicator"
    AMENDMENT = "CorrectsAmendsPriorReportIndicator"
    CONTINUING = "ContinuingActivityReportIndicator"


class AmountKind(StrEnum):
    """Item 29: an amount, or why there is none."""

    KNOWN = "KNOWN"
    UNKNOWN = "AmountUnknownIndicator"
    NONE = "NoAmountInvolvedIndicator"


@dataclass(frozen=True, kw_only=True)
class SubjectRelationship:
    """What the subject is to the institution with this TIN. Status and day are for insiders (items 25 and 26)."""

    institution_tin: str
    kinds: frozenset[Relationship]
    other: str = ""
    status: RelationshipStatus | None = None
    ended_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class HeldAccounts:
    """Accounts of the subject at one institution (item 27)."""

    institution_tin: str
    numbers: tuple[str, ...]
    closed: frozenset[str] = frozenset()
    is_foreign: bool = False


@dataclass(frozen=True, kw_only=True)
class Subject(Person):
    """Whom the report is about. Of somebody of whom nothing at all is known, only ``is_unknown`` is said (item 3)."""

    is_unknown: bool = False
    role: SubjectRole | None = None
    relationships: tuple[SubjectRelationship, ...] = ()
    accounts: tuple[HeldAccounts, ...] = ()
    has_no_known_account: bool = False
    has_confessed: bool | None = None  # a corroborative statement to the filer (item 23)


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A branch where activity occurred."""

    address: Address
    rssd: str = ""
    role: LocationRole | None = None


@dataclass(frozen=True, kw_only=True)
class Location:
    """A financial institution where activity occurred (part III). Without branches "no branch involved" is said."""

    institution: Institution
    branches: tuple[Branch, ...] = ()
    role: LocationRole | None = None
    loss: Money | None = None


@dataclass(frozen=True)
class Classification:
    """One box of items 32 to 42: a subtype of ``codes.ACTIVITIES``, and a text where it is "other"."""

    subtype: int
    other: str = ""


@dataclass(frozen=True)
class Asset:
    """A product, instrument or payment mechanism: a code of ``codes.PRODUCTS`` or ``codes.INSTRUMENTS``."""

    code: int
    other: str = ""


@dataclass(frozen=True, kw_only=True)
class IpAddress:
    """From where the subject came. ``at`` is aware and written in UTC."""

    address: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CyberEvent:
    """An indicator of an attack (item 44)."""

    kind: CyberIndicator
    value: str
    at: datetime | None = None
    other: str = ""


@dataclass(frozen=True, kw_only=True)
class LawEnforcement:
    """Who was told at once, by telephone as a rule."""

    agency: str
    contact_name: str = ""
    phone: parts.Phone | None = None
    contacted_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Activity:
    """What happened (part II). ``to`` is None where it happened on one day; ``cumulative`` is of continuing reports."""

    since: date
    to: date | None = None
    amount_kind: AmountKind = AmountKind.KNOWN
    amount: Money | None = None
    cumulative: Money | None = None
    classifications: tuple[Classification, ...] = ()
    assets: tuple[Asset, ...] = ()
    ip_addresses: tuple[IpAddress, ...] = ()
    cyber_events: tuple[CyberEvent, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report. ``reference`` is ours and leaves with the report, as the filing institution's control number."""

    reference: str
    filing: frozenset[FilingType]
    filed_on: date
    institution: Institution
    contact_office: ContactOffice
    locations: tuple[Location, ...]
    subjects: tuple[Subject, ...]
    activity: Activity
    narrative: str
    prior_bsa_id: str = ""
    is_joint: bool = False
    note: str = ""
    attachment: str = ""
    law_enforcement: LawEnforcement | None = None


LIMITS: Final[dict[type, dict[str, int]]] = parts.LIMITS | {
    Subject: parts.LIMITS[Person],
    SubjectRelationship: {"institution_tin": 25, "other": 50},
    HeldAccounts: {"institution_tin": 25, "numbers": 40},
    Branch: {"rssd": 25},
    Classification: {"other": 50},
    Asset: {"other": 50},
    IpAddress: {"address": 39},
    CyberEvent: {"value": 4000, "other": 50},
    LawEnforcement: {"agency": 150, "contact_name": 150},
    Report: {"note": 50, "attachment": 150, "reference": 25},
}

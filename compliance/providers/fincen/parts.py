"""What both forms share: addresses, names, identifications, and the institutions of a batch.

What is not known about a person is said, never left out: ``unknown`` of an address and the ``is_..._unknown`` of a person become FinCEN's
"unknown" boxes. Values are taken as they come and written on one line.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from compliance.providers.fincen.codes import (
    InstitutionId,
    InstitutionType,
    OtherId,
    PhoneKind,
    ProofKind,
    Regulator,
    TaxIdKind,
)

UNKNOWN_BSA_ID: Final = "0" * 14  # the prior report's id where nobody knows it


class AddressPart(StrEnum):
    """Parts of an address, of which each may be unknown."""

    STREET = "street"
    CITY = "city"
    STATE = "state"
    POSTCODE = "postcode"
    COUNTRY = "country"


EVERY_PART: Final = frozenset(AddressPart)


@dataclass(frozen=True, kw_only=True)
class Address:
    """``country`` is ISO 3166-1 alpha-2; ``state`` a code of ``geography.STATES``; ``postcode`` without hyphens and spaces."""

    street: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    country: str = ""
    unknown: frozenset[AddressPart] = frozenset()


NOWHERE_KNOWN: Final = Address(unknown=EVERY_PART)


@dataclass(frozen=True, kw_only=True)
class Phone:
    """Digits only."""

    number: str
    extension: str = ""
    kind: PhoneKind | None = None


@dataclass(frozen=True)
class TaxId:
    """A taxpayer identification number, without hyphens."""

    number: str
    kind: TaxIdKind = TaxIdKind.EIN


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A form of identification: a passport, a driving licence. ``other_kind`` names it where the kind is OTHER."""

    kind: ProofKind
    number: str
    country: str = ""
    state: str = ""
    other_kind: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonName:
    """``last`` is an entity's legal name where the person is one."""

    last: str = ""
    first: str = ""
    middle: str = ""
    suffix: str = ""
    is_last_unknown: bool = False
    is_first_unknown: bool = False


class Gender(StrEnum):
    """The element that says so."""

    FEMALE = "FemaleGenderIndicator"
    MALE = "MaleGenderIndicator"
    UNKNOWN = "UnknownGenderIndicator"


@dataclass(frozen=True)
class BirthDate:
    """A day of birth; month and day are 0 where they are unknown (schema 1.2 of 17 December 2021)."""

    year: int
    month: int = 0
    day: int = 0

    @classmethod
    def of(cls, day: date) -> "BirthDate":
        """A day that is wholly known."""
        return cls(day.year, day.month, day.day)


@dataclass(frozen=True, kw_only=True)
class Person:
    """A person or entity as both forms describe one."""

    is_entity: bool = False
    name: PersonName = PersonName()
    also_known_as: tuple[str, ...] = ()
    doing_business_as: tuple[str, ...] = ()
    gender: Gender | None = None
    born: BirthDate | None = None
    is_birth_date_unknown: bool = False
    addresses: tuple[Address, ...] = ()
    phones: tuple[Phone, ...] = ()
    tax_id: TaxId | None = None
    is_tax_id_unknown: bool = False
    proofs: tuple[Proof, ...] = ()
    is_proof_unknown: bool = False
    occupation: str = ""
    naics: str = ""
    emails: tuple[str, ...] = ()
    websites: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Transmitter:
    """Who makes and sends the file, and the person to ask about it. ``control_code`` (TCC) is FinCEN's, ``tin`` without hyphens."""

    name: str
    address: Address
    phone: Phone
    tin: str
    control_code: str
    contact_name: str

    @property
    def ids(self) -> tuple[tuple[str, OtherId], ...]:
        """Its numbers with their kinds."""
        return (self.tin, OtherId.TRANSMITTER_TIN), (self.control_code, OtherId.TRANSMITTER_CONTROL_CODE)


@dataclass(frozen=True, kw_only=True)
class InstitutionKind:
    """A type of institution, and for casinos and securities firms a subtype; texts where one of them is "other"."""

    type: InstitutionType
    subtype: int = 0
    other_type: str = ""
    other_subtype: str = ""


@dataclass(frozen=True, kw_only=True)
class Institution:
    """A financial institution. ``control_number`` is its own number for the report."""

    name: str
    address: Address
    tax_id: TaxId | None
    regulator: Regulator
    kinds: tuple[InstitutionKind, ...]
    doing_business_as: str = ""
    register_id: str = ""
    register: InstitutionId | None = None
    control_number: str = ""


@dataclass(frozen=True, kw_only=True)
class ContactOffice:
    """The office that answers FinCEN's questions about a report."""

    name: str
    phone: Phone


# The longest texts, from the schemas.
LIMITS: Final[dict[type, dict[str, int]]] = {
    Address: {"street": 100, "city": 50, "state": 3, "postcode": 9, "country": 2},
    Phone: {"number": 16, "extension": 6},
    TaxId: {"number": 25},
    Proof: {"number": 25, "country": 2, "state": 3, "other_kind": 50},
    PersonName: {"last": 150, "first": 35, "middle": 35, "suffix": 35},
    Person: {"also_known_as": 150, "doing_business_as": 150, "occupation": 50, "naics": 6, "emails": 517, "websites": 517},
    Transmitter: {"name": 150, "tin": 25, "control_code": 25, "contact_name": 150},
    InstitutionKind: {"other_type": 50, "other_subtype": 50},
    Institution: {"name": 150, "doing_business_as": 150, "register_id": 25, "control_number": 25},
    ContactOffice: {"name": 150},
}

"""What a schema cannot say: what is missing or wrong in a report, by item of the form, in a sentence.

``checking_sar`` and ``checking_ctr`` apply the ``rules``; here is what both forms share. A report without a gap that ``is_fatal`` is
written; the others are for whoever fills in the form.
"""

import calendar
import re
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from compliance.providers.fincen import codes
from compliance.providers.fincen.codes import InstitutionType, ProofKind, TaxIdKind
from compliance.providers.fincen.geography import STATES
from compliance.providers.fincen.parts import (
    UNKNOWN_BSA_ID,
    Address,
    AddressPart,
    ContactOffice,
    Institution,
    Person,
    Phone,
    TaxId,
    Transmitter,
)
from compliance.providers.fincen.rules import RULES, Gap
from compliance.providers.fincen.texts import clean
from flowlet.core import countries

_ZIP = re.compile(r"\d{5}(\d{4})?", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_BSA_ID = re.compile(r"\d{14}", re.ASCII)
_CONTROL_CODE = re.compile(r"[A-Z0-9]{8}", re.ASCII)
_SUBTYPES_OF = {InstitutionType.CASINO: 1, InstitutionType.SECURITIES: 5}


class Findings:
    """What was found in one report so far."""

    def __init__(self) -> None:
        self.gaps: list[Gap] = []

    def add(self, code: str, where: str, item: str) -> None:
        """One more gap."""
        severity, source, message = RULES[code]
        self.gaps.append(Gap(code, where, item, message, severity, source))

    def check(self, code: str, where: str, item: str, *, holds: object) -> None:
        """A gap unless it holds."""
        if not holds:
            self.add(code, where, item)

    def lengths(self, value: Any, limits: dict[type, dict[str, int]], where: str, item: str) -> None:
        """Every text of a value and of the values in it, against the longest that the form takes."""
        allowed = limits.get(type(value), {})
        for each in fields(value):
            inner, path = getattr(value, each.name), f"{where}.{each.name}".lstrip(".")
            for place, found in enumerate(inner) if isinstance(inner, tuple) else [(None, inner)]:
                spot = path if place is None else f"{path}[{place}]"
                if is_dataclass(found):
                    self.lengths(found, limits, spot, item)
                elif isinstance(found, str) and len(clean(found)) > allowed.get(each.name, len(clean(found))):
                    self.add("text.too_long", spot, item)

    def prior(self, bsa_id: str, *, is_first: bool, item: str) -> None:
        """The id of the report before."""
        if is_first:
            self.check("filing.prior_unwanted", "prior_bsa_id", item, holds=not bsa_id)
        elif not bsa_id:
            self.add("filing.prior_missing", "prior_bsa_id", item)
        else:
            self.check("filing.prior_form", "prior_bsa_id", item, holds=bsa_id == UNKNOWN_BSA_ID or _BSA_ID.fullmatch(bsa_id))

    def address(self, address: Address, where: str, items: dict[AddressPart, str], *, severe: bool = False) -> None:
        """An address whose parts are given or said to be unknown. ``severe`` ones have no unknown parts."""
        unknown = frozenset() if severe else address.unknown
        country = address.country
        for part in (AddressPart.STREET, AddressPart.CITY, AddressPart.POSTCODE, AddressPart.COUNTRY):
            if not clean(getattr(address, part)) and part not in unknown:
                self.add("address.part_missing", f"{where}.{part}", items[part])
        if country and country not in countries.CODES:
            self.add("address.country", f"{where}.country", items[AddressPart.COUNTRY])
        has_states = country in STATES
        if has_states and not address.state:
            self.check("address.state_missing", f"{where}.state", items[AddressPart.STATE], holds=AddressPart.STATE in unknown)
        elif has_states:
            self.check("address.state_code", f"{where}.state", items[AddressPart.STATE], holds=address.state in STATES[country])
        elif address.state and country:
            self.add("address.state_unwanted", f"{where}.state", items[AddressPart.STATE])
        if country == "US" and address.postcode:
            self.check(
                "address.postcode", f"{where}.postcode", items[AddressPart.POSTCODE], holds=_ZIP.fullmatch(address.postcode)
            )

    def phone(self, phone: Phone, where: str, item: str) -> None:
        """A telephone number."""
        self.check("phone.form", where, item, holds=_DIGITS.fullmatch(phone.number))

    def tax_id(self, tax_id: TaxId, where: str, item: str) -> None:
        """A taxpayer identification number; foreign ones have forms of their own."""
        if tax_id.kind is not TaxIdKind.FOREIGN:
            self.check("tin.form", where, item, holds=is_tin(tax_id.number))

    def transmitter(self, transmitter: Transmitter) -> None:
        """Who sends the file."""
        where, item = "transmitter", "Transmitter"
        self.check("transmitter.name", f"{where}.name", item, holds=clean(transmitter.name))
        self.check("transmitter.contact", f"{where}.contact_name", item, holds=clean(transmitter.contact_name))
        self.check("transmitter.tin", f"{where}.tin", item, holds=is_tin(transmitter.tin))
        self.check(
            "transmitter.control_code", f"{where}.control_code", item, holds=_CONTROL_CODE.fullmatch(transmitter.control_code)
        )
        self.address(transmitter.address, f"{where}.address", dict.fromkeys(AddressPart, item), severe=True)
        self.phone(transmitter.phone, f"{where}.phone", item)

    def contact_office(self, office: ContactOffice, item: str) -> None:
        """The office that answers questions."""
        self.check("office.name", "contact_office.name", item, holds=clean(office.name))
        self.check("office.phone", "contact_office.phone", item, holds=clean(office.phone.number))
        self.phone(office.phone, "contact_office.phone", item)

    def institution(self, institution: Institution, where: str, item: str, form: "Form", *, is_filer: bool) -> None:
        """A financial institution."""
        self.check("institution.name", f"{where}.name", item, holds=clean(institution.name))
        self.check("institution.tin", f"{where}.tax_id", item, holds=institution.tax_id or not is_filer)
        if institution.tax_id:
            self.tax_id(institution.tax_id, f"{where}.tax_id", item)
        self.address(institution.address, f"{where}.address", dict.fromkeys(AddressPart, item), severe=is_filer)
        self.check("institution.regulator", f"{where}.regulator", item, holds=institution.regulator in form.regulators)
        self.check("institution.type", f"{where}.kinds", item, holds=0 < len(institution.kinds) <= form.most_kinds)
        if institution.register:
            self.check("institution.register", f"{where}.register", item, holds=institution.register in form.registers)
        for index, kind in enumerate(institution.kinds):
            spot = f"{where}.kinds[{index}]"
            self.check("institution.type", spot, item, holds=kind.type in form.institution_types)
            if kind.subtype:
                family = kind.subtype // 1000 if codes.is_other(kind.subtype) else kind.subtype // 100
                fits = _SUBTYPES_OF.get(kind.type) == family
                self.check("institution.subtype", spot, item, holds=fits and kind.subtype in form.subtypes)
            self.check(
                "institution.other", spot, item, holds=(kind.type is InstitutionType.OTHER) == bool(clean(kind.other_type))
            )
            is_other = bool(kind.subtype) and codes.is_other(kind.subtype)
            self.check("institution.other", spot, item, holds=is_other == bool(clean(kind.other_subtype)))

    def person(self, person: Person, where: str, items: dict[str, str], *, report_year: int) -> None:
        """A person or entity: what is known of it, or that it is unknown."""
        name = person.name
        self.check("person.last_name", f"{where}.name.last", items["last_name"], holds=clean(name.last) or name.is_last_unknown)
        if person.is_entity:
            has_more = bool(name.first or name.middle or name.suffix or person.gender or person.born)
            self.check("person.entity", where, items["last_name"], holds=not has_more)
        else:
            self.check(
                "person.first_name", f"{where}.name.first", items["first_name"], holds=clean(name.first) or name.is_first_unknown
            )
            self.check(
                "person.birth_date_missing",
                f"{where}.born",
                items["birth_date"],
                holds=person.born or person.is_birth_date_unknown,
            )
        if born := person.born:
            days = calendar.monthrange(born.year, born.month)[1] if 1 <= born.month <= 12 else 31
            fits = 1900 <= born.year <= report_year and 0 <= born.month <= 12 and 0 <= born.day <= days
            self.check("person.birth_date", f"{where}.born", items["birth_date"], holds=fits)
        self.check("person.address_missing", f"{where}.addresses", items["street"], holds=person.addresses)
        parts = {part: items[part] for part in AddressPart}
        for index, address in enumerate(person.addresses):
            self.address(address, f"{where}.addresses[{index}]", parts)
        for index, phone in enumerate(person.phones):
            self.phone(phone, f"{where}.phones[{index}]", items["phone"])
        self.check("person.tax_id_missing", f"{where}.tax_id", items["tax_id"], holds=person.tax_id or person.is_tax_id_unknown)
        if person.tax_id:
            self.tax_id(person.tax_id, f"{where}.tax_id", items["tax_id"])
        if not person.is_entity:
            self.check("person.proof_missing", f"{where}.proofs", items["proof"], holds=person.proofs or person.is_proof_unknown)
        for index, proof in enumerate(person.proofs):
            spot, item = f"{where}.proofs[{index}]", items["proof"]
            self.check("person.proof_number", spot, item, holds=clean(proof.number))
            needs_state = proof.kind is ProofKind.DRIVING_LICENCE and proof.country == "US"
            self.check(
                "person.proof_issuer", spot, item, holds=proof.country in countries.CODES and (proof.state or not needs_state)
            )
            self.check("person.proof_other", spot, item, holds=(proof.kind is ProofKind.OTHER) == bool(clean(proof.other_kind)))


@dataclass(frozen=True, kw_only=True)
class Form:
    """Which codes a form has."""

    regulators: frozenset[str]
    institution_types: frozenset[str]
    registers: frozenset[str]
    subtypes: frozenset[int]
    most_kinds: int


def is_tin(number: str) -> bool:
    """Nine digits that somebody could have been given."""
    return bool(re.fullmatch(r"\d{9}", number, re.ASCII)) and len(set(number)) > 1 and number != "123456789"

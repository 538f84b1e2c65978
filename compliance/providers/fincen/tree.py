"""How a batch file is put together: containers numbered one after another over the whole file, leaves cleaned, empty ones left out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from lxml import etree

from compliance.providers.fincen import schemas
from compliance.providers.fincen.codes import NameKind, PartyRole
from compliance.providers.fincen.errors import BreaksSchema, NothingToFile
from compliance.providers.fincen.geography import STATES
from compliance.providers.fincen.parts import (
    Address,
    AddressPart,
    BirthDate,
    ContactOffice,
    Institution,
    Person,
    PersonName,
    Phone,
    Proof,
    Transmitter,
)
from compliance.providers.fincen.texts import clean

Element = etree._Element
NAMESPACE: Final = "www.fincen.gov/base"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_PARTS: Final = (
    (AddressPart.CITY, "CityUnknownIndicator", "RawCityText"),
    (AddressPart.COUNTRY, "CountryCodeUnknownIndicator", "RawCountryCodeText"),
    (AddressPart.STATE, "StateCodeUnknownIndicator", "RawStateCodeText"),
    (AddressPart.STREET, "StreetAddressUnknownIndicator", "RawStreetAddress1Text"),
    (AddressPart.POSTCODE, "ZIPCodeUnknownIndicator", "RawZIPCode"),
)


@dataclass(frozen=True)
class Written:
    """A batch file that is ready to be sent. ``schema`` names what it was checked against, and is empty where no schema was at hand."""

    form: str
    content: bytes
    count: int
    total: int  # dollars
    schema: str

    @property
    def is_validated(self) -> bool:
        """Whether the bytes were checked against the official schema."""
        return bool(self.schema)


class Tree:
    """A batch file in the making. ``order`` is the order in which the schema of the form has the plain elements of a party."""

    def __init__(self, *, form: str, schema: str, order: tuple[str, ...]) -> None:
        self.form, self._schema, self._order, self._last = form, schema, order, 0
        self.root = etree.Element(_tag("EFilingBatchXML"), nsmap={"fc2": NAMESPACE, "xsi": _XSI})
        self.root.set(f"{{{_XSI}}}schemaLocation", f"{NAMESPACE} https://www.fincen.gov/base/{schema}.xsd")
        self.leaf(self.root, "FormTypeCode", form)

    def node(self, parent: Element, name: str) -> Element:
        """A new container with the next number."""
        self._last += 1
        return etree.SubElement(parent, _tag(name), SeqNum=str(self._last))

    def leaf(self, parent: Element, name: str, text: object, *, always: bool = False) -> None:
        """A new element with a text; none when the text is empty, unless the schema wants it ``always``."""
        if written := clean(_text(text)):
            etree.SubElement(parent, _tag(name)).text = written
        elif always:
            etree.SubElement(parent, _tag(name))

    def flag(self, parent: Element, name: str, is_set: object, *, always: bool = False) -> None:
        """An indicator: Y or not there."""
        self.leaf(parent, name, "Y" if is_set else "", always=always)

    def party(self, parent: Element, role: PartyRole, values: Mapping[str, object] | None = None) -> Element:
        """A party with its plain elements, in the schema's order. True stands for an indicator."""
        party = self.node(parent, "Party")
        self.leaf(party, "ActivityPartyTypeCode", role)
        given = dict(values or {})
        for name in self._order:
            value = given.pop(name, "")
            self.leaf(party, name, "Y" if value is True else value or "")
        if given:
            raise KeyError(f"{self.form} has no {', '.join(given)} of a party.")
        return party

    def full_name(self, party: Element, name: str, kind: NameKind = NameKind.LEGAL) -> None:
        """The name of an institution or office, or another name of a person."""
        if clean(name):
            element = self.node(party, "PartyName")
            self.leaf(element, "PartyNameTypeCode", kind)
            self.leaf(element, "RawPartyFullName", name)

    def person_name(self, party: Element, name: PersonName, *, is_entity: bool) -> None:
        """The legal name of a person or entity."""
        element = self.node(party, "PartyName")
        self.flag(element, "EntityLastNameUnknownIndicator", name.is_last_unknown)
        self.flag(element, "FirstNameUnknownIndicator", name.is_first_unknown and not is_entity)
        self.leaf(element, "PartyNameTypeCode", NameKind.LEGAL)
        self.leaf(element, "RawEntityIndividualLastName", name.last)
        if not is_entity:
            self.leaf(element, "RawIndividualFirstName", name.first)
            self.leaf(element, "RawIndividualMiddleName", name.middle)
            self.leaf(element, "RawIndividualNameSuffixText", name.suffix)

    def address(self, party: Element, address: Address) -> None:
        """An address. What is given is not also said to be unknown, nor is a state where there are none."""
        element = self.node(party, "Address")
        texts = {name: getattr(address, part) for part, _, name in _PARTS}
        for part, flag, _ in _PARTS:
            is_asked = part is not AddressPart.STATE or not address.country or address.country in STATES
            texts[flag] = "Y" if part in address.unknown and not getattr(address, part) and is_asked else ""
        for name in sorted(texts):  # as the schema has them
            self.leaf(element, name, texts[name])

    def phone(self, party: Element, phone: Phone, *, with_kind: bool = False) -> None:
        """A telephone number."""
        element = self.node(party, "PhoneNumber")
        self.leaf(element, "PhoneNumberExtensionText", phone.extension)
        self.leaf(element, "PhoneNumberText", phone.number)
        self.leaf(element, "PhoneNumberTypeCode", (phone.kind if with_kind else "") or "")

    def identification(self, party: Element, number: str, kind: str) -> None:
        """A number of an institution or a taxpayer."""
        if clean(number):
            element = self.node(party, "PartyIdentification")
            self.leaf(element, "PartyIdentificationNumberText", number)
            self.leaf(element, "PartyIdentificationTypeCode", kind)

    def identity(self, party: Element, person: Person, proofs: Iterable[Proof]) -> None:
        """The taxpayer identification number and the forms of identification of a person, or that they are unknown."""
        if person.tax_id:
            self.identification(party, person.tax_id.number, person.tax_id.kind)
        elif person.is_tax_id_unknown:
            self.flag(self.node(party, "PartyIdentification"), "TINUnknownIndicator", True)
        proofs = tuple(proofs)
        for proof in proofs:
            element = self.node(party, "PartyIdentification")
            self.leaf(element, "OtherIssuerCountryText", proof.country)
            self.leaf(element, "OtherIssuerStateText", proof.state)
            self.leaf(element, "OtherPartyIdentificationTypeText", proof.other_kind)
            self.leaf(element, "PartyIdentificationNumberText", proof.number)
            self.leaf(element, "PartyIdentificationTypeCode", proof.kind)
        if not proofs and person.is_proof_unknown:
            self.flag(self.node(party, "PartyIdentification"), "IdentificationPresentUnknownIndicator", True)

    def kinds(self, party: Element, institution: Institution) -> None:
        """Types and subtypes of an institution."""
        for kind in institution.kinds:
            element = self.node(party, "OrganizationClassificationTypeSubtype")
            self.leaf(element, "OrganizationSubtypeID", kind.subtype or "")
            self.leaf(element, "OrganizationTypeID", kind.type)
            self.leaf(element, "OtherOrganizationSubTypeText", kind.other_subtype)
            self.leaf(element, "OtherOrganizationTypeText", kind.other_type)

    def occupation(self, party: Element, person: Person) -> None:
        """What a person does."""
        if person.naics or person.occupation:
            element = self.node(party, "PartyOccupationBusiness")
            self.leaf(element, "NAICSCode", person.naics)
            self.leaf(element, "OccupationBusinessText", person.occupation)

    def transmitter(self, activity: Element, transmitter: Transmitter, values: Mapping[str, object] | None = None) -> None:
        """Who sends the file, and the person to ask."""
        party = self.party(activity, PartyRole.TRANSMITTER, values)
        self.full_name(party, transmitter.name)
        self.address(party, transmitter.address)
        self.phone(party, transmitter.phone)
        for number, kind in transmitter.ids:
            self.identification(party, number, kind)
        self.full_name(self.party(activity, PartyRole.TRANSMITTER_CONTACT, values), transmitter.contact_name)

    def contact_office(self, activity: Element, office: ContactOffice) -> None:
        """The office that answers questions."""
        party = self.party(activity, PartyRole.CONTACT_OFFICE)
        self.full_name(party, office.name)
        self.phone(party, office.phone)

    def finished(self, *, count: int, total: int, attributes: Mapping[str, int]) -> Written:
        """The file, checked against the schema where there is one. Raises NothingToFile, BreaksSchema."""
        if not count:
            raise NothingToFile
        for name, value in attributes.items():
            self.root.set(name, str(value))
        content = etree.tostring(self.root, encoding="UTF-8", xml_declaration=True)
        validation = schemas.validate(content, name=self._schema)
        if validation.breaches:
            raise BreaksSchema(validation.breaches)
        return Written(self.form, content, count, total, validation.schema)


def person_values(person: Person) -> dict[str, object]:
    """The plain elements that both forms have of a person."""
    values: dict[str, object] = {"PartyAsEntityOrganizationIndicator": person.is_entity}
    if not person.is_entity:
        values["IndividualBirthDateText"] = person.born or ""
        values["BirthDateUnknownIndicator"] = person.is_birth_date_unknown and person.born is None
        if person.gender:
            values[person.gender] = True
    return values


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _text(value: object) -> str:
    if isinstance(value, BirthDate):
        return f"{value.year:04}{value.month:02}{value.day:02}"
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.strftime("%Y%m%d")
    return str(value)

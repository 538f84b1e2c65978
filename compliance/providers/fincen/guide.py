"""The guided form as a table: which fields of a report stand in which section, with the item of FinCEN's form and a label.

A path names a value from the report down (``subjects[].name.last``; ``[]`` for each of several); what sort of field it is follows from the
dataclass. Items are those of ``checking_sar`` and ``checking_ctr``; where no number is known the part is named. What stands in no line here
is kept as it is, and is written by ``export_reports change`` from JSON: docs/compliance.md names it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from compliance.providers.fincen import codes, ctr, sar
from compliance.providers.fincen.checking_sar import BRANCH_ITEMS, CLASSIFICATION_ITEMS, SUBJECT_ITEMS
from compliance.providers.fincen.codes import PartyRole
from compliance.providers.fincen.parts import AddressPart


@dataclass(frozen=True)
class Line:
    """One field. ``options`` are what a code may be; ``rows`` is more than one for a long text."""

    path: str
    item: str
    label: str
    options: Mapping[Any, str] | None = None
    rows: int = 1


# What one of several is called.
TITLES: Final = {
    "accounts": "Accounts at an institution",
    "addresses": "Address",
    "assets": "Product or instrument",
    "branches": "Branch",
    "classifications": "Kind of activity",
    "details": "Cash",
    "held_accounts": "Account",
    "ip_addresses": "IP address",
    "kinds": "Type",
    "locations": "Institution where it happened",
    "parties": "Person",
    "persons": "Person",
    "phones": "Telephone",
    "proofs": "Identification",
    "relationships": "Relationship",
    "subjects": "Subject",
    "transactions": "Transaction",
}


@dataclass(frozen=True)
class Section:
    """Fields that are filled in together."""

    title: str
    lines: tuple[Line, ...]


def _address(path: str, items: Mapping[Any, str]) -> tuple[Line, ...]:
    labels = {"street": "Street", "city": "City", "state": "State", "postcode": "ZIP or postal code", "country": "Country"}
    lines = tuple(Line(f"{path}.{part}", items[part], labels[part]) for part in AddressPart)
    return *lines, Line(f"{path}.unknown", items[AddressPart.STREET], "Not known of the address")


def _institution(path: str, part: str) -> tuple[Line, ...]:
    return (
        Line(f"{path}.name", part, "Legal name"),
        Line(f"{path}.doing_business_as", part, "Trade name"),
        Line(f"{path}.tax_id.number", part, "EIN, without hyphen"),
        *_address(f"{path}.address", dict.fromkeys(AddressPart, part))[:-1],
        Line(f"{path}.kinds[].type", part, "Type of institution"),
        Line(f"{path}.kinds[].other_type", part, "Other type"),
        Line(f"{path}.regulator", part, "Primary federal regulator"),
        Line(f"{path}.register", part, "Register"),
        Line(f"{path}.register_id", part, "Number in the register"),
    )


def _person(path: str, items: Mapping[Any, str], part: str) -> tuple[Line, ...]:
    return (
        Line(f"{path}.is_entity", part, "An entity, not a person"),
        Line(f"{path}.name.last", items["last_name"], "Last name, or the entity's legal name"),
        Line(f"{path}.name.is_last_unknown", items["last_name"], "Last name unknown"),
        Line(f"{path}.name.first", items["first_name"], "First name"),
        Line(f"{path}.name.is_first_unknown", items["first_name"], "First name unknown"),
        Line(f"{path}.name.middle", part, "Middle name"),
        Line(f"{path}.also_known_as", part, "Also known as, a line each", rows=2),
        Line(f"{path}.doing_business_as", part, "Doing business as, a line each", rows=2),
        Line(f"{path}.gender", part, "Gender"),
        Line(f"{path}.occupation", part, "Occupation or type of business"),
        *_address(f"{path}.addresses[]", items),
        Line(f"{path}.tax_id.number", items["tax_id"], "Taxpayer identification number"),
        Line(f"{path}.tax_id.kind", items["tax_id"], "Its kind"),
        Line(f"{path}.is_tax_id_unknown", items["tax_id"], "Number unknown"),
        Line(f"{path}.proofs[].number", items["proof"], "Number of the identification"),
        Line(f"{path}.proofs[].kind", items["proof"], "Form of identification"),
        Line(f"{path}.proofs[].country", items["proof"], "Issued by the country"),
        Line(f"{path}.proofs[].state", items["proof"], "Issued by the state"),
        Line(f"{path}.proofs[].other_kind", items["proof"], "Other form"),
        Line(f"{path}.is_proof_unknown", items["proof"], "Identification unknown"),
        Line(f"{path}.born.year", items["birth_date"], "Born: year"),
        Line(f"{path}.born.month", items["birth_date"], "Born: month"),
        Line(f"{path}.born.day", items["birth_date"], "Born: day"),
        Line(f"{path}.is_birth_date_unknown", items["birth_date"], "Day of birth unknown"),
        Line(f"{path}.phones[].number", items["phone"], "Telephone, digits only"),
        Line(f"{path}.emails", part, "E-mail, a line each", rows=2),
    )


_OFFICE: Final = (
    Line("contact_office.name", "Part IV", "Contact office"),
    Line("contact_office.phone.number", "Part IV", "Its telephone, digits only"),
    Line("contact_office.phone.extension", "Part IV", "Extension"),
)
_ACTIVITIES: Final = dict(
    sorted(
        ((code, f"{codes.ACTIVITY_TYPES[codes.activity_type(code)]}: {label}") for code, label in codes.ACTIVITIES.items()),
        key=lambda pair: (CLASSIFICATION_ITEMS[codes.activity_type(pair[0])], pair[0]),
    )
)
_ROLES: Final = {
    PartyRole.OWN_BEHALF.value: "Acted on own behalf",
    PartyRole.CONDUCTOR.value: "Conducted it for another",
    PartyRole.BENEFICIARY.value: "On whose behalf it was conducted",
    PartyRole.COMMON_CARRIER.value: "Common carrier",
}
_PLACE: Final = {part: BRANCH_ITEMS[part] for part in AddressPart}

SAR: Final = (
    Section(
        "Filing institution",
        (
            Line("filing", "1", "Type of filing"),
            Line("note", "2", "Note to FinCEN, such as the key term of an advisory"),
            *_institution("institution", "Part IV"),
            Line("institution.control_number", "Part IV", "Our own number"),
            *_OFFICE,
            *_institution("locations[].institution", "Part III"),
            Line("locations[].role", "Part III", "Role in the transaction"),
            *_address("locations[].branches[].address", _PLACE),
        ),
    ),
    Section(
        "Subjects",
        (
            Line("subjects[].is_unknown", "3", "Nothing is known of the subject"),
            *_person("subjects[]", SUBJECT_ITEMS, "Part I"),
            Line("subjects[].has_confessed", "23", "Corroborative statement to the filer"),
            Line("subjects[].relationships[].institution_tin", "24", "Relationship to the institution with the number"),
            Line("subjects[].relationships[].kinds", "24", "Relationship"),
            Line("subjects[].relationships[].other", "24", "Other relationship"),
            Line("subjects[].relationships[].status", "25", "Of an insider: what became of it"),
            Line("subjects[].relationships[].ended_on", "26", "Ended on"),
            Line("subjects[].accounts[].institution_tin", "27", "Accounts at the institution with the number"),
            Line("subjects[].accounts[].numbers", "27", "Account numbers, a line each", rows=3),
            Line("subjects[].accounts[].closed", "27", "Closed ones of them, a line each", rows=2),
            Line("subjects[].has_no_known_account", "27", "No account is known"),
            Line("subjects[].role", "28", "Role in the activity"),
        ),
    ),
    Section(
        "Activity",
        (
            Line("activity.amount", "29", "Amount, US dollars"),
            Line("activity.amount_kind", "29", "Amount known"),
            Line("activity.since", "30", "From"),
            Line("activity.to", "30", "To, where it is another day"),
            Line("activity.cumulative", "31", "Amount of all reports so far (continuing activity)"),
            Line("activity.classifications[].subtype", "32-42", "Kind of activity", options=_ACTIVITIES),
            Line("activity.classifications[].other", "32-42", "Other kind"),
            Line("activity.ip_addresses[].address", "43", "IP address"),
            Line("activity.assets[].code", "45-46", "Product or instrument", options=codes.PRODUCTS | codes.INSTRUMENTS),
            Line("activity.assets[].other", "45-46", "Other one"),
        ),
    ),
    Section("Narrative", (Line("narrative", "Part V", "Who, what, when, where, why, how", rows=18),)),
)
_PERSON_ITEMS: Final = {
    "last_name": "4",
    **dict.fromkeys(("first_name", *AddressPart, "tax_id", "proof", "birth_date", "phone"), "Part I"),
}
CTR: Final = (
    Section(
        "Filing institution",
        (
            Line("filing", "1", "Type of filing"),
            *_institution("institution", "Part IV"),
            *_OFFICE,
            *_institution("locations[].institution", "Part III"),
            Line("locations[].cash_in", "Part III", "Cash in here, US dollars"),
            Line("locations[].cash_out", "Part III", "Cash out here, US dollars"),
        ),
    ),
    Section(
        "Persons",
        (
            Line("persons[].role", "Part I", "Part in the transaction", options=_ROLES),
            *_person("persons[]", _PERSON_ITEMS, "Part I"),
            Line("persons[].has_multiple_transactions", "Part I", "Several transactions"),
            Line("persons[].cash_in", "21", "Cash in, US dollars"),
            Line("persons[].accounts_in", "21", "Into the accounts, a line each", rows=2),
            Line("persons[].cash_out", "22", "Cash out, US dollars"),
            Line("persons[].accounts_out", "22", "Out of the accounts, a line each", rows=2),
        ),
    ),
    Section(
        "Transaction",
        (
            Line("transacted_on", "23", "Day of the transaction"),
            Line("channels", "24", "How the cash came or went"),
            Line("details[].code", "25-28", "Kind of transaction", options=codes.CASH_IN | codes.CASH_OUT),
            Line("details[].amount", "25-28", "Amount, US dollars"),
            Line("details[].other", "25-28", "Other kind"),
            Line("details[].country", "25-28", "Country of a foreign currency"),
        ),
    ),
)
GUIDES: Final[dict[str, tuple[type, tuple[Section, ...]]]] = {"SAR": (sar.Report, SAR), "CTR": (ctr.Report, CTR)}

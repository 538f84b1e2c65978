"""What is missing or wrong in a suspicious activity report."""

import ipaddress
from typing import Final

from compliance.providers.fincen import codes
from compliance.providers.fincen.amounts import LONGEST as LONGEST_AMOUNT
from compliance.providers.fincen.amounts import whole_dollars
from compliance.providers.fincen.checking import Findings, Form
from compliance.providers.fincen.codes import (
    INSIDERS,
    InstitutionId,
    InstitutionType,
    Regulator,
    Relationship,
    RelationshipStatus,
)
from compliance.providers.fincen.parts import AddressPart, Transmitter
from compliance.providers.fincen.rules import Gap
from compliance.providers.fincen.sar import (
    LIMITS,
    Activity,
    AmountKind,
    Classification,
    FilingType,
    Location,
    Report,
    Subject,
    SubjectRelationship,
)
from compliance.providers.fincen.texts import LONGEST, clean

FORM: Final = Form(
    regulators=frozenset(Regulator) - {Regulator.UNKNOWN},
    institution_types=frozenset(InstitutionType),
    registers=frozenset(InstitutionId),
    subtypes=frozenset(codes.INSTITUTION_SUBTYPES),
    most_kinds=15,
)
# The form's items. Which numbers are verified stands in docs/compliance.md.
SUBJECT_ITEMS: Final = {
    "last_name": "4",
    "first_name": "5",
    AddressPart.STREET: "11",
    AddressPart.CITY: "12",
    AddressPart.STATE: "13",
    AddressPart.POSTCODE: "14",
    AddressPart.COUNTRY: "15",
    "tax_id": "16",
    "proof": "18",
    "birth_date": "19",
    "phone": "21",
}
BRANCH_ITEMS: Final = {
    AddressPart.STREET: "69",
    AddressPart.CITY: "71",
    AddressPart.STATE: "72",
    AddressPart.POSTCODE: "73",
    AddressPart.COUNTRY: "74",
}
CLASSIFICATION_ITEMS: Final = {
    1: "32",
    7: "33",
    3: "34",
    12: "35",
    8: "36",
    4: "37",
    9: "38",
    5: "39",
    6: "40",
    10: "41",
    11: "42",
}
_ENOUGH: Final = 200  # characters below which a narrative cannot tell who, what, when, where, why and how


def check(report: Report, *, transmitter: Transmitter) -> tuple[Gap, ...]:
    """Everything that is missing or wrong, in the order of the form. Raises NotDollars for an amount in another currency."""
    found = Findings()
    found.lengths(report, LIMITS, "", "")
    found.lengths(transmitter, LIMITS, "transmitter", "Transmitter")
    found.transmitter(transmitter)
    _filing(found, report)
    _subjects(found, report)
    _activity(found, report)
    _locations(found, report)
    found.institution(report.institution, "institution", "Part IV", FORM, is_filer=True)
    found.contact_office(report.contact_office, "Part IV")
    _narrative(found, report)
    return tuple(found.gaps)


def _filing(found: Findings, report: Report) -> None:
    is_first = FilingType.INITIAL in report.filing
    found.check("filing.type", "filing", "1", holds=report.filing and (not is_first or len(report.filing) == 1))
    if report.filing:
        found.prior(report.prior_bsa_id, is_first=is_first, item="1")
    if report.attachment:
        found.check("attachment.form", "attachment", "Attachment", holds=report.attachment.lower().endswith(".csv"))


def _subjects(found: Findings, report: Report) -> None:
    found.check("person.missing", "subjects", "Part I", holds=report.subjects)
    found.check("person.too_many", "subjects", "Part I", holds=len(report.subjects) <= 999)
    for index, subject in enumerate(report.subjects):
        where = f"subjects[{index}]"
        if subject.is_unknown:
            known = (
                clean(subject.name.last)
                or clean(subject.name.first)
                or subject.born
                or subject.tax_id
                or subject.proofs
                or subject.addresses
                or subject.is_entity
            )
            found.check("subject.unknown", where, "3", holds=not known)
        else:
            found.person(subject, where, SUBJECT_ITEMS, report_year=report.filed_on.year)
        found.check("address.too_many", f"{where}.addresses", "11", holds=len(subject.addresses) <= 99)
        found.check("person.too_many", f"{where}.proofs", "18", holds=len(subject.proofs) <= 99)
        _relationships(found, subject, where)
        has_accounts = bool(subject.accounts)
        found.check("subject.accounts_missing", f"{where}.accounts", "27", holds=has_accounts != subject.has_no_known_account)


def _relationships(found: Findings, subject: Subject, where: str) -> None:
    for index, relationship in enumerate(subject.relationships):
        _relationship(found, relationship, f"{where}.relationships[{index}]")


def _relationship(found: Findings, relationship: SubjectRelationship, where: str) -> None:
    kinds = relationship.kinds
    found.check("subject.relationship", where, "24", holds=kinds and (Relationship.NONE not in kinds or len(kinds) == 1))
    found.check("subject.relationship_other", where, "24", holds=(Relationship.OTHER in kinds) == bool(clean(relationship.other)))
    is_insider = bool(kinds & INSIDERS)
    found.check("subject.status", where, "25", holds=is_insider == (relationship.status is not None))
    has_ended = relationship.status not in (None, RelationshipStatus.CONTINUES)
    found.check("subject.status_day", where, "26", holds=has_ended == (relationship.ended_on is not None))


def _activity(found: Findings, report: Report) -> None:
    activity = report.activity
    has_amount = activity.amount is not None and whole_dollars(activity.amount) > 0
    found.check("activity.amount", "activity.amount", "29", holds=has_amount == (activity.amount_kind is AmountKind.KNOWN))
    for name, item in (("amount", "29"), ("cumulative", "31")):
        value = getattr(activity, name)
        fits = value is None or len(str(whole_dollars(value))) <= LONGEST_AMOUNT
        found.check("activity.amount_too_large", f"activity.{name}", item, holds=fits)
    ends = activity.to or activity.since
    found.check("activity.period", "activity.since", "30", holds=activity.since <= ends and activity.since <= report.filed_on)
    _cumulative(found, activity, is_continuing=FilingType.CONTINUING in report.filing)
    found.check("activity.classification_missing", "activity.classifications", "32-42", holds=activity.classifications)
    for index, classification in enumerate(activity.classifications):
        repeated = classification.subtype in [each.subtype for each in activity.classifications[:index]]
        _classification(found, classification, f"activity.classifications[{index}]", repeated=repeated)
    _assets(found, activity)
    for index, address in enumerate(activity.ip_addresses):
        found.check("activity.ip_address", f"activity.ip_addresses[{index}]", "43", holds=_is_ip(address.address))
    for index, event in enumerate(activity.cyber_events):
        fits = (event.kind is codes.CyberIndicator.OTHER) == bool(clean(event.other)) and clean(event.value)
        found.check("activity.cyber_other", f"activity.cyber_events[{index}]", "44", holds=fits)
    for name, most in (("classifications", 99), ("assets", 31), ("ip_addresses", 99), ("cyber_events", 99)):
        found.check("activity.too_many", f"activity.{name}", "Part II", holds=len(getattr(activity, name)) <= most)


def _cumulative(found: Findings, activity: Activity, *, is_continuing: bool) -> None:
    where = "activity.cumulative"
    if activity.cumulative is None:
        found.check("activity.cumulative_missing", where, "31", holds=not is_continuing)
    elif not is_continuing:
        found.add("activity.cumulative_unwanted", where, "31")
    elif activity.amount is not None:
        fits = whole_dollars(activity.cumulative) >= whole_dollars(activity.amount)
        found.check("activity.cumulative_too_small", where, "31", holds=fits)


def _classification(found: Findings, classification: Classification, where: str, *, repeated: bool) -> None:
    if classification.subtype not in codes.ACTIVITIES:
        found.add("activity.classification_unknown", where, "32-42")
        return
    item = CLASSIFICATION_ITEMS[codes.activity_type(classification.subtype)]
    found.check("activity.classification_repeated", where, item, holds=not repeated)
    is_other = codes.is_other(classification.subtype)
    found.check("activity.classification_other", where, item, holds=is_other == bool(clean(classification.other)))


def _assets(found: Findings, activity: Activity) -> None:
    for index, asset in enumerate(activity.assets):
        where, item = f"activity.assets[{index}]", "46" if asset.code in codes.INSTRUMENTS else "45"
        found.check("activity.asset_unknown", where, item, holds=asset.code in codes.PRODUCTS or asset.code in codes.INSTRUMENTS)
        found.check(
            "activity.asset_repeated", where, item, holds=asset.code not in [each.code for each in activity.assets[:index]]
        )
        found.check("activity.asset_other", where, item, holds=(asset.code in codes.OTHER_ASSETS) == bool(clean(asset.other)))


def _locations(found: Findings, report: Report) -> None:
    found.check("location.missing", "locations", "Part III", holds=report.locations)
    found.check("location.too_many", "locations", "Part III", holds=len(report.locations) <= 99)
    for index, location in enumerate(report.locations):
        _location(found, location, f"locations[{index}]")


def _location(found: Findings, location: Location, where: str) -> None:
    found.institution(location.institution, f"{where}.institution", "Part III", FORM, is_filer=False)
    found.check("location.too_many", f"{where}.branches", "Part III", holds=len(location.branches) <= 99)
    for index, branch in enumerate(location.branches):
        found.address(branch.address, f"{where}.branches[{index}].address", BRANCH_ITEMS)


def _narrative(found: Findings, report: Report) -> None:
    length = len(clean(report.narrative))
    found.check("narrative.missing", "narrative", "Part V", holds=length)
    found.check("narrative.too_long", "narrative", "Part V", holds=length <= LONGEST)
    found.check("narrative.short", "narrative", "Part V", holds=not length or length >= _ENOUGH)


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

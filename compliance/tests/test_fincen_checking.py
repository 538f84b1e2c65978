"""What is missing or wrong in a report: every rule once, with its item, its place and how bad it is."""

from dataclasses import replace
from datetime import date

import pytest

from compliance.providers.fincen import checking_ctr, checking_sar, codes, ctr, sar
from compliance.providers.fincen.codes import (
    CyberIndicator,
    InstitutionId,
    InstitutionType,
    PartyRole,
    ProofKind,
    Regulator,
    Relationship,
    RelationshipStatus,
)
from compliance.providers.fincen.parts import (
    UNKNOWN_BSA_ID,
    Address,
    AddressPart,
    BirthDate,
    ContactOffice,
    Gender,
    InstitutionKind,
    PersonName,
    Phone,
    Proof,
    TaxId,
)
from compliance.providers.fincen.rules import RULES, Severity, Source
from compliance.tests.reports_made import BANK, CTR, HOME, MARTA, OFFICE, SAR, STORY, TRANSMITTER, ctrs, dollars, sars

CASH = CTR.persons[0]
FIRM = sar.Subject(
    is_entity=True,
    name=PersonName(last="Acme LLC"),
    addresses=(HOME,),
    is_tax_id_unknown=True,
    has_no_known_account=True,
)


def subject(**changes):
    return replace(SAR, subjects=(replace(MARTA, **changes),))


def activity(**changes):
    return replace(SAR, activity=replace(SAR.activity, **changes))


def at(**changes):
    return subject(addresses=(replace(HOME, **changes),))


def related(**changes):
    kinds = {"institution_tin": "471234560", "kinds": frozenset({Relationship.CUSTOMER})}
    return subject(relationships=(sar.SubjectRelationship(**(kinds | changes)),))


def bank(**changes):
    return replace(SAR, institution=replace(BANK, **changes))


def classified(*classifications):
    return activity(classifications=tuple(sar.Classification(*each) for each in classifications))


def assets(*found):
    return activity(assets=tuple(sar.Asset(*each) for each in found))


def cash(**changes):
    return replace(CTR, persons=(replace(CASH, **changes),))


def lines(*details):
    return replace(CTR, details=tuple(ctr.Detail(**detail) for detail in details))


def conductor(**changes):
    return replace(CTR, persons=(replace(CASH, **changes), replace(CASH, role=PartyRole.BENEFICIARY)))


FIRST, SECOND, THIRD = (
    frozenset({sar.FilingType.INITIAL}),
    frozenset({sar.FilingType.AMENDMENT}),
    frozenset({sar.FilingType.CONTINUING}),
)
INSIDER = {"kinds": frozenset({Relationship.OFFICER})}
PASSPORT = Proof(kind=ProofKind.PASSPORT, number="1", country="SE")
DEPOSIT = {"code": 55, "amount": dollars(12001)}
# Rule, report, item, place; the first gap of the report is this one.
CASES = [
    ("text.too_long", replace(SAR, note="x" * 51), "", "note"),
    ("text.too_long", subject(name=PersonName(last="x" * 151, first="y")), "", "subjects[0].name.last"),
    ("text.too_long", subject(also_known_as=("a", "x" * 151)), "", "subjects[0].also_known_as[1]"),
    ("text.too_long", cash(occupation="x" * 51), "", "persons[0].occupation"),
    ("filing.type", replace(SAR, filing=frozenset()), "1", "filing"),
    ("filing.type", replace(SAR, filing=FIRST | SECOND), "1", "filing"),
    ("filing.prior_missing", replace(SAR, filing=SECOND), "1", "prior_bsa_id"),
    ("filing.prior_unwanted", replace(SAR, prior_bsa_id=UNKNOWN_BSA_ID), "1", "prior_bsa_id"),
    ("filing.prior_form", replace(SAR, filing=SECOND, prior_bsa_id="3100005505378"), "1", "prior_bsa_id"),
    ("filing.prior_missing", replace(CTR, filing=ctr.FilingType.BACK_FILE), "1", "prior_bsa_id"),
    ("attachment.form", replace(SAR, attachment="a.pdf"), "Attachment", "attachment"),
    ("person.missing", replace(SAR, subjects=()), "Part I", "subjects"),
    ("person.missing", replace(CTR, persons=()), "Part I", "persons"),
    ("person.missing", cash(role=PartyRole.SUBJECT), "Part I", "persons[0].role"),
    ("person.too_many", replace(SAR, subjects=(MARTA,) * 1000), "Part I", "subjects"),
    ("person.too_many", subject(proofs=(PASSPORT,) * 100), "18", "subjects[0].proofs"),
    ("person.too_many", cash(accounts_in=("1",) * 199), "21-22", "persons[0].accounts"),
    ("subject.unknown", subject(is_unknown=True), "3", "subjects[0]"),
    ("person.last_name", subject(name=PersonName(first="Marta")), "4", "subjects[0].name.last"),
    ("person.first_name", subject(name=PersonName(last="Lind")), "5", "subjects[0].name.first"),
    ("person.entity", replace(SAR, subjects=(replace(FIRM, gender=Gender.FEMALE),)), "4", "subjects[0]"),
    ("person.birth_date_missing", subject(born=None), "19", "subjects[0].born"),
    ("person.birth_date", subject(born=BirthDate(1899)), "19", "subjects[0].born"),
    ("person.birth_date", subject(born=BirthDate(1990, 2, 30)), "19", "subjects[0].born"),
    ("person.birth_date", subject(born=BirthDate(2027)), "19", "subjects[0].born"),
    ("person.address_missing", subject(addresses=()), "11", "subjects[0].addresses"),
    ("address.too_many", subject(addresses=(HOME,) * 100), "11", "subjects[0].addresses"),
    ("address.part_missing", at(street=" "), "11", "subjects[0].addresses[0].street"),
    ("address.part_missing", at(city=""), "12", "subjects[0].addresses[0].city"),
    ("address.part_missing", at(postcode=""), "14", "subjects[0].addresses[0].postcode"),
    ("address.part_missing", at(country="", state=""), "15", "subjects[0].addresses[0].country"),
    ("address.country", at(country="ZZ", state=""), "15", "subjects[0].addresses[0].country"),
    ("address.state_missing", at(state=""), "13", "subjects[0].addresses[0].state"),
    ("address.state_unwanted", at(country="SE"), "13", "subjects[0].addresses[0].state"),
    ("address.state_code", at(state="XX"), "13", "subjects[0].addresses[0].state"),
    ("address.postcode", at(postcode="221"), "14", "subjects[0].addresses[0].postcode"),
    ("person.tax_id_missing", subject(tax_id=None), "16", "subjects[0].tax_id"),
    ("tin.form", subject(tax_id=TaxId("999999999")), "16", "subjects[0].tax_id"),
    ("tin.form", subject(tax_id=TaxId("123456789")), "16", "subjects[0].tax_id"),
    ("person.proof_missing", subject(proofs=()), "18", "subjects[0].proofs"),
    ("person.proof_number", subject(proofs=(replace(PASSPORT, number=""),)), "18", "subjects[0].proofs[0]"),
    ("person.proof_issuer", subject(proofs=(replace(PASSPORT, country=""),)), "18", "subjects[0].proofs[0]"),
    (
        "person.proof_issuer",
        subject(proofs=(replace(PASSPORT, kind=ProofKind.DRIVING_LICENCE, country="US"),)),
        "18",
        "subjects[0].proofs[0]",
    ),
    ("person.proof_other", subject(proofs=(replace(PASSPORT, kind=ProofKind.OTHER),)), "18", "subjects[0].proofs[0]"),
    ("phone.form", subject(phones=(Phone(number="+1 703"),)), "21", "subjects[0].phones[0]"),
    (
        "subject.relationship",
        related(kinds=frozenset({Relationship.NONE, Relationship.CUSTOMER})),
        "24",
        "subjects[0].relationships[0]",
    ),
    ("subject.relationship", related(kinds=frozenset()), "24", "subjects[0].relationships[0]"),
    ("subject.relationship_other", related(kinds=frozenset({Relationship.OTHER})), "24", "subjects[0].relationships[0]"),
    ("subject.status", related(**INSIDER), "25", "subjects[0].relationships[0]"),
    ("subject.status_day", related(**INSIDER, status=RelationshipStatus.RESIGNED), "26", "subjects[0].relationships[0]"),
    ("subject.accounts_missing", subject(accounts=()), "27", "subjects[0].accounts"),
    ("subject.accounts_missing", subject(has_no_known_account=True), "27", "subjects[0].accounts"),
    ("activity.amount", activity(amount=None), "29", "activity.amount"),
    ("activity.amount", activity(amount_kind=sar.AmountKind.NONE), "29", "activity.amount"),
    ("activity.amount_too_large", activity(amount=dollars(10**15)), "29", "activity.amount"),
    ("activity.period", activity(to=date(2026, 9, 30)), "30", "activity.since"),
    ("activity.period", activity(since=date(2026, 11, 21), to=None), "30", "activity.since"),
    ("activity.cumulative_missing", replace(SAR, filing=THIRD, prior_bsa_id=UNKNOWN_BSA_ID), "31", "activity.cumulative"),
    ("activity.cumulative_unwanted", activity(cumulative=dollars(99999)), "31", "activity.cumulative"),
    (
        "activity.cumulative_too_small",
        replace(activity(cumulative=dollars(1)), filing=THIRD, prior_bsa_id=UNKNOWN_BSA_ID),
        "31",
        "activity.cumulative",
    ),
    ("activity.classification_missing", classified(), "32-42", "activity.classifications"),
    ("activity.classification_unknown", classified((777,)), "32-42", "activity.classifications[0]"),
    ("activity.classification_repeated", classified((111,), (111,)), "32", "activity.classifications[1]"),
    ("activity.classification_other", classified((3999,)), "34", "activity.classifications[0]"),
    ("activity.classification_other", classified((921, "text")), "38", "activity.classifications[0]"),
    ("activity.asset_unknown", assets((777,)), "45", "activity.assets[0]"),
    ("activity.asset_repeated", assets((33,), (33,)), "46", "activity.assets[1]"),
    ("activity.asset_other", assets((41,)), "46", "activity.assets[0]"),
    ("activity.ip_address", activity(ip_addresses=(sar.IpAddress(address="1.2.3"),)), "43", "activity.ip_addresses[0]"),
    (
        "activity.cyber_other",
        activity(cyber_events=(sar.CyberEvent(kind=CyberIndicator.OTHER, value="x"),)),
        "44",
        "activity.cyber_events[0]",
    ),
    ("activity.too_many", activity(ip_addresses=(sar.IpAddress(address="::1"),) * 100), "Part II", "activity.ip_addresses"),
    ("location.missing", replace(SAR, locations=()), "Part III", "locations"),
    ("location.too_many", replace(SAR, locations=SAR.locations * 100), "Part III", "locations"),
    ("institution.name", bank(name=" "), "Part IV", "institution.name"),
    ("institution.tin", bank(tax_id=None), "Part IV", "institution.tax_id"),
    ("institution.type", bank(kinds=()), "Part IV", "institution.kinds"),
    ("institution.regulator", bank(regulator=Regulator.UNKNOWN), "Part IV", "institution.regulator"),
    (
        "institution.subtype",
        bank(kinds=(InstitutionKind(type=InstitutionType.DEPOSITORY, subtype=101),)),
        "Part IV",
        "institution.kinds[0]",
    ),
    ("institution.other", bank(kinds=(InstitutionKind(type=InstitutionType.OTHER),)), "Part IV", "institution.kinds[0]"),
    (
        "institution.other",
        bank(kinds=(InstitutionKind(type=InstitutionType.CASINO, subtype=1999),)),
        "Part IV",
        "institution.kinds[0]",
    ),
    (
        "institution.register",
        replace(CTR, institution=replace(BANK, register=InstitutionId.NMLS)),
        "Part IV",
        "institution.register",
    ),
    (
        "address.part_missing",
        bank(address=replace(HOME, city="", unknown=frozenset(AddressPart))),
        "Part IV",
        "institution.address.city",
    ),
    ("office.name", replace(SAR, contact_office=replace(OFFICE, name="")), "Part IV", "contact_office.name"),
    (
        "office.phone",
        replace(SAR, contact_office=ContactOffice(name="x", phone=Phone(number=""))),
        "Part IV",
        "contact_office.phone",
    ),
    ("narrative.missing", replace(SAR, narrative="\n"), "Part V", "narrative"),
    ("narrative.too_long", replace(SAR, narrative=STORY * 60), "Part V", "narrative"),
    ("narrative.short", replace(SAR, narrative="Suspicious."), "Part V", "narrative"),
    ("person.nobody_for", cash(role=PartyRole.CONDUCTOR), "Part I", "persons"),
    ("person.conductor_entity", cash(is_entity=True, name=PersonName(last="Acme LLC"), born=None), "Part I", "persons[0]"),
    ("person.another_name", cash(emails=("a@example.com", "b@example.com")), "Part I", "persons[0]"),
    ("transaction.day", replace(CTR, transacted_on=date(2026, 11, 21)), "23", "transacted_on"),
    ("cash.line_missing", replace(CTR, details=()), "25-28", "details"),
    ("cash.too_many", lines(*[DEPOSIT] * 220), "25-28", "details"),
    ("cash.line_unknown", lines(DEPOSIT | {"code": 7}), "27", "details[0]"),
    ("cash.line_other", lines(DEPOSIT | {"code": 997}), "25", "details[0]"),
    ("cash.line_country", lines(DEPOSIT | {"code": codes.FOREIGN_IN}), "26", "details[0]"),
    ("cash.line_country", lines(DEPOSIT | {"country": "CA"}), "25", "details[0]"),
    ("cash.line_amount", lines(DEPOSIT | {"amount": dollars(0)}), "25", "details[0]"),
    ("cash.line_repeated", lines(DEPOSIT, DEPOSIT), "25", "details[1]"),
    ("cash.too_large", lines(DEPOSIT | {"amount": dollars(10**15)}), "25", "details"),
    ("cash.below_threshold", lines(DEPOSIT | {"amount": dollars(10000)}), "25", "details"),
    ("cash.person", cash(cash_in=None), "21", "persons.cash_in"),
    ("cash.person", cash(cash_out=dollars(1)), "22", "persons.cash_out"),
    ("cash.person", cash(cash_in=dollars(12002)), "21", "persons.cash_in"),
    ("cash.location", replace(CTR, locations=(replace(CTR.locations[0], cash_in=dollars(9)),)), "Part III", "locations.cash_in"),
]
TRANSMITTERS = [
    ("transmitter.name", {"name": ""}),
    ("transmitter.contact", {"contact_name": ""}),
    ("transmitter.tin", {"tin": "000000000"}),
    ("transmitter.control_code", {"control_code": "P"}),
    ("address.part_missing", {"address": Address(country="SE", unknown=frozenset(AddressPart))}),
]


def check(report, transmitter=TRANSMITTER):
    checking = checking_sar if isinstance(report, sar.Report) else checking_ctr
    return checking.check(report, transmitter=transmitter)


@pytest.mark.parametrize(("code", "report", "item", "where"), CASES)
def test_what_is_missing_or_wrong_is_named_with_its_item_and_place(code, report, item, where):
    gap = check(report)[0]
    assert (gap.code, gap.item, gap.where) == (code, item, where)
    assert gap.message.endswith(".")
    assert gap.as_dict()["severity"] == RULES[code][0].value


@pytest.mark.parametrize(("code", "change"), TRANSMITTERS)
def test_what_is_missing_of_the_transmitter_is_named(code, change):
    gap = check(SAR, replace(TRANSMITTER, **change))[0]
    assert (gap.code, gap.item) == (code, "Transmitter")


def test_every_rule_is_shown_at_work():
    assert {case[0] for case in CASES} | {case[0] for case in TRANSMITTERS} == set(RULES)


def test_a_complete_report_has_no_gap():
    assert check(SAR) == ()
    assert check(CTR) == ()
    assert check(replace(SAR, subjects=(FIRM,))) == ()
    assert check(related(**INSIDER, status=RelationshipStatus.CONTINUES)) == ()
    assert check(conductor(role=PartyRole.CONDUCTOR)) == ()


def test_generated_reports_are_complete():
    for report in [*sars(50, seed=20261122), *ctrs(50, seed=20261122)]:
        assert [gap for gap in check(report) if gap.is_fatal] == []


def test_only_what_fincen_rejects_keeps_a_report_from_being_written():
    assert {severity for severity, _, _ in RULES.values()} == set(Severity)
    assert not check(at(street=""))[0].is_fatal
    assert check(replace(SAR, filing=SECOND))[0].is_fatal
    # What a schema refuses is always fatal, or a file would be made that breaks it.
    assert {severity for severity, source, _ in RULES.values() if source is Source.SCHEMA} == {Severity.REJECTED}

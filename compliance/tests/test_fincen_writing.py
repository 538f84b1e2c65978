"""Batch files for FinCEN: valid against the official schemas, counted right, exact in every element."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from moneyed import Money

from compliance.providers.fincen import amounts, codes, ctr, errors, sar, schemas, texts, tree, writing_ctr, writing_sar
from compliance.providers.fincen.parts import NOWHERE_KNOWN, Address, AddressPart, PersonName
from compliance.tests.reports_made import CTR, MARTA, SAR, STORY, TRANSMITTER, ctrs, dollars, sars

NS = {"f": "www.fincen.gov/base"}
XSD = {"x": "http://www.w3.org/2001/XMLSchema"}


def parsed(written):
    return etree.fromstring(written.content)


def texts_at(root, path):
    return [element.text or "" for element in root.iterfind(path, NS)]


def shown(element):
    """An element without numbers and namespace, as nested pairs."""
    name = etree.QName(element).localname
    return (name, [shown(child) for child in element]) if len(element) else (name, element.text or "")


def test_fifty_varied_suspicious_activity_reports_have_no_schema_error(bsa_schemas):
    reports = sars(50, seed=20261122)
    for report in reports:
        written = writing_sar.write([report], transmitter=TRANSMITTER)
        assert written.schema == "EFL_SARXBatchSchema"
    batch = writing_sar.write(reports, transmitter=TRANSMITTER)
    assert batch.is_validated
    assert (batch.form, batch.count) == ("SARX", 50)
    # They are varied, or this would show little.
    assert {len(report.subjects) for report in reports} == {1, 2, 3, 4, 5}
    subjects = [subject for report in reports for subject in report.subjects]
    assert any(subject.is_unknown for subject in subjects)
    assert any(subject.is_entity for subject in subjects)
    assert any(address.country == "CN" for subject in subjects for address in subject.addresses)
    assert {frozenset({sar.FilingType.AMENDMENT}), frozenset({sar.FilingType.CONTINUING})} <= {
        report.filing for report in reports
    }


def test_fifty_varied_currency_transaction_reports_have_no_schema_error(bsa_schemas):
    reports = ctrs(50, seed=20261122)
    for report in reports:
        assert writing_ctr.write([report], transmitter=TRANSMITTER).schema == "EFL_CTRXBatchSchema"
    assert writing_ctr.write(reports, transmitter=TRANSMITTER).is_validated
    assert {report.filing for report in reports} == set(ctr.FilingType)
    assert any(len(report.persons) == 2 for report in reports)
    assert any(person.is_entity for report in reports for person in report.persons)


def test_the_samples_that_go_round_do_break_the_schemas(bsa_schemas):
    # They are why ours are checked: a file that looks right is not yet one that is accepted.
    for name, schema in (("sar_batch.xml", schemas.SAR), ("ctr_batch.xml", schemas.CTR)):
        validation = schemas.validate((bsa_schemas / name).read_bytes(), name=schema)
        assert validation.is_checked
        assert not validation.is_valid


def enumeration(path, name):
    root = etree.parse(path).getroot()
    (found,) = (kind for kind in root.iterfind("x:simpleType", XSD) if kind.get("name") == name)
    return {each.get("value") for each in found.iterfind(".//x:enumeration", XSD)}


def test_the_codes_are_those_of_the_schemas(bsa_schemas):
    s, c = bsa_schemas / "EFL_SARXBatchSchema.xsd", bsa_schemas / "EFL_CTRXBatchSchema.xsd"

    def texts_of(*tables):
        return {str(code) for table in tables for code in table}

    assert enumeration(s, "ValidateSuspiciousActivitySubtypeID") == texts_of(codes.ACTIVITIES)
    assert enumeration(s, "ValidateSuspiciousActivityTypeID") == texts_of(codes.ACTIVITY_TYPES)
    assert enumeration(s, "ValidateAssetSubtypeIDTypeCode") == texts_of(codes.PRODUCTS, codes.INSTRUMENTS)
    assert enumeration(s, "ValidateOrganizationSubtypeCodeType") == texts_of(codes.INSTITUTION_SUBTYPES)
    assert enumeration(s, "ValidateCyberEventIndicatorsTypeCode") == set(codes.CyberIndicator)
    assert enumeration(s, "ValidatePhoneNumberCodeType") == set(codes.PhoneKind)
    assert enumeration(s, "ValidatePartyNameCodeType") == set(codes.NameKind)
    assert enumeration(c, "ValidateCurrencyTransactionActvityDetailCodeType") == texts_of(codes.CASH_IN, codes.CASH_OUT)
    parties = enumeration(s, "ValidateActivityPartyCodeType") | enumeration(c, "ValidateActivityPartyCodeType")
    assert parties == set(codes.PartyRole)
    regulators = enumeration(s, "ValidateFederalRegulatorCodeType") | enumeration(c, "ValidateFederalRegulatorCodeType")
    assert regulators == set(codes.Regulator)
    assert enumeration(s, "ValidateOrganizationCodeType") == set(codes.InstitutionType)
    numbers = enumeration(s, "ValidatePartyIdentificationCodeType")
    assert numbers == set(codes.TaxIdKind) | set(codes.ProofKind) | set(codes.InstitutionId) | set(codes.OtherId)


def test_every_kind_of_activity_belongs_to_a_type():
    assert {codes.activity_type(code) for code in codes.ACTIVITIES} == set(codes.ACTIVITY_TYPES)
    assert [codes.activity_type(code) for code in (111, 824, 1005, 1102, 1999, 10999, 12999)] == [1, 8, 10, 11, 1, 10, 12]


def test_numbers_run_over_the_whole_file_and_the_counts_are_those_that_fincen_makes(bsa_schemas):
    reports = [SAR, replace(SAR, reference="rpt_9", subjects=(MARTA, MARTA), attachment="a.csv")]
    root = parsed(writing_sar.write(reports, transmitter=TRANSMITTER))
    numbers = [int(number) for number in root.xpath("//@SeqNum")]
    assert numbers == list(range(1, len(numbers) + 1))
    counts = {
        name: root.get(name)
        for name in ("ActivityCount", "PartyCount", "TotalAmount", "ActivityAttachmentCount", "AttachmentCount")
    }
    assert counts == {
        "ActivityCount": "2",
        "PartyCount": "3",  # subjects
        "TotalAmount": "20682",
        "ActivityAttachmentCount": "1",
        "AttachmentCount": "1",
    }
    root = parsed(writing_ctr.write([CTR, CTR], transmitter=TRANSMITTER))
    numbers = [int(number) for number in root.xpath("//@SeqNum")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert (root.get("ActivityCount"), root.get("PartyCount"), root.get("TotalAmount")) == ("2", "12", "24002")  # all parties


def test_a_report_of_suspicious_activity_is_written_to_the_letter(bsa_schemas):
    root = parsed(writing_sar.write([SAR], transmitter=TRANSMITTER))
    assert texts_at(root, "f:FormTypeCode") == ["SARX"]
    assert texts_at(root, "f:Activity/f:Party/f:ActivityPartyTypeCode") == ["35", "37", "30", "8", "34", "33"]
    assert shown(root.find("f:Activity/f:ActivityAssociation", NS)) == ("ActivityAssociation", [("InitialReportIndicator", "Y")])
    *_, subject = root.iterfind("f:Activity/f:Party", NS)
    assert shown(subject) == (
        "Party",
        [
            ("ActivityPartyTypeCode", "33"),
            ("FemaleGenderIndicator", "Y"),
            ("IndividualBirthDateText", "19880402"),
            ("PayeeReceiverIndicator", "Y"),
            (
                "PartyName",
                [("PartyNameTypeCode", "L"), ("RawEntityIndividualLastName", "Lind"), ("RawIndividualFirstName", "Marta")],
            ),
            (
                "Address",
                [
                    ("RawCityText", "Vienna"),
                    ("RawCountryCodeText", "US"),
                    ("RawStateCodeText", "VA"),
                    ("RawStreetAddress1Text", "1 Main Street"),
                    ("RawZIPCode", "22102"),
                ],
            ),
            ("PhoneNumber", [("PhoneNumberText", "7035550188"), ("PhoneNumberTypeCode", "M")]),
            ("PartyIdentification", [("PartyIdentificationNumberText", "512345671"), ("PartyIdentificationTypeCode", "1")]),
            (
                "PartyIdentification",
                [
                    ("OtherIssuerCountryText", "SE"),
                    ("PartyIdentificationNumberText", "L898902C3"),
                    ("PartyIdentificationTypeCode", "6"),
                ],
            ),
            ("PartyAssociation", [("CustomerIndicator", "Y"), ("SubjectRelationshipFinancialInstitutionTINText", "471234560")]),
            (
                "PartyAccountAssociation",
                [
                    ("PartyAccountAssociationTypeCode", "7"),
                    (
                        "Party",
                        [
                            ("ActivityPartyTypeCode", "41"),
                            (
                                "PartyIdentification",
                                [("PartyIdentificationNumberText", "471234560"), ("PartyIdentificationTypeCode", "4")],
                            ),
                            (
                                "Account",
                                [
                                    ("AccountNumberText", "9900112233"),
                                    ("PartyAccountAssociation", [("PartyAccountAssociationTypeCode", "5")]),
                                ],
                            ),
                        ],
                    ),
                ],
            ),
        ],
    )
    assert shown(root.find("f:Activity/f:SuspiciousActivity", NS)) == (
        "SuspiciousActivity",
        [
            ("SuspiciousActivityFromDateText", "20261001"),
            ("SuspiciousActivityToDateText", "20261009"),
            ("TotalSuspiciousAmountText", "10341"),
            ("SuspiciousActivityClassification", [("SuspiciousActivitySubtypeID", "824"), ("SuspiciousActivityTypeID", "8")]),
            ("SuspiciousActivityClassification", [("SuspiciousActivitySubtypeID", "809"), ("SuspiciousActivityTypeID", "8")]),
        ],
    )
    assert texts_at(root, ".//f:ActivityNarrativeText") == [STORY]
    (control,) = (
        element
        for element in root.iterfind(".//f:PartyIdentification", NS)
        if element.findtext("f:PartyIdentificationTypeCode", namespaces=NS) == "29"
    )
    assert control.findtext("f:PartyIdentificationNumberText", namespaces=NS) == "rpt_1"


def test_a_report_of_cash_is_written_to_the_letter(bsa_schemas):
    root = parsed(writing_ctr.write([CTR], transmitter=TRANSMITTER))
    assert texts_at(root, "f:Activity/f:Party/f:ActivityPartyTypeCode") == ["35", "37", "30", "8", "34", "50"]
    assert texts_at(root, ".//f:EFilingCoverageBeginningDateText") == ["20261112", "20261112"]
    assert shown(root.find("f:Activity/f:CurrencyTransactionActivity", NS)) == (
        "CurrencyTransactionActivity",
        [
            ("AggregateTransactionIndicator", ""),
            ("ArmoredCarServiceIndicator", ""),
            ("ATMIndicator", ""),
            ("MailDepositShipmentIndicator", ""),
            ("NightDepositIndicator", ""),
            ("SharedBranchingIndicator", ""),
            ("TotalCashInReceiveAmountText", "12001"),
            ("TotalCashOutAmountText", ""),
            ("TransactionDateText", "20261112"),
            (
                "CurrencyTransactionActivityDetail",
                [
                    ("CurrencyTransactionActivityDetailTypeCode", "55"),
                    ("DetailTransactionAmountText", "12001"),
                    ("OtherCurrencyTransactionActivityDetailText", ""),
                    ("OtherForeignCurrencyCountryText", ""),
                ],
            ),
        ],
    )


def test_the_same_reports_give_the_same_bytes():
    once, again = (writing_sar.write(sars(5, seed=3), transmitter=TRANSMITTER).content for _ in range(2))
    assert once == again


def test_an_unknown_subject_is_said_to_be_unknown_and_nothing_else(bsa_schemas):
    unknown = sar.Subject(is_unknown=True, has_no_known_account=True)
    root = parsed(writing_sar.write([replace(SAR, subjects=(unknown,))], transmitter=TRANSMITTER))
    *_, subject = root.iterfind("f:Activity/f:Party", NS)
    assert shown(subject) == (
        "Party",
        [
            ("ActivityPartyTypeCode", "33"),
            ("AllCriticalSubjectInformationUnavailableIndicator", "Y"),
            ("NoKnownAccountInvolvedIndicator", "Y"),
        ],
    )


def test_what_is_unknown_of_an_address_is_said_and_foreign_ones_have_no_state(bsa_schemas):
    abroad = Address(
        city="Berlin", country="DE", unknown=frozenset({AddressPart.STREET, AddressPart.POSTCODE, AddressPart.STATE})
    )
    subject = replace(MARTA, addresses=(NOWHERE_KNOWN, abroad))
    root = parsed(writing_sar.write([replace(SAR, subjects=(subject,))], transmitter=TRANSMITTER))
    first, second = list(root.iterfind("f:Activity/f:Party", NS))[-1].iterfind("f:Address", NS)
    unknown = ["City", "CountryCode", "StateCode", "StreetAddress", "ZIPCode"]
    assert shown(first) == ("Address", [(f"{name}UnknownIndicator", "Y") for name in unknown])
    assert shown(second) == (
        "Address",
        [
            ("RawCityText", "Berlin"),
            ("RawCountryCodeText", "DE"),
            ("StreetAddressUnknownIndicator", "Y"),
            ("ZIPCodeUnknownIndicator", "Y"),
        ],
    )


def test_markup_and_control_characters_do_no_harm(bsa_schemas):
    nasty = "  <!DOCTYPE x>\x00\x0b & ]]>\r\n\tRobert\u200b \u2028 '; DROP"
    subject = replace(MARTA, name=PersonName(last=nasty, first="\ud800A"))
    root = parsed(writing_sar.write([replace(SAR, subjects=(subject,), narrative=nasty + STORY)], transmitter=TRANSMITTER))
    assert texts_at(root, ".//f:RawEntityIndividualLastName") == ["<!DOCTYPE x> & ]]> Robert '; DROP"]
    assert texts_at(root, ".//f:RawIndividualFirstName") == ["A"]


def test_without_schemas_the_file_says_that_it_was_not_checked(settings):
    settings.BSA_SCHEMAS = ""
    written = writing_sar.write([SAR], transmitter=TRANSMITTER)
    assert written.schema == ""
    assert not written.is_validated


def test_a_file_that_breaks_the_schema_never_leaves(bsa_schemas):
    empty = tree.Tree(form="SARX", schema=schemas.SAR, order=())
    empty.node(empty.root, "Activity")
    with pytest.raises(errors.BreaksSchema) as refusal:
        empty.finished(count=1, total=0, attributes={})
    assert refusal.value.code == "fincen.breaks_schema"


def test_an_incomplete_report_is_not_written_and_named_by_its_place_in_the_batch():
    with pytest.raises(errors.Incomplete) as refusal:
        writing_sar.write([SAR, replace(SAR, narrative=" \n ", subjects=())], transmitter=TRANSMITTER)
    assert {index: [gap.code for gap in gaps] for index, gaps in refusal.value.gaps.items()} == {
        1: ["person.missing", "narrative.missing"]
    }
    assert refusal.value.details["gaps"][0]["report"] == 1
    with pytest.raises(errors.Incomplete):
        writing_ctr.write([replace(CTR, details=())], transmitter=TRANSMITTER)


@pytest.mark.parametrize("write", [writing_sar.write, writing_ctr.write])
def test_a_batch_without_reports_is_refused(write):
    with pytest.raises(errors.NothingToFile):
        write([], transmitter=TRANSMITTER)


@pytest.mark.parametrize(
    ("amount", "whole"),
    [
        ("15265.25", 15266),
        ("15265.00", 15265),
        ("0.01", 1),
        ("0", 0),
        ("9999.9999", 10000),
        ("999999999999999.00", 999999999999999),
    ],
)
def test_amounts_are_rounded_up_to_the_next_whole_dollar(amount, whole):
    assert amounts.whole_dollars(Money(Decimal(amount), "USD")) == whole


@pytest.mark.parametrize("amount", [Money("5", "EUR"), Money("-1", "USD")])
def test_other_currencies_and_negative_amounts_are_refused(amount):
    with pytest.raises(amounts.NotDollars):
        amounts.whole_dollars(amount)
    with pytest.raises(amounts.NotDollars):
        writing_sar.write([replace(SAR, activity=replace(SAR.activity, amount=amount))], transmitter=TRANSMITTER)


def test_a_long_narrative_goes_into_blocks_that_begin_and_end_with_a_letter(bsa_schemas):
    long = " ".join([STORY] * 60)[: texts.LONGEST]
    root = parsed(writing_sar.write([replace(SAR, narrative=long)], transmitter=TRANSMITTER))
    found = texts_at(root, ".//f:ActivityNarrativeText")
    assert texts_at(root, ".//f:ActivityNarrativeSequenceNumber") == ["1", "2", "3", "4", "5"]
    assert "".join(found) == long.strip()
    assert all(block == block.strip() and len(block) <= 4000 for block in found)


@given(
    st.lists(st.sampled_from(["ab", "a", "ß漢", "\n", "\t", " "]), max_size=60).map(lambda parts: "".join(parts) * 90)
    | st.integers(3990, 4010).map(lambda count: "a " * (count // 2) + "b")
)
def test_blocks_joined_are_the_cleaned_narrative(narrative):
    found, cleaned = texts.blocks(narrative), texts.clean(narrative)
    assert "".join(found).replace(" ", "") == cleaned.replace(" ", "")
    assert all(0 < len(block) <= texts.BLOCK and block == block.strip() for block in found)
    assert len(found) <= len(texts.clean(narrative)) // 3800 + 1


def test_totals_of_cash_are_the_sums_of_what_is_written():
    details = (
        ctr.Detail(code=55, amount=dollars("5000.01")),
        ctr.Detail(code=53, amount=dollars("6000.5"), country="CA"),
        ctr.Detail(code=56, amount=dollars("1.2")),
    )
    report = replace(CTR, details=details)
    assert (report.cash_in, report.cash_out) == (11_002, 2)


def test_generated_reports_use_most_of_the_forms(bsa_schemas):
    used = Counter()
    for written in (
        writing_sar.write(sars(50, seed=7), transmitter=TRANSMITTER),
        writing_ctr.write(ctrs(50, seed=7), transmitter=TRANSMITTER),
    ):
        used.update(etree.QName(element).localname for element in parsed(written).iter(etree.Element))
    for name in (
        "CyberEventIndicators",
        "ActivityIPAddress",
        "LossToFinancialAmountText",
        "SuspendedBarredIndicator",
        "AccountNumberText",
    ):
        assert used[name]

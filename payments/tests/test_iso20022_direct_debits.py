"""pain.008.001.08: collections of both schemes, mandates, sequences and days."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from lxml import etree
from stdnum.eu import at_02

from flowlet.core import xml
from payments.providers.iso20022 import direct_debits, scheme, writing
from payments.providers.iso20022.direct_debits import Amendment, Instrument, Mandate, SequenceType
from payments.providers.iso20022.errors import BreaksScheme, TooManyPayments
from payments.providers.iso20022.parts import Account, Party
from payments.tests.messages import CREDITOR_ID, collection, debit, direct_debit, euro

SIGNED = date(2026, 3, 1)


def codes(refused):
    return [breach.code for breach in refused.value.breaches]


def test_a_message_has_scheme_sequence_creditor_and_mandate(iso20022_data):
    first = collection(debit(1), debit(2, amount=euro("0.10")), sequence=SequenceType.FIRST)
    business = collection(debit(3), id="COL-2", instrument=Instrument.B2B, sequence=SequenceType.FINAL, creditor_agent=None)
    written = direct_debit(first, business)
    schema = etree.XMLSchema(etree.parse(iso20022_data / "xsd" / "pain.008.001.08.xsd"))
    assert schema.validate(etree.fromstring(written.content)), schema.error_log
    assert (written.message, written.schema, written.count, written.total) == (
        "pain.008.001.08",
        "pain.008.001.08",
        3,
        euro("99.90"),
    )
    root = xml.read(written.content)[0]
    wanted = (
        "PmtTpInf/LclInstrm/Cd",
        "PmtTpInf/SeqTp",
        "NbOfTxs",
        "CtrlSum",
        "CdtrSchmeId/Id/PrvtId/Othr/Id",
        "CdtrAgt/FinInstnId/Othr/Id",
    )
    assert [[xml.text(found, path) for path in wanted] for found in xml.every(root, "PmtInf")] == [
        ["CORE", "FRST", "2", "50.00", CREDITOR_ID, ""],
        ["B2B", "FNAL", "1", "49.90", CREDITOR_ID, "NOTPROVIDED"],
    ]
    payment = xml.first(root, "PmtInf/DrctDbtTxInf/DrctDbtTx/MndtRltdInf")
    assert (xml.text(payment, "MndtId"), xml.text(payment, "DtOfSgntr")) == ("M-2026-000001", "2026-03-01")
    assert direct_debit(first, business).content == written.content


@pytest.mark.parametrize("sequence", list(SequenceType))
@pytest.mark.parametrize("instrument", list(Instrument))
def test_every_scheme_and_sequence_validates(sequence, instrument):
    assert direct_debit(collection(sequence=sequence, instrument=instrument)).is_validated


def test_an_amended_mandate_says_what_it_was():
    amendment = Amendment(
        mandate_id="OLD-1", creditor_id="NL79ZZZ999999990000", creditor_name="Old Name", is_debtor_at_new_bank=True
    )
    written = direct_debit(collection(debit(mandate=Mandate(id="M-1", signed_on=SIGNED, amendment=amendment))))
    found = xml.first(xml.read(written.content), "CstmrDrctDbtInitn/PmtInf/DrctDbtTxInf/DrctDbtTx/MndtRltdInf")
    assert written.is_validated
    assert xml.text(found, "AmdmntInd") == "true"
    assert xml.text(found, "AmdmntInfDtls/OrgnlMndtId") == "OLD-1"
    assert xml.text(found, "AmdmntInfDtls/OrgnlCdtrSchmeId/Id/PrvtId/Othr/Id") == "NL79ZZZ999999990000"
    assert xml.text(found, "AmdmntInfDtls/OrgnlDbtrAcct/Id/Othr/Id") == "SMNDA"
    other = Amendment(debtor_account=Account(iban="NL91ABNA0417164300"))
    written = direct_debit(collection(debit(mandate=Mandate(id="M-1", signed_on=SIGNED, amendment=other))))
    found = xml.first(xml.read(written.content), "CstmrDrctDbtInitn/PmtInf/DrctDbtTxInf/DrctDbtTx/MndtRltdInf")
    assert xml.text(found, "AmdmntInfDtls/OrgnlDbtrAcct/Id/IBAN") == "NL91ABNA0417164300"


@pytest.mark.parametrize(
    ("created_at", "collect_on", "refused"),
    [
        (datetime(2026, 11, 23, 13, 59, tzinfo=UTC), date(2026, 11, 24), []),
        (datetime(2026, 11, 23, 14, 0, tzinfo=UTC), date(2026, 11, 24), ["collection.too_early"]),
        (datetime(2026, 11, 23, 14, 0, tzinfo=UTC), date(2026, 11, 25), []),
        (datetime(2026, 11, 21, 8, 0, tzinfo=UTC), date(2026, 11, 23), ["collection.too_early"]),
        (datetime(2026, 11, 21, 8, 0, tzinfo=UTC), date(2026, 11, 24), []),
        (datetime(2026, 12, 24, 8, 0, tzinfo=UTC), date(2026, 12, 25), ["collection.no_business_day"]),
        (datetime(2026, 12, 24, 8, 0, tzinfo=UTC), date(2026, 12, 28), []),
        (datetime(2026, 11, 23, 8, 0, tzinfo=UTC), date(2026, 11, 23), ["collection.too_early"]),
        (datetime(2026, 11, 23, 8, 0, tzinfo=UTC), date(2026, 11, 20), ["day.past"]),
    ],
)
def test_collections_reach_the_bank_a_business_day_ahead_before_the_cut_off(created_at, collect_on, refused):
    try:
        direct_debit(collection(collect_on=collect_on), created_at=created_at)
        found = []
    except BreaksScheme as error:
        found = [breach.code for breach in error.breaches]
    assert found == refused


FAULTS = {
    "mandate.form": {"mandate": Mandate(id="M 1", signed_on=SIGNED)},
    "name.missing": {"debtor": Party(name="")},
    "debtor.no_address": {"debtor": Party(name="Urs Meier"), "debtor_account": Account(iban="CH9300762011623852957")},
    "account.not_iban": {"debtor_account": Account(iban="CH9300762011623852958")},
    "end_to_end.missing": {"end_to_end_id": ""},
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_collection_that_breaks_a_rule_is_refused_alone_and_in_a_message(code):
    bad = debit(**FAULTS[code])
    assert [breach.code for breach in direct_debits.breaches(bad)] == [code]
    with pytest.raises(BreaksScheme) as refused:
        direct_debit(collection(debit(2), bad))
    assert set(codes(refused)) in ({code}, {code, "schema"})


def test_a_good_collection_breaks_nothing():
    assert direct_debits.breaches(debit()) == ()


def test_a_mandate_is_signed_before_it_is_used():
    with pytest.raises(BreaksScheme) as refused:
        direct_debit(collection(debit(mandate=Mandate(id="M-1", signed_on=date(2026, 11, 24)))))
    assert codes(refused) == ["mandate.signed_later"]


@pytest.mark.parametrize("sequence", list(SequenceType))
def test_a_mandate_is_used_once_unless_it_recurs(sequence):
    same = Mandate(id="M-1", signed_on=SIGNED)
    both = collection(debit(1, mandate=same), debit(2, mandate=same), sequence=sequence)
    if sequence is SequenceType.RECURRING:
        assert direct_debit(both).count == 2
        return
    with pytest.raises(BreaksScheme) as refused:
        direct_debit(both)
    assert codes(refused) == ["mandate.repeated"]
    assert refused.value.breaches[0].reference == "E2E-000002"


def test_a_message_takes_a_limited_number_of_collections(monkeypatch):
    monkeypatch.setattr(writing, "MOST", 1)
    with pytest.raises(TooManyPayments):
        direct_debit(collection(debit(1), debit(2)))


@pytest.mark.parametrize("wrong", ["DE97ZZZ09999999999", "DE98ZZZ", "de98ZZZ09999999999", "DE98ZZZ0999999999 9"])
def test_the_creditor_identifier_has_its_check_digits(wrong):
    with pytest.raises(BreaksScheme) as refused:
        direct_debit(replace(collection(), creditor_id=wrong))
    assert "creditor_id.invalid" in codes(refused)


@pytest.mark.parametrize(
    "identifier",
    [
        "DE98ZZZ09999999999",
        "NL79ZZZ999999990000",
        "FR72ZZZ123456",
        "AT61ZZZ01234567890",
        "BE69ZZZ050D000000008",
        "DE99ZZZ09999999999",
        "IT66ZZZA1B2C3D4E5F6G7H8",
    ],
)
def test_creditor_identifiers_are_judged_as_an_independent_library_does(identifier):
    assert scheme.is_creditor_id(identifier) == at_02.is_valid(identifier)

"""pain.001.001.09: what is written, and what is refused before it leaves."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from lxml import etree
from moneyed import Money

from flowlet.core import xml
from payments.providers.iso20022 import checking, credit_transfers, scheme, writing
from payments.providers.iso20022.errors import BreaksScheme, NotWritable, TooManyPayments
from payments.providers.iso20022.parts import Account, Address, Party, PayeeMatch, PayeeVerification, Remittance
from payments.tests.messages import CREATED_AT, THEM, US, credit_transfer, euro, group, transfer


def codes(refused):
    return [breach.code for breach in refused.value.breaches]


def test_a_message_has_its_groups_and_totals_and_validates():
    second = group(transfer(3, amount=euro("0.01")), id="GRP-2", execute_on=date(2026, 11, 25))
    written = credit_transfer(group(transfer(1), transfer(2, amount=euro("999999999.99"))), second)
    assert (written.message, written.schema, written.is_validated) == ("pain.001.001.09", "pain.001.001.09", True)
    assert (written.count, written.total) == (3, euro("1000000012.50"))
    root = xml.read(written.content)[0]
    assert (xml.text(root, "GrpHdr/NbOfTxs"), xml.text(root, "GrpHdr/CtrlSum")) == ("3", "1000000012.50")
    assert [(xml.text(found, "NbOfTxs"), xml.text(found, "CtrlSum")) for found in xml.every(root, "PmtInf")] == [
        ("2", "1000000012.49"),
        ("1", "0.01"),
    ]
    assert [xml.text(found, "ReqdExctnDt/Dt") for found in xml.every(root, "PmtInf")] == ["2026-11-24", "2026-11-25"]


def test_every_field_stands_where_the_schema_wants_it(iso20022_data):
    full = transfer(
        uetr="8a562c67-ca16-48ba-b074-65581be6f011",
        ultimate_debtor=Party(name="A Buyer", lei="529900T8BM49AURSDO55"),
        ultimate_creditor=Party(name="A Seller", organisation_id="123456789", organisation_scheme="COID"),
        purpose="SUPP",
        remittance=Remittance(reference="RF18539007547034"),
        payee=PayeeVerification(match=PayeeMatch.MATCH),
    )
    written = credit_transfer(group(full, debtor_agent=None, category_purpose="SUPP", is_batch_booked=False))
    schema = etree.XMLSchema(etree.parse(iso20022_data / "xsd" / "pain.001.001.09.xsd"))
    assert schema.validate(etree.fromstring(written.content)), schema.error_log
    payment = xml.first(xml.read(written.content), "CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf")
    assert {
        path: xml.text(payment, path)
        for path in (
            "PmtId/UETR",
            "UltmtDbtr/Id/OrgId/LEI",
            "UltmtCdtr/Id/OrgId/Othr/SchmeNm/Cd",
            "Purp/Cd",
            "RmtInf/Strd/CdtrRefInf/Ref",
        )
    } == {
        "PmtId/UETR": "8a562c67-ca16-48ba-b074-65581be6f011",
        "UltmtDbtr/Id/OrgId/LEI": "529900T8BM49AURSDO55",
        "UltmtCdtr/Id/OrgId/Othr/SchmeNm/Cd": "COID",
        "Purp/Cd": "SUPP",
        "RmtInf/Strd/CdtrRefInf/Ref": "RF18539007547034",
    }
    assert xml.text(payment.getparent(), "DbtrAgt/FinInstnId/Othr/Id") == "NOTPROVIDED"


def test_the_same_arguments_give_the_same_bytes():
    assert credit_transfer().content == credit_transfer().content
    summer = CREATED_AT.astimezone(timezone(timedelta(hours=1)))
    assert b"<CreDtTm>2026-11-23T10:30:00+01:00</CreDtTm>" in credit_transfer(created_at=summer).content


def test_a_moment_without_zone_is_a_mistake():
    with pytest.raises(ValueError, match="zone"):
        credit_transfer(created_at=CREATED_AT.replace(tzinfo=None))


def test_markup_in_a_text_stays_text():
    with pytest.raises(BreaksScheme) as refused:
        credit_transfer(group(transfer(remittance=Remittance(text="</Ustrd><x/>&amp;"))))
    assert codes(refused) == ["charset"]
    with pytest.raises(NotWritable):
        credit_transfer(group(transfer(remittance=Remittance(text="a\x01b"))))


def test_a_refusal_names_the_payment_and_its_place():
    bad = transfer(2, creditor_account=Account(iban="DE89370400440532013001"))
    with pytest.raises(BreaksScheme) as refused:
        credit_transfer(group(transfer(1), bad, transfer(3)))
    [breach] = refused.value.breaches
    assert (breach.code, breach.reference) == ("account.not_iban", "E2E-000002")
    assert breach.path == "/Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf[2]/CdtrAcct/Id/IBAN"
    lines = credit_transfer(group(transfer(1), transfer(2), transfer(3))).content.decode().splitlines()
    assert breach.line == [number for number, line in enumerate(lines, 1) if "DE8937" in line][1]
    assert refused.value.code == "iso20022.breaks_scheme"
    assert refused.value.details["breaches"] == [breach.as_dict()]


def test_a_refusal_holds_no_account_and_no_name():
    bad = transfer(creditor=Party(name="Zoë"), creditor_account=Account(iban="DE89370400440532013001"))
    with pytest.raises(BreaksScheme) as refused:
        credit_transfer(group(bad))
    shown = f"{refused.value.message} {refused.value.details}"
    assert codes(refused) == ["charset", "account.not_iban"]
    assert "Zoë" not in shown
    assert "DE89" not in shown


FAULTS = {
    "charset": {"creditor": Party(name="Müller & Söhne")},
    "name.missing": {"creditor": Party(name=" ")},
    "name.too_long": {"creditor": Party(name="x" * 71)},
    "address.unstructured": {
        "creditor": replace(THEM, address=Address(town="", country="DE", lines=("Hauptstrasse 3", "10115 Berlin")))
    },
    "address.no_town": {"creditor": replace(THEM, address=Address(town="", country="DE", street="Hauptstrasse"))},
    "address.no_country": {"creditor": replace(THEM, address=Address(town="Berlin", country=""))},
    "address.too_many_lines": {"creditor": replace(THEM, address=Address(town="Berlin", country="DE", lines=("1", "2", "3")))},
    "amount.not_euro": {"amount": Money(Decimal("12.50"), "USD")},
    "amount.too_small": {"amount": euro("0.00")},
    "amount.too_large": {"amount": euro("1000000000.00")},
    "account.not_iban": {"creditor_account": Account(number="532013000")},
    "account.outside_sepa": {"creditor_account": Account(iban="TR330006100519786457841326")},
    "bic.invalid": {"creditor_agent": replace(credit_transfers.Agent(bic="COBAXXFFXXX"))},
    "end_to_end.missing": {"end_to_end_id": "NOTPROVIDED"},
    "id.form": {"end_to_end_id": "A//B"},
    "remittance.repeated": {"remittance": Remittance(text="Invoice 1", reference="RF18539007547034")},
    "remittance.reference": {"remittance": Remittance(reference="RF19539007547034")},
    "payee.not_confirmed": {"payee": PayeeVerification(match=PayeeMatch.NO_MATCH)},
}


@pytest.mark.parametrize("code", FAULTS)
def test_a_payment_that_breaks_a_rule_is_refused_alone_and_in_a_message(code):
    bad = transfer(**FAULTS[code])
    assert [breach.code for breach in credit_transfers.breaches(bad)] == [code]
    with pytest.raises(BreaksScheme) as refused:
        credit_transfer(group(bad, transfer(2)))
    assert code in codes(refused)
    assert {breach.reference for breach in refused.value.breaches if breach.code == code} <= {bad.end_to_end_id, ""}
    assert set(codes(refused)) <= {code, "schema"}


def test_a_good_payment_breaks_nothing():
    assert credit_transfers.breaches(transfer()) == ()
    hybrid = replace(THEM, address=Address(town="Berlin", country="DE", lines=("Hauptstrasse 3", "Hinterhaus")))
    assert credit_transfers.breaches(transfer(creditor=hybrid, creditor_agent=None)) == ()
    assert credit_transfers.breaches(transfer(creditor=Party(name="Anna Weber"), remittance=None)) == ()


@pytest.mark.parametrize("match", list(PayeeMatch))
def test_the_payer_may_accept_what_the_bank_answers_about_the_name(match):
    assert match.label
    assert credit_transfer(group(transfer(payee=PayeeVerification(match=match, is_accepted=True)))).count == 1
    allowed = match is PayeeMatch.MATCH
    assert (credit_transfers.breaches(transfer(payee=PayeeVerification(match=match))) == ()) is allowed


def test_refuses_ids_that_repeat_and_days_that_are_past():
    with pytest.raises(BreaksScheme) as refused:
        credit_transfer(group(transfer(1)), group(transfer(1), execute_on=date(2026, 11, 20)))
    assert sorted(codes(refused)) == ["day.past", "end_to_end.repeated", "id.repeated", "id.repeated"]


def test_says_when_there_was_no_schema_to_check_against(settings, monkeypatch):
    settings.ISO20022_SCHEMAS = "/nowhere"
    monkeypatch.setattr(xml, "find_spec", lambda name: None)
    written = credit_transfer()
    assert (written.schema, written.is_validated) == ("", False)
    assert credit_transfer().content == written.content


def test_a_message_takes_a_limited_number_of_payments(monkeypatch):
    monkeypatch.setattr(writing, "MOST", 2)
    assert credit_transfer(group(transfer(1), transfer(2))).count == 2
    with pytest.raises(TooManyPayments) as refused:
        credit_transfer(group(transfer(1), transfer(2)), group(transfer(3), id="GRP-2"))
    assert refused.value.details == {"most": 2}


def test_neither_names_nor_accounts_stand_in_what_a_trace_shows():
    shown = repr(group(transfer()))
    assert "Anna Weber" not in shown
    assert "DE8937" not in shown
    assert "E2E-000001" in shown


def test_what_the_rules_leave_open_the_schema_refuses():
    with pytest.raises(BreaksScheme) as refused:
        credit_transfer(group(transfer(purpose="TOOLONG")), initiator=US)
    [breach] = refused.value.breaches
    assert breach.code == checking.SCHEMA
    assert breach.path.endswith("/CdtTrfTxInf/Purp/Cd")


def test_the_rules_know_the_edges():
    assert scheme.is_business_day(date(2026, 12, 24))
    assert [scheme.is_business_day(date(2026, 12, on)) for on in (25, 26, 27)] == [False, False, False]
    assert not scheme.is_business_day(date(2026, 4, 3))
    assert scheme.business_days_after(date(2026, 12, 24), 1) == date(2026, 12, 28)
    terms = scheme.Terms()
    before, after = datetime(2026, 12, 23, 13, 59, tzinfo=UTC), datetime(2026, 12, 23, 14, 0, tzinfo=UTC)
    assert scheme.earliest_collection(at=before, terms=terms) == date(2026, 12, 24)
    assert scheme.earliest_collection(at=after, terms=terms) == date(2026, 12, 28)
    assert scheme.account_fault("NO9386011117947") == ""
    assert scheme.account_fault("de89370400440532013000") == "account.not_iban"
    assert [scheme.is_bic(bic) for bic in ("COBADEFF", "COBADEFFXXX", "cobadeff", "COBADEF")] == [True, True, False, False]
    assert [scheme.account_fault(iban)[:7] for iban in ("ME25505000012345678951", "NC1420041010050500013M02606")] == [
        "",
        "account",
    ]

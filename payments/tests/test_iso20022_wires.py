"""pacs.008 and pacs.004 in Fedwire's form: domestic, international, back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from lxml import etree
from moneyed import Money

from flowlet.core import xml
from payments.providers.iso20022 import reading, reports, returns, wires
from payments.providers.iso20022.errors import BreaksScheme, IncompleteMessage, UnknownMessage, UnreadableField
from payments.providers.iso20022.parts import Account, Address, Agent, Party, Remittance
from payments.providers.iso20022.wires import Charge, ChargeBearer
from payments.tests.messages import CREATED_AT, IMAD, RECEIVER, SENDER, THERE, UETR, dollars, wire

ABROAD = Address(street="Av. Lucio Costa", building_number="5220", post_code="22630-012", town="Rio de Janeiro", country="BR")
INTERNATIONAL = wire(
    amount=dollars("1009858.99"),
    instructed=Money(Decimal("1000000.00"), "EUR"),
    exchange_rate=Decimal("0.9901"),
    charge_bearer=ChargeBearer.SHARED,
    charges=(Charge(amount=dollars("25.00"), agent=Agent(bic="BANZBEBB")),),
    previous=(Agent(bic="BANZBEBB"),),
    intermediaries=(Agent(bic="CHASUS33"), Agent(name="Banco X", address=ABROAD)),
    debtor_agent=Agent(bic="KREDBEBB"),
    debtor_account=Account(iban="BE68539007547034"),
    creditor_agent=Agent(bic="COBADEFF"),
    creditor=Party(name="Corporation Y", address=ABROAD),
    creditor_account=Account(iban="BR1800360305000010009795493C1"),
    ultimate_debtor=Party(name="A Buyer"),
    ultimate_creditor=Party(name="A Seller", lei="529900T8BM49AURSDO55"),
    service_level="G001",
    category_purpose="SUPP",
    purpose="GDDS",
    remittance=Remittance(text="Invoice 5220"),
)


def sent(one, message_id=IMAD):
    return wires.write(wire=one, message_id=message_id, created_at=CREATED_AT)


@pytest.mark.parametrize("one", [wire(), INTERNATIONAL], ids=["domestic", "international"])
def test_a_wire_validates_and_is_read_back_as_it_was_written(iso20022_data, one):
    written = sent(one)
    schema = etree.XMLSchema(etree.parse(iso20022_data / "xsd" / "pacs.008.001.08.xsd"))
    assert schema.validate(etree.fromstring(written.content)), schema.error_log
    assert (written.message, written.schema, written.count, written.total) == (
        "pacs.008.001.08",
        "pacs.008.001.08",
        1,
        one.amount,
    )
    [read] = reading.wires(written.content)
    assert (read.message, read.message_id, read.created_at) == ("pacs.008.001.08", IMAD, CREATED_AT)
    assert read.wire == replace(one, instructed=one.instructed or one.amount)
    assert sent(one).content == written.content


def test_fedwire_settles_between_members_named_by_routing_number():
    root = xml.read(sent(wire()).content)[0]
    assert [xml.text(root, f"GrpHdr/{path}") for path in ("NbOfTxs", "SttlmInf/SttlmMtd", "SttlmInf/ClrSys/Cd")] == [
        "1",
        "CLRG",
        "FDW",
    ]
    payment = xml.first(root, "CdtTrfTxInf")
    assert xml.text(payment, "PmtTpInf/LclInstrm/Prtry") == "CTRC"
    assert [xml.text(payment, f"{name}/FinInstnId/ClrSysMmbId/MmbId") for name in ("InstgAgt", "InstdAgt")] == [
        "011104238",
        "021040078",
    ]
    assert xml.first(payment, "InstdAgt/FinInstnId/Nm") is None
    assert xml.text(payment, "CdtrAgt/FinInstnId/Nm") == "Bank B"


def test_without_a_schema_at_hand_a_wire_is_marked_as_not_validated(settings):
    settings.ISO20022_SCHEMAS = ""
    assert (sent(wire()).schema, sent(wire()).is_validated) == ("", False)


FAULTS = [
    ("uetr.form", "PmtId/UETR", {"uetr": UETR.upper()}),
    ("id.form", "PmtId/EndToEndId", {"end_to_end_id": ""}),
    ("agent.routing", "InstgAgt", {"sender": Agent(aba="011104239")}),
    ("agent.routing", "InstdAgt", {"receiver": Agent(bic="CHASUS33")}),
    ("agent.unknown", "CdtrAgt", {"creditor_agent": Agent(name="Bank B")}),
    ("bic.invalid", "IntrmyAgt1", {"intermediaries": (Agent(bic="CHASUS3"),)}),
    ("instrument.unknown", "PmtTpInf/LclInstrm", {"local_instrument": "BTRC"}),
    ("amount.not_dollar", "IntrBkSttlmAmt", {"amount": Money(Decimal(1), "EUR")}),
    ("amount.range", "IntrBkSttlmAmt", {"amount": dollars("10000000000.00")}),
    ("amount.range", "IntrBkSttlmAmt", {"amount": dollars("0.00")}),
    ("rate.missing", "XchgRate", {"instructed": Money(Decimal("9.00"), "EUR")}),
    ("rate.missing", "XchgRate", {"exchange_rate": Decimal("1.1")}),
    ("charges.sum", "InstdAmt", {"instructed": dollars("510000.75")}),
    (
        "charges.bearer",
        "ChrgBr",
        {"instructed": dollars("510001.74"), "charges": (Charge(amount=dollars("1.00"), agent=SENDER),)},
    ),
    ("name.form", "Cdtr/Nm", {"creditor": Party(name=" ", address=THERE)}),
    ("address.incomplete", "Dbtr/PstlAdr", {"debtor": Party(name="Flowlet Inc")}),
    (
        "address.incomplete",
        "Cdtr/PstlAdr",
        {"creditor": Party(name="X", address=Address(town="", country="US", lines=("1 Main Street",)))},
    ),
    ("account.missing", "CdtrAcct", {"creditor_account": None}),
    ("account.not_iban", "CdtrAcct", {"creditor_account": Account(iban="BE68539007547035")}),
    ("remittance.form", "RmtInf", {"remittance": Remittance(text="x" * 141)}),
    ("remittance.form", "RmtInf", {"remittance": Remittance(text="x", document_number="1")}),
    ("charset", "Nm", {"creditor": Party(name="Zoë", address=THERE)}),
]


@pytest.mark.parametrize(("code", "path", "other"), FAULTS, ids=[f"{number}-{row[0]}" for number, row in enumerate(FAULTS)])
def test_a_wire_that_breaks_a_rule_is_not_written(code, path, other):
    with pytest.raises(BreaksScheme) as refused:
        sent(wire(**other))
    assert [(breach.code, breach.path, breach.message) for breach in refused.value.breaches] == [
        (code, f"CdtTrfTxInf/{path}", wires.RULES[code])
    ]


def test_every_rule_of_wires_has_a_prepared_breach():
    assert {row[0] for row in FAULTS} | {"message_id.form", "note.form"} == set(wires.RULES)


@pytest.mark.parametrize("message_id", ["", "1", IMAD[:-1], IMAD.lower()])
def test_the_message_id_is_an_imad(message_id):
    with pytest.raises(BreaksScheme) as refused:
        sent(wire(), message_id=message_id)
    assert [breach.code for breach in refused.value.breaches] == ["message_id.form"]


def test_charges_that_were_taken_explain_the_instructed_amount():
    charged = wire(
        instructed=dollars("510020.74"),
        charges=(Charge(amount=dollars("15.00"), agent=SENDER), Charge(amount=dollars("5.00"), agent=RECEIVER)),
        charge_bearer=ChargeBearer.CREDITOR,
    )
    assert wires.breaches(charged) == ()


def back(**other):
    values = {
        "wire": wire(),
        "message_id": IMAD,
        "created_at": CREATED_AT,
        "settle_on": date(2026, 11, 24),
        "reason": "AC04",
        "note": "Account closed.",
    }
    return returns.of(**values | other)


def test_a_return_goes_the_way_back_and_validates(iso20022_data):
    written = returns.write(back=back(amount=dollars("151000.74")), message_id="20261124B1QDRCQR000009", created_at=CREATED_AT)
    schema = etree.XMLSchema(etree.parse(iso20022_data / "xsd" / "pacs.004.001.10.xsd"))
    assert schema.validate(etree.fromstring(written.content)), schema.error_log
    assert (written.message, written.schema, written.total) == ("pacs.004.001.10", "pacs.004.001.10", dollars("151000.74"))
    [read] = reports.returns(written.content)
    assert (read.message_id, read.message, read.end_to_end_id, read.uetr) == (IMAD, "pacs.008.001.08", "E2E-1", UETR)
    assert (read.amount, read.settled_on) == (dollars("151000.74"), date(2026, 11, 24))
    assert read.reasons == (reports.Reason(code="AC04", is_proprietary=False, note="Account closed."),)
    payment = xml.first(xml.read(written.content), "PmtRtr/TxInf")
    assert xml.text(payment, "InstgAgt/FinInstnId/ClrSysMmbId/MmbId") == "021040078"
    assert xml.text(payment, "RtrChain/Dbtr/Pty/Nm") == "Corporation B"
    assert xml.text(payment, "RtrChain/CdtrAcct/Id/Othr/Id") == "5647772655"
    again = returns.write(back=back(amount=dollars("151000.74")), message_id="20261124B1QDRCQR000009", created_at=CREATED_AT)
    assert again.content == written.content


def test_a_return_that_breaks_a_rule_is_not_written():
    bad = replace(back(amount=dollars("0.00"), note="Zoë"), sender=Agent(aba="1"))
    with pytest.raises(BreaksScheme) as refused:
        returns.write(back=bad, message_id=IMAD, created_at=CREATED_AT)
    assert [breach.code for breach in refused.value.breaches] == ["amount.range", "agent.routing", "charset"]
    with pytest.raises(BreaksScheme) as refused:
        returns.write(back=back(), message_id="1", created_at=CREATED_AT)
    assert [breach.code for breach in refused.value.breaches] == ["message_id.form"]
    with pytest.raises(BreaksScheme) as refused:
        returns.write(back=back(note="x" * 106), message_id=IMAD, created_at=CREATED_AT)
    assert [breach.code for breach in refused.value.breaches] == ["note.form"]


def test_the_services_sample_wires_are_read_and_written_again(iso20022_data):
    """Those of them that our rules refuse use made-up account numbers, a wrong routing number, or pay out in cash."""
    refused, total, count = {}, Decimal(0), 0
    for path in sorted((iso20022_data / "fedwire-samples").glob("*_pacs.008*.xml")):
        [read] = reading.wires(path.read_bytes())
        found = xml.first(xml.read(path.read_bytes()), "FIToFICstmrCdtTrf/CdtTrfTxInf")
        assert read.wire.amount.amount == Decimal(xml.text(found, "IntrBkSttlmAmt"))
        count, total = count + 1, total + read.wire.amount.amount
        if faults := wires.breaches(read.wire):
            refused.setdefault(tuple(fault.code for fault in faults), []).append(path.name.split("_pacs")[0])
            continue
        written = wires.write(wire=read.wire, message_id=read.message_id, created_at=read.created_at)
        assert written.is_validated
        assert next(reading.wires(written.content)) == read
    assert (count, total) == (32, Decimal("35857442.26"))
    assert refused == {
        ("agent.routing",): ["CustomerCreditTransfer_Scenario2_Step1"],
        ("account.missing",): ["CustomerCreditTransfer_Scenario4_Step1", "CustomerCreditTransfer_Scenario4_Step2"],
        ("account.not_iban",): [
            "CustomerCreditTransfer_Scenario5_Step1",
            "CustomerCreditTransfer_Scenario5_Step2",
            "CustomerCreditTransfer_Variation5",
            "CustomerCreditTransfer_Variation6",
            "PaymentReturn_Scenario5_Step1",
        ],
    }


def test_a_wire_in_an_envelope_takes_its_day_from_the_header(iso20022_data):
    [read] = reading.wires((iso20022_data / "rtp-samples" / "pacs008.xml").read_bytes())
    assert (read.wire.amount, read.wire.settle_on) == (dollars("46154.49"), date(2023, 7, 13))


def test_a_message_that_holds_something_else_than_its_header_says_is_refused():
    content = sent(wire()).content.decode()
    with pytest.raises(IncompleteMessage):
        list(reading.wires(content.replace("<NbOfTxs>1<", "<NbOfTxs>2<").encode()))
    with pytest.raises(IncompleteMessage):
        list(
            reading.wires(
                content.replace("</NbOfTxs>", '</NbOfTxs><TtlIntrBkSttlmAmt Ccy="USD">1.00</TtlIntrBkSttlmAmt>').encode()
            )
        )
    with pytest.raises(UnreadableField) as refused:
        list(reading.wires(content.replace("510000.74</IntrBk", "51x</IntrBk").encode()))
    assert "IntrBkSttlmAmt cannot be read" in refused.value.message
    for other in (b"<a/>", back_content()):
        with pytest.raises(UnknownMessage):
            list(reading.wires(other))


def back_content():
    return returns.write(back=back(), message_id=IMAD, created_at=CREATED_AT).content

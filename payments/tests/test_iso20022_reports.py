"""What banks say: statuses and returns, with exact counts and sums."""

from decimal import Decimal
from pathlib import Path

import pytest

from flowlet.core import xml
from payments.providers.iso20022 import envelopes, reasons, reports, scheme, wires
from payments.providers.iso20022.errors import IncompleteMessage, UnknownMessage, UnreadableField
from payments.providers.iso20022.reasons import Action, Who
from payments.providers.iso20022.reports import Outcome, Reason, Scope
from payments.tests.messages import dollars, euro

REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"><CstmrPmtStsRpt>
<GrpHdr><MsgId>RPT-1</MsgId><CreDtTm>2026-11-23T12:00:00Z</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>MSG-1</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId><GrpSts>PART</GrpSts></OrgnlGrpInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>GRP-1</OrgnlPmtInfId>
<TxInfAndSts><OrgnlInstrId>INS-1</OrgnlInstrId><OrgnlEndToEndId>E2E-1</OrgnlEndToEndId><TxSts>RJCT</TxSts>
<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>closed</AddtlInf><AddtlInf>in May</AddtlInf></StsRsnInf>
<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">12.50</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>
<TxInfAndSts><OrgnlEndToEndId>E2E-2</OrgnlEndToEndId><TxSts>ACSC</TxSts></TxInfAndSts>
</OrgnlPmtInfAndSts>
<OrgnlPmtInfAndSts><OrgnlPmtInfId>GRP-2</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>
<StsRsnInf><Rsn><Prtry>X99</Prtry></Rsn></StsRsnInf></OrgnlPmtInfAndSts>
</CstmrPmtStsRpt></Document>"""


def test_a_report_is_read_to_each_payment_group_and_message():
    found = list(reports.statuses(REPORT.encode()))
    assert [(one.scope, one.group_id, one.end_to_end_id, one.status, one.outcome) for one in found] == [
        (Scope.MESSAGE, "", "", "PART", Outcome.PARTIAL),
        (Scope.PAYMENT, "GRP-1", "E2E-1", "RJCT", Outcome.REJECTED),
        (Scope.PAYMENT, "GRP-1", "E2E-2", "ACSC", Outcome.SETTLED),
        (Scope.GROUP, "GRP-2", "", "RJCT", Outcome.REJECTED),
    ]
    assert {(one.report_id, one.message_id, one.message) for one in found} == {("RPT-1", "MSG-1", "pain.001.001.09")}
    assert found[1].reasons == (Reason(code="AC04", is_proprietary=False, note="closed in May"),)
    assert (found[1].amount, found[1].instruction_id, found[2].amount) == (euro("12.50"), "INS-1", None)
    assert found[3].reasons == (Reason(code="X99", is_proprietary=True),)


def test_a_status_that_nobody_knows_is_neither_success_nor_failure():
    [*_, last] = reports.statuses(REPORT.replace("<PmtInfSts>RJCT", "<PmtInfSts>ABCD").encode())
    assert (last.status, last.outcome) == ("ABCD", Outcome.UNKNOWN)


def test_a_report_in_any_encoding_of_names_and_version_is_the_same():
    older = REPORT.replace("pain.002.001.10", "pain.002.001.03").encode()
    assert list(reports.statuses(older)) == list(reports.statuses(REPORT.encode()))


@pytest.mark.parametrize(
    "content", ["<a/>", "<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt/></Document>"]
)
def test_other_documents_are_no_reports(content):
    for read in (reports.statuses, reports.returns):
        with pytest.raises(UnknownMessage):
            list(read(content.encode()))
        with pytest.raises(xml.UnsafeXml):
            list(read(b"<!DOCTYPE a>" + content.encode()))


def test_the_banks_sample_accepts_its_group(iso20022_data):
    [path] = (iso20022_data / "samples").glob("pain002*.xml")
    [status] = reports.statuses(path.read_bytes())
    assert (status.scope, status.group_id, status.status, status.outcome) == (
        Scope.GROUP,
        "PmtInfId-CHDD-1",
        "ACCP",
        Outcome.ACCEPTED,
    )
    assert (status.message_id, status.message, status.report_id) == (
        "MsgId-CHDD-Musterfile",
        "pain.008.001.02.ch.03",
        "20180313375204216308259",
    )


def test_what_is_no_xml_is_refused(iso20022_data):
    with pytest.raises(xml.MalformedXml):
        list(reports.statuses((iso20022_data / "samples" / "invalid_file1").read_bytes()))


def test_fedwires_sample_statuses_are_read_exactly(iso20022_data):
    found = [
        one
        for path in sorted((iso20022_data / "fedwire-samples").glob("*_pacs.002.xml"))
        for one in reports.statuses(path.read_bytes())
    ]
    assert [one.outcome for one in found].count(Outcome.SETTLED) == 10
    assert len(found) == 11
    [refused] = [one for one in found if one.outcome is Outcome.REJECTED]
    assert (refused.message_id, refused.reasons[0].code, refused.reasons[0].is_proprietary) == (
        "20250310B1QDRCQR000002",
        "E433",
        True,
    )


def test_the_samples_in_an_envelope_are_read_too(iso20022_data):
    [accepted] = reports.statuses((iso20022_data / "rtp-samples" / "pacs002.ACTC.xml").read_bytes())
    [rejected] = reports.statuses((iso20022_data / "rtp-samples" / "pacs002.RJCT.xml").read_bytes())
    assert (accepted.outcome, accepted.amount) == (Outcome.WAITING, dollars("2000.00"))
    assert (rejected.outcome, rejected.amount, rejected.reasons[0].code) == (Outcome.REJECTED, dollars("10000.00"), "AC03")


def test_fedwires_sample_returns_are_read_exactly(iso20022_data):
    found = [
        one
        for path in sorted((iso20022_data / "fedwire-samples").glob("*_pacs.004.xml"))
        for one in reports.returns(path.read_bytes())
    ]
    assert [one.reasons[0].code for one in found] == ["DUPL", "DUPL", "DUPL", "FOCR", "AC04", "MD06"]
    assert sum((one.amount.amount for one in found), Decimal(0)) == Decimal("5728310.90")
    assert {one.uetr for one in found} == {"8a562c67-ca16-48ba-b074-65581be6f011"}


RETURNS = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pacs.004.001.09"><PmtRtr><GrpHdr><MsgId>R1</MsgId><CreDtTm>2026-11-23T12:00:00Z</CreDtTm>
<NbOfTxs>2</NbOfTxs><TtlRtrdIntrBkSttlmAmt Ccy="EUR">30.00</TtlRtrdIntrBkSttlmAmt><SttlmInf><SttlmMtd>CLRG</SttlmMtd></SttlmInf></GrpHdr>
<OrgnlGrpInf><OrgnlMsgId>ALL</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId></OrgnlGrpInf>
<TxInf><RtrId>1</RtrId><OrgnlGrpInf><OrgnlMsgId>OWN</OrgnlMsgId><OrgnlMsgNmId>pacs.003.001.08</OrgnlMsgNmId></OrgnlGrpInf>
<OrgnlEndToEndId>E1</OrgnlEndToEndId><OrgnlIntrBkSttlmAmt Ccy="EUR">10.00</OrgnlIntrBkSttlmAmt>
<RtrdIntrBkSttlmAmt Ccy="EUR">10.50</RtrdIntrBkSttlmAmt>
<ChrgsInf><Amt Ccy="EUR">0.50</Amt><Agt><FinInstnId><BICFI>COBADEFF</BICFI></FinInstnId></Agt></ChrgsInf></TxInf>
<TxInf><RtrId>2</RtrId><RtrdIntrBkSttlmAmt Ccy="EUR">19.50</RtrdIntrBkSttlmAmt></TxInf></PmtRtr></Document>"""


def test_the_messages_made_up_here_are_those_of_the_schemas(iso20022_data):
    assert xml.validate(RETURNS.encode(), name="pacs.004.001.09").is_valid
    # No schema of version 10 is at hand.
    assert xml.validate(REPORT.replace("pain.002.001.10", "pain.002.001.11").encode(), name="pain.002.001.11").is_valid


def test_returns_name_their_own_message_or_that_of_all():
    first, second = reports.returns(RETURNS.encode())
    assert (first.message_id, first.message, second.message_id, second.message) == (
        "OWN",
        "pacs.003.001.08",
        "ALL",
        "pacs.008.001.08",
    )
    assert (first.amount, first.original_amount, first.charges[0].amount, first.charges[0].agent.bic) == (
        euro("10.50"),
        euro("10.00"),
        euro("0.50"),
        "COBADEFF",
    )


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("<NbOfTxs>2", "<NbOfTxs>3", IncompleteMessage),
        (">30.00<", ">30.01<", IncompleteMessage),
        (">19.50<", "><", UnreadableField),
        (">19.50<", ">1e3<", UnreadableField),
        ('Ccy="EUR">19.50', 'Ccy="ZZZ">19.50', UnreadableField),
        (">19.50<", ">19.505<", UnreadableField),
        ('<RtrdIntrBkSttlmAmt Ccy="EUR">19.50</RtrdIntrBkSttlmAmt>', "", UnreadableField),
    ],
)
def test_returns_that_cannot_be_right_are_refused(old, new, error):
    with pytest.raises(error):
        list(reports.returns(RETURNS.replace(old, new).encode()))


def test_every_reason_says_what_it_means_who_until_when_and_what_we_do():
    assert len(reasons.CODES) > 50
    for code, reason in reasons.CODES.items():
        assert (code, len(code)) == (reason.code, 4)
        assert reason.meaning
        assert reason.limit
        assert isinstance(reason.by, Who)
        assert isinstance(reason.action, Action)
    assert reasons.of("AC04").action is Action.STOP_ACCOUNT
    assert reasons.of("AM04").action is Action.TRY_AGAIN
    assert reasons.of("MD01").action is Action.STOP_MANDATE
    assert (reasons.of("ZZ99").action, reasons.of("ZZ99").code) == (Action.REVIEW, "ZZ99")


def test_the_guides_tell_every_rule_and_reason():
    sepa, wire = ((Path(__file__).parents[2] / "docs" / "rails" / f"{name}.md").read_text() for name in ("sepa", "wire"))
    for code, rule in scheme.RULES.items():
        assert f"| `{code}` | {rule} |" in sepa
    for code, rule in {**wires.RULES, **envelopes.RULES}.items():
        assert f"| `{code}` | {rule} |" in wire
    for reason in reasons.CODES.values():
        assert f"| {reason.code} | {reason.meaning} | {reason.by.label} | {reason.limit} | {reason.action.label} |" in sepa
    for way in reasons.TRANSACTIONS.values():
        assert f"| {way.name} | {', '.join(sorted(way.schemes))} | {way.by.label} | {way.limit} | {way.message} |" in sepa


def test_only_core_can_be_refunded():
    refunds = [way for name, way in reasons.TRANSACTIONS.items() if name.startswith("refund")]
    assert [(way.schemes, way.limit) for way in refunds] == [
        (frozenset({"CORE"}), "8 weeks after the debit"),
        (frozenset({"CORE"}), "13 months after the debit"),
    ]

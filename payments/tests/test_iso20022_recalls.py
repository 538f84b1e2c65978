"""Requests to send money back (camt.056) and their answers (camt.029): written under the schemas, read from the samples."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from flowlet.core import xml
from payments.providers.iso20022 import recalls, reports
from payments.providers.iso20022.errors import BreaksScheme, IncompleteMessage, UnknownMessage
from payments.providers.iso20022.parts import Agent
from payments.providers.iso20022.recalls import Answer, Original, Recall, Verdict
from payments.tests.messages import CREATED_AT, IMAD, RECEIVER, SENDER, UETR, dollars, euro

WIRE = Original(
    message_id=IMAD,
    message="pacs.008.001.08",
    created_at=CREATED_AT,
    instruction_id="INS-1",
    end_to_end_id="E2E-1",
    uetr=UETR,
    amount=dollars("510000.74"),
    settled_on=date(2026, 11, 23),
)
SEPA = Original(
    message_id="FLW000000000001",
    message="pain.001.001.09",
    created_at=CREATED_AT,
    end_to_end_id="FLW-7K3D-9QX2-M4T1-C",
    amount=euro("12.50"),
    settled_on=date(2026, 11, 24),
)


def request(original=WIRE, **other):
    values = {
        "id": IMAD,
        "case_id": "FLWRCL000000000007",
        "assigner": SENDER if original is WIRE else Agent(bic="KREDBEBB"),
        "assignee": RECEIVER if original is WIRE else Agent(bic="COBADEFFXXX"),
        "original": original,
        "reason": "DUPL",
        "originator": "Flowlet Inc",
        "note": "Sent twice",
    }
    return Recall(**values | other)


def answer(**other):
    values = {
        "id": IMAD,
        "case_id": "CASE-1",
        "assigner": RECEIVER,
        "assignee": SENDER,
        "creator": SENDER,
        "verdict": Verdict.REFUSED,
        "original": WIRE,
        "reason": "NOAS",
        "note": "No answer of the payee",
    }
    return Answer(**values | other)


@pytest.mark.parametrize("original", [WIRE, SEPA], ids=["wire", "SEPA"])
def test_a_request_has_the_form_of_the_schema_of_the_next_version(iso20022_data, original):
    written = recalls.write(recall=request(original), created_at=CREATED_AT)
    as_next = written.content.replace(b"camt.056.001.08", b"camt.056.001.09")
    assert xml.validate(as_next, name="camt.056.001.09").is_valid
    assert written.content == recalls.write(recall=request(original), created_at=CREATED_AT).content


@pytest.mark.parametrize(
    ("original", "parts", "of_payment"),
    [(WIRE, [], "OrgnlGrpInf"), (SEPA, ["CtrlData"], "CxlId")],
    ids=["wire", "SEPA"],
)
def test_a_request_has_a_count_and_an_id_of_its_own_only_where_the_scheme_takes_them(original, parts, of_payment):
    message = xml.read(recalls.write(recall=request(original), created_at=CREATED_AT).content)[0]
    assert [xml.local(part) for part in message] == ["Assgnmt", "Case", *parts, "Undrlyg"]
    assert xml.local(xml.first(message, "Undrlyg/TxInf")[0]) == of_payment


def test_an_answer_with_a_note_alone_gives_the_note_as_its_reason():
    written = recalls.write_answer(answer=answer(verdict=Verdict.GRANTED, reason=""), created_at=CREATED_AT)
    [found] = recalls.answers(written.content)
    assert found.reasons == (reports.Reason(code="NARR", is_proprietary=False, note="No answer of the payee"),)


@pytest.mark.parametrize("original", [WIRE, SEPA], ids=["wire", "SEPA"])
def test_a_request_is_read_as_it_was_written(original):
    wanted = request(original)
    [found] = recalls.requests(recalls.write(recall=wanted, created_at=CREATED_AT).content)
    assert (found.recall, found.message, found.is_usual) == (wanted, "camt.056.001.08", True)


@pytest.mark.parametrize("verdict", list(Verdict))
@pytest.mark.parametrize("original", [WIRE, SEPA], ids=["wire", "SEPA"])
def test_an_answer_is_valid_and_read_as_it_was_written(iso20022_data, verdict, original):
    written = recalls.write_answer(answer=answer(verdict=verdict, original=original), created_at=CREATED_AT)
    assert written.schema == "camt.029.001.09"
    [found] = recalls.answers(written.content)
    assert (found.case_id, found.verdict, found.code) == ("CASE-1", verdict, verdict)
    assert found.reasons == (reports.Reason(code="NOAS", is_proprietary=False, note="No answer of the payee"),)
    assert (found.original.end_to_end_id, found.original.uetr) == (original.end_to_end_id, original.uetr)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"id": "x" * 36}, "Assgnmt/Id"),
        ({"case_id": ""}, "Case/Id"),
        ({"note": "x" * 106}, "TxInf/AddtlInf"),
        ({"original": Original(message_id="M", message="m", uetr="no")}, "TxInf/OrgnlUETR"),
    ],
)
def test_a_request_that_breaks_a_rule_names_the_field(change, path):
    with pytest.raises(BreaksScheme) as refused:
        recalls.write(recall=request(**change), created_at=CREATED_AT)
    assert [breach.path for breach in refused.value.breaches] == [path]


def test_the_answers_of_fedwires_scenarios_are_read(iso20022_data):
    said = {}
    for path in sorted((iso20022_data / "fedwire-samples").glob("*camt.029*")):
        [found] = recalls.answers(path.read_bytes())
        said[Path(path).name.partition("_Step")[0]] = (found.code, found.verdict, found.original.uetr != "")
    assert said == {
        "FedwireFundsAcknowledgement_Scenario2": ("CNCL", Verdict.GRANTED, True),
        "Paymentreturn_Scenario1": ("CNCL", Verdict.GRANTED, True),
        "Paymentreturn_Scenario2": ("RJCR", Verdict.REFUSED, True),
        "Paymentreturn_Scenario3": ("PECR", Verdict.PENDING, True),
    }


def test_a_request_inside_another_document_is_read(iso20022_data):
    [found] = recalls.requests((iso20022_data / "rtp-samples" / "camt056.refund.xml").read_bytes())
    assert (found.recall.reason, found.recall.originator) == ("CUST", "MRS. GREEN")
    assert found.recall.case_id == "M20230713234567891T1BOTS00384697493"
    assert found.recall.original.amount == dollars("42389.38")
    assert found.recall.original.transaction_id == "20230713234567891T1BLFFV00017549968"


def several(content, tag, *parts):
    """A message with these payments instead of its one; each is (what is put in, what was there) of that one."""
    start, end = content.index(f"<{tag}>".encode()), content.index(f"</{tag}>".encode()) + len(tag) + 3
    one = content[start:end].decode()
    made = []
    for changes in parts:
        text = one
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        made.append(text)
    return content[:start] + "".join(made).encode() + content[end:]


def test_of_several_answers_each_has_the_case_that_stands_nearest_to_it():
    content = several(
        recalls.write_answer(answer=answer(), created_at=CREATED_AT).content,
        "TxInfAndSts",
        [
            ("<TxInfAndSts>", "<TxInfAndSts><RslvdCase><Id>OWN</Id></RslvdCase>"),
            ("<OrgnlUETR>", "<TxCxlSts>ACCR</TxCxlSts><OrgnlUETR>"),
        ],
        [("E2E-1", "E2E-2")],
    )
    said = [(one.case_id, one.original.end_to_end_id, one.verdict) for one in recalls.answers(content)]
    assert said == [("OWN", "E2E-1", Verdict.GRANTED), ("CASE-1", "E2E-2", Verdict.REFUSED)]


def test_of_several_requests_each_has_the_case_and_the_message_that_stand_nearest_to_it():
    content = several(
        recalls.write(recall=request(replace(SEPA, end_to_end_id="E2E-1")), created_at=CREATED_AT).content.replace(
            b"<NbOfTxs>1<", b"<NbOfTxs>3<"
        ),
        "TxInf",
        [("<CxlId>FLWRCL000000000007</CxlId>", "<CxlId>C-1</CxlId><Case><Id>OWN</Id></Case>")],
        [
            ("<CxlId>FLWRCL000000000007<", "<CxlId>C-2<"),
            (f"<OrgnlMsgId>{SEPA.message_id}<", "<OrgnlMsgId>ELSE<"),
            ("E2E-1", "E2E-2"),
        ],
        [("E2E-1", "E2E-3")],
    )
    said = [
        (one.recall.case_id, one.recall.original.end_to_end_id, one.recall.original.message_id)
        for one in recalls.requests(content)
    ]
    assert said == [
        ("OWN", "E2E-1", SEPA.message_id),
        ("FLWRCL000000000007", "E2E-2", "ELSE"),
        ("FLWRCL000000000007", "E2E-3", SEPA.message_id),
    ]


def test_a_request_without_a_case_is_called_by_its_own_id():
    content = recalls.write(recall=request(SEPA), created_at=CREATED_AT).content
    start, end = content.index(b"<Case>"), content.index(b"</Case>") + len(b"</Case>")
    [found] = recalls.requests(content[:start] + content[end:].replace(b"<CxlId>FLWRCL000000000007<", b"<CxlId>C-1<"))
    assert found.recall.case_id == "C-1"


def test_a_request_for_a_whole_message_is_told_and_names_no_payment():
    content = several(
        recalls.write(recall=request(), created_at=CREATED_AT).content,
        "TxInf",
        [("<TxInf>", "<OrgnlGrpInfAndCxl><GrpCxlId>G-1</GrpCxlId><OrgnlMsgId>M-9</OrgnlMsgId><OrgnlMsgNmId>pacs.008.001.08</OrgnlMsgNmId>"
          "<GrpCxl>true</GrpCxl></OrgnlGrpInfAndCxl><TxInf>")],
    )  # fmt: skip
    start, end = content.index(b"<TxInf>"), content.index(b"</TxInf>") + len(b"</TxInf>")
    [found] = recalls.requests(content[:start] + content[end:])
    assert found.recall.original == Original(message_id="M-9", message="pacs.008.001.08")
    assert found.recall.case_id == "FLWRCL000000000007"


def test_a_request_that_lost_payments_on_its_way_is_refused():
    content = recalls.write(recall=request(SEPA), created_at=CREATED_AT).content.replace(b"<NbOfTxs>1<", b"<NbOfTxs>2<")
    with pytest.raises(IncompleteMessage):
        list(recalls.requests(content))


@pytest.mark.parametrize("read", [recalls.requests, recalls.answers])
def test_other_documents_are_refused(read):
    for content in (b"<a/>", b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt/></Document>"):
        with pytest.raises(UnknownMessage):
            list(read(content))
    with pytest.raises(xml.UnsafeXml):
        list(read(b"<!DOCTYPE a><a/>"))

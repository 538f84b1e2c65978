"""Requests to send money back (camt.056) and their answers (camt.029): written under the schemas, read from the samples."""

from datetime import date
from pathlib import Path

import pytest

from flowlet.core import xml
from payments.providers.iso20022 import recalls, reports
from payments.providers.iso20022.errors import BreaksScheme, UnknownMessage
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
    assert (written.message, written.schema) == ("camt.056.001.08", "")
    as_next = written.content.replace(b"camt.056.001.08", b"camt.056.001.09")
    assert xml.validate(as_next, name="camt.056.001.09").is_valid
    assert written.content == recalls.write(recall=request(original), created_at=CREATED_AT).content


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


@pytest.mark.parametrize("read", [recalls.requests, recalls.answers])
def test_other_documents_are_refused(read):
    for content in (b"<a/>", b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:camt.053.001.08'><BkToCstmrStmt/></Document>"):
        with pytest.raises(UnknownMessage):
            list(read(content))
    with pytest.raises(xml.UnsafeXml):
        list(read(b"<!DOCTYPE a><a/>"))

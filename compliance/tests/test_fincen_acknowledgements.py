"""What FinCEN answers to a batch file."""

import pytest

from compliance.providers.fincen import acknowledgements
from compliance.providers.fincen.errors import NotAnAcknowledgement, OtherBatch
from flowlet.core.errors import Invalid

ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<EFilingBatchXML StatusCode="{status}" SeqNum="1"{namespace}>
  <EFilingSubmissionXML SeqNum="2" StatusCode="{status}">
    <EFilingActivityXML SeqNum="3">
      <BSAID>{first}</BSAID>
      <EFilingActivityErrorXML SeqNum="4">
        <ErrorContextText>EFilingBatchXML/Activity[1]/Party[25]/PartyIdentification[49]/PartyIdentificationNumberText</ErrorContextText>
        <ErrorElementNameText>PartyIdentificationNumberText</ErrorElementNameText>
        <ErrorLevelText>{level}</ErrorLevelText>
        <ErrorText>The number is not valid.</ErrorText>
        <ErrorTypeCode>C21</ErrorTypeCode>
      </EFilingActivityErrorXML>
    </EFilingActivityXML>
    <EFilingActivityXML SeqNum="5"><BSAID>31000000000002</BSAID><EFilingActivityErrorXML SeqNum="6"/></EFilingActivityXML>
  </EFilingSubmissionXML>
</EFilingBatchXML>"""


def answer(status="A", level="WARN", first="31000000000001", namespace=""):
    return ANSWER.format(status=status, level=level, first=first, namespace=namespace).encode()


@pytest.mark.parametrize("namespace", ["", ' xmlns="www.fincen.gov/base"'])
def test_each_report_gets_its_number_and_its_faults(namespace):
    found = acknowledgements.read(answer(namespace=namespace), reports=2)
    assert found.is_accepted
    assert [receipt.bsa_id for receipt in found.receipts] == ["31000000000001", "31000000000002"]
    (fault,) = found.receipts[0].faults
    assert (fault.code, fault.element, fault.level, fault.text) == (
        "C21",
        "PartyIdentificationNumberText",
        "WARN",
        "The number is not valid.",
    )
    assert fault.context.startswith("EFilingBatchXML/Activity[1]/")
    assert found.receipts[1].faults == ()
    assert all(receipt.is_accepted for receipt in found.receipts)


def test_what_is_not_a_warning_means_that_the_report_was_not_accepted():
    found = acknowledgements.read(answer(level="FATAL"), reports=2)
    assert [receipt.is_accepted for receipt in found.receipts] == [False, True]
    found = acknowledgements.read(answer(first=""), reports=2)
    assert [receipt.is_accepted for receipt in found.receipts] == [False, True]


@pytest.mark.parametrize("status", ["R", "", "X"])
def test_every_other_status_counts_as_not_accepted(status):
    assert not acknowledgements.read(answer(status=status), reports=2).is_accepted


def test_an_answer_for_another_number_of_reports_is_not_used():
    with pytest.raises(OtherBatch):
        acknowledgements.read(answer(), reports=3)


@pytest.mark.parametrize(
    "content",
    [
        b"<EFilingBatchXML/>",
        b"<Document><EFilingSubmissionXML/></Document>",
        answer(first="123"),
        answer(first="31000000000002"),
    ],
    ids=["nothing in it", "another root", "no BSA ID", "one number for two reports"],
)
def test_what_is_no_acknowledgement_is_refused(content):
    with pytest.raises(NotAnAcknowledgement):
        acknowledgements.read(content, reports=2)


@pytest.mark.parametrize("content", [b"", b"no xml", b"<!DOCTYPE a><EFilingBatchXML/>", b"<EFilingBatchXML>"])
def test_what_is_no_safe_xml_is_refused(content):
    with pytest.raises(Invalid):
        acknowledgements.read(content, reports=1)


@pytest.mark.parametrize(
    ("name", "reports", "faults"), [("sar_acknowledgement.xml", 3, [2, 0, 0]), ("ctr_acknowledgement.xml", 3, [1, 0, 2])]
)
def test_the_samples_of_acknowledgements_are_read(reference_data, name, reports, faults):
    found = acknowledgements.read((reference_data / "fincen" / name).read_bytes(), reports=reports)
    assert found.is_accepted
    assert [len(receipt.faults) for receipt in found.receipts] == faults
    assert all(receipt.is_accepted for receipt in found.receipts)

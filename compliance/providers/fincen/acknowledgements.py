"""What FinCEN answers to a batch file: the acknowledgement, with the BSA ID of each report and what is wrong with it.

The form is that of FinCEN's acknowledgement files: ``EFilingBatchXML`` with a status code, in it ``EFilingSubmissionXML``, in it one
``EFilingActivityXML`` per report, in the order of the batch, with ``BSAID`` and any number of ``EFilingActivityErrorXML``. An empty error
is the sign that there was none. There is no public schema; elements are read with or without the namespace. Status A is "accepted"; what
other letters FinCEN writes is not verified, so everything else counts as not accepted.
"""

import re
from dataclasses import dataclass
from typing import Final

from lxml import etree

from compliance.providers.fincen.errors import NotAnAcknowledgement, OtherBatch
from flowlet.core import xml

ACCEPTED: Final = "A"
LARGEST: Final = 64 * xml.MEGABYTE
_LIMITS: Final = xml.Limits(size=LARGEST, depth=12)
_BSA_ID = re.compile(r"\d{14}", re.ASCII)
_WARNING = "WARN"


@dataclass(frozen=True)
class Fault:
    """One error of a report. ``code`` is FinCEN's (C21), ``element`` the element, ``context`` its path in the batch file."""

    code: str
    element: str
    context: str
    level: str
    text: str

    @property
    def is_warning(self) -> bool:
        """Whether the report was accepted in spite of it."""
        return self.level == _WARNING


@dataclass(frozen=True)
class Receipt:
    """What became of one report. ``bsa_id`` is empty when FinCEN gave none."""

    bsa_id: str
    faults: tuple[Fault, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether the report has an id; it may still have to be amended."""
        return bool(self.bsa_id) and all(fault.is_warning for fault in self.faults)


@dataclass(frozen=True)
class Acknowledgement:
    """What became of a batch: one receipt per report, in the batch's order."""

    status: str
    receipts: tuple[Receipt, ...]

    @property
    def is_accepted(self) -> bool:
        """Whether the batch as a whole was accepted."""
        return self.status == ACCEPTED


def read(content: bytes, *, reports: int) -> Acknowledgement:
    """The acknowledgement of a batch of so many reports.

    Raises NotAnAcknowledgement, OtherBatch when it answers for another number of reports, and what ``flowlet.core.xml.read`` raises.
    """
    root = xml.read(content, limits=_LIMITS)
    submission = xml.first(root, "EFilingSubmissionXML")
    if xml.local(root) != "EFilingBatchXML" or submission is None:
        raise NotAnAcknowledgement("The document has no EFilingBatchXML with an EFilingSubmissionXML.")
    receipts = tuple(_receipt(element) for element in xml.every(submission, "EFilingActivityXML"))
    status = {root.get("StatusCode", ""), submission.get("StatusCode", "")} - {""}
    if len(receipts) != reports:
        raise OtherBatch(
            f"It answers for {len(receipts)} reports, the batch has {reports}.", reports=reports, receipts=len(receipts)
        )
    found = [receipt.bsa_id for receipt in receipts if receipt.bsa_id]
    if len(set(found)) != len(found):
        raise NotAnAcknowledgement("Two reports have the same BSA ID.")
    return Acknowledgement(status.pop() if len(status) == 1 else "", receipts)


def _receipt(element: etree._Element) -> Receipt:
    bsa_id = xml.text(element, "BSAID")
    if bsa_id and not _BSA_ID.fullmatch(bsa_id):
        raise NotAnAcknowledgement(f"Line {element.sourceline}: a BSA ID has 14 digits.")
    faults = (
        Fault(
            code=xml.text(error, "ErrorTypeCode"),
            element=xml.text(error, "ErrorElementNameText"),
            context=xml.text(error, "ErrorContextText"),
            level=xml.text(error, "ErrorLevelText"),
            text=xml.text(error, "ErrorText"),
        )
        for error in xml.every(element, "EFilingActivityErrorXML")
        if len(error)
    )
    return Receipt(bsa_id, tuple(faults))

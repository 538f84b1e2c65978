"""pain.007.001.09: collections taken back, as the message that made them had them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from lxml import etree

from flowlet.core import xml
from payments.providers.iso20022 import reversals
from payments.providers.iso20022.direct_debits import Amendment, Instrument, Mandate, SequenceType
from payments.providers.iso20022.errors import BreaksScheme, UnknownMessage
from payments.providers.iso20022.parts import Party, Remittance
from payments.tests.messages import US, collection, credit_transfer, debit, direct_debit, euro, reversal_of

COLLECTED_LATE = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)  # six business days after the collections were due
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.007.001.{:02d}"
AMENDED = Mandate(id="M-2026-9", signed_on=date(2026, 3, 1), amendment=Amendment(mandate_id="M-OLD"))
COLLECTED = direct_debit(
    collection(debit(1), debit(2, debtor_agent=None)),
    collection(
        debit(3, mandate=AMENDED, amount=euro("0.01"), remittance=Remittance(reference="RF18539007547034"), purpose="GDDS",
              ultimate_debtor=Party(name="A Buyer"), ultimate_creditor=Party(name="A Seller"), instruction_id=""),
        id="COL-2", instrument=Instrument.B2B, sequence=SequenceType.FIRST,
    ),
)  # fmt: skip


def as_version_10(content):
    """The message in the next version: another namespace, and one level more round the mandate."""
    root = etree.fromstring(content.replace(NAMESPACE.format(9).encode(), NAMESPACE.format(10).encode()))
    for mandate in list(root.iter("{*}MndtRltdInf")):
        inside = etree.Element(f"{{{NAMESPACE.format(10)}}}DrctDbtMndt")
        inside.extend(list(mandate))
        mandate.append(inside)
    return etree.tostring(root)


def original(written, place=0):
    """What the message repeats of a collection, by local names, without the names of its parts' parents."""
    found = xml.every(xml.read(written.content), "CstmrPmtRvsl/OrgnlPmtInfAndRvsl/TxInf")[place]
    return found, xml.first(found, "OrgnlTxRef")


@pytest.mark.parametrize("references", [("E2E-000001", "E2E-000002"), ("E2E-000003",)])
def test_a_reversal_has_the_form_of_the_schema_of_the_next_version(iso20022_data, references):
    written = reversal_of(COLLECTED, *references)
    assert (written.message, written.count) == ("pain.007.001.09", len(references))
    found = xml.validate(as_version_10(written.content), name="pain.007.001.10")
    assert (found.schema, found.breaches) == ("pain.007.001.10", ())
    assert reversal_of(COLLECTED, *references).content == written.content


def test_a_reversal_names_message_group_and_collection_and_takes_all_of_it_back():
    written = reversal_of(COLLECTED, "E2E-000001", "E2E-000002")
    root = xml.read(written.content)[0]
    assert [xml.text(root, f"OrgnlGrpInf/{name}") for name in ("OrgnlMsgId", "OrgnlMsgNmId")] == [
        "MSG-20261123-2",
        "pain.008.001.08",
    ]
    assert [xml.text(root, f"GrpHdr/{name}") for name in ("NbOfTxs", "CtrlSum", "InitgPty/Nm")] == ["2", "99.80", US.name]
    assert [xml.text(root, f"OrgnlPmtInfAndRvsl/{name}") for name in ("RvslPmtInfId", "OrgnlPmtInfId")] == ["RVSL-1", "COL-1"]
    found, _ = original(written)
    assert [
        xml.text(found, name)
        for name in ("RvslId", "OrgnlInstrId", "OrgnlEndToEndId", "OrgnlInstdAmt", "RvsdInstdAmt", "ChrgBr", "RvslRsnInf/Rsn/Cd")
    ] == ["RV-E2E-000001", "INS-000001", "E2E-000001", "49.90", "49.90", "SLEV", "MS02"]
    assert [xml.local(part) for part in xml.first(found, "RvslRsnInf")] == ["Rsn"]
    assert written.total == euro("99.80")


def test_the_collection_stands_in_it_as_its_bank_knows_it():
    first, second = (original(reversal_of(COLLECTED, name))[1] for name in ("E2E-000001", "E2E-000003"))
    paths = ("ReqdColltnDt", "PmtTpInf/LclInstrm/Cd", "PmtTpInf/SeqTp", "MndtRltdInf/MndtId", "Dbtr/Pty/Nm", "DbtrAcct/Id/IBAN")
    assert [xml.text(first, path) for path in paths] == [
        "2026-11-24", "CORE", "RCUR", "M-2026-000001", "Anna Weber", "DE89370400440532013000",
    ]  # fmt: skip
    assert [xml.text(second, path) for path in paths[:4]] == ["2026-11-24", "B2B", "FRST", "M-2026-9"]
    assert xml.text(second, "MndtRltdInf/AmdmntInfDtls/OrgnlMndtId") == "M-OLD"
    assert xml.text(second, "CdtrSchmeId/Id/PrvtId/Othr/Id") == "DE98ZZZ09999999999"
    assert xml.text(second, "RmtInf/Strd/CdtrRefInf/Ref") == "RF18539007547034"
    assert [xml.text(second, f"{name}/Pty/Nm") for name in ("UltmtDbtr", "Cdtr", "UltmtCdtr")] == ["A Buyer", US.name, "A Seller"]


def test_collections_are_found_by_their_references_alone():
    found = reversals.originals(COLLECTED.content, references={"E2E-000003", "E2E-000009"})
    assert list(found) == ["E2E-000003"]
    assert (found["E2E-000003"].amount.amount, found["E2E-000003"].group_id) == (Decimal("0.01"), "COL-2")
    with pytest.raises(UnknownMessage):
        reversals.originals(credit_transfer().content, references={"E2E-000001"})


def test_what_breaks_a_rule_is_not_written_and_says_where():
    with pytest.raises(BreaksScheme) as refused:
        reversal_of(COLLECTED, "E2E-000001", original="pain.001.001.09")
    assert [(breach.code, breach.path) for breach in refused.value.breaches] == [
        ("reversal.original", "/Document/CstmrPmtRvsl/OrgnlGrpInf/OrgnlMsgNmId")
    ]


def test_the_check_refuses_what_writing_refuses_and_writes_nothing():
    found = reversals.originals(COLLECTED.content, references={"E2E-000001"})
    group = reversals.Group(id="/R", reversals=(reversals.Reversal(id="R", original=found["E2E-000001"]),))
    values = {
        "message_id": "M", "created_at": COLLECTED_LATE, "creditor": US, "original_id": "O", "original": "pain.008.001.08",
        "groups": [group],
    }  # fmt: skip
    said = []
    for ask in (reversals.check, reversals.write):
        with pytest.raises(BreaksScheme) as refused:
            ask(**values)
        said.append([(breach.code, breach.path) for breach in refused.value.breaches])
    assert said[0] == said[1]
    assert {code for code, _ in said[0]} == {"id.form", "reversal.too_late"}

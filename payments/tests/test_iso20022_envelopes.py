"""Fedwire's envelope and header: element for element as its samples have them, round the message that was written."""

import pytest
from lxml import etree

from flowlet.core import xml
from payments import errors
from payments.choices import Rail
from payments.providers.iso20022 import envelopes, reading, recalls, reports, returns, wires
from payments.providers.iso20022.envelopes import Service
from payments.providers.iso20022.errors import BreaksScheme, UnreadableField
from payments.services import files, inbound_files
from payments.tests.messages import CREATED_AT, IMAD, SENDER, wire
from payments.tests.test_files import paid_by, run
from payments.tests.test_iso20022_recalls import answer, request
from payments.tests.world import STAFF, fresh_world

WRITTEN = wires.write(wire=wire(), message_id=IMAD, created_at=CREATED_AT)
BACK = returns.write(
    back=returns.of(wire=wire(), message_id=IMAD, created_at=CREATED_AT, settle_on=CREATED_AT.date(), reason="AC04"),
    message_id=IMAD,
    created_at=CREATED_AT,
)


def wrapped(written=WRITTEN, **other):
    values = {"sender": SENDER.aba, "service": Service.TEST, "created_at": CREATED_AT}
    return envelopes.wrap(written, **values | other)


def leaves(element):
    """Path and text of all elements without children, in their order."""
    found = []
    for one in element.iter():
        if not len(one):
            path = [xml.local(above) for above in one.iterancestors()]
            inside = path[: path.index("AppHdr")] if "AppHdr" in path else path
            found.append(("/".join([*reversed(inside), xml.local(one)]), (one.text or "").strip()))
    return found


def test_the_header_has_the_elements_of_fedwires_guideline_in_their_order():
    root = etree.fromstring(wrapped().content)
    header = root.find(".//{urn:iso:std:iso:20022:tech:xsd:head.001.001.03}AppHdr")
    assert leaves(header) == [
        ("Fr/FIId/FinInstnId/ClrSysMmbId/MmbId", "011104238"),
        ("To/FIId/FinInstnId/ClrSysMmbId/MmbId", "021151080"),
        ("BizMsgIdr", IMAD),
        ("MsgDefIdr", "pacs.008.001.08"),
        ("BizSvc", "TEST"),
        ("MktPrctc/Regy", "www2.swift.com/mystandards/#/group/Federal_Reserve_Financial_Services/Fedwire_Funds_Service"),
        ("MktPrctc/Id", "frb.fedwire.01"),
        ("CreDt", "2026-11-23T09:30:00+00:00"),
    ]


def test_what_both_have_stands_in_the_order_of_a_published_header(iso20022_data):
    sample = xml.first(etree.parse(iso20022_data / "rtp-samples" / "head001.nosignature.xml").getroot(), "AppHdr")
    theirs = [path for path, _ in leaves(sample)]
    ours = [path for path, _ in leaves(etree.fromstring(wrapped().content).find(".//{*}AppHdr"))]
    assert theirs == [*(path for path in ours if path in theirs), "CpyDplct"]


@pytest.mark.parametrize(
    ("written", "carrier"),
    [
        (WRITTEN, "FedwireFundsCustomerCreditTransfer"),
        (BACK, "FedwireFundsPaymentReturn"),
        (recalls.write(recall=request(), created_at=CREATED_AT), "FedwireFundsReturnRequest"),
        (recalls.write_answer(answer=answer(), created_at=CREATED_AT), "FedwireFundsReturnRequestResponse"),
    ],
    ids=["pacs.008", "pacs.004", "camt.056", "camt.029"],
)
def test_a_message_stands_unchanged_beside_its_header_in_the_element_that_is_called_after_it(written, carrier):
    found = wrapped(written)
    root = xml.read(found.content)
    assert [root.tag, root[0].tag, root[0][0].tag] == [
        f"{{urn:fedwirefunds:incoming:v001}}{name}" for name in ("FedwireFundsIncoming", "FedwireFundsIncomingMessage", carrier)
    ]
    header, document = root[0][0]
    assert (xml.local(header), xml.name_of(header), xml.local(document)) == ("AppHdr", "head.001.001.03", "Document")
    assert etree.tostring(document, method="c14n2", strip_text=True) == etree.tostring(
        xml.read(written.content), method="c14n2", strip_text=True
    )
    assert (found.message, found.total, found.schema) == (written.message, written.total, written.schema)
    assert wrapped(written).content == found.content
    read = envelopes.header_of(found.content)
    assert (read.id, read.message, read.service, read.created_at, read.is_duplicate) == (
        IMAD,
        written.message,
        "TEST",
        CREATED_AT,
        False,
    )
    assert (read.sender, read.receiver) == ("011104238", "021151080")


def test_a_message_is_read_the_same_with_and_without_its_envelope(iso20022_data):
    [alone], [inside] = (list(reading.wires(content)) for content in (WRITTEN.content, wrapped().content))
    assert alone == inside
    [alone], [inside] = (list(reports.returns(content)) for content in (BACK.content, wrapped(BACK).content))
    assert alone == inside
    asked = recalls.write(recall=request(), created_at=CREATED_AT)
    [alone], [inside] = (list(recalls.requests(content)) for content in (asked.content, wrapped(asked).content))
    assert alone == inside


def test_the_document_inside_is_valid(iso20022_data):
    for written in (WRITTEN, BACK):
        document = xml.read(wrapped(written).content)[0][0][1]
        assert xml.validate(xml.read(etree.tostring(document)), name=written.message).is_valid


def test_a_message_alone_has_no_header_and_a_strange_header_is_refused():
    assert envelopes.header_of(WRITTEN.content) is None
    with pytest.raises(UnreadableField):
        envelopes.header_of(wrapped().content.replace(b"head.001.001.03", b"other.001"))
    with pytest.raises(UnreadableField):
        envelopes.header_of(wrapped().content.replace(b"<CreDt>2026-11-23T", b"<CreDt>soon-"))


@pytest.mark.parametrize(
    ("written", "other", "path"),
    [
        (WRITTEN, {"sender": "12"}, "AppHdr/Fr"),
        (WRITTEN, {"receiver": ""}, "AppHdr/To"),
    ],
)
def test_a_header_that_breaks_the_guideline_is_not_written(written, other, path):
    with pytest.raises(BreaksScheme) as refused:
        wrapped(written, **other)
    assert [breach.path for breach in refused.value.breaches] == [path]


# Files


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.mark.parametrize(("wanted", "service"), [("none", None), ("test", "TEST"), ("prod", "TEST")])
def test_a_wires_file_has_the_envelope_that_the_settings_want(world, settings, wanted, service):
    settings.WIRE_HEADER = wanted
    payment, _ = paid_by(world, Rail.WIRE)
    [batch] = run(world).built
    content = files.content_of(batch)
    header = envelopes.header_of(content)
    assert (header.service if header else None) == service  # the sandbox's are never for production
    [read] = reading.wires(content)
    assert (read.wire.end_to_end_id, read.message_id) == (payment.reference, files.message_of(batch))
    if header:
        assert (header.id, header.sender) == (read.message_id, files.identity_of(rail="wire", partner_id=world.partner.pk)["aba"])
    assert files.rebuild(batch).content == content


@pytest.mark.parametrize(
    ("wanted", "change", "says"),
    [
        ("prod", (b"x", b"x"), "for TEST"),
        ("none", (b"x", b"x"), "for TEST"),
        ("test", (b"<BizSvc>TEST", b"<BizSvc>PROD"), "for PROD"),
        ("test", (b"<MsgDefIdr>pacs.008", b"<MsgDefIdr>pacs.004"), "pacs.004"),
    ],
)
def test_a_header_of_another_environment_or_another_message_is_refused(world, settings, wanted, change, says):
    settings.WIRE_HEADER = wanted
    with pytest.raises(errors.InboundFileUnreadable, match=says):
        inbound_files.take(name="wire.xml", content=wrapped().content.replace(*change), actor=STAFF, at=world.at)

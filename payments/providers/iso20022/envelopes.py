"""The envelope of a Fedwire message: the business application header (head.001.001.03) and, beside it, the message itself.

The Fedwire Funds Service takes no message without its header. It comes in its own envelope (``FedwireFundsIncoming`` for what goes to the
service, ``FedwireFundsOutgoing`` for what it sends), in an element that is called after the message. ``wrap`` puts a message that was
written and validated into it; ``header_of`` reads the header of one that came, and finds none where the message stands alone.

Source: the usage guideline of head.001.001.03 of the Fedwire Funds Service, release 2025, and the envelope's schemas, as the project
moov-io/fedwire20022 publishes them. They may not be passed on, so none is at hand at run time: the rules are stated again in ``RULES``,
and held when a header is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from lxml import etree

from flowlet.core import xml
from payments.providers.iso20022 import reading, writing
from payments.providers.iso20022.errors import UnreadableField
from payments.providers.iso20022.scheme import Breach
from payments.providers.iso20022.writing import Element, Tree, Written

HEADER: Final = "head.001.001.03"
# The service's own connection party, to which all participants address their messages.
SERVICE: Final = "021151080"
TO_SERVICE: Final = "urn:fedwirefunds:incoming:v001"
REGISTRY: Final = "www2.swift.com/mystandards/#/group/Federal_Reserve_Financial_Services/Fedwire_Funds_Service"
PRACTICE: Final = "frb.fedwire.01"
# By the message: the element of the envelope that carries it to the service.
_CARRIERS: Final = {
    "pacs.008": "FedwireFundsCustomerCreditTransfer",
    "pacs.004": "FedwireFundsPaymentReturn",
    "camt.056": "FedwireFundsReturnRequest",
    "camt.029": "FedwireFundsReturnRequestResponse",
}
_PARTY: Final = re.compile(r"[A-Z0-9]{9}", re.ASCII)
_MOST: Final = 64 * 1024  # bytes within which a header ends


class Service(StrEnum):
    """For which of its environments a message is."""

    TEST = "TEST"
    PRODUCTION = "PROD"


RULES: Final = {
    "header.party": "Sender and receiver of a message are connection parties of nine letters or digits.",
    "header.id": "A header's identification is that of its message, of 1 to 35 characters.",
    "header.message": "The message is none that the envelope carries to the service.",
}


@dataclass(frozen=True, kw_only=True)
class Header:
    """A business application header. ``id`` and ``message`` are those of the message beside it; ``is_duplicate`` says that it may have
    been sent before.
    """

    sender: str
    receiver: str
    id: str
    message: str
    service: str
    created_at: datetime
    is_duplicate: bool = False


def wrap(written: Written, *, sender: str, service: Service, created_at: datetime, receiver: str = SERVICE) -> Written:
    """The message in its envelope; the same bytes for the same arguments. Raises BreaksScheme."""
    root = xml.read(written.content)
    header = Header(
        sender=sender,
        receiver=receiver,
        id=xml.text(root[0], "GrpHdr/MsgId") or xml.text(root[0], "Assgnmt/Id"),
        message=written.message,
        service=service,
        created_at=created_at,
    )
    writing.refuse(_breaches(header))
    envelope = etree.Element(f"{{{TO_SERVICE}}}FedwireFundsIncoming", nsmap={None: TO_SERVICE})
    inside = etree.SubElement(envelope, f"{{{TO_SERVICE}}}FedwireFundsIncomingMessage")
    carrier = etree.SubElement(inside, f"{{{TO_SERVICE}}}{_CARRIERS[header.message[:8]]}")
    carrier.append(_header(header))
    carrier.append(root)
    content = etree.tostring(envelope, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return replace(written, content=content)


def header_of(content: bytes) -> Header | None:
    """The header of a message that came in an envelope; None where the message stands alone. Raises UnreadableField, and as ``xml.stream``
    does.
    """
    if not re.search(rb"<(\w+:)?AppHdr[\s>]", content[:_MOST]):
        return None
    for element in xml.stream(content, tags=["AppHdr"]):
        if not xml.name_of(element).startswith("head.001.001."):
            raise UnreadableField(f"Line {element.sourceline or 0}: AppHdr is no business application header.")
        return Header(
            sender=_party(element, "Fr"),
            receiver=_party(element, "To"),
            id=xml.text(element, "BizMsgIdr"),
            message=xml.text(element, "MsgDefIdr"),
            service=xml.text(element, "BizSvc"),
            created_at=reading.moment(element, "CreDt"),
            is_duplicate=xml.text(element, "CpyDplct") == "DUPL" or xml.text(element, "PssblDplct") in {"true", "1"},
        )
    return None


def _party(element: Element, name: str) -> str:
    path = f"{name}/FIId/FinInstnId"
    return xml.text(element, f"{path}/ClrSysMmbId/MmbId") or xml.text(element, f"{path}/BICFI")


def _breaches(header: Header) -> Iterator[Breach]:
    for path, party in (("Fr", header.sender), ("To", header.receiver)):
        if not _PARTY.fullmatch(party):
            yield Breach("header.party", 0, f"AppHdr/{path}", RULES["header.party"])
    if not 0 < len(header.id) <= 35:
        yield Breach("header.id", 0, "AppHdr/BizMsgIdr", RULES["header.id"])
    if header.message[:8] not in _CARRIERS:
        yield Breach("header.message", 0, "AppHdr/MsgDefIdr", RULES["header.message"])


def _header(header: Header) -> Element:
    """The header, in the order of its schema."""
    tree = Tree(HEADER, root="AppHdr")
    for name, party in (("Fr", header.sender), ("To", header.receiver)):
        tree.leaf(tree.root, f"{name}/FIId/FinInstnId/ClrSysMmbId/MmbId", party)
    tree.leaf(tree.root, "BizMsgIdr", header.id)
    tree.leaf(tree.root, "MsgDefIdr", header.message)
    tree.leaf(tree.root, "BizSvc", header.service)
    practice = tree.node(tree.root, "MktPrctc")
    tree.leaf(practice, "Regy", REGISTRY)
    tree.leaf(practice, "Id", PRACTICE)
    tree.leaf(tree.root, "CreDt", writing.moment(header.created_at))
    return tree.root

"""From a bank's file to what it says, item by item, in the order of the file; nothing is looked up or booked here."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.conf import settings

from flowlet.core import xml
from flowlet.core.money import Money
from payments import errors
from payments.choices import InboundFormat, InboundKind
from payments.providers import nacha
from payments.providers.iso20022 import envelopes, notices, reading, recalls, reports

LARGEST: Final = 64 * xml.MEGABYTE
_KINDS: Final = {
    nacha.Return: InboundKind.RETURN,
    nacha.DishonoredReturn: InboundKind.DISHONORED,
    nacha.ContestedReturn: InboundKind.CONTESTED,
    nacha.Change: InboundKind.CHANGE,
    nacha.RefusedChange: InboundKind.REFUSED_CHANGE,
}
_SCOPES: Final = {
    reports.Scope.MESSAGE: InboundKind.FILE_STATUS,
    reports.Scope.GROUP: InboundKind.GROUP_STATUS,
    reports.Scope.PAYMENT: InboundKind.PAYMENT_STATUS,
}
_ROOTS: Final = (
    (b"CstmrPmtStsRpt", InboundFormat.PAIN_002),
    (b"FIToFIPmtStsRpt", InboundFormat.PACS_002),
    (b"PmtRtr", InboundFormat.PACS_004),
    (b"FIToFICstmrCdtTrf", InboundFormat.PACS_008),
    (b"BkToCstmrDbtCdtNtfctn", InboundFormat.CAMT_054),
    (b"BkToCstmrAcctRpt", InboundFormat.CAMT_052),
    (b"FIToFIPmtCxlReq", InboundFormat.CAMT_056),
    (b"RsltnOfInvstgtn", InboundFormat.CAMT_029),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing that the file says. ``said`` is the format's own record of it; ``on`` the day on which the file was made; ``names`` are
    all references by which other messages may speak of it.
    """

    kind: InboundKind
    code: str
    reference: str
    said: Any
    cause: str = ""
    amount: Money | None = None
    on: date | None = None
    names: tuple[str, ...] = ()


def format_of(content: bytes) -> InboundFormat:
    """What the file is, by its beginning. Raises InboundFileUnreadable."""
    if re.match(rb"\s*101", content):
        return InboundFormat.NACHA
    for root, found in _ROOTS:
        if re.search(rb"<(\w+:)?" + root + rb"[\s/>]", content[:100_000]):
            return found
    kinds = ", ".join(found.value for _, found in _ROOTS)
    raise errors.InboundFileUnreadable(f"The file is no ACH file and none of {kinds}.", param="file")


def read(content: bytes, *, format: InboundFormat) -> list[Told]:
    """All that the file says. Raises InboundFileUnreadable, FileRefused of nacha, and what XML and its readers refuse."""
    if len(content) > LARGEST:
        raise errors.InboundFileUnreadable(f"A file has at most {LARGEST // xml.MEGABYTE} MB.", param="file")
    return list(_READERS[format](content))


def check_header(content: bytes, *, format: InboundFormat) -> None:
    """Whether the header of a message that came in an envelope is about that message, and for us. Raises InboundFileUnreadable."""
    header = None if format == InboundFormat.NACHA else envelopes.header_of(content)
    if header is None:
        return
    if not header.message.startswith(f"{format.value}."):
        raise errors.InboundFileUnreadable(
            f"The header is of {header.message[:35]}, the message is {format.value}.", param="file"
        )
    if (header.service == envelopes.Service.TEST) != (settings.WIRE_HEADER == "test") and header.service in set(
        envelopes.Service
    ):
        raise errors.InboundFileUnreadable(f"The message is for {header.service}, which this is not.", param="file")


def _nacha(content: bytes) -> Iterator[Told]:
    file = nacha.read(content).checked()
    for _, entry in file.entries():
        said = entry.returned or entry.change
        if said is None:
            yield Told(
                kind=InboundKind.OTHER,
                code=entry.code,
                reference=entry.trace,
                amount=entry.amount,
                said=entry,
                on=file.created_on,
            )
            continue
        is_return = entry.returned is not None
        yield Told(
            kind=_KINDS[type(said)],
            code=said.reason if is_return else said.code,
            reference=said.original_trace,
            amount=entry.amount if is_return else None,
            said=said,
            on=file.created_on,
        )


def _statuses(content: bytes) -> Iterator[Told]:
    for status in reports.statuses(content):
        kind = _SCOPES[status.scope]
        names = {
            InboundKind.FILE_STATUS: status.message_id,
            InboundKind.GROUP_STATUS: status.group_id,
            InboundKind.PAYMENT_STATUS: status.end_to_end_id or status.instruction_id,
        }
        cause = status.reasons[0].code if status.reasons else ""
        yield Told(kind=kind, code=status.status, cause=cause, reference=names[kind], amount=status.amount, said=status)


def _returns(content: bytes) -> Iterator[Told]:
    for returned in reports.returns(content):
        yield Told(
            kind=InboundKind.RETURN,
            code=returned.reasons[0].code if returned.reasons else "NARR",
            reference=returned.end_to_end_id or returned.instruction_id,
            amount=returned.amount,
            said=returned,
            on=returned.settled_on,
        )


def _bookings(content: bytes) -> Iterator[Told]:
    for booking in notices.bookings(content):
        kind = InboundKind.CREDIT if booking.is_credit else InboundKind.DEBIT
        yield Told(
            kind=kind if booking.is_booked else InboundKind.ANNOUNCED,
            code=booking.code,
            cause=booking.return_code,
            reference=booking.name,
            amount=booking.amount,
            said=booking,
            on=booking.booked_on,
            names=booking.names,
        )


def _wires(content: bytes) -> Iterator[Told]:
    for received in reading.wires(content):
        wire = received.wire
        names = (wire.uetr, received.message_id, wire.end_to_end_id, wire.instruction_id)
        yield Told(
            kind=InboundKind.CREDIT,
            code=wire.local_instrument,
            reference=wire.uetr,
            amount=wire.amount,
            said=received,
            on=wire.settle_on,
            names=tuple(dict.fromkeys(filter(None, names))),
        )


def _requests(content: bytes) -> Iterator[Told]:
    for asked in recalls.requests(content):
        original = asked.recall.original
        yield Told(
            kind=InboundKind.RECALL,
            code=asked.recall.reason,
            reference=asked.recall.case_id,
            amount=original.amount,
            said=asked,
            on=original.settled_on,
            names=_names(original),
        )


def _answers(content: bytes) -> Iterator[Told]:
    for answered in recalls.answers(content):
        yield Told(
            kind=InboundKind.RECALL_ANSWER,
            code=answered.code,
            cause=answered.reasons[0].code if answered.reasons else "",
            reference=answered.case_id,
            said=answered,
            names=_names(answered.original),
        )


def _names(original: recalls.Original) -> tuple[str, ...]:
    found = (original.uetr, original.transaction_id, original.end_to_end_id, original.instruction_id)
    return tuple(dict.fromkeys(name for name in found if name and name != "NOTPROVIDED"))


_READERS: Final[Mapping[InboundFormat, Callable[[bytes], Iterator[Told]]]] = {
    InboundFormat.NACHA: _nacha,
    InboundFormat.PAIN_002: _statuses,
    InboundFormat.PACS_002: _statuses,
    InboundFormat.PACS_004: _returns,
    InboundFormat.PACS_008: _wires,
    InboundFormat.CAMT_054: _bookings,
    InboundFormat.CAMT_052: _bookings,
    InboundFormat.CAMT_056: _requests,
    InboundFormat.CAMT_029: _answers,
}

"""What banks say about our payments: pain.002 to customers, pacs.002 between banks, and returns (pacs.004).

All read streaming, in any version and also inside another document. Handle a message in one transaction: a message that turns out to be
incomplete is refused at its end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import BinaryIO, Final

from moneyed import Money

from flowlet.core import xml
from payments.providers.iso20022 import reading
from payments.providers.iso20022.errors import UnknownMessage
from payments.providers.iso20022.parts import Labelled
from payments.providers.iso20022.reading import Element
from payments.providers.iso20022.wires import Charge


class Outcome(Labelled):
    """What a status means for the payment."""

    WAITING = "waiting", "Received or checked; nothing is decided"
    ACCEPTED = "accepted", "Accepted; the money will move"
    SETTLED = "settled", "The money has moved"
    PARTIAL = "partial", "Some payments of the group were refused: look at each"
    REJECTED = "rejected", "Refused; the money does not move"
    UNKNOWN = "unknown", "A status that is not in the table: ask the bank"


# ISO 20022 external code set, ExternalPaymentTransactionStatus1Code and ExternalPaymentGroupStatus1Code.
STATUSES: Final = {
    "RCVD": Outcome.WAITING,
    "PDNG": Outcome.WAITING,
    "ACTC": Outcome.WAITING,
    "ACCP": Outcome.ACCEPTED,
    "ACSP": Outcome.ACCEPTED,
    "ACWC": Outcome.ACCEPTED,
    "ACWP": Outcome.ACCEPTED,
    "ACFC": Outcome.ACCEPTED,
    "PATC": Outcome.WAITING,
    "PRES": Outcome.WAITING,
    "ACSC": Outcome.SETTLED,
    "ACCC": Outcome.SETTLED,
    "PART": Outcome.PARTIAL,
    "RJCT": Outcome.REJECTED,
    "BLCK": Outcome.REJECTED,
    "CANC": Outcome.REJECTED,
}


class Scope(StrEnum):
    """Of what a status speaks. One of a message or group holds for all its payments that have none of their own."""

    MESSAGE = "message"
    GROUP = "group"
    PAYMENT = "payment"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why: a code of ISO's list, or of the bank's own (``is_proprietary``), and what else was said."""

    code: str
    is_proprietary: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Status:
    """One status of a message, a group or a payment of ours. ``amount`` is there when the bank repeats it."""

    scope: Scope
    report_id: str
    message_id: str
    message: str
    status: str
    reasons: tuple[Reason, ...]
    group_id: str = ""
    instruction_id: str = ""
    end_to_end_id: str = ""
    uetr: str = ""
    amount: Money | None = None

    @property
    def outcome(self) -> Outcome:
        """What the status means for the payment."""
        return STATUSES.get(self.status, Outcome.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class Returned:
    """One payment that comes back. ``amount`` is what comes, ``original_amount`` what had gone, ``charges`` what was kept on the way."""

    report_id: str
    return_id: str
    message_id: str
    message: str
    instruction_id: str
    end_to_end_id: str
    transaction_id: str
    uetr: str
    amount: Money
    original_amount: Money | None
    settled_on: date | None
    reasons: tuple[Reason, ...]
    charges: tuple[Charge, ...]


_TAGS: Final = ("GrpHdr", "OrgnlGrpInfAndSts", "TxInfAndSts", "OrgnlPmtInfAndSts")
_CUSTOMERS, _BANKS, _RETURNS = "CstmrPmtStsRpt", "FIToFIPmtStsRpt", "PmtRtr"


def statuses(source: bytes | BinaryIO) -> Iterator[Status]:
    """The statuses of a pain.002 or pacs.002, in the order of the document but for groups, which come after their payments.

    Raises UnknownMessage, UnreadableField, and as ``xml.stream`` does.
    """
    report_id, message_id, message, is_known = "", "", "", False
    for element in xml.stream(source, tags=_TAGS):
        is_known = is_known or _is_below(element, _CUSTOMERS, _BANKS)
        if not is_known:
            continue  # the header of an envelope
        kind = xml.local(element)
        if kind == "GrpHdr":
            report_id = xml.text(element, "MsgId")
        elif kind == "OrgnlGrpInfAndSts":
            message_id, message = xml.text(element, "OrgnlMsgId"), xml.text(element, "OrgnlMsgNmId")
            yield from _stated(Scope.MESSAGE, element, "GrpSts", report_id, message_id, message)
        elif kind == "OrgnlPmtInfAndSts":
            yield from _stated(Scope.GROUP, element, "PmtInfSts", report_id, message_id, message)
        else:
            own = xml.text(element, "OrgnlGrpInf/OrgnlMsgId"), xml.text(element, "OrgnlGrpInf/OrgnlMsgNmId")
            yield from _stated(Scope.PAYMENT, element, "TxSts", report_id, own[0] or message_id, own[1] or message)
    if not is_known:
        raise UnknownMessage("The document is neither a pain.002 nor a pacs.002.")


def returns(source: bytes | BinaryIO) -> Iterator[Returned]:
    """The payments that come back in a pacs.004.

    Raises UnknownMessage, UnreadableField, IncompleteMessage when number or sum are not those of the header, and as ``xml.stream`` does.
    """
    report_id, expected, total, is_known = "", "", None, False
    common = own = ("", "")
    count, amounts = 0, []
    for element in xml.stream(source, tags=["GrpHdr", "OrgnlGrpInf", "TxInf"]):
        is_known = is_known or _is_below(element, _RETURNS)
        if not is_known:
            continue
        kind = xml.local(element)
        if kind == "GrpHdr":
            report_id, expected = xml.text(element, "MsgId"), xml.text(element, "NbOfTxs")
            total = reading.amount(element, "TtlRtrdIntrBkSttlmAmt")
        elif kind == "OrgnlGrpInf":
            # One for the whole message, or one inside a payment, which comes before that payment's end.
            found = xml.text(element, "OrgnlMsgId"), xml.text(element, "OrgnlMsgNmId")
            common, own = (common, found) if _is_below(element, "TxInf") else (found, own)
        else:
            count += 1
            returned = _returned(element, report_id, *(own if own[0] else common))
            amounts.append(returned.amount)
            own = ("", "")
            yield returned
    if not is_known:
        raise UnknownMessage("The document is not a pacs.004.")
    reading.check_count(expected, count)
    reading.check_total(total, amounts)


def _is_below(element: Element, *names: str) -> bool:
    return any(xml.local(above) in names for above in element.iterancestors())


def _stated(scope: Scope, element: Element, path: str, report_id: str, message_id: str, message: str) -> Iterator[Status]:
    """A status where there is one: the group of a report about single payments has none."""
    status = xml.text(element, path)
    if not status:
        return
    parent = element.getparent()
    group = element if scope is Scope.GROUP else parent
    customers, banks = reading.amount(element, "OrgnlTxRef/Amt/InstdAmt"), reading.amount(element, "OrgnlTxRef/IntrBkSttlmAmt")
    yield Status(
        scope=scope,
        report_id=report_id,
        message_id=message_id,
        message=message,
        status=status,
        reasons=reasons_at(element, "StsRsnInf"),
        group_id=xml.text(group, "OrgnlPmtInfId") if group is not None else "",
        instruction_id=xml.text(element, "OrgnlInstrId"),
        end_to_end_id=xml.text(element, "OrgnlEndToEndId"),
        uetr=xml.text(element, "OrgnlUETR"),
        amount=banks if customers is None else customers,
    )


def reasons_at(element: Element, path: str) -> tuple[Reason, ...]:
    """The reasons at a path below the element."""
    found = []
    for reason in xml.every(element, path):
        code, own = xml.text(reason, "Rsn/Cd"), xml.text(reason, "Rsn/Prtry")
        note = " ".join((part.text or "").strip() for part in xml.every(reason, "AddtlInf"))
        found.append(Reason(code=code or own, is_proprietary=not code and bool(own), note=note))
    return tuple(found)


def _returned(element: Element, report_id: str, message_id: str, message: str) -> Returned:
    amount = reading.amount(element, "RtrdIntrBkSttlmAmt")
    if amount is None:
        raise reading.unreadable(element, "RtrdIntrBkSttlmAmt")
    return Returned(
        report_id=report_id,
        return_id=xml.text(element, "RtrId"),
        message_id=message_id,
        message=message,
        instruction_id=xml.text(element, "OrgnlInstrId"),
        end_to_end_id=xml.text(element, "OrgnlEndToEndId"),
        transaction_id=xml.text(element, "OrgnlTxId"),
        uetr=xml.text(element, "OrgnlUETR"),
        amount=amount,
        original_amount=reading.amount(element, "OrgnlIntrBkSttlmAmt"),
        settled_on=reading.day(element, "IntrBkSttlmDt"),
        reasons=reasons_at(element, "RtrRsnInf"),
        charges=reading.charges(element),
    )

"""The parts of messages that come in, and the wires among them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import BinaryIO

from lxml import etree
from moneyed import Money

from flowlet.core import money, xml
from flowlet.core.errors import Invalid
from payments.providers.iso20022 import scheme
from payments.providers.iso20022.errors import IncompleteMessage, UnknownMessage, UnreadableField
from payments.providers.iso20022.parts import Account, Address, Agent, Party, Remittance
from payments.providers.iso20022.wires import Charge, ChargeBearer, Wire

Element = etree._Element
_DECIMAL = re.compile(r"\+?[0-9]{1,18}(\.[0-9]{0,17})?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ReceivedWire:
    """A wire to us, with the message that brought it."""

    message: str
    message_id: str
    created_at: datetime
    wire: Wire


def wires(source: bytes | BinaryIO) -> Iterator[ReceivedWire]:
    """The wires of a pacs.008, one after the other, as ``xml.stream`` reads them.

    Raises UnknownMessage, UnreadableField and, at the end, IncompleteMessage when number or sum are not those of the header: so handle a
    message in one transaction.
    """
    header: _Header | None = None
    amounts: list[Money] = []
    for element in xml.stream(source, tags=["GrpHdr", "CdtTrfTxInf"]):
        if not xml.name_of(element).startswith("pacs.008.001."):
            raise UnknownMessage("The document is not a pacs.008.")
        if xml.local(element) == "GrpHdr":
            header = _Header.of(element)
        elif header is None:
            raise UnreadableField(f"Line {element.sourceline}: a payment before the message's header.")
        else:
            wire = _wire(element, header.settle_on)
            amounts.append(wire.amount)
            yield ReceivedWire(
                message=xml.name_of(element), message_id=header.message_id, created_at=header.created_at, wire=wire
            )
    check_count(header.count if header else "", len(amounts))
    check_total(header.total if header else None, amounts)


@dataclass(frozen=True, kw_only=True)
class _Header:
    message_id: str
    created_at: datetime
    count: str
    total: Money | None
    settle_on: date | None

    @classmethod
    def of(cls, element: Element) -> "_Header":
        return cls(
            message_id=xml.text(element, "MsgId"),
            created_at=moment(element, "CreDtTm"),
            count=xml.text(element, "NbOfTxs"),
            total=amount(element, "TtlIntrBkSttlmAmt"),
            settle_on=day(element, "IntrBkSttlmDt"),
        )


def check_count(expected: str, count: int) -> None:
    """Raises IncompleteMessage when the header names another number of payments, UnknownMessage when there was neither."""
    if not expected and not count:
        raise UnknownMessage("The document has no such payments.")
    if expected != str(count):
        raise IncompleteMessage(f"The header names {expected or 'no number of'} payments, the message has {count}.")


def check_total(expected: Money | None, amounts: Sequence[Money]) -> None:
    """Raises IncompleteMessage when the header names a sum and the payments have another."""
    if expected is not None and any(value.currency != expected.currency for value in amounts):
        raise IncompleteMessage("The payments are in other currencies than the header's total.")
    if expected is not None and sum((value.amount for value in amounts), Decimal(0)) != expected.amount:
        raise IncompleteMessage("The sum of the payments is not the total in the header.")


def moment(element: Element, path: str) -> datetime:
    """A moment; one without zone is taken as UTC."""
    found = scheme.moment(xml.text(element, path))
    if found is None:
        raise unreadable(element, path)
    return found


def day(element: Element, path: str) -> date | None:
    """A day, or None where there is none."""
    text = xml.text(element, path)
    found = scheme.day(text) if text else None
    if text and found is None:
        raise unreadable(element, path)
    return found


def amount(element: Element, path: str) -> Money | None:
    """An amount in its currency, or None where there is none. Finer amounts than the currency has are refused."""
    found = xml.first(element, path)
    if found is None:
        return None
    text = (found.text or "").strip()
    try:
        if _DECIMAL.fullmatch(text):
            return money.exact(Decimal(text), found.get("Ccy", ""))
    except Invalid:
        pass
    raise unreadable(element, path)


def party(element: Element, path: str) -> Party | None:
    """A party, or None where there is none."""
    found = xml.first(element, path)
    if found is None:
        return None
    return Party(
        name=xml.text(found, "Nm"),
        address=_address(found),
        lei=xml.text(found, "Id/OrgId/LEI"),
        organisation_id=xml.text(found, "Id/OrgId/Othr/Id"),
        organisation_scheme=xml.text(found, "Id/OrgId/Othr/SchmeNm/Cd"),
    )


def agent(element: Element, path: str) -> Agent | None:
    """A bank, or None where there is none."""
    found = xml.first(element, f"{path}/FinInstnId")
    if found is None:
        return None
    is_american = xml.text(found, "ClrSysMmbId/ClrSysId/Cd") == "USABA"
    return Agent(
        bic=xml.text(found, "BICFI") or xml.text(found, "BIC"),
        aba=xml.text(found, "ClrSysMmbId/MmbId") if is_american else "",
        name=xml.text(found, "Nm"),
        address=_address(found),
    )


def account(element: Element, path: str) -> Account | None:
    """An account, or None where there is none."""
    iban, number = xml.text(element, f"{path}/Id/IBAN"), xml.text(element, f"{path}/Id/Othr/Id")
    return Account(iban=iban, number=number) if iban or number else None


def remittance(element: Element, path: str = "RmtInf") -> Remittance | None:
    """What the payment is for, or None where nothing is said. Several texts are joined."""
    found = xml.first(element, path)
    if found is None:
        return None
    return Remittance(
        text=" ".join((text.text or "").strip() for text in xml.every(found, "Ustrd")),
        reference=xml.text(found, "Strd/CdtrRefInf/Ref"),
        document_number=xml.text(found, "Strd/RfrdDocInf/Nb"),
        document_type=xml.text(found, "Strd/RfrdDocInf/Tp/CdOrPrtry/Cd") or "CINV",
        document_on=day(found, "Strd/RfrdDocInf/RltdDt"),
    )


def _wire(element: Element, settle_on: date | None) -> Wire:
    settled = amount(element, "IntrBkSttlmAmt")
    settle_on = day(element, "IntrBkSttlmDt") or settle_on
    instructed = amount(element, "InstdAmt")
    rate = xml.text(element, "XchgRate")
    bearer = xml.text(element, "ChrgBr")
    if settled is None or settle_on is None or bearer not in set(ChargeBearer):
        raise UnreadableField(f"Line {element.sourceline}: amount, day or bearer of charges is missing.")
    return Wire(
        instruction_id=xml.text(element, "PmtId/InstrId"),
        end_to_end_id=xml.text(element, "PmtId/EndToEndId"),
        uetr=xml.text(element, "PmtId/UETR"),
        amount=settled,
        settle_on=settle_on,
        sender=agent(element, "InstgAgt") or Agent(),
        receiver=agent(element, "InstdAgt") or Agent(),
        debtor=party(element, "Dbtr") or Party(name=""),
        debtor_account=account(element, "DbtrAcct"),
        debtor_agent=agent(element, "DbtrAgt") or Agent(),
        creditor_agent=agent(element, "CdtrAgt") or Agent(),
        creditor=party(element, "Cdtr") or Party(name=""),
        creditor_account=account(element, "CdtrAcct"),
        instructed=instructed,
        exchange_rate=_rate(element, rate),
        charge_bearer=ChargeBearer(bearer),
        charges=charges(element),
        previous=_agents(element, "PrvsInstgAgt"),
        intermediaries=_agents(element, "IntrmyAgt"),
        ultimate_debtor=party(element, "UltmtDbtr"),
        ultimate_creditor=party(element, "UltmtCdtr"),
        local_instrument=xml.text(element, "PmtTpInf/LclInstrm/Prtry") or xml.text(element, "PmtTpInf/LclInstrm/Cd"),
        service_level=xml.text(element, "PmtTpInf/SvcLvl/Cd"),
        category_purpose=xml.text(element, "PmtTpInf/CtgyPurp/Cd"),
        purpose=xml.text(element, "Purp/Cd"),
        remittance=remittance(element),
    )


def charges(element: Element) -> tuple[Charge, ...]:
    """What banks took on the way."""
    found = ((amount(charge, "Amt"), agent(charge, "Agt")) for charge in xml.every(element, "ChrgsInf"))
    return tuple(Charge(amount=taken, agent=by or Agent()) for taken, by in found if taken is not None)


def _agents(element: Element, path: str) -> tuple[Agent, ...]:
    found = (agent(element, f"{path}{number}") for number in (1, 2, 3))
    return tuple(bank for bank in found if bank is not None)


def _address(element: Element) -> Address | None:
    found = xml.first(element, "PstlAdr")
    if found is None:
        return None
    return Address(
        street=xml.text(found, "StrtNm"),
        building_number=xml.text(found, "BldgNb"),
        building_name=xml.text(found, "BldgNm"),
        floor=xml.text(found, "Flr"),
        room=xml.text(found, "Room"),
        post_box=xml.text(found, "PstBx"),
        post_code=xml.text(found, "PstCd"),
        town=xml.text(found, "TwnNm"),
        district=xml.text(found, "DstrctNm"),
        state=xml.text(found, "CtrySubDvsn"),
        country=xml.text(found, "Ctry"),
        lines=tuple((line.text or "").strip() for line in xml.every(found, "AdrLine")),
    )


def _rate(element: Element, text: str) -> Decimal | None:
    if text and not _DECIMAL.fullmatch(text):
        raise unreadable(element, "XchgRate")
    return Decimal(text) if text else None


def unreadable(element: Element, path: str) -> UnreadableField:
    """The refusal that names line and field, and no value."""
    return UnreadableField(f"Line {element.sourceline or 0}: {xml.local(element)}/{path} cannot be read.")

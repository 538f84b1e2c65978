"""What a bank says of an account of ours while the day runs: camt.054 (notice of bookings) and camt.052 (report), of every version.

An entry (``Ntry``) that bundles several payments is told payment by payment, where its details have amounts that add up to it; else as
one. Its direction is its own ``CdtDbtInd``; ``RvslInd`` says that it takes an entry of the other direction back, and changes no sign.
Only a notice of what is booked (``Sts`` BOOK) is money: reports and what is pending or informs are told as announced.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import BinaryIO, Final

from moneyed import Money

from flowlet.core import xml
from payments.providers.iso20022 import reading
from payments.providers.iso20022.errors import UnknownMessage
from payments.providers.iso20022.parts import Account, Party
from payments.providers.iso20022.reading import Element

REPORT, NOTICE = "camt.052", "camt.054"
_KINDS: Final = {"Rpt": REPORT, "Ntfctn": NOTICE}
# What banks write where they have no reference.
_NONE: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF", "NOREF", "NONE", "N/A"})


@dataclass(frozen=True, kw_only=True)
class Booking:
    """One payment in one entry. ``name`` is the bank's own of it, the same whenever the bank speaks of it; "" where the bank gives none.

    ``account`` is the account that the notice is of, ``paid_to`` the creditor's account that the payment named (a virtual one, perhaps),
    ``number`` the payment's place in its entry and ``of`` how many there are, 0 where the entry is told as one.
    """

    message: str
    account: str
    is_booked: bool
    is_credit: bool
    is_reversal: bool
    amount: Money
    name: str
    entry_name: str
    number: int
    of: int
    booked_on: date | None
    value_on: date | None
    code: str
    end_to_end_id: str = ""
    instruction_id: str = ""
    transaction_id: str = ""
    uetr: str = ""
    message_id: str = ""
    group_id: str = ""
    creditor_reference: str = ""
    return_code: str = ""
    text: str = field(default="", repr=False)
    paid_to: str = field(default="", repr=False)
    counterparty: Party | None = field(default=None, repr=False)
    counterparty_account: Account | None = field(default=None, repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        """Everything by which other messages may speak of the payment, each once."""
        found = (self.name, self.uetr, self.transaction_id, self.end_to_end_id, self.instruction_id)
        return tuple(dict.fromkeys(filter(None, found)))


def bookings(source: bytes | BinaryIO) -> Iterator[Booking]:
    """The payments of a camt.054 or camt.052 in their order, streaming.

    Raises UnknownMessage, UnreadableField, and as ``xml.stream`` does.
    """
    is_known = False
    for element in xml.stream(source, tags=("Ntry", *_KINDS)):
        if xml.local(element) != "Ntry":
            is_known = True
            continue
        parent = element.getparent()
        message = _KINDS.get(xml.local(parent), "") if parent is not None else ""
        if parent is not None and message:
            is_known = True
            yield from _entry(element, message, _account(parent))
    if not is_known:
        raise UnknownMessage("The document is neither a camt.054 nor a camt.052.")


def _account(report: Element) -> str:
    return plain(xml.text(report, "Acct/Id/IBAN") or xml.text(report, "Acct/Id/Othr/Id"))


def plain(number: str) -> str:
    """An account number without blanks, in capitals, as it is compared."""
    return "".join(number.split()).upper()


def _entry(entry: Element, message: str, account: str) -> Iterator[Booking]:
    amount, mark = reading.amount(entry, "Amt"), xml.text(entry, "CdtDbtInd")
    if amount is None or mark not in {"CRDT", "DBIT"}:
        raise reading.unreadable(entry, "Amt" if amount is None else "CdtDbtInd")
    is_booked = message == NOTICE and (xml.text(entry, "Sts/Cd") or xml.text(entry, "Sts")) == "BOOK"
    details = xml.every(entry, "NtryDtls/TxDtls")
    entry_name = _name(entry, "AcctSvcrRef")  # NtryRef may be the account's own number on every entry
    common = {
        "message": message,
        "account": account,
        "is_booked": is_booked,
        "is_reversal": xml.text(entry, "RvslInd") in {"true", "1"},
        "entry_name": entry_name,
        "booked_on": _day(entry, "BookgDt"),
        "value_on": _day(entry, "ValDt"),
        "code": _code(entry),
    }
    parts = _parts(details, amount, is_credit=mark == "CRDT") if len(details) > 1 else None
    if parts is None:
        single = details[0] if len(details) == 1 else None
        own = _told(entry, single, is_credit=mark == "CRDT")
        # One payment may be named twice, in the entry and in its detail; the entry is what the statement repeats.
        name = entry_name or own.pop("own_name")
        own.pop("own_name", None)
        yield Booking(**common, **own, is_credit=mark == "CRDT", amount=amount, name=name, number=1, of=int(single is not None))
        return
    names = [_detail_name(detail) for detail in details]
    for number, (detail, (part, is_credit)) in enumerate(zip(details, parts, strict=True), 1):
        own = _told(entry, detail, is_credit=is_credit)
        own_name = own.pop("own_name")
        is_own = own_name and own_name != entry_name and names.count(own_name) == 1
        name = own_name if is_own else f"{entry_name}#{number}" if entry_name else ""
        yield Booking(**common, **own, is_credit=is_credit, amount=part, name=name, number=number, of=len(details))


def _parts(details: list[Element], total: Money, *, is_credit: bool) -> list[tuple[Money, bool]] | None:
    """Amount and direction of each payment; None where one has no amount in the account's currency, or they do not add up.

    A payment's own ``CdtDbtInd`` counts where the payments then add up to the entry; some banks write one that they do not mean.
    """
    found = []
    for detail in details:
        amount = next(filter(None, (reading.amount(detail, path) for path in _AMOUNTS)), None)
        if amount is None or amount.currency != total.currency:
            return None
        found.append((amount, {"CRDT": True, "DBIT": False}.get(xml.text(detail, "CdtDbtInd"), is_credit)))
    for parts in (found, [(amount, is_credit) for amount, _ in found]):
        if sum((a.amount if way == is_credit else -a.amount for a, way in parts), Decimal(0)) == total.amount:
            return parts
    return None


_AMOUNTS: Final = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt")


def _told(entry: Element, detail: Element | None, *, is_credit: bool) -> dict[str, object]:
    if detail is None:
        return {"own_name": "", "text": xml.text(entry, "AddtlNtryInf")}
    them, us = ("Dbtr", "Cdtr") if is_credit else ("Cdtr", "Dbtr")
    party = reading.party(detail, f"RltdPties/{them}/Pty") or reading.party(detail, f"RltdPties/{them}")
    ours = reading.account(detail, f"RltdPties/{us}Acct")
    texts = [(one.text or "").strip() for one in xml.every(detail, "RmtInf/Ustrd")]
    return {
        "own_name": _detail_name(detail),
        "end_to_end_id": _name(detail, "Refs/EndToEndId"),
        "instruction_id": _name(detail, "Refs/InstrId"),
        "transaction_id": _name(detail, "Refs/TxId"),
        "uetr": _name(detail, "Refs/UETR"),
        "message_id": _name(detail, "Refs/MsgId"),
        "group_id": _name(detail, "Refs/PmtInfId"),
        "creditor_reference": xml.text(detail, "RmtInf/Strd/CdtrRefInf/Ref"),
        "return_code": xml.text(detail, "RtrInf/Rsn/Cd") or xml.text(detail, "RtrInf/Rsn/Prtry"),
        "text": " ".join(filter(None, [*texts, xml.text(detail, "AddtlTxInf")])),
        "paid_to": plain((ours.iban or ours.number) if ours is not None else ""),
        "counterparty": party,
        "counterparty_account": reading.account(detail, f"RltdPties/{them}Acct"),
    }


def _detail_name(detail: Element) -> str:
    return _name(detail, "Refs/AcctSvcrRef", "Refs/AcctSvcrTxId", "Refs/ClrSysRef")


def _name(element: Element, *paths: str) -> str:
    """The first reference that says something."""
    for path in paths:
        text = xml.text(element, path)
        if text and text.upper() not in _NONE and text.strip("0"):
            return text
    return ""


def _code(entry: Element) -> str:
    domain = [xml.text(entry, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "-".join(filter(None, domain)) or xml.text(entry, "BkTxCd/Prtry/Cd")


def _day(entry: Element, path: str) -> date | None:
    """The bank's own day, whatever its offset from UTC."""
    for part in ("Dt", "DtTm"):
        found = reading.day(entry, f"{path}/{part}")
        if found is not None:
            return found
    return None

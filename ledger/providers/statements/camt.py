"""ISO 20022 camt.053 (statement), camt.052 (interim report) and camt.054 (notice of bookings), of every version since .001.02.

An entry (``Ntry``) is one line. Its direction is its own ``CdtDbtInd``: ``RvslInd`` says that it takes back an entry of the opposite
direction, and changes no sign (ISO 20022, ReportEntry, ReversalIndicator: "if CRDT and yes, the original entry was a debit"). Its
``TxDtls`` become details of the one line, never lines of their own. Entries are read one at a time.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from lxml import etree

from flowlet.core import xml
from ledger.errors import UnreadableStatement
from ledger.providers.statements import records
from ledger.providers.statements.records import Detail, Line, Party, References, Statement

_REPORTS: Final = {"Stmt": "camt.053", "Rpt": "camt.052", "Ntfctn": "camt.054"}
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_DETAIL_REFERENCES: Final = {
    records.END_TO_END: ("EndToEndId",),
    records.TRANSACTION: ("InstrId", "TxId", "UETR", "ClrSysRef", "ChqNb", "Prtry/Ref"),
    records.BATCH: ("PmtInfId", "MsgId"),
    records.BANK: ("AcctSvcrRef", "AcctOwnrTxId", "AcctSvcrTxId"),
}


def read(content: bytes) -> Iterator[Statement]:
    """The statements, reports or notices of a message. Raises UnreadableStatement and what ``xml.stream`` raises."""
    lines: list[Line] = []
    found = 0
    for element in xml.stream(content, tags=("Ntry", *_REPORTS)):
        name = xml.local(element)
        if name == "Ntry":
            lines.append(_line(element, len(lines) + 1))
            continue
        found += 1
        yield _statement(element, name, lines)
        lines = []
    if not found:
        raise UnreadableStatement("The message is no camt.052, camt.053 or camt.054 with an account in it.", param="file")


def _statement(element: etree._Element, name: str, lines: Sequence[Line]) -> Statement:
    balances = _balances(element)
    opening = next((balances[code] for code in _OPENING if code in balances), None)
    closing = next((balances[code] for code in _CLOSING if code in balances), None)
    account = xml.text(element, "Acct/Id/IBAN") or xml.text(element, "Acct/Id/Othr/Id")
    currency = xml.text(element, "Acct/Ccy")
    currencies = {line.currency for line in lines} | {found[1] for found in balances.values()}
    if len(currencies | ({currency} if currency else set())) > 1:
        raise UnreadableStatement(
            f"Statement {xml.text(element, 'Id')} has amounts in {', '.join(sorted(currencies))}; an account has one currency.",
            line=element.sourceline,
            field="Ccy",
        )
    days = [day for day in (_day(xml.first(element, path)) for path in ("FrToDt/FrDtTm", "FrToDt/ToDtTm")) if day]
    booked = [line.booked_on for line in lines]
    closed_on, opened_on = (closing[2] if closing else None), (opening[2] if opening else None)
    # A bank's period may name the days of an inquiry and not those of the bookings; the balances' own days are the bookings'.
    if closed_on:
        to_on = closed_on
        from_on = min([closed_on, *booked, *([opened_on] if opened_on and "OPBD" in balances else [])])
    elif booked or days:
        from_on, to_on = min(booked or days), max(booked or days)
    else:
        made = _day(xml.first(element, "CreDtTm"))
        if made is None:
            raise UnreadableStatement("The statement names no day.", line=element.sourceline, field="FrToDt")
        from_on = to_on = made
    sequence = xml.text(element, "ElctrncSeqNb")
    return Statement(
        format=_REPORTS[name],
        reference=xml.text(element, "Id"),
        account=records.plain_account(account),
        currency=currency or next(iter(currencies), ""),
        is_proof=name == "Stmt",
        opening=opening[0] if opening else None,
        closing=closing[0] if closing else None,
        from_on=from_on,
        to_on=to_on,
        lines=lines,
        sequence=int(sequence) if sequence.isdecimal() else None,
    )


def _balances(element: etree._Element) -> dict[str, tuple[Decimal, str, date | None]]:
    """Booked balances by their code; the first of a code counts (a statement has one of each)."""
    found: dict[str, tuple[Decimal, str, date | None]] = {}
    for balance in xml.every(element, "Bal"):
        code = xml.text(balance, "Tp/CdOrPrtry/Cd")
        if code in (*_OPENING, *_CLOSING) and code not in found:
            amount, currency = _amount(balance)
            found[code] = (amount, currency, _day(xml.first(balance, "Dt")))
    return found


def _line(entry: etree._Element, number: int) -> Line:
    amount, currency = _amount(entry)
    booked_on, value_on = _day(xml.first(entry, "BookgDt")), _day(xml.first(entry, "ValDt"))
    status = xml.text(entry, "Sts/Cd") or xml.text(entry, "Sts")
    if booked_on is None and value_on is None and status == "BOOK":
        raise UnreadableStatement("A booked entry has neither booking nor value date.", line=entry.sourceline, field="BookgDt")
    nodes = xml.every(entry, "NtryDtls/TxDtls")
    details = _details(nodes, amount, currency)
    single = details[0] if len(details) == 1 else None
    own = {
        records.BANK: [xml.text(entry, "AcctSvcrRef"), xml.text(entry, "NtryRef")],
        records.BATCH: [xml.text(batch, path) for batch in xml.every(entry, "NtryDtls/Btch") for path in ("PmtInfId", "MsgId")],
    }
    return Line(
        number=number,
        amount=amount,
        currency=currency,
        booked_on=booked_on or value_on or date.min,
        value_on=value_on,
        references=_merged(own, single.references if single else _common_batch(details)),
        code=_code(entry),
        is_reversal=xml.text(entry, "RvslInd") in ("true", "1"),
        is_booked=status == "BOOK",
        party=single.party if single else Party(),
        text=" ".join(filter(None, (single.text if single else "", xml.text(entry, "AddtlNtryInf")))),
        return_code=single.return_code if single else "",
        details=() if single else details,
    )


def _details(nodes: Sequence[etree._Element], total: Decimal, currency: str) -> tuple[Detail, ...]:
    """The details with amounts in the line's direction.

    A detail's own ``CdtDbtInd`` counts where the details then add up to the line; some banks write one that they do not mean.
    """
    figures = [_detail_amount(node, currency) for node in nodes]
    direction = Decimal(1).copy_sign(total)
    own = [None if f is None else f[0] * (direction if f[1] is None else f[1]) for f in figures]
    if sum((f for f in own if f is not None), Decimal(0)) != total:
        own = [None if f is None else f[0] * direction for f in figures]
    side = "Dbtr" if total > 0 else "Cdtr"
    return tuple(_detail(node, amount, side) for node, amount in zip(nodes, own, strict=True))


def _detail_amount(node: etree._Element, currency: str) -> tuple[Decimal, Decimal | None] | None:
    for path in ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt"):
        found = xml.first(node, path)
        if found is not None and found.get("Ccy") == currency:
            mark = xml.text(node, "CdtDbtInd")
            sign = {"CRDT": Decimal(1), "DBIT": Decimal(-1)}.get(mark)
            return _decimal(found), sign
    return None


def _detail(node: etree._Element, amount: Decimal | None, side: str) -> Detail:
    references = {
        kind: [(found.text or "") for path in paths for found in xml.every(node, f"Refs/{path}")]
        for kind, paths in _DETAIL_REFERENCES.items()
    }
    structured = [(found.text or "") for found in xml.every(node, "RmtInf/Strd/CdtrRefInf/Ref")]
    references[records.TRANSACTION] = [*references[records.TRANSACTION], *structured]
    unstructured = [(found.text or "").strip() for found in xml.every(node, "RmtInf/Ustrd")]
    name = xml.text(node, f"RltdPties/{side}/Pty/Nm") or xml.text(node, f"RltdPties/{side}/Nm")
    account = xml.text(node, f"RltdPties/{side}Acct/Id/IBAN") or xml.text(node, f"RltdPties/{side}Acct/Id/Othr/Id")
    return Detail(
        amount=amount,
        references=records.kept(references),
        party=Party(name, records.plain_account(account)),
        text=" ".join(filter(None, [*unstructured, xml.text(node, "AddtlTxInf")])),
        return_code=xml.text(node, "RtrInf/Rsn/Cd"),
    )


def _common_batch(details: Sequence[Detail]) -> References:
    """What all details name as their batch: then it is the line's as well."""
    if not details:
        return {}
    shared = set.intersection(*(set(detail.references.get(records.BATCH, ())) for detail in details))
    return {records.BATCH: tuple(sorted(shared))} if shared else {}


def _merged(own: dict[str, list[str]], more: References) -> References:
    kinds = dict.fromkeys([*own, *more])
    return records.kept({kind: [*own.get(kind, []), *more.get(kind, ())] for kind in kinds})


def _code(entry: etree._Element) -> str:
    domain = [xml.text(entry, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "-".join(filter(None, domain)) or xml.text(entry, "BkTxCd/Prtry/Cd")


def _amount(element: etree._Element) -> tuple[Decimal, str]:
    """The signed amount of an entry or balance and its currency."""
    node = xml.first(element, "Amt")
    mark = xml.text(element, "CdtDbtInd")
    if node is None or mark not in ("CRDT", "DBIT"):
        raise UnreadableStatement(
            f"Line {element.sourceline}: no amount with CRDT or DBIT.", line=element.sourceline, field="CdtDbtInd"
        )
    value = _decimal(node)
    return (value if mark == "CRDT" else -value), node.get("Ccy") or ""


def _decimal(node: etree._Element) -> Decimal:
    try:
        value = Decimal((node.text or "").strip())
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0:
        raise UnreadableStatement(f"Line {node.sourceline}: {node.text!r} is no amount.", line=node.sourceline, field="Amt")
    return value


def _day(node: etree._Element | None) -> date | None:
    """The day of ``Dt``, ``DtTm`` or an element that holds one of them; the bank's own day, whatever its offset from UTC."""
    if node is None:
        return None
    text = xml.text(node, "Dt") or xml.text(node, "DtTm") or (node.text or "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).date() if "T" in text else date.fromisoformat(text[:10])
    except ValueError:
        raise UnreadableStatement(f"Line {node.sourceline}: {text!r} is no day.", line=node.sourceline, field="Dt") from None

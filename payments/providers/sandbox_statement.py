"""A bank statement as the sandbox bank writes it: camt.053.001.08. Simulated, as its name says; statements of real banks are only read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lxml import etree

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLine:
    """One booking: positive comes in. ``bank_reference`` is the bank's own, ``end_to_end_id`` the payer's."""

    amount: Decimal
    bank_reference: str
    end_to_end_id: str = ""
    text: str = ""


def sandbox_write_statement(
    *, account: str, currency: str, sequence: int, day: date, opening: Decimal, lines: Sequence[SandboxLine]
) -> bytes:
    """One statement of one day; the closing balance is the opening one and the lines."""
    root = etree.Element(f"{{{NAMESPACE}}}Document", nsmap={None: NAMESPACE})
    message = _node(root, "BkToCstmrStmt")
    header = _node(message, "GrpHdr")
    _leaf(header, "MsgId", f"SANDBOX-{day:%Y%m%d}-{sequence}")
    _leaf(header, "CreDtTm", f"{day.isoformat()}T23:59:00Z")
    statement = _node(message, "Stmt")
    _leaf(statement, "Id", f"SANDBOX-{day:%Y%m%d}-{sequence}")
    _leaf(statement, "ElctrncSeqNb", str(sequence))
    _leaf(statement, "CreDtTm", f"{day.isoformat()}T23:59:00Z")
    held_at = _node(statement, "Acct")
    _leaf(_node(_node(held_at, "Id"), "Othr"), "Id", account)
    _leaf(held_at, "Ccy", currency)
    closing = opening + sum((line.amount for line in lines), Decimal(0))
    for code, amount in (("OPBD", opening), ("CLBD", closing)):
        balance = _node(statement, "Bal")
        _leaf(_node(_node(balance, "Tp"), "CdOrPrtry"), "Cd", code)
        _amount(balance, amount, currency)
        _leaf(_node(balance, "Dt"), "Dt", day.isoformat())
    for line in lines:
        _line(statement, line, currency, day)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _line(statement: etree._Element, line: SandboxLine, currency: str, day: date) -> None:
    entry = _node(statement, "Ntry")
    _amount(entry, line.amount, currency)
    _leaf(_node(entry, "Sts"), "Cd", "BOOK")
    for name in ("BookgDt", "ValDt"):
        _leaf(_node(entry, name), "Dt", day.isoformat())
    _leaf(entry, "AcctSvcrRef", line.bank_reference)
    domain = _node(_node(entry, "BkTxCd"), "Domn")
    _leaf(domain, "Cd", "PMNT")
    family = _node(domain, "Fmly")
    _leaf(family, "Cd", "RCDT" if line.amount > 0 else "ICDT")
    _leaf(family, "SubFmlyCd", "OTHR")
    details = _node(_node(entry, "NtryDtls"), "TxDtls")
    if line.end_to_end_id:
        _leaf(_node(details, "Refs"), "EndToEndId", line.end_to_end_id[:35])
    if line.text:
        _leaf(_node(details, "RmtInf"), "Ustrd", line.text[:140])


def _amount(parent: etree._Element, amount: Decimal, currency: str) -> None:
    leaf = _leaf(parent, "Amt", f"{abs(amount):f}")
    leaf.set("Ccy", currency)
    _leaf(parent, "CdtDbtInd", "DBIT" if amount < 0 else "CRDT")


def _node(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")


def _leaf(parent: etree._Element, name: str, text: str) -> etree._Element:
    node = _node(parent, name)
    node.text = text
    return node

"""Wires: pacs.008.001.08 in Fedwire's form, one payment each, domestic or international.

What is international about one is in its fields: banks by BIC, up to three intermediaries, an instructed amount in another currency
with its rate, charges that somebody took on the way. ``RULES`` are Fedwire's own above the schema (Fedwire Funds Service, ISO 20022
implementation guide).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from moneyed import Money

from payments.providers.iso20022 import scheme, writing
from payments.providers.iso20022.parts import Account, Address, Agent, Party, Remittance
from payments.providers.iso20022.scheme import Breach
from payments.providers.iso20022.writing import Element, Tree, Written
from payments.providers.nacha import routing

MESSAGE: Final = "pacs.008.001.08"
CUSTOMER_TRANSFER: Final = "CTRC"
INSTRUMENTS: Final = frozenset({CUSTOMER_TRANSFER, "CTRD"})

RULES: Final = {
    "message_id.form": "The message id is the IMAD: the day (YYYYMMDD), eight letters or digits of the source, six digits of a sequence.",
    "uetr.form": "The UETR is a random UUID (version 4) in small letters.",
    "id.form": "Identifications have 1 to 35 characters.",
    "agent.routing": "Sender and receiver are named by routing numbers with right check digits.",
    "agent.unknown": "A bank is named by a BIC, a routing number, or its name and address.",
    "bic.invalid": "The BIC does not have 8 or 11 characters, or its country is not one.",
    "instrument.unknown": "The local instrument is CTRC, a customer transfer, or CTRD, the answer to a drawdown.",
    "amount.not_dollar": "Fedwire settles in US dollars.",
    "amount.range": "A wire is between 0.01 and 9,999,999,999.99 dollars.",
    "rate.missing": "An instructed amount in another currency needs its exchange rate, and only such a one has it.",
    "charges.sum": "The instructed amount is the settled amount and the charges that were taken from it.",
    "charges.bearer": "Charges were taken, so somebody other than the sender bears them (SHAR or CRED).",
    "name.form": "Debtor and creditor have a name of at most 140 characters.",
    "address.incomplete": "Addresses have town and country in their own elements, and at most two lines beside them.",
    "account.missing": "The creditor has an account.",
    "account.not_iban": "The IBAN's check digits are wrong.",
    "remittance.form": "A wire has one remittance information, a text of at most 140 characters or a document.",
    "note.form": "The note about a return has at most 105 characters.",
    "charset": "Only printable characters of ASCII are carried.",
}
SMALLEST, LARGEST = Decimal("0.01"), Decimal("9999999999.99")
_IMAD = re.compile(r"[0-9]{8}[A-Z0-9]{8}[0-9]{6}", re.ASCII)
_UETR = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89ab][a-f0-9]{3}-[a-f0-9]{12}", re.ASCII)
_PRINTABLE = re.compile(r"[ -~]*", re.ASCII)


class ChargeBearer(StrEnum):
    """Who bears the charges of the banks on the way."""

    AGREED = "SLEV"
    SHARED = "SHAR"
    DEBTOR = "DEBT"
    CREDITOR = "CRED"


@dataclass(frozen=True, kw_only=True)
class Charge:
    """What a bank on the way took from the amount."""

    amount: Money
    agent: Agent


@dataclass(frozen=True, kw_only=True)
class Wire:
    """One wire. ``sender`` and ``receiver`` are the members of Fedwire between which ``amount`` is settled on ``settle_on``;
    ``previous`` and ``intermediaries`` are the banks before and after them, nearest to the debtor first, at most three each.
    """

    instruction_id: str
    end_to_end_id: str
    uetr: str
    amount: Money
    settle_on: date
    sender: Agent
    receiver: Agent
    debtor: Party
    debtor_account: Account | None
    debtor_agent: Agent
    creditor_agent: Agent
    creditor: Party
    creditor_account: Account | None
    instructed: Money | None = None
    exchange_rate: Decimal | None = None
    charge_bearer: ChargeBearer = ChargeBearer.AGREED
    charges: tuple[Charge, ...] = ()
    previous: tuple[Agent, ...] = ()
    intermediaries: tuple[Agent, ...] = ()
    ultimate_debtor: Party | None = None
    ultimate_creditor: Party | None = None
    local_instrument: str = CUSTOMER_TRANSFER
    service_level: str = ""
    category_purpose: str = ""
    purpose: str = ""
    remittance: Remittance | None = None


def write(*, wire: Wire, message_id: str, created_at: datetime) -> Written:
    """The message with one wire; the same bytes for the same arguments. ``message_id`` is the IMAD.

    Raises BreaksScheme, with paths and without lines: what breaks Fedwire's rules is not written at all.
    """
    content = _tree(wire=wire, message_id=message_id, created_at=created_at).content()
    return Written(MESSAGE, content, 1, wire.amount, writing.validated(content, message=MESSAGE))


def check(*, wire: Wire, message_id: str, created_at: datetime) -> None:
    """Refuse what ``write`` refuses, by the same schema and rules, without writing the bytes. Raises as ``write``."""
    writing.validated(_tree(wire=wire, message_id=message_id, created_at=created_at).numbered(), message=MESSAGE)


def breaches(wire: Wire) -> tuple[Breach, ...]:
    """What a wire breaks by itself."""
    return tuple(_breach(code, f"CdtTrfTxInf/{path}", wire) for code, path in _faults(wire))


def imad_breaches(message_id: str) -> tuple[Breach, ...]:
    """What is wrong with the id of a message."""
    code = "message_id.form"
    return () if _IMAD.fullmatch(message_id) else (Breach(code, 0, "GrpHdr/MsgId", RULES[code]),)


def header(tree: Tree, message: Element, *, message_id: str, created_at: datetime) -> None:
    """The group header of a message of one payment that Fedwire settles."""
    element = tree.node(message, "GrpHdr")
    tree.leaf(element, "MsgId", message_id)
    tree.leaf(element, "CreDtTm", writing.moment(created_at))
    tree.leaf(element, "NbOfTxs", "1")
    settlement = tree.node(element, "SttlmInf")
    tree.leaf(settlement, "SttlmMtd", "CLRG")
    tree.leaf(settlement, "ClrSys/Cd", "FDW")


def charges_taken(tree: Tree, parent: Element, charges: tuple[Charge, ...]) -> None:
    """What banks took on the way."""
    for charge in charges:
        element = tree.node(parent, "ChrgsInf")
        tree.amount(element, "Amt", charge.amount)
        tree.agent(element, "Agt", charge.agent)


def agent_faults(path: str, agent: Agent, *, is_member: bool = False) -> Iterator[tuple[str, str]]:
    """What is wrong with a bank; members of Fedwire have a routing number."""
    if is_member or agent.aba:
        if not routing.is_routing_number(agent.aba):
            yield "agent.routing", path
    elif not agent.bic and not (agent.name and agent.address):
        yield "agent.unknown", path
    if agent.bic and not scheme.is_bic(agent.bic):
        yield "bic.invalid", path
    yield from _address_faults(path, agent.address)


def party_faults(path: str, party: Party) -> Iterator[tuple[str, str]]:
    """What is wrong with a debtor or creditor."""
    if not 0 < len(party.name.strip()) <= 140:
        yield "name.form", f"{path}/Nm"
    yield from _address_faults(path, party.address)


def amount_faults(path: str, amount: Money) -> Iterator[tuple[str, str]]:
    """What is wrong with an amount that Fedwire settles."""
    if amount.currency.code != "USD":
        yield "amount.not_dollar", path
    elif not SMALLEST <= amount.amount <= LARGEST:
        yield "amount.range", path


def text_faults(found: Element) -> Iterator[tuple[str, str]]:
    """Where there are other characters than those of ASCII."""
    for element in found.iter():
        if not _PRINTABLE.fullmatch(element.text or ""):
            yield "charset", element.tag.rsplit("}", 1)[-1]


def is_uetr(text: str) -> bool:
    """Whether it is a UUID of version 4 in small letters."""
    return _UETR.fullmatch(text) is not None


def _breach(code: str, path: str, wire: Wire) -> Breach:
    return Breach(code, 0, path, RULES[code], wire.end_to_end_id)


def _faults(wire: Wire) -> Iterator[tuple[str, str]]:
    for path, text in (("PmtId/InstrId", wire.instruction_id), ("PmtId/EndToEndId", wire.end_to_end_id)):
        if not 0 < len(text) <= 35:
            yield "id.form", path
    if not is_uetr(wire.uetr):
        yield "uetr.form", "PmtId/UETR"
    if wire.local_instrument not in INSTRUMENTS:
        yield "instrument.unknown", "PmtTpInf/LclInstrm"
    yield from amount_faults("IntrBkSttlmAmt", wire.amount)
    yield from _amounts_disagree(wire)
    yield from agent_faults("InstgAgt", wire.sender, is_member=True)
    yield from agent_faults("InstdAgt", wire.receiver, is_member=True)
    for path, agents in (("PrvsInstgAgt", wire.previous), ("IntrmyAgt", wire.intermediaries)):
        for number, agent in enumerate(agents, 1):
            yield from agent_faults(f"{path}{number}", agent)
    for path, agent in (("DbtrAgt", wire.debtor_agent), ("CdtrAgt", wire.creditor_agent)):
        yield from agent_faults(path, agent)
    for path, party in (("Dbtr", wire.debtor), ("Cdtr", wire.creditor)):
        if party.address is None:
            yield "address.incomplete", f"{path}/PstlAdr"
        yield from party_faults(path, party)
    for path, party in (("UltmtDbtr", wire.ultimate_debtor), ("UltmtCdtr", wire.ultimate_creditor)):
        if party is not None:
            yield from party_faults(path, party)
    yield from _account_faults(wire)
    remittance = wire.remittance
    if remittance is not None and (
        len(remittance.text) > 140 or sum(map(bool, (remittance.text, remittance.reference, remittance.document_number))) > 1
    ):
        yield "remittance.form", "RmtInf"
    tree = Tree(MESSAGE)
    _wire(tree, tree.root, wire)
    yield from text_faults(tree.root)


def _amounts_disagree(wire: Wire) -> Iterator[tuple[str, str]]:
    instructed = wire.amount if wire.instructed is None else wire.instructed
    is_converted = instructed.currency != wire.amount.currency
    if is_converted != (wire.exchange_rate is not None):
        yield "rate.missing", "XchgRate"
    taken = [charge.amount for charge in wire.charges]
    if not is_converted and all(charge.currency == wire.amount.currency for charge in taken):
        if instructed.amount != wire.amount.amount + sum((charge.amount for charge in taken), Decimal(0)):
            yield "charges.sum", "InstdAmt"
    if taken and wire.charge_bearer not in {ChargeBearer.SHARED, ChargeBearer.CREDITOR}:
        yield "charges.bearer", "ChrgBr"


def _account_faults(wire: Wire) -> Iterator[tuple[str, str]]:
    creditor = wire.creditor_account
    if creditor is None or not (creditor.iban or creditor.number):
        yield "account.missing", "CdtrAcct"
    for path, account in (("DbtrAcct", wire.debtor_account), ("CdtrAcct", creditor)):
        if account is not None and account.iban and scheme.account_fault(account.iban) == "account.not_iban":
            yield "account.not_iban", path


def _address_faults(path: str, address: Address | None) -> Iterator[tuple[str, str]]:
    if address is not None and not (address.town and address.country and len(address.lines) <= 2):
        yield "address.incomplete", f"{path}/PstlAdr"


def _tree(*, wire: Wire, message_id: str, created_at: datetime) -> Tree:
    writing.refuse([*imad_breaches(message_id), *breaches(wire)])
    tree = Tree(MESSAGE)
    message = tree.node(tree.root, "FIToFICstmrCdtTrf")
    header(tree, message, message_id=message_id, created_at=created_at)
    _wire(tree, tree.node(message, "CdtTrfTxInf"), wire)
    return tree


def _wire(tree: Tree, element: Element, wire: Wire) -> None:
    ids = tree.node(element, "PmtId")
    tree.leaf(ids, "InstrId", wire.instruction_id)
    tree.leaf(ids, "EndToEndId", wire.end_to_end_id)
    tree.leaf(ids, "UETR", wire.uetr)
    kind = tree.node(element, "PmtTpInf")
    tree.leaf(kind, "SvcLvl/Cd", wire.service_level)
    tree.leaf(kind, "LclInstrm/Prtry", wire.local_instrument)
    tree.leaf(kind, "CtgyPurp/Cd", wire.category_purpose)
    tree.amount(element, "IntrBkSttlmAmt", wire.amount)
    tree.leaf(element, "IntrBkSttlmDt", wire.settle_on.isoformat())
    tree.amount(element, "InstdAmt", wire.amount if wire.instructed is None else wire.instructed)
    tree.leaf(element, "XchgRate", f"{wire.exchange_rate:f}" if wire.exchange_rate is not None else "")
    tree.leaf(element, "ChrgBr", wire.charge_bearer)
    charges_taken(tree, element, wire.charges)
    for number, agent in enumerate(wire.previous, 1):
        tree.agent(element, f"PrvsInstgAgt{number}", agent)
    tree.agent(element, "InstgAgt", member(wire.sender))
    tree.agent(element, "InstdAgt", member(wire.receiver))
    for number, agent in enumerate(wire.intermediaries, 1):
        tree.agent(element, f"IntrmyAgt{number}", agent)
    tree.party(element, "UltmtDbtr", wire.ultimate_debtor)
    tree.party(element, "Dbtr", wire.debtor)
    tree.account(element, "DbtrAcct", wire.debtor_account)
    tree.agent(element, "DbtrAgt", wire.debtor_agent)
    tree.agent(element, "CdtrAgt", wire.creditor_agent)
    tree.party(element, "Cdtr", wire.creditor)
    tree.account(element, "CdtrAcct", wire.creditor_account)
    tree.party(element, "UltmtCdtr", wire.ultimate_creditor)
    tree.leaf(element, "Purp/Cd", wire.purpose)
    tree.remittance(element, wire.remittance)


def member(agent: Agent) -> Agent:
    """A member of Fedwire, by its routing number alone."""
    return Agent(aba=agent.aba)

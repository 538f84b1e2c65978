"""SEPA direct debits, CORE and B2B: pain.008.001.08 under the EPC's implementation guidelines."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from moneyed import Money

from flowlet.core import money
from payments.providers.iso20022 import checking, scheme, writing
from payments.providers.iso20022.parts import Account, Agent, Party, Remittance
from payments.providers.iso20022.scheme import Breach, Terms
from payments.providers.iso20022.writing import Element, Tree, Written

MESSAGE = scheme.DIRECT_DEBIT
# What stands for the account when the debtor has moved to another bank with the same mandate (AT-D001, "Same Mandate New Debtor Agent").
NEW_BANK = "SMNDA"


class Instrument(StrEnum):
    """The scheme. Debtors of CORE may ask for the money back for 8 weeks; B2B has no refund, and the debtor's bank knows the mandate."""

    CORE = "CORE"
    B2B = "B2B"


class SequenceType(StrEnum):
    """Where the collection stands in the life of its mandate."""

    FIRST = "FRST"
    RECURRING = "RCUR"
    ONE_OFF = "OOFF"
    FINAL = "FNAL"


@dataclass(frozen=True, kw_only=True)
class Amendment:
    """What has changed in the mandate since it was used last; the values are the former ones."""

    mandate_id: str = ""
    creditor_id: str = ""
    creditor_name: str = ""
    debtor_account: Account | None = None
    is_debtor_at_new_bank: bool = False


@dataclass(frozen=True, kw_only=True)
class Mandate:
    """The debtor's permission, by the creditor's reference and the day on which it was signed."""

    id: str
    signed_on: date
    amendment: Amendment | None = None


@dataclass(frozen=True, kw_only=True)
class Debit:
    """One collection."""

    end_to_end_id: str
    amount: Money
    mandate: Mandate
    debtor: Party
    debtor_account: Account
    debtor_agent: Agent | None = None
    instruction_id: str = ""
    uetr: str = ""
    ultimate_creditor: Party | None = None
    ultimate_debtor: Party | None = None
    purpose: str = ""
    remittance: Remittance | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Collections for one account on one day, of one scheme and sequence, under one creditor identifier."""

    id: str
    collect_on: date
    instrument: Instrument
    sequence: SequenceType
    creditor: Party
    creditor_account: Account
    creditor_agent: Agent | None
    creditor_id: str
    debits: tuple[Debit, ...]
    category_purpose: str = ""
    is_batch_booked: bool = True


def write(
    *, message_id: str, created_at: datetime, initiator: Party, groups: Sequence[Group], terms: Terms | None = None
) -> Written:
    """The message with all groups, checked against its schema and the scheme's rules; the same bytes for the same arguments.

    ``terms`` are the bank's cut-off and lead time, by which the days of collection are judged as of ``created_at``. Raises
    BreaksScheme, whose breaches name path, line and end-to-end id, so that the collections concerned can be held back; TooManyPayments
    above ``writing.MOST``.
    """
    writing.check_count(sum(len(group.debits) for group in groups))
    tree = _tree(message_id=message_id, created_at=created_at, initiator=initiator, groups=groups)
    content = tree.content()
    report = checking.check(content, terms=terms)
    writing.refuse(report.breaches)
    return Written(MESSAGE, content, report.count, money.exact(report.total, "EUR"), report.schema)


def check(
    *, message_id: str, created_at: datetime, initiator: Party, groups: Sequence[Group], terms: Terms | None = None
) -> None:
    """Refuse what ``write`` refuses, by its schema and rules, but write no bytes. Raises as ``write``; lines only say the order."""
    writing.check_count(sum(len(group.debits) for group in groups))
    tree = _tree(message_id=message_id, created_at=created_at, initiator=initiator, groups=groups)
    report = checking.check_tree(tree.numbered(), terms=terms)
    writing.refuse(report.breaches)


def breaches(debit: Debit) -> tuple[Breach, ...]:
    """What a collection breaks by itself, before it stands in a message."""
    tree = Tree(MESSAGE)
    _debit(tree, tree.root, debit)
    return checking.payment(tree.root[0], debit=True)


def _tree(*, message_id: str, created_at: datetime, initiator: Party, groups: Sequence[Group]) -> Tree:
    tree = Tree(MESSAGE)
    message = tree.node(tree.root, "CstmrDrctDbtInitn")
    header = tree.node(message, "GrpHdr")
    tree.leaf(header, "MsgId", message_id)
    tree.leaf(header, "CreDtTm", writing.moment(created_at))
    tree.totals(header, [debit.amount for group in groups for debit in group.debits])
    tree.party(header, "InitgPty", replace(initiator, address=None))
    for group in groups:
        _group(tree, message, group)
    return tree


def _group(tree: Tree, message: Element, group: Group) -> None:
    element = tree.node(message, "PmtInf")
    tree.leaf(element, "PmtInfId", group.id)
    tree.leaf(element, "PmtMtd", "DD")
    tree.leaf(element, "BtchBookg", "true" if group.is_batch_booked else "false")
    tree.totals(element, [debit.amount for debit in group.debits])
    kind = tree.node(element, "PmtTpInf")
    tree.leaf(kind, "SvcLvl/Cd", "SEPA")
    tree.leaf(kind, "LclInstrm/Cd", group.instrument)
    tree.leaf(kind, "SeqTp", group.sequence)
    tree.leaf(kind, "CtgyPurp/Cd", group.category_purpose)
    tree.leaf(element, "ReqdColltnDt", group.collect_on.isoformat())
    tree.party(element, "Cdtr", group.creditor)
    tree.account(element, "CdtrAcct", group.creditor_account)
    tree.our_agent(element, "CdtrAgt", group.creditor_agent)
    tree.leaf(element, "ChrgBr", "SLEV")
    _creditor_id(tree, tree.node(element, "CdtrSchmeId"), group.creditor_id)
    for debit in group.debits:
        _debit(tree, element, debit)


def _creditor_id(tree: Tree, parent: Element, creditor_id: str) -> None:
    other = tree.node(parent, "Id/PrvtId/Othr")
    tree.leaf(other, "Id", creditor_id)
    tree.leaf(other, "SchmeNm/Prtry", "SEPA")


def _debit(tree: Tree, group: Element, debit: Debit) -> None:
    element = tree.node(group, "DrctDbtTxInf")
    ids = tree.node(element, "PmtId")
    tree.leaf(ids, "InstrId", debit.instruction_id)
    tree.leaf(ids, "EndToEndId", debit.end_to_end_id)
    tree.leaf(ids, "UETR", debit.uetr)
    tree.amount(element, "InstdAmt", debit.amount)
    mandate = tree.node(element, "DrctDbtTx/MndtRltdInf")
    tree.leaf(mandate, "MndtId", debit.mandate.id)
    tree.leaf(mandate, "DtOfSgntr", debit.mandate.signed_on.isoformat())
    if debit.mandate.amendment is not None:
        _amendment(tree, mandate, debit.mandate.amendment)
    tree.party(element, "UltmtCdtr", debit.ultimate_creditor)
    tree.our_agent(element, "DbtrAgt", debit.debtor_agent)
    tree.party(element, "Dbtr", debit.debtor)
    tree.account(element, "DbtrAcct", debit.debtor_account)
    tree.party(element, "UltmtDbtr", debit.ultimate_debtor)
    tree.leaf(element, "Purp/Cd", debit.purpose)
    tree.remittance(element, debit.remittance)


def _amendment(tree: Tree, mandate: Element, former: Amendment) -> None:
    tree.leaf(mandate, "AmdmntInd", "true")
    details = tree.node(mandate, "AmdmntInfDtls")
    tree.leaf(details, "OrgnlMndtId", former.mandate_id)
    if former.creditor_id or former.creditor_name:
        creditor = tree.node(details, "OrgnlCdtrSchmeId")
        tree.leaf(creditor, "Nm", former.creditor_name)
        if former.creditor_id:
            _creditor_id(tree, creditor, former.creditor_id)
    if former.is_debtor_at_new_bank:
        tree.leaf(details, "OrgnlDbtrAcct/Id/Othr/Id", NEW_BANK)
    else:
        tree.account(details, "OrgnlDbtrAcct", former.debtor_account)

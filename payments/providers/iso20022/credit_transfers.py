"""SEPA credit transfers: pain.001.001.09 under the EPC's implementation guidelines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from moneyed import Money

from flowlet.core import money
from payments.providers.iso20022 import checking, scheme, writing
from payments.providers.iso20022.parts import Account, Agent, Party, PayeeVerification, Remittance
from payments.providers.iso20022.scheme import Breach, Terms
from payments.providers.iso20022.writing import Element, Tree, Written

MESSAGE = scheme.CREDIT_TRANSFER


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One payment. ``end_to_end_id`` reaches the payee, ``instruction_id`` only our bank; ``purpose`` is a code of ISO's list."""

    end_to_end_id: str
    amount: Money
    creditor: Party
    creditor_account: Account
    creditor_agent: Agent | None = None
    instruction_id: str = ""
    uetr: str = ""
    ultimate_debtor: Party | None = None
    ultimate_creditor: Party | None = None
    purpose: str = ""
    remittance: Remittance | None = None
    payee: PayeeVerification | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Payments out of one account on one day. ``is_batch_booked`` asks for one line in the statement instead of one each."""

    id: str
    execute_on: date
    debtor: Party
    debtor_account: Account
    debtor_agent: Agent | None
    transfers: tuple[Transfer, ...]
    category_purpose: str = ""
    is_batch_booked: bool = True


def write(
    *, message_id: str, created_at: datetime, initiator: Party, groups: Sequence[Group], terms: Terms | None = None
) -> Written:
    """The message with all groups, checked against its schema and the scheme's rules; the same bytes for the same arguments.

    The initiator is written with name and identification. Raises BreaksScheme, whose breaches name path, line and
    end-to-end id, so that the payments concerned can be held back; TooManyPayments
    above ``writing.MOST``.
    """
    writing.check_count(sum(len(group.transfers) for group in groups))
    tree = _tree(message_id=message_id, created_at=created_at, initiator=initiator, groups=groups)
    content = tree.content()
    report = checking.check(content, terms=terms)
    writing.refuse((*report.breaches, *_unconfirmed(groups)))
    return Written(MESSAGE, content, report.count, money.exact(report.total, "EUR"), report.schema)


def check(
    *, message_id: str, created_at: datetime, initiator: Party, groups: Sequence[Group], terms: Terms | None = None
) -> None:
    """Refuse what ``write`` refuses, by its schema and rules, but write no bytes. Raises as ``write``; lines only say the order."""
    writing.check_count(sum(len(group.transfers) for group in groups))
    tree = _tree(message_id=message_id, created_at=created_at, initiator=initiator, groups=groups)
    report = checking.check_tree(tree.numbered(), terms=terms)
    writing.refuse((*report.breaches, *_unconfirmed(groups)))


def breaches(transfer: Transfer) -> tuple[Breach, ...]:
    """What a payment breaks by itself, before it stands in a message."""
    tree = Tree(MESSAGE)
    _transfer(tree, tree.root, transfer)
    found = checking.payment(tree.root[0], debit=False)
    return (*found, _not_confirmed(transfer)) if _is_unconfirmed(transfer) else found


def _tree(*, message_id: str, created_at: datetime, initiator: Party, groups: Sequence[Group]) -> Tree:
    tree = Tree(MESSAGE)
    message = tree.node(tree.root, "CstmrCdtTrfInitn")
    header = tree.node(message, "GrpHdr")
    tree.leaf(header, "MsgId", message_id)
    tree.leaf(header, "CreDtTm", writing.moment(created_at))
    tree.totals(header, [transfer.amount for group in groups for transfer in group.transfers])
    tree.party(header, "InitgPty", replace(initiator, address=None))
    for group in groups:
        _group(tree, message, group)
    return tree


def _group(tree: Tree, message: Element, group: Group) -> None:
    element = tree.node(message, "PmtInf")
    tree.leaf(element, "PmtInfId", group.id)
    tree.leaf(element, "PmtMtd", "TRF")
    tree.leaf(element, "BtchBookg", "true" if group.is_batch_booked else "false")
    tree.totals(element, [transfer.amount for transfer in group.transfers])
    kind = tree.node(element, "PmtTpInf")
    tree.leaf(kind, "SvcLvl/Cd", "SEPA")
    tree.leaf(kind, "CtgyPurp/Cd", group.category_purpose)
    tree.leaf(element, "ReqdExctnDt/Dt", group.execute_on.isoformat())
    tree.party(element, "Dbtr", group.debtor)
    tree.account(element, "DbtrAcct", group.debtor_account)
    tree.our_agent(element, "DbtrAgt", group.debtor_agent)
    tree.leaf(element, "ChrgBr", "SLEV")
    for transfer in group.transfers:
        _transfer(tree, element, transfer)


def _transfer(tree: Tree, group: Element, transfer: Transfer) -> None:
    element = tree.node(group, "CdtTrfTxInf")
    ids = tree.node(element, "PmtId")
    tree.leaf(ids, "InstrId", transfer.instruction_id)
    tree.leaf(ids, "EndToEndId", transfer.end_to_end_id)
    tree.leaf(ids, "UETR", transfer.uetr)
    tree.amount(element, "Amt/InstdAmt", transfer.amount)
    tree.party(element, "UltmtDbtr", transfer.ultimate_debtor)
    tree.agent(element, "CdtrAgt", transfer.creditor_agent)
    tree.party(element, "Cdtr", transfer.creditor)
    tree.account(element, "CdtrAcct", transfer.creditor_account)
    tree.party(element, "UltmtCdtr", transfer.ultimate_creditor)
    tree.leaf(element, "Purp/Cd", transfer.purpose)
    tree.remittance(element, transfer.remittance)


def _is_unconfirmed(transfer: Transfer) -> bool:
    return transfer.payee is not None and not transfer.payee.allows_payment


def _not_confirmed(transfer: Transfer) -> Breach:
    code = "payee.not_confirmed"
    return Breach(code, 0, "CdtTrfTxInf/Cdtr/Nm", scheme.RULES[code], transfer.end_to_end_id)


def _unconfirmed(groups: Sequence[Group]) -> Iterator[Breach]:
    return (_not_confirmed(transfer) for group in groups for transfer in group.transfers if _is_unconfirmed(transfer))

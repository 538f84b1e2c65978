"""Reversals of SEPA direct debits by the creditor: pain.007.001.09 under the EPC's implementation guidelines (EPC130-08, EPC131-08).

A collection that was settled and should not have been made goes back to its debtor, with its whole amount, within five business days
after it was due; the debtor's bank credits it as what it is, and asks nobody. One message takes collections of one message back
(``originals`` finds them there), and repeats each as its bank knows it.

The guidelines (2025) are narrower than ISO's schema: a reason has no originator, and the collection and its mandate have to be there.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from moneyed import Money

from flowlet.core import money, xml
from payments.providers.iso20022 import checking, reading, scheme, writing
from payments.providers.iso20022.errors import UnknownMessage
from payments.providers.iso20022.parts import Labelled, Party
from payments.providers.iso20022.writing import Element, Tree, Written

MESSAGE = scheme.REVERSAL


class Reason(Labelled):
    """Why (ISO 20022, ExternalReversalReason1Code, as the scheme allows them)."""

    DUPLICATE = "AM05", "It was collected twice"
    CREDITOR = "MS02", "The creditor gives no reason"
    BANK = "MS03", "The creditor's bank gives no reason"


@dataclass(frozen=True, kw_only=True)
class Original:
    """A collection as its message had it: its element, and that of its group."""

    group: Element = field(repr=False)
    collection: Element = field(repr=False)

    @property
    def group_id(self) -> str:
        """The group in which it stood."""
        return xml.text(self.group, "PmtInfId")

    @property
    def end_to_end_id(self) -> str:
        """Its reference."""
        return xml.text(self.collection, "PmtId/EndToEndId")

    @property
    def due_on(self) -> date | None:
        """The day of its collection."""
        return reading.day(self.group, "ReqdColltnDt")

    @property
    def amount(self) -> Money:
        """What was collected. Raises UnreadableField."""
        found = reading.amount(self.collection, "InstdAmt")
        if found is None:
            raise reading.unreadable(self.collection, "InstdAmt")
        return found


@dataclass(frozen=True, kw_only=True)
class Reversal:
    """One collection taken back. ``id`` is the reversal's own."""

    id: str
    original: Original
    reason: Reason = Reason.CREDITOR


@dataclass(frozen=True, kw_only=True)
class Group:
    """Reversals of collections of one group, by which ``id`` the bank answers."""

    id: str
    reversals: tuple[Reversal, ...]


def originals(content: bytes, *, references: Collection[str]) -> dict[str, Original]:
    """The collections of a pain.008 that have these end-to-end ids, by that. Raises UnknownMessage, and as ``xml.read``."""
    root = xml.read(content)
    if not xml.name_of(root).startswith("pain.008.001."):
        raise UnknownMessage("Only what was collected by a pain.008 is reversed.")
    found = {}
    for group in xml.every(root, "CstmrDrctDbtInitn/PmtInf"):
        for collection in xml.every(group, "DrctDbtTxInf"):
            one = Original(group=group, collection=collection)
            if one.end_to_end_id in references:
                found[one.end_to_end_id] = one
    return found


def write(
    *, message_id: str, created_at: datetime, creditor: Party, original_id: str, original: str, groups: Sequence[Group]
) -> Written:
    """The message that takes collections of the message ``original_id`` (named ``original``, such as pain.008.001.08) back, checked
    against its schema where one is at hand and the scheme's rules; the same bytes for the same arguments. Raises BreaksScheme,
    TooManyPayments, UnreadableField.
    """
    tree = _tree(message_id, created_at, creditor, original_id, original, groups)
    content = tree.content()
    report = checking.check(content)
    writing.refuse(report.breaches)
    return Written(MESSAGE, content, report.count, money.exact(report.total, "EUR"), report.schema)


def check(
    *, message_id: str, created_at: datetime, creditor: Party, original_id: str, original: str, groups: Sequence[Group]
) -> None:
    """Refuse what ``write`` refuses, but write no bytes. Raises as ``write``; lines only say the order."""
    tree = _tree(message_id, created_at, creditor, original_id, original, groups)
    writing.refuse(checking.check_tree(tree.numbered()).breaches)


def _tree(
    message_id: str, created_at: datetime, creditor: Party, original_id: str, original: str, groups: Sequence[Group]
) -> Tree:
    amounts = [reversal.original.amount for group in groups for reversal in group.reversals]
    writing.check_count(len(amounts))
    tree = Tree(MESSAGE)
    message = tree.node(tree.root, "CstmrPmtRvsl")
    header = tree.node(message, "GrpHdr")
    tree.leaf(header, "MsgId", message_id)
    tree.leaf(header, "CreDtTm", writing.moment(created_at))
    tree.totals(header, amounts)
    tree.party(header, "InitgPty", replace(creditor, address=None))
    named = tree.node(message, "OrgnlGrpInf")
    tree.leaf(named, "OrgnlMsgId", original_id)
    tree.leaf(named, "OrgnlMsgNmId", original)
    for group in groups:
        element = tree.node(message, "OrgnlPmtInfAndRvsl")
        tree.leaf(element, "RvslPmtInfId", group.id)
        tree.leaf(element, "OrgnlPmtInfId", group.reversals[0].original.group_id)
        for reversal in group.reversals:
            _reversal(tree, tree.node(element, "TxInf"), reversal)
    return tree


def _reversal(tree: Tree, element: Element, reversal: Reversal) -> None:
    original = reversal.original
    tree.leaf(element, "RvslId", reversal.id)
    tree.leaf(element, "OrgnlInstrId", xml.text(original.collection, "PmtId/InstrId"))
    tree.leaf(element, "OrgnlEndToEndId", original.end_to_end_id)
    tree.amount(element, "OrgnlInstdAmt", original.amount)
    tree.amount(element, "RvsdInstdAmt", original.amount)
    tree.leaf(element, "ChrgBr", "SLEV")
    tree.leaf(element, "RvslRsnInf/Rsn/Cd", reversal.reason)
    _repeated(tree, tree.node(element, "OrgnlTxRef"), original)


def _repeated(tree: Tree, element: Element, original: Original) -> None:
    """The collection once more, in the order of OriginalTransactionReference; parties stand one level deeper there."""
    group, collection = original.group, original.collection
    own = xml.first(collection, "PmtTpInf")
    creditor_id = xml.first(collection, "DrctDbtTx/CdtrSchmeId")
    for found, inside in (
        (xml.first(group, "ReqdColltnDt"), ""),
        (xml.first(group, "CdtrSchmeId") if creditor_id is None else creditor_id, ""),
        (xml.first(group, "PmtTpInf") if own is None else own, ""),
        (xml.first(collection, "DrctDbtTx/MndtRltdInf"), ""),
        (xml.first(collection, "RmtInf"), ""),
        (xml.first(collection, "UltmtDbtr"), "Pty"),
        (xml.first(collection, "Dbtr"), "Pty"),
        (xml.first(collection, "DbtrAcct"), ""),
        (xml.first(collection, "DbtrAgt"), ""),
        (xml.first(group, "CdtrAgt"), ""),
        (xml.first(group, "Cdtr"), "Pty"),
        (xml.first(group, "CdtrAcct"), ""),
        (xml.first(collection, "UltmtCdtr"), "Pty"),
        (xml.first(collection, "Purp"), ""),
    ):
        if found is not None:
            _copied(tree, tree.node(element, xml.local(found)), found, inside)


def _copied(tree: Tree, into: Element, found: Element, inside: str = "") -> None:
    """The texts, attributes and children of an element, in the namespace of the message."""
    into = tree.node(into, inside) if inside else into
    into.text = found.text
    for name, value in found.items():
        into.set(name, value)
    for child in found:
        _copied(tree, tree.node(into, xml.local(child)), child)

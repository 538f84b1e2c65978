"""Returns of wires: pacs.004.001.10 in Fedwire's form. The money goes back the way it came, so debtor and creditor change places."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from moneyed import Money

from payments.providers.iso20022 import wires, writing
from payments.providers.iso20022.parts import Account, Agent, Party
from payments.providers.iso20022.scheme import Breach
from payments.providers.iso20022.wires import Charge, ChargeBearer, Wire
from payments.providers.iso20022.writing import Element, Tree, Written

MESSAGE: Final = "pacs.004.001.10"
NOTE: Final = 105


@dataclass(frozen=True, kw_only=True)
class Original:
    """The wire that goes back, as its message named it."""

    message_id: str
    created_at: datetime
    instruction_id: str
    end_to_end_id: str
    uetr: str
    message: str = wires.MESSAGE
    local_instrument: str = wires.CUSTOMER_TRANSFER


@dataclass(frozen=True, kw_only=True)
class Return:
    """Money that goes back. ``debtor`` is who had received it, ``creditor`` who gets it back; ``reason`` is a code of ISO's list of
    return reasons, ``note`` what else there is to say (at most 105 characters).
    """

    original: Original
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
    reason: str
    note: str = ""
    instructed: Money | None = None
    charge_bearer: ChargeBearer = ChargeBearer.AGREED
    charges: tuple[Charge, ...] = ()


def of(
    *,
    wire: Wire,
    message_id: str,
    created_at: datetime,
    settle_on: date,
    reason: str,
    amount: Money | None = None,
    note: str = "",
) -> Return:
    """The return of a wire that came in the message ``message_id`` made at ``created_at``: all of it, or ``amount``."""
    original = Original(
        message_id=message_id,
        created_at=created_at,
        instruction_id=wire.instruction_id,
        end_to_end_id=wire.end_to_end_id,
        uetr=wire.uetr,
        local_instrument=wire.local_instrument,
    )
    return Return(
        original=original,
        amount=wire.amount if amount is None else amount,
        settle_on=settle_on,
        sender=wire.receiver,
        receiver=wire.sender,
        debtor=wire.creditor,
        debtor_account=wire.creditor_account,
        debtor_agent=wire.creditor_agent,
        creditor_agent=wire.debtor_agent,
        creditor=wire.debtor,
        creditor_account=wire.debtor_account,
        reason=reason,
        note=note,
    )


def write(*, back: Return, message_id: str, created_at: datetime) -> Written:
    """The message with one return; the same bytes for the same arguments. ``message_id`` is the IMAD. Raises BreaksScheme."""
    writing.refuse([*wires.imad_breaches(message_id), *breaches(back)])
    tree = Tree(MESSAGE)
    message = tree.node(tree.root, "PmtRtr")
    wires.header(tree, message, message_id=message_id, created_at=created_at)
    _return(tree, tree.node(message, "TxInf"), back)
    content = tree.content()
    return Written(MESSAGE, content, 1, back.amount, writing.validated(content, message=MESSAGE))


def breaches(back: Return) -> tuple[Breach, ...]:
    """What a return breaks of Fedwire's rules."""
    found = ((code, f"TxInf/{path}") for code, path in _faults(back))
    return tuple(Breach(code, 0, path, wires.RULES[code], back.original.end_to_end_id) for code, path in found)


def _faults(back: Return) -> Iterator[tuple[str, str]]:
    if not wires.is_uetr(back.original.uetr):
        yield "uetr.form", "OrgnlUETR"
    yield from wires.amount_faults("RtrdIntrBkSttlmAmt", back.amount)
    yield from wires.agent_faults("InstgAgt", back.sender, is_member=True)
    yield from wires.agent_faults("InstdAgt", back.receiver, is_member=True)
    for path, agent in (("DbtrAgt", back.debtor_agent), ("CdtrAgt", back.creditor_agent)):
        yield from wires.agent_faults(f"RtrChain/{path}", agent)
    for path, party in (("Dbtr", back.debtor), ("Cdtr", back.creditor)):
        yield from wires.party_faults(f"RtrChain/{path}/Pty", party)
    if len(back.note) > NOTE:
        yield "note.form", "RtrRsnInf/AddtlInf"
    tree = Tree(MESSAGE)
    _return(tree, tree.root, back)
    yield from wires.text_faults(tree.root)


def _return(tree: Tree, element: Element, back: Return) -> None:
    original = back.original
    group = tree.node(element, "OrgnlGrpInf")
    tree.leaf(group, "OrgnlMsgId", original.message_id)
    tree.leaf(group, "OrgnlMsgNmId", original.message)
    tree.leaf(group, "OrgnlCreDtTm", writing.moment(original.created_at))
    tree.leaf(element, "OrgnlInstrId", original.instruction_id)
    tree.leaf(element, "OrgnlEndToEndId", original.end_to_end_id)
    tree.leaf(element, "OrgnlUETR", original.uetr)
    tree.amount(element, "RtrdIntrBkSttlmAmt", back.amount)
    tree.leaf(element, "IntrBkSttlmDt", back.settle_on.isoformat())
    tree.amount(element, "RtrdInstdAmt", back.amount if back.instructed is None else back.instructed)
    tree.leaf(element, "ChrgBr", back.charge_bearer)
    wires.charges_taken(tree, element, back.charges)
    tree.agent(element, "InstgAgt", wires.member(back.sender))
    tree.agent(element, "InstdAgt", wires.member(back.receiver))
    chain = tree.node(element, "RtrChain")
    tree.party(tree.node(chain, "Dbtr"), "Pty", back.debtor)
    tree.account(chain, "DbtrAcct", back.debtor_account)
    tree.agent(chain, "DbtrAgt", back.debtor_agent)
    tree.agent(chain, "CdtrAgt", back.creditor_agent)
    tree.party(tree.node(chain, "Cdtr"), "Pty", back.creditor)
    tree.account(chain, "CdtrAcct", back.creditor_account)
    reason = tree.node(element, "RtrRsnInf")
    tree.leaf(reason, "Rsn/Cd", back.reason)
    tree.leaf(reason, "AddtlInf", back.note)
    tree.leaf(element, "OrgnlTxRef/PmtTpInf/LclInstrm/Prtry", original.local_instrument)

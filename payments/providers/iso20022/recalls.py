"""Requests to send money back (camt.056.001.08) and the answers to them (camt.029.001.09), as SEPA and Fedwire use them.

Fedwire's usage guidelines (release 2025) are narrower than ISO's schemas: a request has neither a count nor an id of its own beside the
case's, and whoever adds a note gives a reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import BinaryIO, Final

from moneyed import Money

from flowlet.core import xml
from payments.providers.iso20022 import reading, reports, wires, writing
from payments.providers.iso20022.errors import UnknownMessage
from payments.providers.iso20022.parts import Agent, Labelled
from payments.providers.iso20022.reading import Element
from payments.providers.iso20022.reports import Reason
from payments.providers.iso20022.scheme import Breach
from payments.providers.iso20022.writing import Tree, Written

REQUEST: Final = "camt.056.001.08"
ANSWER: Final = "camt.029.001.09"
NOTE: Final = 105
NARRATIVE: Final = "NARR"  # the reason is the note


class Verdict(Labelled):
    """What the answer says (ISO 20022 external code set, ExternalInvestigationExecutionConfirmation1Code)."""

    GRANTED = "CNCL", "The money goes back"
    REFUSED = "RJCR", "The money does not go back"
    PENDING = "PDCR", "Nothing is decided yet"


# Other words for the same.
_VERDICTS: Final = {
    "CNCL": Verdict.GRANTED,
    "ACNR": Verdict.GRANTED,
    "RJCR": Verdict.REFUSED,
    "RJNR": Verdict.REFUSED,
    "UWFW": Verdict.PENDING,
    "PDCR": Verdict.PENDING,
    "PECR": Verdict.PENDING,
}
# What is said of a payment or a group alone, in the words for the whole case.
_ALONE: Final = {"RJCR": "RJCR", "ACCR": "CNCL", "PDCR": "PDCR"}


@dataclass(frozen=True, kw_only=True)
class Original:
    """The payment that is to go back, as its own message named it."""

    message_id: str
    message: str
    created_at: datetime | None = None
    instruction_id: str = ""
    end_to_end_id: str = ""
    transaction_id: str = ""
    uetr: str = ""
    amount: Money | None = None
    settled_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Recall:
    """A request. ``id`` names the message, ``case_id`` the matter; ``assigner`` asks ``assignee``. ``reason`` is a code such
    as DUPL, TECH, FRAD or CUST.
    """

    id: str
    case_id: str
    assigner: Agent
    assignee: Agent
    original: Original
    reason: str
    originator: str = field(default="", repr=False)
    note: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer. ``reason`` says why not, in place of which the note stands; ``creator`` is who opened the case."""

    id: str
    case_id: str
    assigner: Agent
    assignee: Agent
    creator: Agent
    verdict: Verdict
    original: Original
    reason: str = ""
    note: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Requested:
    """One payment that somebody wants back."""

    message: str
    recall: Recall
    is_usual: bool


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What was answered about one payment. ``verdict`` is None for a word that is in no table: ask the bank."""

    message: str
    id: str
    case_id: str
    code: str
    verdict: Verdict | None
    original: Original
    reasons: tuple[Reason, ...]


def write(*, recall: Recall, created_at: datetime) -> Written:
    """The request; the same bytes for the same arguments. Raises BreaksScheme."""
    original = recall.original
    writing.refuse(_breaches("TxInf", recall.id, recall.case_id, recall.note, original))
    tree = Tree(REQUEST)
    message = tree.node(tree.root, "FIToFIPmtCxlReq")
    _assignment(tree, message, recall.id, recall.assigner, recall.assignee, created_at)
    _case(tree, tree.node(message, "Case"), recall.case_id, recall.assigner)
    is_wire = bool(recall.assigner.aba)
    tree.leaf(message, "CtrlData/NbOfTxs", "" if is_wire else "1")
    element = tree.node(message, "Undrlyg/TxInf")
    tree.leaf(element, "CxlId", "" if is_wire else recall.case_id)
    _original(tree, element, original)
    if original.amount is not None:
        tree.amount(element, "OrgnlIntrBkSttlmAmt", original.amount)
    tree.leaf(element, "OrgnlIntrBkSttlmDt", original.settled_on.isoformat() if original.settled_on else "")
    why = tree.node(element, "CxlRsnInf")
    tree.leaf(why, "Orgtr/Nm", recall.originator)
    tree.leaf(why, "Rsn/Cd", recall.reason)
    tree.leaf(why, "AddtlInf", recall.note)
    content = tree.content()
    amount = original.amount or Money(0, "EUR")
    return Written(REQUEST, content, 1, amount, writing.validated(content, message=REQUEST))


def write_answer(*, answer: Answer, created_at: datetime) -> Written:
    """The answer; the same bytes for the same arguments. Raises BreaksScheme."""
    writing.refuse(_breaches("CxlDtls/TxInfAndSts", answer.id, answer.case_id, answer.note, answer.original))
    tree = Tree(ANSWER)
    message = tree.node(tree.root, "RsltnOfInvstgtn")
    _assignment(tree, message, answer.id, answer.assigner, answer.assignee, created_at)
    _case(tree, tree.node(message, "RslvdCase"), answer.case_id, answer.creator)
    tree.leaf(message, "Sts/Conf", answer.verdict)
    element = tree.node(message, "CxlDtls/TxInfAndSts")
    _original(tree, element, answer.original)
    if answer.reason or answer.note:
        why = tree.node(element, "CxlStsRsnInf")
        tree.leaf(why, "Rsn/Cd", answer.reason or NARRATIVE)
        tree.leaf(why, "AddtlInf", answer.note)
    content = tree.content()
    amount = answer.original.amount or Money(0, "EUR")
    return Written(ANSWER, content, 1, amount, writing.validated(content, message=ANSWER))


def requests(source: bytes | BinaryIO) -> Iterator[Requested]:
    """The requests of a camt.056 of any version, streaming, also inside another document: one for each payment that is asked for, or one
    for a group that is asked for as a whole, which names no payment.

    Raises UnknownMessage, UnreadableField, and IncompleteMessage when their number is not that of the header.
    """
    is_known, count, asked = False, 0, 0
    for element in xml.stream(source, tags=("TxInf", "Undrlyg", "FIToFIPmtCxlReq")):
        message = _around(element, "FIToFIPmtCxlReq")
        if message is None:
            continue
        is_known, kind = True, xml.local(element)
        if kind == "TxInf":
            count, asked = count + 1, asked + 1
            yield _requested(element, message)
        elif kind == "Undrlyg":
            if not asked:
                yield _requested(element, message)
            asked = 0
        else:
            if count and (expected := xml.text(element, "CtrlData/NbOfTxs")):
                reading.check_count(expected, count)
            count = 0
    if not is_known:
        raise UnknownMessage("The document is not a camt.056.")


def answers(source: bytes | BinaryIO) -> Iterator[Answered]:
    """The answers of a camt.029 of any version, one for each payment it speaks of, or one for the case. Raises UnknownMessage."""
    is_known, found = False, False
    for element in xml.stream(source, tags=("TxInfAndSts", "RsltnOfInvstgtn")):
        message = _around(element, "RsltnOfInvstgtn")
        if message is None:
            continue
        is_known = True
        if xml.local(element) == "TxInfAndSts":
            found = True
            yield _answered(element, message)
        else:
            if not found:
                yield _answered(None, message)
            found = False
    if not is_known:
        raise UnknownMessage("The document is not a camt.029.")


@dataclass(frozen=True)
class _Group:
    message_id: str = ""
    message: str = ""
    created_at: datetime | None = None

    @classmethod
    def of(cls, element: Element | None) -> "_Group":
        if element is None:
            return cls()
        at = reading.moment(element, "OrgnlCreDtTm") if xml.text(element, "OrgnlCreDtTm") else None
        return cls(xml.text(element, "OrgnlMsgId"), xml.text(element, "OrgnlMsgNmId"), at)


def _original_of(element: Element | None, group: _Group) -> Original:
    if element is None:
        return Original(message_id=group.message_id, message=group.message, created_at=group.created_at)
    return Original(
        message_id=group.message_id,
        message=group.message,
        created_at=group.created_at,
        instruction_id=xml.text(element, "OrgnlInstrId"),
        end_to_end_id=xml.text(element, "OrgnlEndToEndId"),
        transaction_id=xml.text(element, "OrgnlTxId"),
        uetr=xml.text(element, "OrgnlUETR"),
        amount=reading.amount(element, "OrgnlIntrBkSttlmAmt"),
        settled_on=reading.day(element, "OrgnlIntrBkSttlmDt"),
    )


def _requested(element: Element, message: Element) -> Requested:
    """What is asked about a payment (TxInf), or about a group (Undrlyg). A case of its own goes before the message's."""
    is_group = xml.local(element) == "Undrlyg"
    underlying = element if is_group else element.getparent()
    whole = xml.first(underlying, "OrgnlGrpInfAndCxl") if underlying is not None else None
    own = None if is_group else xml.first(element, "OrgnlGrpInf")
    part = whole if is_group else element
    found = reports.reasons_at(part, "CxlRsnInf") if part is not None else ()
    if not found and whole is not None:
        found = reports.reasons_at(whole, "CxlRsnInf")
    first = found[0] if found else Reason(code="", is_proprietary=False)
    assigner, assignee = (reading.agent(message, f"Assgnmt/{name}/Agt") or Agent() for name in ("Assgnr", "Assgne"))
    group = _Group.of(whole if own is None else own)
    names = (
        *(xml.text(one, "Case/Id") for one in (part, whole) if one is not None),
        xml.text(message, "Case/Id"),
        xml.text(element, "OrgnlGrpInfAndCxl/GrpCxlId" if is_group else "CxlId"),
        xml.text(message, "Assgnmt/Id"),
    )
    recall = Recall(
        id=xml.text(message, "Assgnmt/Id"),
        case_id=next(filter(None, names), ""),
        assigner=assigner,
        assignee=assignee,
        original=_original_of(None if is_group else element, group),
        reason=first.code,
        originator=xml.text(part, "CxlRsnInf/Orgtr/Nm") if part is not None else "",
        note=first.note,
    )
    return Requested(message=xml.name_of(message), recall=recall, is_usual=not first.is_proprietary)


def _answered(element: Element | None, message: Element) -> Answered:
    """What is said of a payment (TxInfAndSts), or of the case. What stands nearest to the payment counts."""
    whole = xml.first(message, "CxlDtls/OrgnlGrpInfAndSts")
    own = xml.first(element, "OrgnlGrpInf") if element is not None else None
    places = [one for one in (element, whole) if one is not None]
    statuses = (
        *(() if element is None else (xml.text(element, "TxCxlSts"),)),
        *(() if whole is None else (xml.text(whole, "GrpCxlSts"),)),
    )
    said = next((_ALONE[status] for status in statuses if status in _ALONE), xml.text(message, "Sts/Conf"))
    reasons = reports.reasons_at(whole if element is None else element, "CxlStsRsnInf") if places else ()
    return Answered(
        message=xml.name_of(message),
        id=xml.text(message, "Assgnmt/Id"),
        case_id=next((case for one in (*places, message) if (case := xml.text(one, "RslvdCase/Id"))), ""),
        code=said,
        verdict=_VERDICTS.get(said),
        original=_original_of(element, _Group.of(whole if own is None else own)),
        reasons=reasons,
    )


def _assignment(tree: Tree, message: Element, id_: str, assigner: Agent, assignee: Agent, created_at: datetime) -> None:
    element = tree.node(message, "Assgnmt")
    tree.leaf(element, "Id", id_)
    tree.agent(tree.node(element, "Assgnr"), "Agt", assigner)
    tree.agent(tree.node(element, "Assgne"), "Agt", assignee)
    tree.leaf(element, "CreDtTm", writing.moment(created_at))


def _case(tree: Tree, element: Element, case_id: str, creator: Agent) -> None:
    tree.leaf(element, "Id", case_id)
    tree.agent(tree.node(element, "Cretr"), "Agt", creator)


def _original(tree: Tree, element: Element, original: Original) -> None:
    if original.message_id:
        group = tree.node(element, "OrgnlGrpInf")
        tree.leaf(group, "OrgnlMsgId", original.message_id)
        tree.leaf(group, "OrgnlMsgNmId", original.message)
        tree.leaf(group, "OrgnlCreDtTm", writing.moment(original.created_at) if original.created_at else "")
    tree.leaf(element, "OrgnlInstrId", original.instruction_id)
    tree.leaf(element, "OrgnlEndToEndId", original.end_to_end_id)
    tree.leaf(element, "OrgnlTxId", original.transaction_id)
    tree.leaf(element, "OrgnlUETR", original.uetr)


def _breaches(place: str, id_: str, case_id: str, note: str, original: Original) -> Iterator[Breach]:
    for path, text in (("Assgnmt/Id", id_), ("Case/Id", case_id)):
        if not 0 < len(text) <= 35:
            yield Breach("id.form", 0, path, wires.RULES["id.form"], original.end_to_end_id)
    if len(note) > NOTE:
        yield Breach("note.form", 0, f"{place}/AddtlInf", wires.RULES["note.form"], original.end_to_end_id)
    if original.uetr and not wires.is_uetr(original.uetr):
        yield Breach("uetr.form", 0, f"{place}/OrgnlUETR", wires.RULES["uetr.form"], original.end_to_end_id)


def _around(element: Element, name: str) -> Element | None:
    """The element itself, or what it stands in, that is called so."""
    return next((one for one in (element, *element.iterancestors()) if xml.local(one) == name), None)

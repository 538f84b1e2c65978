"""Everything that a SEPA message breaks: its schema and the rules of ``scheme``, each with path and line.

``check`` takes the bytes of any pain.001, pain.007 or pain.008, ours or somebody else's. What needs more than the message (a mandate's
history, the payee's verification) is checked where that is known.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from lxml import etree

from flowlet.core import xml
from payments.providers.iso20022 import part_checks, reversal_checks, scheme
from payments.providers.iso20022.errors import UnknownMessage
from payments.providers.iso20022.part_checks import Node, broken
from payments.providers.iso20022.scheme import Breach, Terms

Element = etree._Element
SCHEMA = "schema"
_MOST: Final = xml.MOST


@dataclass(frozen=True)
class Report:
    """What was found in ``message``: ``schema`` is empty where none was at hand; ``total`` is the sum of all payments."""

    message: str
    schema: str
    count: int
    total: Decimal
    breaches: tuple[Breach, ...]


def check(content: bytes, *, terms: Terms | None = None) -> Report:
    """Every breach of a pain.001, pain.007 or pain.008, in the order of lines.

    Raises UnknownMessage for other documents, and as ``xml.read`` does for what is not safe, well-formed XML.
    """
    return check_tree(xml.read(content), terms=terms)


def check_tree(root: Element, *, terms: Terms | None = None) -> Report:
    """As ``check``, of a document that was read, or put together and not written yet (``Tree.numbered``)."""
    name = xml.name_of(root)
    if not name.startswith(("pain.001.001.", "pain.007.001.", "pain.008.001.")) or not len(root):
        raise UnknownMessage("Only pain.001, pain.007 and pain.008 are checked against the rules of SEPA.")
    validation = xml.validate(root, name=name)
    message: _Message | reversal_checks.Message
    if name.startswith("pain.007"):
        message = reversal_checks.Message(root[0], terms=terms or Terms())
    else:
        message = _Message(root[0], debit=name.startswith("pain.008"), terms=terms or Terms())
    found = [Breach(SCHEMA, breach.line, breach.path, breach.message) for breach in validation.breaches]
    if name not in scheme.MESSAGES:
        found.append(broken("message.version", root))
    found += message.breaches()
    found.sort(key=lambda breach: breach.line)
    return Report(name, validation.schema, message.count, message.total, tuple(found[:_MOST]))


def payment(element: Element, *, debit: bool) -> tuple[Breach, ...]:
    """What one payment breaks by itself (a CdtTrfTxInf or DrctDbtTxInf), whatever stands beside it."""
    return (*part_checks.of_characters(element), *_Payment(element, debit=debit).breaches())


class _Message(Node):
    """A whole message: its totals, its groups and their payments."""

    def __init__(self, element: Element, *, debit: bool, terms: Terms) -> None:
        super().__init__(element)
        self.debit, self.terms = debit, terms
        self.made_at = scheme.moment(self.text("GrpHdr/CreDtTm"))
        self.count, self.total = 0, Decimal(0)
        self.used: Counter[str] = Counter()
        self.mandates: Counter[str] = Counter()

    def breaches(self) -> Iterator[Breach]:
        header = self.find("GrpHdr")
        yield from part_checks.of_characters(self.element)
        yield from part_checks.of_identifications(self.all("GrpHdr/MsgId"))
        groups = self.all("PmtInf")
        names = Counter(xml.text(group, "PmtInfId") for group in groups)
        for element in groups:
            group = _Group(element, self)
            yield from part_checks.of_identifications(group.all("PmtInfId"))
            if names[group.text("PmtInfId").strip()] > 1:
                yield broken("id.repeated", element)
            yield from group.breaches()
        if header is not None:
            counts = Node(header)
            yield from part_checks.of_totals(counts, "message", self.count, self.total)
            yield from part_checks.of_names(counts.all("InitgPty/Nm"))


class _Group(Node):
    """A group of payments (PmtInf): one account of ours, one day."""

    def __init__(self, element: Element, message: _Message) -> None:
        super().__init__(element)
        self.message, self.debit = message, message.debit
        self.has_creditor_id = self.find("CdtrSchmeId") is not None
        self.recurs = self.text("PmtTpInf/SeqTp") == "RCUR"

    def breaches(self) -> Iterator[Breach]:
        us = "Cdtr" if self.debit else "Dbtr"
        yield from part_checks.of_party(self, us, is_needed=True)
        for ultimate in ("UltmtDbtr", "UltmtCdtr"):
            yield from part_checks.of_party(self, ultimate, is_needed=False)
        yield from part_checks.of_account(self, f"{us}Acct")
        yield from part_checks.of_banks(self.all(f"{us}Agt/FinInstnId"))
        yield from _type(self, self.debit)
        yield from self._day()
        if self.debit:
            yield from _creditor_id(self)
        count, total = 0, Decimal(0)
        for element in self.all("DrctDbtTxInf" if self.debit else "CdtTrfTxInf"):
            payment = _Payment(element, debit=self.debit, group=self)
            count, total = count + 1, total + payment.amount
            yield from payment.breaches()
        self.message.count, self.message.total = self.message.count + count, self.message.total + total
        yield from part_checks.of_totals(self, "group", count, total)

    def uses_again(self, mandate: str) -> bool:
        """Whether the mandate stands for a second time where it may stand once."""
        if self.recurs:
            return False
        self.message.mandates[mandate] += 1
        return self.message.mandates[mandate] > 1

    def _day(self) -> Iterator[Breach]:
        made_at, terms = self.message.made_at, self.message.terms
        element = self.find("ReqdColltnDt" if self.debit else "ReqdExctnDt")
        if element is None:
            return
        on = scheme.day("".join(element.itertext()).strip())
        if on is None or made_at is None:
            return  # the schema says so
        if on < made_at.date():
            yield broken("day.past", element)
        elif self.debit and not scheme.is_business_day(on):
            yield broken("collection.no_business_day", element)
        elif self.debit and _is_too_early(on, made_at, terms):
            yield broken("collection.too_early", element)


class _Payment(Node):
    """One payment (CdtTrfTxInf or DrctDbtTxInf), by itself where ``group`` is None."""

    def __init__(self, element: Element, *, debit: bool, group: _Group | None = None) -> None:
        super().__init__(element)
        self.debit, self.group = debit, group
        self.reference = self.text("PmtId/EndToEndId")
        self.amount_at = self.find("InstdAmt" if debit else "Amt/InstdAmt")
        known = scheme.amount(self.amount_at.text or "") if self.amount_at is not None else None
        self.amount = known or Decimal(0)

    def breaches(self) -> Iterator[Breach]:
        them = "Dbtr" if self.debit else "Cdtr"
        for found in (
            self._identifications(),
            part_checks.of_amount(self.amount_at),
            part_checks.of_party(self, them, is_needed=True),
            *(part_checks.of_party(self, ultimate, is_needed=False) for ultimate in ("UltmtDbtr", "UltmtCdtr")),
            part_checks.of_account(self, f"{them}Acct"),
            part_checks.of_banks(self.all(f"{them}Agt/FinInstnId")),
            _type(self, self.debit),
            self._remittance(),
            self._mandate() if self.debit else (),
        ):
            for breach in found:
                yield Breach(breach.code, breach.line, breach.path, breach.message, self.reference)

    def _identifications(self) -> Iterator[Breach]:
        found = self.find("PmtId/EndToEndId")
        if not self.reference or self.reference == scheme.NOT_PROVIDED:
            yield broken("end_to_end.missing", self.element if found is None else found)
        elif self.group is not None:
            used = self.group.message.used
            used[self.reference] += 1
            if used[self.reference] > 1:
                yield broken("end_to_end.repeated", found)
        yield from part_checks.of_identifications([*self.all("PmtId/EndToEndId"), *self.all("PmtId/InstrId")])

    def _remittance(self) -> Iterator[Breach]:
        element = self.find("RmtInf")
        if element is None:
            return
        if len(element) > 1:
            yield broken("remittance.repeated", element)
        for part in element:
            # A structured one counts with its tags (EPC132-08, AT-T009).
            size = len(part.text or "") if xml.local(part) == "Ustrd" else part_checks.structured_size(part)
            if size > scheme.REMITTANCE:
                yield broken("remittance.too_long", part)
        reference = Node(element).find("Strd/CdtrRefInf/Ref")
        if reference is not None and not scheme.is_reference(reference.text or ""):
            yield broken("remittance.reference", reference)

    def _mandate(self) -> Iterator[Breach]:
        own = self.find("DrctDbtTx/CdtrSchmeId") is not None
        if own or (self.group is not None and not self.group.has_creditor_id):
            node = self.find("DrctDbtTx")
            yield from _creditor_id(self if node is None else Node(node))
        mandate, signed = self.find("DrctDbtTx/MndtRltdInf/MndtId"), self.find("DrctDbtTx/MndtRltdInf/DtOfSgntr")
        if mandate is None or signed is None:
            yield broken("mandate.missing", self.element)
        former = self.find("DrctDbtTx/MndtRltdInf/AmdmntInfDtls/OrgnlMndtId")
        for found in (mandate, former):
            if found is not None and not scheme.is_mandate(found.text or ""):
                yield broken("mandate.form", found)
        if mandate is not None and self.group is not None and self.group.uses_again(mandate.text or ""):
            yield broken("mandate.repeated", mandate)
        signed_on = scheme.day(signed.text or "") if signed is not None else None
        made_at = self.group.message.made_at if self.group is not None else None
        if signed_on and made_at and signed_on > made_at.date():
            yield broken("mandate.signed_later", signed)
        country = self.text("DbtrAcct/Id/IBAN")[:2]
        if country in scheme.OUTSIDE_EEA and self.find("Dbtr/PstlAdr") is None:
            yield broken("debtor.no_address", self.element)


def _is_too_early(on: date, made_at: datetime, terms: Terms) -> bool:
    try:
        return on < scheme.earliest_collection(at=made_at, terms=terms)
    except OverflowError:
        return True  # the calendar ends before


def _type(node: Node, debit: bool) -> Iterator[Breach]:
    """The type of payment, which stands in the group or in the payment."""
    service, bearer = node.find("PmtTpInf/SvcLvl/Cd"), node.find("ChrgBr")
    is_group = isinstance(node, _Group)
    if (service is None and is_group and debit) or (service is not None and service.text != "SEPA"):
        yield broken("service.not_sepa", node.element if service is None else service)
    if bearer is not None and bearer.text != "SLEV":
        yield broken("charges.not_shared", bearer)
    if not debit:
        return
    instrument, sequence = node.find("PmtTpInf/LclInstrm/Cd"), node.find("PmtTpInf/SeqTp")
    if (instrument is None and is_group) or (instrument is not None and instrument.text not in scheme.INSTRUMENTS):
        yield broken("instrument.unknown", node.element if instrument is None else instrument)
    if (sequence is None and is_group) or (sequence is not None and sequence.text not in scheme.SEQUENCES):
        yield broken("sequence.unknown", node.element if sequence is None else sequence)


def _creditor_id(node: Node) -> Iterator[Breach]:
    element = node.find("CdtrSchmeId")
    if element is not None:
        yield from part_checks.of_creditor_id(element)
    elif not isinstance(node, _Group):  # it may stand in each payment instead; then those are asked
        yield broken("creditor_id.missing", node.element)

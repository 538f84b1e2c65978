"""Everything that a SEPA message breaks: its schema and the rules of ``scheme``, each with path and line.

``check`` takes the bytes of any pain.001 or pain.008, ours or somebody else's. What needs more than the message (a mandate's history,
the payee's verification) is checked where that is known.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from lxml import etree

from flowlet.core import xml
from payments.providers.iso20022 import charset, scheme
from payments.providers.iso20022.errors import UnknownMessage
from payments.providers.iso20022.scheme import Breach, Terms

Element = etree._Element
SCHEMA = "schema"
# Texts are checked together, with the white space between elements, and one by one only where something is wrong.
_CLEAN = re.compile(r"[A-Za-z0-9/\-?:().,'+ \n\t]*", re.ASCII)
_BROKEN = etree.XPath("boolean(descendant-or-self::*[not(*)][contains(., '\n') or contains(., '\t')])")
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
    """Every breach of a pain.001 or pain.008, in the order of lines.

    Raises UnknownMessage for other documents, and as ``xml.read`` does for what is not safe, well-formed XML.
    """
    return check_tree(xml.read(content), terms=terms)


def check_tree(root: Element, *, terms: Terms | None = None) -> Report:
    """As ``check``, of a document that was read, or put together and not written yet (``Tree.numbered``)."""
    name = xml.name_of(root)
    if not name.startswith(("pain.001.001.", "pain.008.001.")) or not len(root):
        raise UnknownMessage("Only pain.001 and pain.008 are checked against the rules of SEPA.")
    validation = xml.validate(root, name=name)
    message = _Message(root[0], debit=name.startswith("pain.008"), terms=terms or Terms())
    found = [Breach(SCHEMA, breach.line, breach.path, breach.message) for breach in validation.breaches]
    if name not in {scheme.CREDIT_TRANSFER, scheme.DIRECT_DEBIT}:
        found.append(_breach("message.version", root))
    found += message.breaches()
    found.sort(key=lambda breach: breach.line)
    return Report(name, validation.schema, message.count, message.total, tuple(found[:_MOST]))


def payment(element: Element, *, debit: bool) -> tuple[Breach, ...]:
    """What one payment breaks by itself (a CdtTrfTxInf or DrctDbtTxInf), whatever stands beside it."""
    return (*_characters(element), *_Payment(element, debit=debit).breaches())


def _breach(code: str, element: Element) -> Breach:
    return Breach(code, element.sourceline or 0, xml.path_of(element), scheme.RULES[code])


class _Node:
    """An element that is asked by local names; its children are looked through once. Of several, the first one is asked further."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self.children: dict[str, list[Element]] = {}
        self.inner: dict[str, _Node] = {}
        for child in element:
            self.children.setdefault(child.tag.rpartition("}")[2], []).append(child)

    def all(self, path: str) -> list[Element]:
        name, _, rest = path.partition("/")
        found = self.children.get(name, [])
        if not rest or not found:
            return found
        if name not in self.inner:
            self.inner[name] = _Node(found[0])
        return self.inner[name].all(rest)

    def find(self, path: str) -> Element | None:
        found = self.all(path)
        return found[0] if found else None

    def text(self, path: str) -> str:
        found = self.all(path)
        return (found[0].text or "") if found else ""


class _Message(_Node):
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
        yield from _characters(self.element)
        yield from _identifications(self.all("GrpHdr/MsgId"))
        groups = self.all("PmtInf")
        names = Counter(xml.text(group, "PmtInfId") for group in groups)
        for element in groups:
            group = _Group(element, self)
            yield from _identifications(group.all("PmtInfId"))
            if names[group.text("PmtInfId").strip()] > 1:
                yield _breach("id.repeated", element)
            yield from group.breaches()
        if header is not None:
            counts = _Node(header)
            yield from _totals(counts, "message", self.count, self.total)
            yield from _long_names(counts.all("InitgPty/Nm"))


class _Group(_Node):
    """A group of payments (PmtInf): one account of ours, one day."""

    def __init__(self, element: Element, message: _Message) -> None:
        super().__init__(element)
        self.message, self.debit = message, message.debit
        self.has_creditor_id = self.find("CdtrSchmeId") is not None
        self.recurs = self.text("PmtTpInf/SeqTp") == "RCUR"

    def breaches(self) -> Iterator[Breach]:
        us = "Cdtr" if self.debit else "Dbtr"
        yield from _party(self, us, is_needed=True)
        for ultimate in ("UltmtDbtr", "UltmtCdtr"):
            yield from _party(self, ultimate, is_needed=False)
        yield from _account(self, f"{us}Acct")
        yield from _bics(self.all(f"{us}Agt/FinInstnId"))
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
        yield from _totals(self, "group", count, total)

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
            yield _breach("day.past", element)
        elif self.debit and not scheme.is_business_day(on):
            yield _breach("collection.no_business_day", element)
        elif self.debit and _is_too_early(on, made_at, terms):
            yield _breach("collection.too_early", element)


class _Payment(_Node):
    """One payment (CdtTrfTxInf or DrctDbtTxInf), by itself where ``group`` is None."""

    def __init__(self, element: Element, *, debit: bool, group: _Group | None = None) -> None:
        super().__init__(element)
        self.debit, self.group = debit, group
        self.reference = self.text("PmtId/EndToEndId")
        self.amount_at = self.find("InstdAmt" if debit else "Amt/InstdAmt")
        known = scheme.amount(self.amount_at.text or "") if self.amount_at is not None else None
        self.amount_is_known, self.amount = known is not None, known or Decimal(0)

    def breaches(self) -> Iterator[Breach]:
        them = "Dbtr" if self.debit else "Cdtr"
        for found in (
            self._identifications(),
            self._amount(),
            _party(self, them, is_needed=True),
            *(_party(self, ultimate, is_needed=False) for ultimate in ("UltmtDbtr", "UltmtCdtr")),
            _account(self, f"{them}Acct"),
            _bics(self.all(f"{them}Agt/FinInstnId")),
            _type(self, self.debit),
            self._remittance(),
            self._mandate() if self.debit else (),
        ):
            for breach in found:
                yield Breach(breach.code, breach.line, breach.path, breach.message, self.reference)

    def _identifications(self) -> Iterator[Breach]:
        found = self.find("PmtId/EndToEndId")
        if not self.reference or self.reference == scheme.NOT_PROVIDED:
            yield _breach("end_to_end.missing", self.element if found is None else found)
        elif self.group is not None:
            used = self.group.message.used
            used[self.reference] += 1
            if used[self.reference] > 1:
                yield _breach("end_to_end.repeated", found)
        yield from _identifications([*self.all("PmtId/EndToEndId"), *self.all("PmtId/InstrId")])

    def _amount(self) -> Iterator[Breach]:
        element = self.amount_at
        if element is None:
            return  # the schema says so
        if element.get("Ccy") != "EUR":
            yield _breach("amount.not_euro", element)
        if not self.amount_is_known:
            yield _breach("amount.decimals", element)
        elif self.amount < scheme.SMALLEST:
            yield _breach("amount.too_small", element)
        elif self.amount > scheme.LARGEST:
            yield _breach("amount.too_large", element)

    def _remittance(self) -> Iterator[Breach]:
        element = self.find("RmtInf")
        if element is None:
            return
        if len(element) > 1:
            yield _breach("remittance.repeated", element)
        for part in element:
            # A structured one counts with its tags (EPC132-08, AT-T009).
            size = len(part.text or "") if xml.local(part) == "Ustrd" else _size(part)
            if size > scheme.REMITTANCE:
                yield _breach("remittance.too_long", part)
        reference = _Node(element).find("Strd/CdtrRefInf/Ref")
        if reference is not None and not scheme.is_reference(reference.text or ""):
            yield _breach("remittance.reference", reference)

    def _mandate(self) -> Iterator[Breach]:
        own = self.find("DrctDbtTx/CdtrSchmeId") is not None
        if own or (self.group is not None and not self.group.has_creditor_id):
            node = self.find("DrctDbtTx")
            yield from _creditor_id(self if node is None else _Node(node))
        mandate, signed = self.find("DrctDbtTx/MndtRltdInf/MndtId"), self.find("DrctDbtTx/MndtRltdInf/DtOfSgntr")
        if mandate is None or signed is None:
            yield _breach("mandate.missing", self.element)
        former = self.find("DrctDbtTx/MndtRltdInf/AmdmntInfDtls/OrgnlMndtId")
        for found in (mandate, former):
            if found is not None and not scheme.is_mandate(found.text or ""):
                yield _breach("mandate.form", found)
        if mandate is not None and self.group is not None and self.group.uses_again(mandate.text or ""):
            yield _breach("mandate.repeated", mandate)
        signed_on = scheme.day(signed.text or "") if signed is not None else None
        made_at = self.group.message.made_at if self.group is not None else None
        if signed_on and made_at and signed_on > made_at.date():
            yield _breach("mandate.signed_later", signed)
        country = self.text("DbtrAcct/Id/IBAN")[:2]
        if country in scheme.OUTSIDE_EEA and self.find("Dbtr/PstlAdr") is None:
            yield _breach("debtor.no_address", self.element)


def _is_too_early(on: date, made_at: datetime, terms: Terms) -> bool:
    try:
        return on < scheme.earliest_collection(at=made_at, terms=terms)
    except OverflowError:
        return True  # the calendar ends before


def _totals(node: _Node, what: str, count: int, total: Decimal) -> Iterator[Breach]:
    """The scheme wants both figures in the message and in each group."""
    counted, summed = node.find("NbOfTxs"), node.find("CtrlSum")
    if counted is None or counted.text != str(count):
        yield _breach(f"count.{what}", node.element if counted is None else counted)
    if summed is None or scheme.amount(summed.text or "") != total:
        yield _breach(f"sum.{what}", node.element if summed is None else summed)


def _identifications(elements: Iterable[Element]) -> Iterator[Breach]:
    for element in elements:
        text = element.text or ""
        # Other characters are told of as such, once.
        if charset.TEXT.fullmatch(text) and not charset.IDENTIFIER.fullmatch(text):
            yield _breach("id.form", element)


def _characters(element: Element) -> Iterator[Breach]:
    if _CLEAN.fullmatch("".join(element.itertext())) and not _BROKEN(element):
        return
    for found in element.iter():
        if found.text and not len(found) and not charset.TEXT.fullmatch(found.text):
            yield _breach("charset", found)


def _long_names(elements: Iterable[Element]) -> Iterator[Breach]:
    for element in elements:
        if len(element.text or "") > scheme.NAME:
            yield _breach("name.too_long", element)


def _party(node: _Node, name: str, *, is_needed: bool) -> Iterator[Breach]:
    element = node.find(name)
    if element is None:
        if is_needed:
            yield _breach("name.missing", node.element)
        return
    party = _Node(element)
    if is_needed and not party.text("Nm").strip():
        yield _breach("name.missing", element)
    yield from _long_names(party.all("Nm"))
    address = party.find("PstlAdr")
    if address is not None:
        yield from _address(address)


def _address(element: Element) -> Iterator[Breach]:
    address = _Node(element)
    lines, town, country = address.all("AdrLine"), address.text("TwnNm").strip(), address.text("Ctry").strip()
    if lines and not town:
        yield _breach("address.unstructured", element)
    elif not town:
        yield _breach("address.no_town", element)
    if not country:
        yield _breach("address.no_country", element)
    if len(lines) > scheme.LINES:
        yield _breach("address.too_many_lines", lines[scheme.LINES])
    for line in lines:
        if len(line.text or "") > scheme.LINE:
            yield _breach("address.line_too_long", line)


def _account(node: _Node, name: str) -> Iterator[Breach]:
    element = node.find(name)
    if element is None:
        yield _breach("account.not_iban", node.element)
        return
    found = _Node(element).find("Id/IBAN")
    code = scheme.account_fault(found.text or "") if found is not None else "account.not_iban"
    if code:
        yield _breach(code, element if found is None else found)


def _bics(banks: Iterable[Element]) -> Iterator[Breach]:
    for bank in banks:
        for child in bank:
            if xml.local(child) in {"BICFI", "BIC"} and not scheme.is_bic(child.text or ""):
                yield _breach("bic.invalid", child)


def _type(node: _Node, debit: bool) -> Iterator[Breach]:
    """The type of payment, which stands in the group or in the payment."""
    service, bearer = node.find("PmtTpInf/SvcLvl/Cd"), node.find("ChrgBr")
    is_group = isinstance(node, _Group)
    if (service is None and is_group and debit) or (service is not None and service.text != "SEPA"):
        yield _breach("service.not_sepa", node.element if service is None else service)
    if bearer is not None and bearer.text != "SLEV":
        yield _breach("charges.not_shared", bearer)
    if not debit:
        return
    instrument, sequence = node.find("PmtTpInf/LclInstrm/Cd"), node.find("PmtTpInf/SeqTp")
    if (instrument is None and is_group) or (instrument is not None and instrument.text not in scheme.INSTRUMENTS):
        yield _breach("instrument.unknown", node.element if instrument is None else instrument)
    if (sequence is None and is_group) or (sequence is not None and sequence.text not in scheme.SEQUENCES):
        yield _breach("sequence.unknown", node.element if sequence is None else sequence)


def _creditor_id(node: _Node) -> Iterator[Breach]:
    element = node.find("CdtrSchmeId")
    if element is None:
        # It may stand in each payment instead; then those are asked.
        if not isinstance(node, _Group):
            yield _breach("creditor_id.missing", node.element)
        return
    other = _Node(element)
    found, named = other.find("Id/PrvtId/Othr/Id"), other.text("Id/PrvtId/Othr/SchmeNm/Prtry")
    if found is None or named != "SEPA":
        yield _breach("creditor_id.missing", element)
    elif not scheme.is_creditor_id(found.text or ""):
        yield _breach("creditor_id.invalid", found)


def _size(element: Element) -> int:
    """Characters of a structured remittance with its tags, without white space between them."""
    inside = 0
    for child in element.iter():
        inside += 2 * len(xml.local(child)) + 5 + len((child.text or "").strip() if len(child) else child.text or "")
    return inside - 2 * len(xml.local(element)) - 5

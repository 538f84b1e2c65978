"""What is checked of the parts of any SEPA message, whatever it says: characters, identifications, totals, parties, accounts, banks.

Each ``of_…`` yields the breaches of ``scheme.RULES`` that it finds in a part. ``checking`` and ``reversal_checks`` ask for them.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final

from lxml import etree

from flowlet.core import xml
from payments.providers.iso20022 import charset, scheme
from payments.providers.iso20022.scheme import Breach

Element = etree._Element
# Texts are checked together, with the white space between elements, and one by one only where something is wrong.
_CLEAN: Final = re.compile(r"[A-Za-z0-9/\-?:().,'+ \n\t]*", re.ASCII)
_BROKEN: Final = etree.XPath("boolean(descendant-or-self::*[not(*)][contains(., '\n') or contains(., '\t')])")


class Node:
    """An element that is asked by local names; its children are looked through once. Of several, the first one is asked further."""

    def __init__(self, element: Element) -> None:
        self.element = element
        self.children: dict[str, list[Element]] = {}
        self.inner: dict[str, Node] = {}
        for child in element:
            self.children.setdefault(child.tag.rpartition("}")[2], []).append(child)

    def all(self, path: str) -> list[Element]:
        """The elements at a path of local names."""
        name, _, rest = path.partition("/")
        found = self.children.get(name, [])
        if not rest or not found:
            return found
        if name not in self.inner:
            self.inner[name] = Node(found[0])
        return self.inner[name].all(rest)

    def find(self, path: str) -> Element | None:
        """The first of them."""
        found = self.all(path)
        return found[0] if found else None

    def text(self, path: str) -> str:
        """Its text; empty where there is none."""
        found = self.all(path)
        return (found[0].text or "") if found else ""


def broken(code: str, element: Element) -> Breach:
    """The breach of a rule at an element."""
    return Breach(code, element.sourceline or 0, xml.path_of(element), scheme.RULES[code])


def of_totals(node: Node, what: str, count: int, total: Decimal) -> Iterator[Breach]:
    """The scheme wants both figures in the message and in each group."""
    counted, summed = node.find("NbOfTxs"), node.find("CtrlSum")
    if counted is None or counted.text != str(count):
        yield broken(f"count.{what}", node.element if counted is None else counted)
    if summed is None or scheme.amount(summed.text or "") != total:
        yield broken(f"sum.{what}", node.element if summed is None else summed)


def of_identifications(elements: Iterable[Element]) -> Iterator[Breach]:
    """The form of identifications."""
    for element in elements:
        text = element.text or ""
        # Other characters are told of as such, once.
        if charset.TEXT.fullmatch(text) and not charset.IDENTIFIER.fullmatch(text):
            yield broken("id.form", element)


def of_characters(element: Element) -> Iterator[Breach]:
    """The letters in all texts below the element."""
    if _CLEAN.fullmatch("".join(element.itertext())) and not _BROKEN(element):
        return
    for found in element.iter():
        if found.text and not len(found) and not charset.TEXT.fullmatch(found.text):
            yield broken("charset", found)


def of_names(elements: Iterable[Element]) -> Iterator[Breach]:
    """How long names are."""
    for element in elements:
        if len(element.text or "") > scheme.NAME:
            yield broken("name.too_long", element)


def of_party(node: Node, name: str, *, is_needed: bool) -> Iterator[Breach]:
    """The name and address of a party."""
    element = node.find(name)
    if element is None:
        if is_needed:
            yield broken("name.missing", node.element)
        return
    party = Node(element)
    if is_needed and not party.text("Nm").strip():
        yield broken("name.missing", element)
    yield from of_names(party.all("Nm"))
    address = party.find("PstlAdr")
    if address is not None:
        yield from of_address(address)


def of_address(element: Element) -> Iterator[Breach]:
    """A postal address: structured or hybrid."""
    address = Node(element)
    lines, town, country = address.all("AdrLine"), address.text("TwnNm").strip(), address.text("Ctry").strip()
    if lines and not town:
        yield broken("address.unstructured", element)
    elif not town:
        yield broken("address.no_town", element)
    if not country:
        yield broken("address.no_country", element)
    if len(lines) > scheme.LINES:
        yield broken("address.too_many_lines", lines[scheme.LINES])
    for line in lines:
        if len(line.text or "") > scheme.LINE:
            yield broken("address.line_too_long", line)


def of_account(node: Node, name: str) -> Iterator[Breach]:
    """An account, by its IBAN."""
    element = node.find(name)
    if element is None:
        yield broken("account.not_iban", node.element)
        return
    found = Node(element).find("Id/IBAN")
    code = scheme.account_fault(found.text or "") if found is not None else "account.not_iban"
    if code:
        yield broken(code, element if found is None else found)


def of_banks(banks: Iterable[Element]) -> Iterator[Breach]:
    """The BICs of banks."""
    for bank in banks:
        for child in bank:
            if xml.local(child) in {"BICFI", "BIC"} and not scheme.is_bic(child.text or ""):
                yield broken("bic.invalid", child)


def structured_size(element: Element) -> int:
    """Characters of a structured remittance with its tags, without white space between them."""
    inside = 0
    for child in element.iter():
        inside += 2 * len(xml.local(child)) + 5 + len((child.text or "").strip() if len(child) else child.text or "")
    return inside - 2 * len(xml.local(element)) - 5


def of_amount(element: Element | None) -> Iterator[Breach]:
    """An amount in euro; where there is none, the schema says so."""
    if element is None:
        return
    value = scheme.amount(element.text or "")
    if element.get("Ccy") != "EUR":
        yield broken("amount.not_euro", element)
    if value is None:
        yield broken("amount.decimals", element)
    elif value < scheme.SMALLEST:
        yield broken("amount.too_small", element)
    elif value > scheme.LARGEST:
        yield broken("amount.too_large", element)


def of_creditor_id(element: Element) -> Iterator[Breach]:
    """A creditor identifier (CdtrSchmeId)."""
    other = Node(element)
    found, named = other.find("Id/PrvtId/Othr/Id"), other.text("Id/PrvtId/Othr/SchmeNm/Prtry")
    if found is None or named != "SEPA":
        yield broken("creditor_id.missing", element)
    elif not scheme.is_creditor_id(found.text or ""):
        yield broken("creditor_id.invalid", found)

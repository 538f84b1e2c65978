"""How messages are put together: elements in the order of the schema, and what was written in the end.

Empty values make no element. The bytes depend on the arguments only: no clock, no random ids, one form of white space.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final

from lxml import etree
from moneyed import Money

from flowlet.core import money, xml
from payments.providers.iso20022.errors import BreaksScheme, NotWritable, TooManyPayments
from payments.providers.iso20022.parts import Account, Address, Agent, Party, Remittance
from payments.providers.iso20022.scheme import NOT_PROVIDED, Breach

Element = etree._Element
MOST: Final = 25_000  # payments of one message: some 20 MB, for which 160 MB of memory are needed


@dataclass(frozen=True)
class Written:
    """A message that is ready to leave. ``schema`` names what it was validated against, and is empty where no schema was at hand."""

    message: str
    content: bytes
    count: int
    total: Money
    schema: str

    @property
    def is_validated(self) -> bool:
        """Whether the bytes were checked against the official schema."""
        return bool(self.schema)


class Tree:
    """A message in the making."""

    def __init__(self, message: str, *, root: str = "Document") -> None:
        self.message = message
        self.namespace = f"urn:iso:std:iso:20022:tech:xsd:{message}"
        self.root = etree.Element(f"{{{self.namespace}}}{root}", nsmap={None: self.namespace})

    def node(self, parent: Element, path: str) -> Element:
        """New elements at a path below ``parent``; the last one."""
        for name in path.split("/"):
            parent = etree.SubElement(parent, _tag(self.namespace, name))
        return parent

    def leaf(self, parent: Element, path: str, text: str, **attributes: str) -> None:
        """A new element with a text, at a path; none when the text is empty. Raises NotWritable."""
        if text:
            element = self.node(parent, path)
            try:
                element.text = text
            except ValueError:
                raise NotWritable(f"{path} has a control character.", param=path) from None
            for name, value in attributes.items():
                element.set(name, value)

    def amount(self, parent: Element, path: str, value: Money) -> None:
        """An amount with its currency."""
        code = value.currency.code
        self.leaf(parent, path, money.to_text(value.amount, code), Ccy=code)

    def totals(self, parent: Element, amounts: Sequence[Money]) -> None:
        """How many payments there are, and their control sum, which disregards currencies."""
        self.leaf(parent, "NbOfTxs", str(len(amounts)))
        self.leaf(parent, "CtrlSum", f"{sum((value.amount for value in amounts), Decimal(0)):.2f}")

    def party(self, parent: Element, name: str, party: Party | None) -> None:
        """A party with address and identification."""
        if party is None:
            return
        element = self.node(parent, name)
        self.leaf(element, "Nm", party.name)
        self.address(element, party.address)
        if party.lei or party.organisation_id:
            organisation = self.node(element, "Id/OrgId")
            self.leaf(organisation, "LEI", party.lei)
            if party.organisation_id:
                other = self.node(organisation, "Othr")
                self.leaf(other, "Id", party.organisation_id)
                self.leaf(other, "SchmeNm/Cd", party.organisation_scheme)

    def address(self, parent: Element, address: Address | None) -> None:
        """A postal address (PostalAddress24)."""
        if address is None:
            return
        element = self.node(parent, "PstlAdr")
        for name, text in (
            ("StrtNm", address.street),
            ("BldgNb", address.building_number),
            ("BldgNm", address.building_name),
            ("Flr", address.floor),
            ("PstBx", address.post_box),
            ("Room", address.room),
            ("PstCd", address.post_code),
            ("TwnNm", address.town),
            ("DstrctNm", address.district),
            ("CtrySubDvsn", address.state),
            ("Ctry", address.country),
            *(("AdrLine", line) for line in address.lines),
        ):
            self.leaf(element, name, text)

    def agent(self, parent: Element, name: str, agent: Agent | None) -> None:
        """A bank; in the United States a member of the clearing system USABA."""
        if agent is None:
            return
        element = self.node(parent, f"{name}/FinInstnId")
        self.leaf(element, "BICFI", agent.bic)
        if agent.aba:
            member = self.node(element, "ClrSysMmbId")
            self.leaf(member, "ClrSysId/Cd", "USABA")
            self.leaf(member, "MmbId", agent.aba)
        self.leaf(element, "Nm", agent.name)
        self.address(element, agent.address)

    def our_agent(self, parent: Element, name: str, agent: Agent | None) -> None:
        """A bank that the schema demands and the scheme does not: the IBAN alone is enough (EPC132-08, IBAN only)."""
        if agent is None:
            self.leaf(parent, f"{name}/FinInstnId/Othr/Id", NOT_PROVIDED)
        else:
            self.agent(parent, name, agent)

    def account(self, parent: Element, name: str, account: Account | None) -> None:
        """An account: IBAN, or the bank's own number."""
        if account is not None:
            self.leaf(parent, f"{name}/Id/IBAN", account.iban)
            self.leaf(parent, f"{name}/Id/Othr/Id", "" if account.iban else account.number)

    def remittance(self, parent: Element, remittance: Remittance | None) -> None:
        """What the payment is for."""
        if remittance is None or not (remittance.text or remittance.reference or remittance.document_number):
            return
        element = self.node(parent, "RmtInf")
        self.leaf(element, "Ustrd", remittance.text)
        if remittance.reference:
            reference = self.node(element, "Strd/CdtrRefInf")
            kind = self.node(reference, "Tp")
            self.leaf(kind, "CdOrPrtry/Cd", "SCOR")
            self.leaf(kind, "Issr", "ISO")
            self.leaf(reference, "Ref", remittance.reference)
        if remittance.document_number:
            document = self.node(element, "Strd/RfrdDocInf")
            self.leaf(document, "Tp/CdOrPrtry/Cd", remittance.document_type)
            self.leaf(document, "Nb", remittance.document_number)
            self.leaf(document, "RltdDt", remittance.document_on.isoformat() if remittance.document_on else "")

    def numbered(self) -> Element:
        """The root, each element with a line of its own, as it would stand in the document: findings come in this order."""
        for line, element in enumerate(self.root.iter(), start=1):
            element.sourceline = line
        return self.root

    def content(self) -> bytes:
        """The document in UTF-8, indented."""
        return etree.tostring(self.root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def moment(at: datetime) -> str:
    """A moment with its zone, to the second, as ISO 20022 writes it. ``at`` has to be aware."""
    if at.tzinfo is None:
        raise ValueError("A moment needs its zone.")
    return at.isoformat(timespec="seconds")


def check_count(count: int) -> None:
    """Raises TooManyPayments when a message would have more than ``MOST`` of them."""
    if count > MOST:
        raise TooManyPayments(f"One message takes at most {MOST} payments.", most=MOST)


def refuse(breaches: Iterable[Breach]) -> None:
    """Raise BreaksScheme when there is a breach."""
    if found := tuple(breaches):
        raise BreaksScheme(found)


def validated(content: bytes | Element, *, message: str) -> str:
    """The schema that the bytes (or a tree) were checked against, or "" where there is none. Raises BreaksScheme."""
    validation = xml.validate(content, name=message)
    refuse(Breach("schema", breach.line, breach.path, breach.message) for breach in validation.breaches)
    return validation.schema


@lru_cache(maxsize=1024)
def _tag(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"

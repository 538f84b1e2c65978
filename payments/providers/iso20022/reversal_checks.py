"""What a reversal of direct debits (pain.007) breaks of the scheme's rules; ``checking`` asks.

The collection that is taken back stands in the message once more (OrgnlTxRef): it is held to the rules for accounts, names, mandates and
creditor identifiers that held when it was made.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from lxml import etree

from flowlet.core import xml
from payments.providers.iso20022 import part_checks, scheme
from payments.providers.iso20022.part_checks import Node, broken
from payments.providers.iso20022.scheme import Breach, Terms

Element = etree._Element
_YES: Final = frozenset({"true", "1"})


class Message(Node):
    """A whole message: ``count`` and ``total`` are those of its reversals, once ``breaches`` was gone through."""

    def __init__(self, element: Element, *, terms: Terms) -> None:
        super().__init__(element)
        self.made_on = _day_of(scheme.moment(self.text("GrpHdr/CreDtTm")), zone=terms.zone)
        self.count, self.total = 0, Decimal(0)
        self.used: Counter[str] = Counter()

    def breaches(self) -> Iterator[Breach]:
        """What the message breaks, as far as its schema does not say it."""
        yield from part_checks.of_characters(self.element)
        yield from part_checks.of_identifications([*self.all("GrpHdr/MsgId"), *self.all("OrgnlGrpInf/OrgnlMsgId")])
        yield from self._as_a_whole("GrpHdr/GrpRvsl")
        named = self.find("OrgnlGrpInf/OrgnlMsgNmId")
        if named is None or not (named.text or "").startswith("pain.008.001."):
            yield broken("reversal.original", self.element if named is None else named)
        groups = self.all("OrgnlPmtInfAndRvsl")
        if not groups:
            yield broken("reversal.original", self.element)
        for path in ("OrgnlPmtInfId", "RvslPmtInfId"):
            names = Counter(xml.text(group, path) for group in groups)
            for element in groups:
                if names[xml.text(element, path)] > 1 and xml.text(element, path):
                    yield broken("id.repeated", element)
        for element in groups:
            yield from self._group(Node(element))
        header = self.find("GrpHdr")
        if header is not None:
            counts = Node(header)
            yield from part_checks.of_totals(counts, "message", self.count, self.total)
            yield from part_checks.of_names(counts.all("InitgPty/Nm"))

    def _as_a_whole(self, path: str, node: Node | None = None) -> Iterator[Breach]:
        found = (node or self).find(path)
        if found is not None and (found.text or "").strip() in _YES:
            yield broken("reversal.group", found)

    def _group(self, group: Node) -> Iterator[Breach]:
        yield from part_checks.of_identifications([*group.all("RvslPmtInfId"), *group.all("OrgnlPmtInfId")])
        yield from self._as_a_whole("PmtInfRvsl", group)
        reversals = group.all("TxInf")
        if not reversals:
            yield broken("reversal.group", group.element)
        for element in reversals:
            one = Node(element)
            reference = one.text("OrgnlEndToEndId")
            self.count += 1
            self.total += scheme.amount(one.text("RvsdInstdAmt")) or Decimal(0)
            for breach in self._reversal(one, reference):
                yield Breach(breach.code, breach.line, breach.path, breach.message, reference)

    def _reversal(self, one: Node, reference: str) -> Iterator[Breach]:
        named = one.find("OrgnlEndToEndId")
        if named is None or reference in {"", scheme.NOT_PROVIDED}:
            yield broken("end_to_end.missing", one.element if named is None else named)
        else:
            self.used[reference] += 1
            if self.used[reference] > 1:
                yield broken("end_to_end.repeated", named)
        yield from part_checks.of_identifications([*one.all("RvslId"), *one.all("OrgnlInstrId"), *one.all("OrgnlEndToEndId")])
        yield from self._amounts(one)
        bearer = one.find("ChrgBr")
        if bearer is not None and bearer.text != "SLEV":
            yield broken("charges.not_shared", bearer)
        reason = one.find("RvslRsnInf/Rsn/Cd")
        if reason is None or reason.text not in scheme.REVERSAL_REASONS:
            yield broken("reversal.reason", one.element if reason is None else reason)
        original = one.find("OrgnlTxRef")
        if original is None:
            yield broken("reversal.original", one.element)
        else:
            yield from self._collection(Node(original))

    def _amounts(self, one: Node) -> Iterator[Breach]:
        taken, back = one.find("OrgnlInstdAmt"), one.find("RvsdInstdAmt")
        yield from part_checks.of_amount(back)
        values = [
            None if found is None else (scheme.amount((found.text or "").strip()), found.get("Ccy")) for found in (taken, back)
        ]
        if None in values or values[0] != values[1]:
            yield broken("reversal.amount", one.element if back is None else back)

    def _collection(self, original: Node) -> Iterator[Breach]:
        due = original.find("ReqdColltnDt")
        due_on = scheme.day(due.text or "") if due is not None else None
        if due is None or due_on is None:
            yield broken("reversal.original", original.element if due is None else due)
        elif self.made_on is not None and self.made_on > scheme.latest_reversal(due_on):
            yield broken("reversal.too_late", due)
        creditor_id = original.find("CdtrSchmeId")
        if creditor_id is None:
            yield broken("creditor_id.missing", original.element)
        else:
            yield from part_checks.of_creditor_id(creditor_id)
        yield from self._type(original)
        mandate, signed = original.find("MndtRltdInf/MndtId"), original.find("MndtRltdInf/DtOfSgntr")
        if mandate is None or signed is None:
            yield broken("mandate.missing", original.element)
        if mandate is not None and not scheme.is_mandate(mandate.text or ""):
            yield broken("mandate.form", mandate)
        for name in ("Dbtr", "Cdtr"):
            party = original.find(name)
            if party is None:
                yield broken("name.missing", original.element)
            else:
                yield from part_checks.of_party(Node(party), "Pty", is_needed=True)
            yield from part_checks.of_account(original, f"{name}Acct")
            yield from part_checks.of_banks(original.all(f"{name}Agt/FinInstnId"))

    def _type(self, original: Node) -> Iterator[Breach]:
        for path, code, known in (
            ("PmtTpInf/SvcLvl/Cd", "service.not_sepa", frozenset({"SEPA"})),
            ("PmtTpInf/LclInstrm/Cd", "instrument.unknown", scheme.INSTRUMENTS),
            ("PmtTpInf/SeqTp", "sequence.unknown", scheme.SEQUENCES),
        ):
            found = original.find(path)
            if found is None or found.text not in known:
                yield broken(code, original.element if found is None else found)


def _day_of(at: datetime | None, *, zone: str) -> date | None:
    """The day of a moment at the bank; None where there is none, or the calendar ends before."""
    try:
        return at.astimezone(ZoneInfo(zone)).date() if at is not None else None
    except OverflowError:
        return None

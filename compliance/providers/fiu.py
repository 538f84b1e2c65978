"""A report to a financial intelligence unit of the EU, in a documented form of our own: ``flowlet-str-1`` (docs/compliance.md).

Article 69 of Regulation (EU) 2024/1624 asks what is reported: who reports, the persons, accounts and transactions, the grounds, what was
done. Units take reports in by systems of their own, whose forms are not public; this is what their forms are filled in from. ``check`` says
what is missing, ``write`` makes the file, ``GUIDE`` is the table of the guided form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import orjson
from moneyed import Money

from compliance.providers.fincen import storing
from compliance.providers.fincen.errors import Incomplete
from compliance.providers.fincen.guide import Line, Section
from compliance.providers.fincen.rules import Gap, Severity, Source
from compliance.providers.fincen.tree import Written
from flowlet.core import countries

FORMAT: Final = "flowlet-str-1"
ENOUGH: Final = 200  # characters below which grounds tell nobody who, what, when, where, why and how


class Suspicion(StrEnum):
    """Of what."""

    MONEY_LAUNDERING = "MONEY_LAUNDERING"
    TERRORIST_FINANCING = "TERRORIST_FINANCING"
    PROCEEDS_OF_CRIME = "PROCEEDS_OF_CRIME"
    ATTEMPTED = "ATTEMPTED"  # it did not come to the transaction


class Part(StrEnum):
    """What a person is in it."""

    SUSPECT = "SUSPECT"
    OTHER_SIDE = "OTHER_SIDE"
    BENEFICIAL_OWNER = "BENEFICIAL_OWNER"
    REPRESENTATIVE = "REPRESENTATIVE"


class Way(StrEnum):
    """Seen from the customer."""

    IN = "IN"
    OUT = "OUT"


@dataclass(frozen=True, kw_only=True)
class Entity:
    """Who reports, and whom the unit asks."""

    name: str
    register_id: str = ""
    address: str = ""
    country: str = ""
    contact_name: str = ""
    contact_phone: str = ""


@dataclass(frozen=True, kw_only=True)
class Party:
    """A person or entity; ``identification`` is a document's kind, number and issuer."""

    name: str = ""
    is_unknown: bool = False
    is_entity: bool = False
    part: Part = Part.SUSPECT
    born_on: date | None = None
    country: str = ""
    address: str = ""
    identification: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account or wallet of a person named here."""

    number: str
    holder: str = ""
    currency: str = ""
    is_closed: bool = False


@dataclass(frozen=True, kw_only=True)
class Transaction:
    """One movement, or one that was attempted."""

    reference: str
    on: date
    way: Way = Way.OUT
    amount: Money
    account: str = ""
    country: str = ""
    is_cash: bool = False


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report. ``measures`` is what was done: frozen, refused, ended, waited for the unit's word (article 71)."""

    reference: str
    filed_on: date
    unit: str = ""
    entity: Entity
    parties: tuple[Party, ...] = ()
    held_accounts: tuple[Account, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    suspicions: frozenset[Suspicion] = frozenset()
    grounds: str = ""
    measures: str = ""


def _rows(path: str, item: str, **labels: str) -> tuple[Line, ...]:
    return tuple(Line(f"{path}.{name}", item, label) for name, label in labels.items())


GUIDE: Final = (
    Section(
        "Reporting entity",
        (
            Line("unit", "Entity", "Financial intelligence unit"),
            *_rows(
                "entity",
                "Entity",
                name="Name",
                register_id="Number in the register",
                address="Address",
                country="Country",
                contact_name="Contact",
                contact_phone="Its telephone",
            ),
        ),
    ),
    Section(
        "Persons",
        _rows(
            "parties[]",
            "Persons",
            name="Name",
            is_unknown="Not known",
            is_entity="An entity",
            part="Part in it",
            born_on="Born on",
            country="Country",
            address="Address",
            identification="Identification: kind, number, issuer",
            phone="Telephone",
            email="E-mail",
        ),
    ),
    Section(
        "Accounts and transactions",
        (
            *_rows("held_accounts[]", "Accounts", number="Number", holder="Holder", currency="Currency", is_closed="Closed"),
            *_rows(
                "transactions[]",
                "Transactions",
                reference="Reference",
                on="Day",
                way="Way",
                amount="Amount, such as 1200.50 EUR",
                account="Account",
                country="Country of the other side",
                is_cash="Cash",
            ),
        ),
    ),
    Section(
        "Grounds and measures",
        (
            Line("suspicions", "Grounds", "Suspicion"),
            Line("grounds", "Grounds", "Who, what, when, where, why, how", rows=14),
            Line("measures", "Measures", "What was done", rows=5),
        ),
    ),
)


def check(report: Report) -> tuple[Gap, ...]:
    """Everything that is missing, in the order of the form."""
    gaps: list[Gap] = []

    def need(holds: object, where: str, item: str, message: str, severity: Severity = Severity.REJECTED) -> None:
        if not holds:
            gaps.append(Gap(f"str.{where.rpartition('.')[2]}", where, item, message, severity, Source.OURS))

    need(report.unit, "unit", "Entity", "Name the unit to which it goes.")
    need(report.entity.name, "entity.name", "Entity", "Name the entity that reports.")
    need(report.entity.register_id, "entity.register_id", "Entity", "Give its number in the register.")
    need(
        report.entity.contact_name and report.entity.contact_phone, "entity.contact_name", "Entity", "Say whom the unit may ask."
    )
    need(report.parties, "parties", "Persons", "Name at least one person, or say that none is known.")
    for index, party in enumerate(report.parties):
        where = f"parties[{index}]"
        need(bool(party.name) != party.is_unknown, f"{where}.name", "Persons", "Give the name, or say that it is not known.")
        need(not party.country or party.country in countries.CODES, f"{where}.country", "Persons", "This is no country.")
        is_plain = party.is_entity or party.is_unknown or party.born_on is not None
        need(is_plain, f"{where}.born_on", "Persons", "Give the day of birth where it is known.", Severity.ADVISED)
    for index, one in enumerate(report.transactions):
        where = f"transactions[{index}]"
        need(one.on <= report.filed_on, f"{where}.on", "Transactions", "It does not lie ahead.")
        need(one.amount.amount > 0, f"{where}.amount", "Transactions", "An amount is more than nothing.")
    need(report.suspicions, "suspicions", "Grounds", "Say of what it is suspected.")
    need(report.grounds.strip(), "grounds", "Grounds", "Tell what happened.")
    is_told = not report.grounds.strip() or len(report.grounds.strip()) >= ENOUGH
    need(is_told, "grounds", "Grounds", "Tell who, what, when, where, why and how: this is too short.", Severity.ADVISED)
    need(report.measures.strip(), "measures", "Measures", "Say what was done, or that nothing was.")
    return tuple(gaps)


def write(reports: Sequence[Report]) -> Written:
    """The file of some reports: JSON, with the name of the form. Raises Incomplete."""
    gaps = {n: found for n, one in enumerate(reports) if (found := tuple(gap for gap in check(one) if gap.is_fatal))}
    if gaps:
        raise Incomplete(gaps)
    told = {"format": FORMAT, "reports": [storing.to_json(one) for one in reports]}
    return Written(form="STR", content=orjson.dumps(told, option=orjson.OPT_INDENT_2), count=len(reports), total=0, schema=FORMAT)

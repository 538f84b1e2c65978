"""Payments of which tests make messages; every figure may be replaced."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from moneyed import Money

from payments.providers.iso20022 import credit_transfers, direct_debits, reversals
from payments.providers.iso20022.credit_transfers import Group, Transfer
from payments.providers.iso20022.direct_debits import Debit, Instrument, Mandate, SequenceType
from payments.providers.iso20022.direct_debits import Group as Collection
from payments.providers.iso20022.parts import Account, Address, Agent, Party, Remittance
from payments.providers.iso20022.wires import Wire

CREATED_AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # a Monday
HOUSE = Address(street="Rue du Marais", building_number="12", post_code="1000", town="Brussels", country="BE")
US = Party(name="Flowlet Payments SA", address=HOUSE)
OUR_ACCOUNT = Account(iban="BE68539007547034")
OUR_BANK = Agent(bic="KREDBEBB")
THEM = Party(
    name="Anna Weber",
    address=Address(street="Hauptstrasse", building_number="3", post_code="10115", town="Berlin", country="DE"),
)
THEIR_ACCOUNT = Account(iban="DE89370400440532013000")
THEIR_BANK = Agent(bic="COBADEFFXXX")


def euro(text):
    return Money(Decimal(text), "EUR")


def transfer(number=1, **other):
    values = {
        "end_to_end_id": f"E2E-{number:06d}",
        "instruction_id": f"INS-{number:06d}",
        "amount": euro("12.50"),
        "creditor": THEM,
        "creditor_account": THEIR_ACCOUNT,
        "creditor_agent": THEIR_BANK,
        "remittance": Remittance(text=f"Invoice {number}"),
    }
    return Transfer(**values | other)


def group(*transfers, **other):
    values = {
        "id": "GRP-1",
        "execute_on": date(2026, 11, 24),
        "debtor": US,
        "debtor_account": OUR_ACCOUNT,
        "debtor_agent": OUR_BANK,
        "transfers": transfers or (transfer(),),
    }
    return Group(**values | other)


def credit_transfer(*groups, **other):
    values = {"message_id": "MSG-20261123-1", "created_at": CREATED_AT, "initiator": US, "groups": groups or (group(),)}
    return credit_transfers.write(**values | other)


CREDITOR_ID = "DE98ZZZ09999999999"


def debit(number=1, **other):
    values = {
        "end_to_end_id": f"E2E-{number:06d}",
        "instruction_id": f"INS-{number:06d}",
        "amount": euro("49.90"),
        "mandate": Mandate(id=f"M-2026-{number:06d}", signed_on=date(2026, 3, 1)),
        "debtor": THEM,
        "debtor_account": THEIR_ACCOUNT,
        "debtor_agent": THEIR_BANK,
        "remittance": Remittance(text=f"Subscription {number}"),
    }
    return Debit(**values | other)


def collection(*debits, **other):
    values = {
        "id": "COL-1",
        "collect_on": date(2026, 11, 24),
        "instrument": Instrument.CORE,
        "sequence": SequenceType.RECURRING,
        "creditor": US,
        "creditor_account": OUR_ACCOUNT,
        "creditor_agent": OUR_BANK,
        "creditor_id": CREDITOR_ID,
        "debits": debits or (debit(),),
    }
    return Collection(**values | other)


def direct_debit(*collections, **other):
    values = {"message_id": "MSG-20261123-2", "created_at": CREATED_AT, "initiator": US, "groups": collections or (collection(),)}
    return direct_debits.write(**values | other)


LATER = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)  # two days after the collection was due


def reversal_of(collected, *references, **other):
    """The message that takes collections of a written pain.008 back, all of one group."""
    found = reversals.originals(collected.content, references=references)
    group = reversals.Group(
        id="RVSL-1",
        reversals=tuple(reversals.Reversal(id=f"RV-{name}", original=found[name]) for name in references),
    )
    values = {
        "message_id": "MSG-20261126-3",
        "created_at": LATER,
        "creditor": US,
        "original_id": "MSG-20261123-2",
        "original": collected.message,
        "groups": [group],
    }
    return reversals.write(**values | other)


SENDER, RECEIVER = Agent(aba="011104238"), Agent(aba="021040078")
THERE = Address(
    street="Desert View Street", building_number="1", post_code="92262", town="Palm Springs", state="CA", country="US"
)
UETR = "8a562c67-ca16-48ba-b074-65581be6f011"
IMAD = "20261123B1QDRCQR000001"


def dollars(text):
    return Money(Decimal(text), "USD")


def wire(**other):
    values = {
        "instruction_id": "INS-1",
        "end_to_end_id": "E2E-1",
        "uetr": UETR,
        "amount": dollars("510000.74"),
        "settle_on": date(2026, 11, 23),
        "sender": SENDER,
        "receiver": RECEIVER,
        "debtor": Party(name="Flowlet Inc", address=THERE),
        "debtor_account": Account(number="5647772655"),
        "debtor_agent": SENDER,
        "creditor_agent": replace(RECEIVER, name="Bank B", address=THERE),
        "creditor": Party(name="Corporation B", address=THERE),
        "creditor_account": Account(number="567876543"),
        "remittance": Remittance(document_number="INV34563", document_on=date(2026, 11, 1)),
    }
    return Wire(**values | other)

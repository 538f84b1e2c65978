"""Wires: one message (pacs.008 in Fedwire's form) for one payment, so a batch of the rail is one payment."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F

from flowlet.core.money import Money
from payments import errors
from payments.choices import ExternalAccountKind, Rail
from payments.models import Batch, ExternalAccount, Payment
from payments.policies import cutoffs
from payments.providers.iso20022 import envelopes, parts, wires
from payments.providers.iso20022.writing import Written
from payments.selectors.payments import is_sandbox
from payments.services.files.built import Built, Material, identity_of, me, our_party, payer, remittance, their_party

NAME_WIDTH = 140


def write(batch: Batch, material: Material) -> Built:
    """The message. Raises ExternalAccountUnfit, BreaksScheme, NotWritable."""
    written = addressed(wires.write(**_message(batch, material)), partner_id=batch.partner_id, at=batch.created_at)
    return Built(f"WIRE-{batch.value_on:%Y%m%d}-{batch.number:08d}.xml", written.message, written.content)


def check(batch: Batch, material: Material) -> None:
    """Refuse what ``write`` refuses."""
    wires.check(**_message(batch, material))


def _message(batch: Batch, material: Material) -> dict[str, Any]:
    """What the message is made of."""
    [payment] = material.payments
    identity, held_by = me(batch), material.details[payment.pk]
    ours = parts.Agent(aba=identity["aba"])
    receiver, theirs = route(payment.external_account, identity)
    is_abroad = receiver != theirs
    wire = wires.Wire(
        instruction_id=payment.trace,
        end_to_end_id=payment.reference,
        uetr=uetr(payment),
        amount=Money(payment.amount, payment.currency),
        settle_on=batch.value_on,
        sender=ours,
        receiver=receiver,
        debtor=our_party(identity),
        debtor_account=parts.Account(number=identity["account"]),
        debtor_agent=ours,
        creditor_agent=theirs,
        creditor=their_party(held_by, name_width=NAME_WIDTH),
        creditor_account=parts.Account(iban=held_by.number) if is_abroad else parts.Account(number=held_by.number),
        charge_bearer=wires.ChargeBearer.SHARED if is_abroad else wires.ChargeBearer.AGREED,
        ultimate_debtor=payer(material, payment, name_width=NAME_WIDTH, has_address=True),
        remittance=remittance(payment),
    )
    return {"wire": wire, "message_id": imad(batch, identity["aba"]), "created_at": batch.created_at}


def route(account: ExternalAccount, identity: Mapping[str, str]) -> tuple[parts.Agent, parts.Agent]:
    """The member of Fedwire that takes the wire, and the payee's bank: one at home; abroad our correspondent, and a bank by its BIC.

    Raises ExternalAccountUnfit, RailNotConfigured.
    """
    if account.kind == ExternalAccountKind.US_BANK:
        bank = parts.Agent(aba=account.routing_number)
        return bank, bank
    if not account.bic:
        raise errors.ExternalAccountUnfit(
            "A wire abroad needs the BIC of the account's bank.", param="external_account_id", unfit="bic"
        )
    if not identity["correspondent"]:
        raise errors.RailNotConfigured(
            "Wires abroad are not set up: FLOWLET_WIRE_CORRESPONDENT names the bank in the United States that sends them on.",
            rail=Rail.WIRE.value,
        )
    return parts.Agent(aba=identity["correspondent"]), parts.Agent(bic=account.bic)


def addressed(written: Written, *, partner_id: UUID, at: datetime) -> Written:
    """The message in Fedwire's envelope with its header, made at a moment, where the settings want it; else as it is."""
    if settings.WIRE_HEADER == "none":
        return written
    is_test = settings.WIRE_HEADER == "test" or is_sandbox(partner_id)
    service = envelopes.Service.TEST if is_test else envelopes.Service.PRODUCTION
    sender = identity_of(rail=Rail.WIRE, partner_id=partner_id)["aba"]
    return envelopes.wrap(written, sender=sender, service=service, created_at=at)


def imad(batch: Batch, aba: str) -> str:
    """The message's id: the day of its run, our bank's eight digits, and six of the file's number."""
    return imad_of(batch.number, at=batch.cutoff_at, aba=aba)


def imad_of(number: int, *, at: datetime, aba: str) -> str:
    """The id of a message that is made at a moment, from a running number that is shared with files."""
    return f"{at.astimezone(ZoneInfo(cutoffs.NEW_YORK)):%Y%m%d}{aba[:8]}{number % 1_000_000:06d}"


def settlement_day(at: datetime) -> date:
    """The day on which a message that is made now is settled."""
    return cutoffs.next_cutoff(Rail.WIRE, at).value_on


def uetr(payment: Payment) -> str:
    """The payment's end-to-end transaction reference: a UUID of version 4 by its form, always the same for the payment."""
    return str(UUID(bytes=hashlib.sha256(b"uetr" + payment.pk.bytes).digest()[:16], version=4))


def batch_of_message(name: str) -> Batch | None:
    """The batch whose message has this IMAD: the newest with the last six digits of its number that gives it again."""
    if not name[-6:].isdecimal():
        return None
    rows = Batch.objects.filter(rail=Rail.WIRE).annotate(tail=F("number") % 1_000_000).filter(tail=int(name[-6:]))
    return next((batch for batch in rows.order_by("-number")[:10] if imad(batch, me(batch)["aba"]) == name), None)

"""The files of batches: written by the rail's format, sealed, compared with their digest, written again byte by byte."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from flowlet.core import crypto
from flowlet.core.money import Money
from payments import errors
from payments.choices import Direction, HolderKind, MandateKind, Rail
from payments.models import Batch, Payment
from payments.models.account_details import AccountDetails
from payments.policies import cutoffs, references
from payments.providers import nacha
from payments.providers.iso20022 import credit_transfers, parts
from payments.selectors.external_accounts import details_of
from payments.selectors.payments import is_sandbox
from payments.services import gateways


@dataclass(frozen=True, slots=True)
class Built:
    """A file: its name, format and bytes."""

    name: str
    format: str
    content: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def build(batch: Batch, payments: Sequence[Payment]) -> Built:
    """The batch's file; the same bytes for the same rows. Raises RailNotConfigured, and what the format refuses, naming record and
    field.
    """
    details = details_of([payment.external_account for payment in payments if payment.external_account is not None])
    sealed = {payment.pk: details[payment.external_account_id] for payment in payments}
    erased = [payment.public_id for payment in payments if sealed[payment.pk] is None]
    if erased:
        raise errors.ExternalAccountUnfit("The account's owner was erased.", payments=erased[:10])
    return _WRITERS[Rail(batch.rail)](batch, payments, sealed)


def rebuild(batch: Batch) -> Built:
    """The file built again from its payments. Raises FileDiffers when that is not what was built."""
    rows = batch.payments.select_related("external_account", "mandate", "original").order_by("pk")
    found = build(batch, list(rows))
    if found.digest != batch.digest:
        raise errors.FileDiffers(digest=batch.digest, again=found.digest)
    return found


def seal(batch: Batch, content: bytes) -> bytes:
    """The content under the keyring."""
    return crypto.seal(content, aad=aad(batch))


def content_of(batch: Batch) -> bytes:
    """The plain content of a built file. Raises FileDiffers when it is not what its digest says."""
    content = crypto.open_sealed(bytes(batch.sealed or b""), aad=aad(batch))
    if hashlib.sha256(content).hexdigest() != batch.digest:
        raise errors.FileDiffers(digest=batch.digest)
    return content


def aad(batch: Any) -> str:
    """The place of a batch's sealed content."""
    return f"payments_batch.sealed:{batch.pk}"


def provider_of(rail: str) -> str:
    """What the rail's bank is called in our records."""
    return gateways.BANKS[Rail(rail)]


def traces(rail: str, numbers: Sequence[int]) -> list[str]:
    """A number for each payment of a file: ACH trace numbers, else end-to-end ids."""
    if rail == Rail.ACH:
        return [
            f"{number:07d}" for number in numbers
        ]  # the institution's eight digits are put before it when the file is written
    return [f"{gateways.BANKS[Rail(rail)].upper()}{number:010d}" for number in numbers]


def identity_of(batch: Batch) -> dict[str, str]:
    """Who we are to the bank of this batch. Raises RailNotConfigured."""
    provider = gateways.BANKS[Rail(batch.rail)]
    if is_sandbox(batch.partner_id):
        return settings.SANDBOX_IDENTITY[provider]
    found = settings.RAIL_IDENTITY.get(provider)
    if found is None:
        raise errors.RailNotConfigured(f"{Rail(batch.rail).label} is not set up: its variables are missing.", rail=batch.rail)
    return found


def ach_trace(odfi: str, payment: Payment) -> str:
    """The fifteen digits of an ACH trace number."""
    return f"{odfi[:8]}{payment.trace}"


def _ach(batch: Batch, payments: Sequence[Payment], details: dict[Any, AccountDetails]) -> Built:
    me = identity_of(batch)
    side = nacha.Side.CREDIT if batch.direction == Direction.OUT else nacha.Side.DEBIT
    groups: dict[tuple[str, str], list[nacha.Entry]] = {}
    for payment in payments:
        account = payment.external_account
        held_by = details[payment.pk]
        if side == nacha.Side.DEBIT and payment.mandate is not None:
            sec = payment.mandate.authorization
        else:
            sec = "PPD" if account.holder_kind == HolderKind.PERSON else "CCD"
        purpose = payment.purpose if payment.purpose in {"PAYROLL", "PURCHASE"} else ""
        entry = nacha.Entry(
            code=nacha.transaction_code(account_type=nacha.AccountType[account.account_type], side=side),
            routing=account.routing_number,
            account=held_by.number,
            amount=Money(payment.amount, payment.currency),
            trace=ach_trace(me["odfi"], payment),
            name=nacha.fit(held_by.owner_name),
            identification=references.compact(payment.reference),
            discretionary=_payment_type(payment) if sec in {"WEB", "TEL"} else "",
        )
        groups.setdefault((sec, purpose), []).append(entry)
    descriptions = {"PAYROLL": "PAYROLL", "PURCHASE": "PURCHASE", "": "PAYMENT" if side == nacha.Side.CREDIT else "COLLECTION"}
    made = batch.cutoff_at.astimezone(ZoneInfo(cutoffs.NEW_YORK))  # the run it belongs to; the day that same-day entries name
    same_day = any(payment.same_day for payment in payments)
    file = nacha.File(
        destination=me["destination"],
        destination_name=me["destination_name"],
        origin=me["origin"],
        origin_name=me["origin_name"],
        created_on=made.date(),
        created_time=made.time().replace(second=0, microsecond=0),
        modifier="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"[batch.number % 36],
        reference=f"{batch.number:08d}"[-8:],
        batches=tuple(
            nacha.Batch(
                sec=sec,
                company_name=me["company_name"][:16],
                company_id=me["company_id"],
                odfi=me["odfi"][:8],
                description=descriptions[purpose],
                descriptive_date=f"SD{made:%H%M}" if same_day else "",
                effective_on=batch.value_on,
                purpose=nacha.Purpose(purpose),
                entries=tuple(entries),
            )
            for (sec, purpose), entries in sorted(groups.items())
        ),
    )
    return Built(f"ACH-{made:%Y%m%d}-{batch.number:08d}.ach", "nacha", nacha.write(file=file))


def _payment_type(payment: Payment) -> str:
    """R for one of many, S for a single one (Nacha, payment type code)."""
    return "R" if payment.mandate is not None and payment.mandate.kind == MandateKind.RECURRENT else "S"


def _party(name: str, address: Any) -> parts.Party:
    where = None
    if address is not None:
        where = parts.Address(
            country=address.country,
            town=address.town,
            street=address.street,
            building_number=address.building_number,
            post_code=address.postal_code,
        )
    return parts.Party(name=name, address=where)


def _me(me: dict[str, str]) -> parts.Party:
    where = parts.Address(
        country=me["country"], town=me["town"], street=me["street"], building_number=me["building"], post_code=me["post_code"]
    )
    return parts.Party(name=me["name"], address=where)


def _credit_transfer(batch: Batch, payments: Sequence[Payment], details: dict[Any, AccountDetails]) -> Built:
    me = identity_of(batch)
    transfers = []
    for payment in payments:
        held_by = details[payment.pk]
        transfers.append(
            credit_transfers.Transfer(
                end_to_end_id=payment.reference,
                instruction_id=payment.trace,
                amount=Money(payment.amount, payment.currency),
                creditor=_party(held_by.owner_name, held_by.owner_address),
                creditor_account=parts.Account(iban=held_by.number),
                creditor_agent=parts.Agent(bic=payment.external_account.bic) if payment.external_account.bic else None,
                remittance=parts.Remittance(text=payment.description or payment.reference),
            )
        )
    group = credit_transfers.Group(
        id=f"{batch.number:010d}-1",
        execute_on=batch.value_on,
        debtor=_me(me),
        debtor_account=parts.Account(iban=me["iban"]),
        debtor_agent=parts.Agent(bic=me["bic"]),
        transfers=tuple(transfers),
    )
    written = credit_transfers.write(
        message_id=f"FLW{batch.number:012d}", created_at=batch.created_at, initiator=_me(me), groups=[group]
    )
    return Built(f"SCT-{batch.created_at:%Y%m%d}-{batch.number:08d}.xml", written.message, written.content)


_WRITERS: dict[Rail, Callable[[Batch, Sequence[Payment], dict[Any, AccountDetails]], Built]] = {
    Rail.ACH: _ach,
    Rail.SEPA_CT: _credit_transfer,
}

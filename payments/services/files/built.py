"""What files are made of and what they are when they are made; who we are to the banks."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.choices import Mode
from accounts.models.personal import Personal
from payments import choices, errors
from payments.choices import Rail
from payments.models import Batch, Payment
from payments.models.account_details import AccountDetails
from payments.providers.iso20022 import charset, direct_debits, parts
from payments.selectors.payments import is_sandbox
from payments.services import gateways

TOWN, POST_CODE, LINE = 35, 16, 70  # PostalAddress24, in characters


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """The payments of a file with what is opened for it: who holds their accounts, for whom money leaves, the places of collections in
    their mandates, and of which changes of the mandates they tell.
    """

    payments: Sequence[Payment]
    details: Mapping[UUID, AccountDetails]
    payers: Mapping[UUID, Personal]
    places: Mapping[UUID, choices.Sequence]
    amendments: Mapping[UUID, direct_debits.Amendment] = field(default_factory=dict)


def identity_of(*, rail: str, partner_id: UUID) -> dict[str, str]:
    """Who we are to the bank of the rail. Raises RailNotConfigured."""
    return _identity(rail, in_sandbox=is_sandbox(partner_id))


def me(batch: Batch) -> dict[str, str]:
    """Who we are to the bank of this batch. Raises RailNotConfigured."""
    return _identity(batch.rail, in_sandbox=batch.partner.mode == Mode.SANDBOX)


def _identity(rail: str, *, in_sandbox: bool) -> dict[str, str]:
    provider = gateways.BANKS[Rail(rail)]
    if in_sandbox:
        return settings.SANDBOX_IDENTITY[provider]
    found = settings.RAIL_IDENTITY.get(provider)
    if found is None:
        raise errors.RailNotConfigured(f"{Rail(rail).label} is not set up: its variables are missing.", rail=rail)
    return found


def our_party(identity: Mapping[str, str]) -> parts.Party:
    """We, as a debtor or creditor."""
    where = parts.Address(
        country=identity["country"],
        town=identity["town"],
        street=identity["street"],
        building_number=identity["building"],
        post_code=identity["post_code"],
    )
    return parts.Party(name=identity["name"], address=where)


def their_party(held_by: AccountDetails, *, name_width: int) -> parts.Party:
    """The owner of an external account, in the letters that banks carry (EPC217-08), the name cut at its width.

    Raises ExternalAccountUnfit when nothing is left of the name.
    """
    name = _name(held_by.owner_name, name_width)
    if not name:
        raise no_name()
    where: Any = held_by.owner_address
    if where is not None:
        where = parts.Address(
            country=where.country,
            town=charset.to_latin(where.town).text,
            street=charset.to_latin(where.street).text,
            building_number=charset.to_latin(where.building_number).text,
            post_code=charset.to_latin(where.postal_code).text,
            state=charset.to_latin(where.region).text,
        )
    return parts.Party(name=name, address=where)


def payer(material: Material, payment: Payment, *, name_width: int, has_address: bool = False) -> parts.Party | None:
    """The customer for whom money leaves: the bank knows us, and has to be told for whom we pay (Regulation (EU) 2023/1113, article 4;
    31 CFR 1010.410(f)). Raises UnfitForRail when nothing is left of the name.
    """
    person = material.payers.get(payment.pk)
    if person is None:
        return None
    name = _name(person.name, name_width)
    if not name:
        raise errors.UnfitForRail("The rail carries Latin letters only, and the payer's name has none.", param="wallet_id")
    where, address = None, person.address
    if has_address and address is not None and (town := charset.to_latin(address.city).text[:TOWN].strip()):
        lines = (charset.to_latin(line).text[:LINE].strip() for line in (address.line1, address.line2))
        where = parts.Address(
            country=address.country,
            town=town,
            post_code=charset.to_latin(address.postal_code).text[:POST_CODE].strip(),
            lines=tuple(filter(None, lines)),
        )
    return parts.Party(name=name, address=where)


def _name(text: str, width: int) -> str:
    """A name in the letters that banks carry, cut at its width; empty when nothing readable is left."""
    name = charset.to_latin(text).text[:width].rstrip()
    return name if any(character.isalnum() for character in name) else ""


def remittance(payment: Payment) -> parts.Remittance:
    """What the payment is for, in the letters that banks carry."""
    return parts.Remittance(
        text=charset.to_latin(payment.description or payment.reference).text[:140].strip() or payment.reference
    )


def no_name() -> errors.ExternalAccountUnfit:
    """The refusal of a name of which the rail can carry nothing."""
    return errors.ExternalAccountUnfit(
        "The rail carries Latin letters only, and the owner's name has none.", param="external_account_id", unfit="owner_name"
    )

"""Customers: found by what is known of them, and their personal values opened."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts import errors
from accounts.models import Customer
from accounts.models.personal import (
    Personal,
    checked_email,
    checked_phone,
    email_index,
    name_indexes,
    phone_index,
)
from flowlet.core import crypto
from flowlet.vault.services import subjects


def personal_aad(customer_id: UUID) -> str:
    """The place that a customer's sealed document belongs to: table, column, row."""
    return f"accounts_customer.personal:{customer_id}"


def get(customer_id: UUID, *, partner_id: UUID | None = None) -> Customer:
    """The customer, of this partner if one is named. Raises CustomerNotFound, also for another partner's."""
    return _one(Customer.objects.all(), customer_id, partner_id)


def for_update(customer_id: UUID, *, partner_id: UUID | None = None) -> Customer:
    """As ``get``, with the row locked against other changes; foreign keys to it stay possible."""
    return _one(Customer.objects.select_for_update(no_key=True), customer_id, partner_id)


def _one(queryset: QuerySet[Customer], customer_id: UUID, partner_id: UUID | None) -> Customer:
    scope = {} if partner_id is None else {"partner_id": partner_id}
    customer = queryset.filter(pk=customer_id, **scope).first()
    if customer is None:
        raise errors.CustomerNotFound()
    return customer


def matching(
    *,
    partner_id: UUID | None = None,
    name: str = "",
    email: str = "",
    phone: str = "",
    external_id: str = "",
    metadata: dict[str, str] | None = None,
    **exact: Any,
) -> QuerySet[Customer]:
    """Customers with all that is given; ``partner_id=None`` looks over all partners, for staff.

    ``name`` finds whole words, in any order, without regard to case and accents; ``email`` and ``phone`` the whole value.
    ``exact`` is further lookups on readable columns (``status``, ``kind``, ``kyc_tier``, ``country``, ``created_at__gte``…).
    Raises MalformedEmail, MalformedPhone, or MalformedName when the name holds no word: an empty search is no search for all.
    """
    found = Customer.objects.all() if partner_id is None else Customer.objects.filter(partner_id=partner_id)
    if email:
        found = found.filter(email_index=email_index(checked_email(email)))
    if phone:
        found = found.filter(phone_index=phone_index(checked_phone(phone)))
    if name:
        words = name_indexes(name)
        if not words:
            raise errors.MalformedName("Search for at least one word.", param="name")
        found = found.filter(name_indexes__contains=words)
    if external_id:
        found = found.filter(external_id=external_id)
    if metadata:
        found = found.filter(metadata__contains=metadata)
    return found.filter(**exact)


def personal_of(customers: Iterable[Customer]) -> dict[UUID, Personal | None]:
    """The personal values of the customers by key, with one query for all; None where they have been erased.

    Raises crypto.CannotOpen when a document was altered or moved: that is a fault, not an answer.
    """
    customers = list(customers)
    boxes = subjects.boxes_for(customer.pk for customer in customers)
    found: dict[UUID, Personal | None] = {}
    for customer in customers:
        box = boxes.get(customer.pk)
        if box is None:
            if not subjects.is_erased(customer.pk):
                raise crypto.CannotOpen(f"{customer.public_id} has no key in the vault.")
            found[customer.pk] = None
        else:
            found[customer.pk] = Personal.load(box.decrypt(customer.personal, aad=personal_aad(customer.pk)))
    return found


def masked_pairs(customer: Customer) -> list[tuple[str, str]]:
    """(label, masked value) of what is personal about the customer, for screens; one query."""
    personal = personal_of([customer])[customer.pk]
    if personal is None:
        return [("Personal data", "erased for good")]
    masked = personal.masked()
    shown = {
        "Name": masked.name,
        "E-mail": masked.email,
        "Phone": masked.phone,
        "Registration number": masked.registration_number,
    }
    hidden = {"Address": personal.address, "Born on": personal.born_on, "Incorporated on": personal.incorporated_on}
    pairs = [(label, value) for label, value in shown.items() if value]
    return pairs + [(label, "••••") for label, value in hidden.items() if value]


def plain_pairs(customer: Customer) -> list[tuple[str, str]]:
    """The same in plain, for a look that the caller has written to the audit. Raises PersonalDataErased."""
    personal = personal_of([customer])[customer.pk]
    if personal is None:
        raise errors.PersonalDataErased()
    pairs = {
        "Name": personal.name,
        "E-mail": personal.email,
        "Phone": personal.phone,
        "Registration number": personal.registration_number,
        "Address": str(personal.address or ""),
        "Born on": personal.born_on.isoformat() if personal.born_on else "",
        "Incorporated on": personal.incorporated_on.isoformat() if personal.incorporated_on else "",
    }
    return [(label, value) for label, value in pairs.items() if value]

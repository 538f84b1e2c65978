"""Customers of one partner who look like each other: kept as keyed digests, found at every submission."""

from uuid import UUID

from django.db import connection

from accounts.choices import CustomerStatus
from accounts.models import Customer
from accounts.models.personal import Address, Personal, email_index, name_words, phone_index
from compliance.choices import CheckOutcome, DocumentStatus, ItemKind, MarkKind
from compliance.models import Document, IdentityMark
from compliance.policies.identity_checks import Finding
from flowlet.core import crypto, ids


def person(name: str, born_on: object) -> str:
    """The digest of a person: the words of the name in any order, and the day of birth."""
    return crypto.blind_index(f"{' '.join(sorted(name_words(name)))}|{born_on}", purpose="compliance.person")


def document(number: str, issuer: str) -> str:
    """The digest of a document's number: letters and figures only, within what issued it."""
    plain = "".join(filter(str.isalnum, number.upper()))
    return crypto.blind_index(f"{plain}|{issuer}", purpose="compliance.document")


def company(number: str, country: str) -> str:
    """The digest of a business's number in the register of its country: letters and figures only."""
    plain = "".join(filter(str.isalnum, number.upper()))
    return crypto.blind_index(f"{plain}|{country}", purpose="compliance.company")


def address(where: Address) -> str:
    """The digest of an address: letters and figures only, without the name of the state."""
    lines = "".join(filter(str.isalnum, f"{where.line1}{where.line2}{where.postal_code}{where.city}".casefold()))
    return crypto.blind_index(f"{lines}|{where.country}", purpose="compliance.address")


def remember(customer: Customer, personal: Personal) -> None:
    """Write down by what the customer can be recognised now; what changed is forgotten, but for documents that were ever shown.

    Until the transaction ends nobody else writes down the same: of two who are alike the second one sees the first.
    """
    shown = Document.objects.filter(customer=customer, status=DocumentStatus.STORED).exclude(number_index="")
    found = {(MarkKind.DOCUMENT, index) for index in shown.values_list("number_index", flat=True)}
    if personal.registration_number:
        found.add((MarkKind.COMPANY, company(personal.registration_number, customer.country)))
    if personal.address:
        found.add((MarkKind.ADDRESS, address(personal.address)))
    if personal.born_on:
        found.add((MarkKind.PERSON, person(personal.name, personal.born_on)))
    if personal.email:
        found.add((MarkKind.EMAIL, email_index(personal.email)))
    if personal.phone:
        found.add((MarkKind.PHONE, phone_index(personal.phone)))
    with connection.cursor() as cursor:
        for kind, index in sorted(found):
            name = f"compliance.identity_mark:{customer.partner_id}:{kind}:{index}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    IdentityMark.objects.filter(customer=customer).delete()
    IdentityMark.objects.bulk_create(
        IdentityMark(partner_id=customer.partner_id, customer=customer, kind=kind, index=index) for kind, index in sorted(found)
    )


def twins(customer: Customer) -> list[Finding]:
    """Other customers of the partner with one of the customer's marks, or with the same address or number on their record."""
    alike: dict[str, set[UUID]] = {}
    mine = dict.fromkeys(MarkKind.values, "")
    for mark in IdentityMark.objects.filter(customer=customer).exclude(kind=MarkKind.ADDRESS):
        mine[mark.kind] = mark.index
        same = IdentityMark.objects.filter(partner_id=customer.partner_id, kind=mark.kind, index=mark.index)
        alike.setdefault(mark.kind, set()).update(same.exclude(customer=customer).values_list("customer_id", flat=True)[:10])
    for kind, column in ((MarkKind.EMAIL, "email_index"), (MarkKind.PHONE, "phone_index")):
        if mine[kind]:
            others = Customer.objects.filter(**{column: mine[kind]}, partner_id=customer.partner_id)
            others = others.exclude(pk=customer.pk).exclude(status=CustomerStatus.CLOSED)
            alike.setdefault(kind, set()).update(others.values_list("pk", flat=True)[:10])
    return [
        Finding(
            ItemKind.DUPLICATE,
            f"duplicate.{kind.lower()}",
            CheckOutcome.FAIL,
            {"customers": sorted(ids.public_id(Customer.PREFIX, key) for key in found)},
        )
        for kind, found in sorted(alike.items())
        if found
    ]


def forget(customer_id: UUID) -> int:
    """Drop the marks of a customer who was erased."""
    return IdentityMark.objects.filter(customer_id=customer_id).delete()[0]

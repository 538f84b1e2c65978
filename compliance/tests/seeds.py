"""How the things behind the example ids of the API are made."""

from datetime import date

from accounts.models import Customer
from accounts.services import customers
from compliance.api import rights as rights_api
from compliance.api import verification_examples as examples
from compliance.models import Verification
from compliance.services import documents, rights, verifications
from compliance.tests.kyc import BUSINESS, PERSON
from flowlet.api.endpoints import example_id
from flowlet.api.testing import Tenant, seed


def _customer(tenant: Tenant, **values: object) -> Customer:
    return customers.create(partner_id=tenant.partner_id, actor=tenant.actor, at=tenant.at, **values)


def _opened(tenant: Tenant, level: str, customer: Customer) -> Verification:
    return verifications.open(customer_id=customer.pk, level=level, actor=tenant.actor, at=tenant.at)


def _person(tenant: Tenant) -> Customer:
    return _customer(tenant, kind="PERSON", born_on=date(1985, 12, 10), **PERSON)


@seed(examples.PERSON_ID, fresh=True)
def person(tenant: Tenant) -> str:
    """A person whose record is complete, and who has no verification, or the first example's."""
    return _person(tenant).public_id


@seed(example_id("vrf"), fresh=True)
def opened(tenant: Tenant) -> str:
    """One of that person."""
    customer = Customer.objects.get(pk=tenant.uuid(examples.PERSON_ID))
    return _opened(tenant, "BASIC", customer).public_id


@seed(examples.COMPLETE_ID, fresh=True)
def complete(tenant: Tenant) -> str:
    """One of somebody else, of which nothing is missing."""
    return _opened(tenant, "BASIC", _person(tenant)).public_id


@seed(examples.REVIEWED_ID, fresh=True)
def reviewed(tenant: Tenant) -> str:
    """One in review."""
    row = _opened(tenant, "BASIC", _person(tenant))
    return verifications.submit(verification_id=row.pk, actor=tenant.actor, at=tenant.at).public_id


@seed(examples.COLLECTING_ID, fresh=True)
def collecting(tenant: Tenant) -> str:
    """One to which documents are still to come."""
    return _opened(tenant, "ENHANCED", _person(tenant)).public_id


@seed(examples.BUSINESS_ID, fresh=True)
def business(tenant: Tenant) -> str:
    """One of a business."""
    return _opened(tenant, "ENHANCED", _customer(tenant, kind="BUSINESS", **BUSINESS)).public_id


@seed(example_id("doc"), fresh=True)
def document(tenant: Tenant) -> str:
    """A passport of the one that collects."""
    return documents.take(
        verification_id=tenant.uuid(examples.COLLECTING_ID),
        type="PASSPORT",
        content=examples.PIXEL,
        expires_on=date(2030, 5, 1),
        actor=tenant.actor,
        at=tenant.at,
    ).public_id


@seed(rights_api.PERSON_ID)
def person_who_asks(tenant: Tenant) -> str:
    """A customer who asks for a copy of the data."""
    return _customer(tenant, kind="PERSON", name="Ada Lovelace", country="GB").public_id


@seed(example_id("cus", 52), fresh=True)
def person_to_ask(tenant: Tenant) -> str:
    """A customer who has not asked yet."""
    return _customer(tenant, kind="PERSON", name="Grace Hopper", country="US").public_id


@seed(example_id("rrq"))
def asked(tenant: Tenant) -> str:
    """A request for a copy."""
    given = {"customer_id": tenant.uuid(rights_api.PERSON_ID), "kind": "ACCESS", "received_on": date(2026, 1, 15)}
    return rights.receive(**given, actor=tenant.actor, at=tenant.at).public_id


@seed(rights_api.ANSWERED_ID)
def answered(tenant: Tenant) -> str:
    """A request for erasure of somebody who is served, with its letter."""
    given = {"customer_id": tenant.uuid(rights_api.PERSON_ID), "kind": "ERASURE", "actor": tenant.actor, "at": tenant.at}
    row = rights.receive(**given)
    return rights.answer(rightsrequest_id=row.pk, actor=tenant.actor, at=tenant.at).public_id

"""How the things behind the example ids of the API are made."""

from accounts.api.serializers import FROZEN_ID, LEAVING_ID
from accounts.models import Customer
from accounts.services import customers
from flowlet.api.endpoints import example_id
from flowlet.api.testing import Tenant, seed
from flowlet.core.actors import Actor, ActorKind


def _new(tenant: Tenant, **more: str) -> str:
    return customers.create(
        partner_id=tenant.partner_id,
        kind="PERSON",
        name="Ada Lovelace",
        country="GB",
        email="ada@example.com",
        actor=tenant.actor,
        at=tenant.at,
        **more,
    ).public_id


@seed(example_id("cus"), fresh=True)
def customer(tenant: Tenant) -> str:
    """A customer as in the examples."""
    return _new(tenant)


@seed(example_id("cus", 2))
def second_customer(tenant: Tenant) -> str:
    """Another customer."""
    return _new(tenant)


@seed(FROZEN_ID, fresh=True)
def frozen_customer(tenant: Tenant) -> str:
    """A customer whom the partner froze."""
    made = _new(tenant)
    who = {"partner_id": tenant.partner_id, "actor": Actor(ActorKind.API_KEY, "key_x", "backend"), "at": tenant.at}
    customers.freeze(customer_id=Customer.key(made), reason="stolen phone", **who)
    return made


@seed(LEAVING_ID, fresh=True)
def leaving_customer(tenant: Tenant) -> str:
    """A customer without wallets."""
    return _new(tenant)

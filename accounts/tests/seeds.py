"""How the things behind the example ids of the API are made."""

from accounts.api import authentication_serializers as authentication
from accounts.api.serializers import FROZEN_ID, LEAVING_ID
from accounts.models import Customer, TrustedPayee
from accounts.services import authentication_challenges, customers
from accounts.tests import authentication_world as factors
from flowlet.api.endpoints import example_id
from flowlet.api.testing import Tenant, seed
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.money import Money


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


def _device(tenant: Tenant, **options: bool) -> factors.Device:
    """Another one each time: a customer has few."""
    holder = Customer.objects.get(pk=Customer.key(_new(tenant)))
    return factors.device(holder, tenant.at, "ED25519", actor=tenant.actor, **options)


@seed(authentication.HOLDER_ID, fresh=True)
def holder(tenant: Tenant) -> str:
    """A customer with a factor and a trusted payee."""
    return TrustedPayee.objects.get(pk=tenant.uuid(authentication.TRUSTED_ID)).customer.public_id


@seed(authentication.PENDING_ID, fresh=True)
def pending_factor(tenant: Tenant) -> str:
    """An authenticator app that was not confirmed."""
    made = Customer.objects.get(pk=Customer.key(_new(tenant)))
    return factors.device(made, tenant.at, confirmed=False, actor=tenant.actor).factor.public_id


@seed(authentication.LOST_ID, fresh=True)
def lost_factor(tenant: Tenant) -> str:
    """A factor that works."""
    return _device(tenant).factor.public_id


@seed(authentication.CHALLENGE_ID, fresh=True)
def challenge(tenant: Tenant) -> str:
    """A challenge that waits for a code."""
    made = Customer.objects.get(pk=Customer.key(_new(tenant)))
    return factors.asked(factors.device(made, tenant.at, actor=tenant.actor), tenant.at).public_id


@seed(authentication.TRUSTED_ID, fresh=True)
def trusted_payee(tenant: Tenant) -> str:
    """A payee who was trusted with a challenge that was used."""
    row = factors.passed(_device(tenant), tenant.at, trusts_payee=True)
    given = {"customer_id": row.customer_id, "amount": Money(row.amount, row.currency)}
    authentication_challenges.use(
        challenge_id=row.pk,
        **given,
        payee_digest=row.payee_digest,
        used_for=row.public_id,
        actor=tenant.actor,
        at=tenant.at,
    )
    return TrustedPayee.objects.get(challenge=row).public_id

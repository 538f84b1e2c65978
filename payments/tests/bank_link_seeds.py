"""How the things behind the example ids of bank links are made."""

from flowlet.api.testing import Tenant, seed
from flowlet.core.actors import Actor, ActorKind
from payments.api import bank_link_examples as examples
from payments.models import BankLink
from payments.services import bank_links

KEY = Actor(ActorKind.API_KEY, "key_x", "backend")


def _linked(tenant: Tenant) -> BankLink:
    return bank_links.connect(
        partner_id=tenant.partner_id,
        customer_id=tenant.uuid(examples.CUSTOMER_ID),
        public_token=examples.NEW["public_token"],
        metadata={"flow": "onboarding"},
        actor=KEY,
        at=tenant.at,
    )


@seed(examples.BANK_LINK_ID, fresh=True)
def bank_link(tenant: Tenant) -> str:
    """A link to a customer's bank."""
    return _linked(tenant).public_id


@seed(examples.OVER_ID, fresh=True)
def login_over(tenant: Tenant) -> str:
    """A link whose login is over."""
    made = _linked(tenant)
    bank_links.simulate_login_over(bank_link_id=made.pk, partner_id=tenant.partner_id, actor=KEY, at=tenant.at)
    return made.public_id

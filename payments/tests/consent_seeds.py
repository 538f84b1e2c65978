"""How the things behind the example ids of consents are made."""

from accounts.choices import Mode
from accounts.models import Partner
from flowlet.api.endpoints import example_id
from flowlet.api.testing import Tenant, seed
from flowlet.core.actors import Actor, ActorKind
from payments.api import consent_examples as examples
from payments.models import Consent
from payments.providers.openbanking.vocabulary import Scope, Visitor
from payments.selectors import consents as selectors
from payments.services import consents

KEY = Actor(ActorKind.API_KEY, "key_x", "backend")


def _asked(tenant: Tenant) -> Consent:
    assert Partner.objects.get(pk=tenant.partner_id).mode == Mode.SANDBOX
    return consents.create(
        partner_id=tenant.partner_id,
        customer_id=tenant.uuid(example_id("cus", 2)),
        bank="sandbox",
        scopes=list(Scope),
        visitor=Visitor(ip="198.51.100.7"),
        metadata={"flow": "onboarding"},
        actor=KEY,
        at=tenant.at,
    ).consent


def _visited(tenant: Tenant, consent_id) -> dict[str, str]:
    return consents.simulate_visit(consent_id=consent_id, partner_id=tenant.partner_id, approves=True, at=tenant.at)


@seed(examples.CONSENT_ID, fresh=True)
def consent(tenant: Tenant) -> str:
    """A consent that the customer gave."""
    made = _asked(tenant)
    consents.complete(consent_id=made.pk, callback=_visited(tenant, made.pk), actor=KEY, at=tenant.at)
    return made.public_id


@seed(examples.AWAITING_ID, fresh=True)
def awaiting(tenant: Tenant) -> str:
    """A consent that waits for its customer."""
    return _asked(tenant).public_id


@seed(examples.STATE, fresh=True)
def state(tenant: Tenant) -> str:
    """What the customer brings back with them."""
    return selectors.session_of(selectors.get(tenant.uuid(examples.AWAITING_ID))).state


@seed(examples.CODE, fresh=True)
def code(tenant: Tenant) -> str:
    """What the bank gave them."""
    return _visited(tenant, tenant.uuid(examples.AWAITING_ID))["code"]

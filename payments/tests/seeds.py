"""How the things behind the example ids of the API are made."""

from itertools import count

from flowlet.api.testing import Tenant, seed
from flowlet.core.actors import Actor, ActorKind
from payments.api import account_examples as examples
from payments.models import ExternalAccount
from payments.services import external_accounts, mandates, micro_deposits
from payments.tests import bank_link_seeds, consent_seeds, payment_seeds  # noqa: F401 - register their own seeds

KEY = Actor(ActorKind.API_KEY, "key_x", "backend")
_numbers = count(10_000_000)


def _us_bank(tenant: Tenant) -> ExternalAccount:
    """A US bank account of the second example customer, with a number that no other has."""
    return external_accounts.create(
        partner_id=tenant.partner_id,
        customer_id=tenant.uuid(examples.CUSTOMER_ID),
        kind="US_BANK",
        currency="USD",
        owner_name="Ada Lovelace",
        routing_number="021000021",
        account_number=str(next(_numbers)),
        account_type="CHECKING",
        metadata={"plan": "gold"},
        actor=KEY,
        at=tenant.at,
    )


@seed(examples.US_BANK_ID, fresh=True)
def us_bank(tenant: Tenant) -> str:
    """An account that nobody has verified yet."""
    return _us_bank(tenant).public_id


@seed(examples.IBAN_ID)
def iban(tenant: Tenant) -> str:
    """An account that SEPA reaches."""
    return external_accounts.create(
        partner_id=tenant.partner_id,
        customer_id=tenant.uuid(examples.CUSTOMER_ID),
        kind="IBAN",
        currency="EUR",
        owner_name="Ada Lovelace",
        iban="DE89370400440532013000",
        actor=KEY,
        at=tenant.at,
    ).public_id


@seed(examples.NAMING_ID, fresh=True)
def naming(tenant: Tenant) -> str:
    """An account to which two deposits were sent."""
    made = _us_bank(tenant)
    attempt = micro_deposits.start(external_account_id=made.pk, actor=KEY, at=tenant.at)
    micro_deposits.mark_sent(verification_id=attempt.pk, reference="example", actor=tenant.actor, at=tenant.at)
    return made.public_id


@seed(examples.LEAVING_ID, fresh=True)
def leaving(tenant: Tenant) -> str:
    """An account to close."""
    return _us_bank(tenant).public_id


@seed(examples.BLOCKED_ID, fresh=True)
def blocked(tenant: Tenant) -> str:
    """An account that the partner blocked."""
    made = _us_bank(tenant)
    external_accounts.block(external_account_id=made.pk, reason="lost", actor=KEY, at=tenant.at)
    return made.public_id


@seed(examples.MANDATE_ID, fresh=True)
def mandate(tenant: Tenant) -> str:
    """A mandate."""
    return mandates.create(
        partner_id=tenant.partner_id,
        external_account_id=tenant.uuid(examples.IBAN_ID),
        scheme="SEPA_CORE",
        creditor_id=examples.CREDITOR_ID,
        signed_on=tenant.at.date(),
        actor=KEY,
        at=tenant.at,
    ).public_id

"""Which provider serves what here, from the settings.

Live partners get the providers whose settings are there, sandbox partners always the sandbox's own. A client lives as long as its
settings, and with it its connections and its breaker.
"""

from functools import lru_cache

from django.conf import settings

from accounts.choices import Mode
from payments.providers.errors import ProviderNotConfigured
from payments.providers.inbound import InboundSource, PlaidSource, StripeSource
from payments.providers.plaid.client import Plaid
from payments.providers.plaid.webhooks import Keys
from payments.providers.ports import AccountAggregator, CardAcquirer
from payments.providers.sandbox.aggregator import SandboxAggregator
from payments.providers.stripe.client import Stripe

INBOUND = ("stripe", "plaid")


def card_acquirer(mode: str) -> CardAcquirer:
    """Who takes cards. Sandbox partners' cards are played by the sandbox bank, which is no acquirer. Raises ProviderNotConfigured."""
    if mode != Mode.LIVE:
        raise ProviderNotConfigured("The sandbox plays cards itself.", missing="card_acquirer")
    return stripe()


def account_aggregator(mode: str) -> AccountAggregator:
    """Who reads customers' accounts at their banks. Raises ProviderNotConfigured."""
    return plaid() if mode == Mode.LIVE else SandboxAggregator()


def inbound_source(provider: str) -> InboundSource:
    """Who checks and reads events of the provider. Raises ProviderNotConfigured."""
    if provider == "stripe" and settings.STRIPE_WEBHOOK_SECRETS:
        return StripeSource(secrets=tuple(settings.STRIPE_WEBHOOK_SECRETS))
    if provider == "plaid":
        return PlaidSource(keys=_plaid_keys(plaid()))
    raise ProviderNotConfigured(f"No events are taken from {provider[:40]}.", missing=f"{provider[:40]}_webhooks")


def stripe() -> Stripe:
    """The client of the settings. Raises ProviderNotConfigured."""
    if not settings.STRIPE_API_KEY:
        raise ProviderNotConfigured("Cards are not offered here.", missing="STRIPE_API_KEY")
    return _stripe(settings.STRIPE_API_KEY, settings.STRIPE_BASE_URL, tuple(settings.OUTBOUND_PRIVATE_HOSTS))


def plaid() -> Plaid:
    """The client of the settings. Raises ProviderNotConfigured."""
    if not (settings.PLAID_CLIENT_ID and settings.PLAID_SECRET):
        raise ProviderNotConfigured("Bank data is not offered here.", missing="PLAID_CLIENT_ID, PLAID_SECRET")
    return _plaid(
        settings.PLAID_CLIENT_ID,
        settings.PLAID_SECRET,
        settings.PLAID_BASE_URL,
        settings.PLAID_CLIENT_NAME,
        f"{settings.BASE_URL}/webhooks/plaid",
        tuple(settings.OUTBOUND_PRIVATE_HOSTS),
    )


@lru_cache(maxsize=4)
def _stripe(api_key: str, base_url: str, private_hosts: tuple[str, ...]) -> Stripe:
    return Stripe(api_key=api_key, base_url=base_url, private_hosts=frozenset(private_hosts))


@lru_cache(maxsize=4)
def _plaid(client_id: str, secret: str, base_url: str, name: str, webhook_url: str, private_hosts: tuple[str, ...]) -> Plaid:
    return Plaid(
        client_id=client_id,
        secret=secret,
        base_url=base_url,
        client_name=name,
        webhook_url=webhook_url,
        private_hosts=frozenset(private_hosts),
    )


@lru_cache(maxsize=4)
def _plaid_keys(client: Plaid) -> Keys:
    return Keys(client.webhook_key)

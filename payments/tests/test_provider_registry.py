"""Who serves whom: live partners the providers of the settings, sandbox partners the sandbox, nobody else."""

import pytest

from accounts.choices import Mode
from flowlet.core.outbound import Refused
from payments.providers import registry
from payments.providers.errors import ProviderNotConfigured
from payments.providers.plaid.client import LOGIN_IS_OVER, Plaid
from payments.providers.sandbox.aggregator import SandboxAggregator
from payments.providers.stripe.client import Stripe


@pytest.mark.parametrize("ask", [registry.stripe, registry.plaid])
def test_a_provider_without_settings_is_not_offered(ask):
    with pytest.raises(ProviderNotConfigured) as caught:
        ask()
    assert caught.value.details["missing"]


@pytest.mark.parametrize("provider", ["stripe", "plaid", "nobody", ""])
def test_nobody_s_events_are_taken_without_settings(provider):
    with pytest.raises(ProviderNotConfigured):
        registry.inbound_source(provider)


def test_live_partners_get_the_provider_and_sandbox_partners_never(stripe, plaid):
    assert isinstance(registry.card_acquirer(Mode.LIVE), Stripe)
    assert isinstance(registry.account_aggregator(Mode.LIVE), Plaid)
    assert isinstance(registry.account_aggregator(Mode.SANDBOX), SandboxAggregator)
    with pytest.raises(ProviderNotConfigured):
        registry.card_acquirer(Mode.SANDBOX)


def test_a_client_lives_as_long_as_its_settings(stripe, settings):
    first = registry.stripe()
    assert registry.stripe() is first
    settings.STRIPE_API_KEY = "sk_test_rotated"
    assert registry.stripe() is not first


def test_an_address_that_is_neither_public_nor_named_is_refused(settings):
    settings.STRIPE_API_KEY, settings.STRIPE_BASE_URL = "sk_test_x", "http://stripe.internal"
    with pytest.raises(ValueError, match="FLOWLET_OUTBOUND_PRIVATE_HOSTS"):
        registry.stripe()


def test_the_sandbox_s_bank_data_follow_from_the_token_alone():
    bank = SandboxAggregator()
    item = bank.exchange("public-sandbox-Ada_Lovelace")
    again = bank.exchange("public-sandbox-Ada_Lovelace")
    assert again.access_token == item.access_token
    assert again.id != item.id, "each sign-in is a login of its own, as at Plaid"
    checking, savings = bank.accounts(item.access_token)
    assert [owner.names for owner in bank.owners(item.access_token)] == [("Ada Lovelace",)] * 2
    numbers = bank.numbers(item.access_token).us
    assert len({row.account_number for row in numbers}) == 2
    assert [row.account_number[-4:] for row in numbers] == [checking.mask, savings.mask]
    assert bank.numbers(bank.exchange("public-sandbox-Grace_Hopper").access_token).us != numbers
    assert bank.balances(item.access_token, account_ids=(savings.id,)) == [savings]
    found = bank.changes(item.access_token)
    assert (found.added, bank.changes(item.access_token, cursor=found.cursor).cursor) == ([], found.cursor)


def test_the_sandbox_plays_a_login_that_is_over_and_refuses_what_is_not_its_own():
    bank = SandboxAggregator()
    over = bank.exchange("public-sandbox-login_required").access_token
    with pytest.raises(Refused) as caught:
        bank.accounts(over)
    assert caught.value.provider_code in LOGIN_IS_OVER
    for token in ("", "public-sandbox-", "public-production-x"):
        with pytest.raises(Refused):
            bank.exchange(token)
    with pytest.raises(Refused):
        bank.accounts("access-production-x")

"""How the things behind the example ids of the API are made."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from moneyed import Money

from accounts.models import Customer, Partner
from accounts.services import customers
from flowlet.api.endpoints import example_id
from flowlet.api.testing import Tenant, seed
from flowlet.core.actors import Actor, ActorKind
from ledger.models import Book
from ledger.services import accounts, books, charts, journals, rates
from wallets.api import examples
from wallets.models import Wallet
from wallets.services import conversions, holds, quotes, recipes, refunds, transfers, wallets
from wallets.services.limits import Limits

KEY = Actor(ActorKind.API_KEY, "key_x", "backend")


def _book(tenant: Tenant) -> Book:
    partner = Partner.objects.get(pk=tenant.partner_id)
    return books.create(partner=partner, actor=tenant.actor, at=tenant.at, opened_on=date(2020, 1, 1))


def _wallet(tenant: Tenant, funds: str = "", **more: object) -> Wallet:
    """A wallet of the second example customer, who is verified; with money if wanted."""
    book = _book(tenant)
    customer_id = tenant.uuid(example_id("cus", 2))
    if Customer.objects.get(pk=customer_id).kyc_tier != "PREMIUM":
        customers.set_kyc_tier(
            customer_id=customer_id, kyc_tier="PREMIUM", reason="papers seen", actor=tenant.actor, at=tenant.at
        )
    who = {"partner_id": tenant.partner_id, "actor": KEY, "at": tenant.at}
    made = wallets.create(customer_id=customer_id, currency="USD", name="Main", metadata={"plan": "gold"}, **who, **more)
    if funds:
        amount = Money(funds, "USD")
        bank = accounts.system_account(
            book_id=book.pk, line=charts.SAFEGUARDING, currency="USD", actor=tenant.actor, at=tenant.at
        )
        journals.post(
            book_id=book.pk,
            legs=recipes.legs(debit=bank.pk, credit=made.account_id, amount=amount),
            kind="funding",
            actor=tenant.actor,
            effective_on=date(2020, 1, 1),
        )
    return made


@seed(examples.WALLET_ID)
def wallet(tenant: Tenant) -> str:
    """A wallet with money."""
    return _wallet(tenant, "10000", limits=Limits(daily=Decimal(5000)), external_id="wallet-1815").public_id


@seed(examples.SHOP_ID)
def shop(tenant: Tenant) -> str:
    """A wallet that is paid."""
    return _wallet(tenant, "100").public_id


@seed(examples.FROZEN_ID, fresh=True)
def frozen(tenant: Tenant) -> str:
    """A wallet that the partner froze."""
    made = _wallet(tenant)
    wallets.freeze(wallet_id=made.pk, partner_id=tenant.partner_id, reason="stolen phone", actor=KEY, at=tenant.at)
    return made.public_id


@seed(examples.EMPTY_ID, fresh=True)
def empty(tenant: Tenant) -> str:
    """A wallet that can be closed."""
    return _wallet(tenant).public_id


@seed(example_id("hld"), fresh=True)
def hold(tenant: Tenant) -> str:
    """An open hold."""
    return holds.place(
        partner_id=tenant.partner_id,
        wallet_id=tenant.uuid(examples.WALLET_ID),
        amount=Money("20", "USD"),
        description="Hotel room 7",
        metadata={"room": "7"},
        actor=KEY,
        at=tenant.at,
    ).hold.public_id


def _pair(tenant: Tenant) -> dict[str, UUID]:
    return {
        "partner_id": tenant.partner_id,
        "source_id": tenant.uuid(examples.WALLET_ID),
        "target_id": tenant.uuid(examples.SHOP_ID),
    }


@seed(examples.DONE_ID, fresh=True)
def transfer(tenant: Tenant) -> str:
    """A completed transfer, partly refunded, so that a list of refunds shows one."""
    made = transfers.make(
        **_pair(tenant),
        amount=Money("12.50", "USD"),
        description="Lunch",
        metadata={"order": "A-1001"},
        effective_on=date(2026, 1, 15),
        actor=KEY,
        at=tenant.at,
    ).transfer
    refunds.make(
        partner_id=tenant.partner_id, transfer_id=made.pk, amount=Money("1", "USD"), reason="Cold soup", actor=KEY, at=tenant.at
    )
    return made.public_id


@seed(examples.AUTHORIZED_ID, fresh=True)
def authorized(tenant: Tenant) -> str:
    """A transfer that waits for its capture."""
    return transfers.authorize(**_pair(tenant), amount=Money("12.50", "USD"), actor=KEY, at=tenant.at).transfer.public_id


@seed(examples.PAIR)
def pair(tenant: Tenant) -> str:
    """A pair that can be dealt in today."""
    today = tenant.at.date()
    given = [rates.NewRate("EUR", quote, today, Decimal(rate)) for quote, rate in (("GBP", "0.8338"), ("USD", "1.1172"))]
    rates.add(rates=given, source="ECB", at=tenant.at)
    return examples.PAIR


@seed(examples.SAVER_ID)
def saver(tenant: Tenant) -> str:
    """A customer who converts."""
    tenant.id(examples.PAIR)
    _book(tenant)
    who = {"actor": tenant.actor, "at": tenant.at}
    made = customers.create(partner_id=tenant.partner_id, kind="PERSON", name="Grace Hopper", country="GB", **who)
    customers.set_kyc_tier(customer_id=made.pk, kyc_tier="PREMIUM", reason="papers seen", **who)
    return made.public_id


def _purse(tenant: Tenant, currency: str, funds: str) -> str:
    who = {"actor": KEY, "at": tenant.at}
    made = wallets.create(partner_id=tenant.partner_id, customer_id=tenant.uuid(examples.SAVER_ID), currency=currency, **who)
    book = _book(tenant)
    bank = accounts.system_account(book_id=book.pk, line=charts.SAFEGUARDING, currency=currency, **who)
    legs = recipes.legs(debit=bank.pk, credit=made.account_id, amount=Money(funds, currency))
    journals.post(book_id=book.pk, legs=legs, kind="funding", actor=tenant.actor, effective_on=date(2020, 1, 1))
    return made.public_id


@seed(examples.EURO_ID)
def euros(tenant: Tenant) -> str:
    """A wallet in euros, with money."""
    return _purse(tenant, "EUR", "10000")


@seed(examples.POUND_ID)
def pounds(tenant: Tenant) -> str:
    """The same customer's wallet in pounds."""
    return _purse(tenant, "GBP", "100")


@seed(example_id("fxq"), fresh=True)
def quote(tenant: Tenant) -> str:
    """A price that holds."""
    return quotes.create(
        partner_id=tenant.partner_id,
        customer_id=tenant.uuid(examples.SAVER_ID),
        sell_currency="EUR",
        buy_currency="GBP",
        amount=Money("100", "EUR"),
        actor=KEY,
        at=tenant.at,
    ).public_id


@seed(example_id("cnv"), fresh=True)
def conversion(tenant: Tenant) -> str:
    """What was converted."""
    return conversions.execute(
        partner_id=tenant.partner_id,
        source_id=tenant.uuid(examples.EURO_ID),
        target_id=tenant.uuid(examples.POUND_ID),
        amount=Money("100", "EUR"),
        description="Holiday",
        metadata={"trip": "London"},
        actor=KEY,
        at=tenant.at,
    ).conversion.public_id

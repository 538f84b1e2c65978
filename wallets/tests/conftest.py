"""A sandbox partner with its book, customers of a tier, wallets with money."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import pytest
from moneyed import Money

from accounts.models import Customer, Partner
from accounts.services import customers, partners
from flowlet.core import actors, clock
from flowlet.core.actors import Actor, ActorKind
from ledger.services import books
from wallets.models import Wallet
from wallets.services import holds, refunds, top_ups, transfers, wallets

ROBOT = actors.system("tests")
KEY = Actor(kind=ActorKind.API_KEY, id="key_x", label="backend")
STAFF = Actor(kind=ActorKind.STAFF, id="usr_x", label="officer")


def usd(text) -> Money:
    return Money(str(text), "USD")


def new_customer(partner: Partner, tier: str = "PREMIUM", *, at: datetime | None = None, **values) -> Customer:
    at = at or clock.now()
    values = {"kind": "PERSON", "name": "Ada Lovelace", "country": "GB"} | values
    made = customers.create(partner_id=partner.pk, actor=ROBOT, at=at, **values)
    if tier != "UNVERIFIED":
        made = customers.set_kyc_tier(customer_id=made.pk, kyc_tier=tier, reason="papers seen", actor=ROBOT, at=at)
    return made


def new_partner(name: str = "Acme", *, time_zone: str = "UTC") -> Partner:
    at = clock.now()
    pair = partners.create(name=name, country="DE", time_zone=time_zone, actor=ROBOT, at=at)
    for row in (pair.live, pair.sandbox):
        books.create(partner=row, actor=ROBOT, at=at, opened_on=datetime(2020, 1, 1, tzinfo=UTC).date())
    return pair.sandbox


@dataclass
class World:
    """Short words for the services, at the present moment, for one sandbox partner."""

    partner: Partner
    at: datetime

    def customer(self, tier: str = "PREMIUM", **values) -> Customer:
        return new_customer(self.partner, tier, at=self.at, **values)

    def wallet(self, funds="", *, currency="USD", customer=None, tier="PREMIUM", **options) -> Wallet:
        owner = customer or self.customer(tier)
        made = wallets.create(
            partner_id=self.partner.pk, customer_id=owner.pk, currency=currency, actor=KEY, at=self.at, **options
        )
        if funds:
            self.fund(made, funds)
        return made

    def fund(self, wallet, amount):
        return top_ups.simulate(
            partner_id=self.partner.pk, wallet_id=wallet.pk, amount=Money(amount, wallet.currency), actor=KEY, at=self.at
        )

    def send(self, source, target, amount, **options):
        options = {"at": self.at, "actor": KEY} | options
        return transfers.make(
            partner_id=self.partner.pk,
            source_id=_key(source),
            target_id=_key(target),
            amount=Money(amount, getattr(source, "currency", "USD")),
            **options,
        )

    def authorize(self, source, target, amount, **options):
        options = {"at": self.at, "actor": KEY} | options
        return transfers.authorize(
            partner_id=self.partner.pk,
            source_id=_key(source),
            target_id=_key(target),
            amount=Money(amount, source.currency),
            **options,
        )

    def hold(self, wallet, amount, **options):
        options = {"at": self.at, "actor": KEY} | options
        return holds.place(partner_id=self.partner.pk, wallet_id=wallet.pk, amount=Money(amount, wallet.currency), **options)

    def capture(self, hold, target, amount=None, **options):
        options = {"at": self.at, "actor": KEY} | options
        value = None if amount is None else Money(amount, target.currency)
        return holds.capture(partner_id=self.partner.pk, hold_id=hold.pk, target_id=target.pk, amount=value, **options)

    def release(self, hold, **options):
        options = {"at": self.at, "actor": KEY} | options
        return holds.release(partner_id=self.partner.pk, hold_id=hold.pk, **options)

    def refund(self, transfer, amount=None, **options):
        options = {"at": self.at, "actor": KEY} | options
        value = None if amount is None else Money(amount, transfer.currency)
        return refunds.make(partner_id=self.partner.pk, transfer_id=transfer.pk, amount=value, **options)

    def balance(self, wallet) -> tuple[str, str]:
        """(posted, held) as the books say, without zeros at the end."""
        from ledger.models import Balance

        row = Balance.objects.get(pk=wallet.account_id)
        return f"{row.posted.normalize():f}", f"{row.held.normalize():f}"


def _key(wallet) -> UUID:
    return wallet if isinstance(wallet, UUID) else wallet.pk


def footprint() -> dict[str, int]:
    """How many rows each table has, and what the rows that change say."""
    from django.apps import apps

    from ledger.models import Balance
    from wallets.models import Hold, Transfer, Usage

    counts = {
        model._meta.db_table: model.objects.count()
        for app in ("wallets", "ledger", "flowlet_audit", "flowlet_events")
        for model in apps.get_app_config(app).get_models()
    }
    counts["balances"] = sorted(Balance.objects.values_list("account_id", "posted", "held", "seq", "status"))
    counts["holds"] = sorted(Hold.objects.values_list("id", "captured", "released", "status"))
    counts["states"] = sorted(Transfer.objects.values_list("id", "captured", "refunded", "status"))
    counts["usage"] = sorted(Usage.objects.values_list("allowance_id", "wallet_id", "day", "used"))
    counts["wallets"] = sorted(Wallet.objects.values_list("id", "status"))
    return counts


@pytest.fixture
def world(db) -> World:
    return World(new_partner(), clock.now())


@pytest.fixture
def at(world):
    return world.at

"""What monitoring sees of payments and transfers."""

from datetime import date, timedelta
from decimal import Decimal
from hashlib import md5
from uuid import UUID

import pytest

from compliance.models import Activity
from compliance.services import activities
from flowlet.core.money import Money
from flowlet.events import registry
from flowlet.events.models import Event
from flowlet.events.services import relay
from ledger.services import rates
from payments.choices import PaymentKind as K
from payments.choices import Rail
from payments.models import Move, Payment
from payments.services import gathering, outcomes, payments, suspense
from payments.services.suspense_rows import Arrival, Payer
from payments.tests.world import KEY, STAFF, fresh_world
from wallets.models import Transfer
from wallets.services import transfers

FRENCH, GERMAN, BELGIAN = "FR1420041010050500013M02606", "DE89370400440532013000", "BE68539007547034"
HEARD = ("compliance.see_payment",)


@pytest.fixture
def world(db):
    return fresh_world()


def tell(world):
    """Hand every event of a payment to its handler, and take in what else is recent."""
    for event in Event.objects.order_by("id"):
        for name in HEARD:
            handler = registry.find(name)
            if handler.listens_to(event.type):
                handler.run(event)
    activities.take_recent(at=world.at + timedelta(seconds=1))


def take_day(world):
    since, until = activities.day_of(world.at.date())
    return activities.take_in(since=since, until=until + timedelta(days=1))


def by_event(world):
    tell(world)
    tell(world)


def by_day(world):
    assert take_day(world) == Activity.objects.count()
    assert take_day(world) == 0


@pytest.fixture(params=[by_event, by_day], ids=["as it comes", "by day"])
def take(request, world):
    """Both ways of taking in, each of them twice."""
    return lambda: request.param(world)


def test_a_transfer_between_customers_is_seen_from_both_sides_and_its_refund_too(world, take):
    payer, payee = world.wallet("100.00"), world.wallet()
    made = world.send(payer, payee, "30.00", metadata={"device_id": "phone-1", "ip_country": "KP", "cash": "true"})
    world.refund(made.transfer, "10.00")
    take()
    a, b = payer.customer_id, payee.customer_id
    assert set(Activity.objects.values_list("customer_id", "counterparty", "direction", "kind", "amount", "worth")) == {
        (a, b, "OUT", "WALLET", Decimal(30), Decimal(30)),
        (b, a, "IN", "WALLET", Decimal(30), Decimal(30)),
        (b, a, "OUT", "REFUND", Decimal(10), Decimal(10)),
        (a, b, "IN", "REFUND", Decimal(10), Decimal(10)),
    }
    sent = Activity.objects.get(customer=a, kind="WALLET")
    assert (sent.ip_country, sent.is_cash, sent.device is None, sent.is_own, sent.is_new_counterparty) == (
        "KP",
        True,
        False,
        False,
        True,
    )
    assert sent.reference == made.transfer.public_id


def test_money_that_goes_out_counts_once_it_is_held_and_no_more_when_it_stayed(world, take):
    wallet = world.wallet("100.00")
    other = world.bank(wallet)
    left, stayed = world.pay(wallet, "30.00", to=other), world.pay(wallet, "20.00", to=other)
    world.act(payments.cancel, stayed, reason="not needed", actor=KEY)
    take()
    (found,) = Activity.objects.filter(source="PAYMENT")
    assert (found.source_id, found.direction, found.kind, found.rail) == (left.pk, "OUT", "TRANSFER", "ach")
    assert (found.country, found.is_own, found.names_parties, found.counterparty is None) == ("US", False, True, False)


def test_a_return_is_a_movement_of_its_own_in_the_other_direction(world, take):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    day = (payment.partner_id, payment.rail, payment.currency, payment.direction, payment.value_on)
    gathering.gather(day, at=world.at, actor=KEY, early=True)
    world.act(outcomes.settle, payment)
    world.act(outcomes.return_, payment, reason_code="R02")
    take()
    assert set(Activity.objects.values_list("direction", "kind", "amount")) == {
        ("OUT", "TRANSFER", Decimal(30)),
        ("IN", "RETURN", Decimal(30)),
    }


def test_money_inside_the_book_reaches_the_payee_when_it_is_settled(world, take):
    wallet, friend = world.wallet("100.00"), world.wallet()
    world.pay(wallet, "30.00", rail=Rail.BOOK, target_wallet_id=friend.pk)
    world.pay(wallet, "1.00", rail=Rail.BOOK, kind=K.FEE)
    take()
    found = Activity.objects.filter(source="PAYMENT").order_by("direction")
    assert [(x.customer_id, x.direction, x.counterparty) for x in found] == [
        (friend.customer_id, "IN", wallet.customer_id),
        (wallet.customer_id, "OUT", friend.customer_id),
    ]


def test_one_account_outside_is_one_counterparty_for_all_customers_of_the_partner(world, take):
    first, second = world.wallet("100.00"), world.wallet("100.00")
    for wallet in (first, second):
        world.pay(wallet, "5.00", to=world.bank(wallet, account_number="98765432"))
    world.pay(first, "5.00", to=world.bank(first, account_number="11111111"))
    take()
    paid = Activity.objects.filter(source="PAYMENT")
    assert (paid.count(), paid.values("counterparty").distinct().count()) == (3, 2)


def test_only_the_first_money_to_somebody_goes_to_a_new_counterparty(world, take):
    payer, payee = world.wallet("100.00"), world.wallet()
    made = [world.send(payer, payee, "1.00").transfer, world.send(payer, payee, "1.00").transfer]
    take()
    new = Activity.objects.filter(direction="OUT", kind="WALLET", is_new_counterparty=True)
    assert new.get().source_id == made[0].pk


def test_foreign_money_has_its_worth_as_soon_as_there_is_a_rate(world):
    payer, payee = world.wallet("100.00", currency="EUR"), world.wallet(currency="EUR")
    world.send(payer, payee, "10.00")
    tell(world)
    assert set(Activity.objects.filter(kind="WALLET").values_list("worth", flat=True)) == {None}
    rates.enter(base="EUR", quote="USD", rate=Decimal("1.0841"), valid_on=world.at.date(), actor=KEY, at=world.at)
    take_day(world)
    assert set(Activity.objects.filter(kind="WALLET").values_list("worth", flat=True)) == {Decimal("10.84")}


def test_whoever_sends_a_deposit_is_an_other_side_with_a_country_and_a_name(world, take):
    wallet = world.wallet(currency="EUR")
    known = world.bank(wallet, iban=FRENCH, owner_name="Grace Hopper")
    mine = world.bank(wallet, iban=BELGIAN, relation="OWN")
    for name, payer in (
        ("known", Payer(name="Grace Hopper", account="fr14 2004 1010 0505 0001 3M02 606")),
        ("mine", Payer(name="Me", account=BELGIAN)),
        ("first", Payer(name="Fyodor Brannikov", account=GERMAN)),
        ("again", Payer(name="F. Brannikov", account=GERMAN)),
        ("nameless", Payer(account="12-345678")),
        ("by name", Payer(name="Ada Lovelace")),
        ("nobody", Payer()),
    ):
        world.credit(wallet, "10", name=name, rail=Rail.SEPA_CT, currency="EUR", arrival=Arrival(payer=payer))
    take()
    rows = {row.reference: row for row in Activity.objects.all()}
    found = {
        payment.provider_reference: rows[payment.public_id] for payment in Payment.objects.filter(kind="DEPOSIT").order_by("pk")
    }
    assert {name: (row.country, row.names_parties, row.is_own) for name, row in found.items()} == {
        "known": ("FR", True, False),
        "mine": ("BE", True, True),
        "first": ("DE", True, False),
        "again": ("DE", True, False),
        "nameless": ("", False, False),
        "by name": ("", False, False),
        "nobody": ("", False, False),
    }
    sides = {name: row.counterparty for name, row in found.items()}
    assert sides["first"] == sides["again"] and sides["nobody"] is None
    assert len(set(sides.values())) == 6
    assert sides["known"] == UUID(md5((str(world.partner.pk) + known.fingerprint).encode()).hexdigest())
    assert sides["mine"] == UUID(md5((str(world.partner.pk) + mine.fingerprint).encode()).hexdigest())
    assert "Brannikov" not in str(list(Move.objects.values_list("details", flat=True)))


def test_money_that_was_assigned_from_suspense_has_the_payer_of_whom_its_bank_told(world, take):
    wallet = world.wallet(currency="EUR")
    for name, payer in (
        ("told", Payer(name="Fyodor Brannikov", account=GERMAN)),
        ("nameless", Payer(account=FRENCH)),
        ("nobody", Payer()),
    ):
        arrival = Arrival(payer=payer)
        payment = world.credit(None, "10", name=name, rail=Rail.SEPA_CT, currency="EUR", arrival=arrival)
        row = payment.suspense_items.get()
        suspense.assign(item_id=row.pk, wallet_id=wallet.pk, reason="They wrote to us.", actor=STAFF, at=world.at)
    direct = Arrival(payer=Payer(name="F. Brannikov", account=GERMAN))
    world.credit(wallet, "10", name="direct", rail=Rail.SEPA_CT, currency="EUR", arrival=direct)
    take()
    rows = {row.reference: row for row in Activity.objects.all()}
    found = {payment.provider_reference: rows[payment.public_id] for payment in Payment.objects.filter(kind="DEPOSIT")}
    assert {name: (row.country, row.names_parties) for name, row in found.items()} == {
        "told": ("DE", True),
        "nameless": ("FR", False),
        "nobody": ("", False),
        "direct": ("DE", True),
    }
    assert found["told"].counterparty == found["direct"].counterparty != found["nameless"].counterparty


def test_money_that_was_assigned_days_later_came_to_the_customer_then(world, take):
    wallet = world.wallet(currency="EUR")
    payment = world.credit(
        None, "10", name="late", rail=Rail.SEPA_CT, currency="EUR", arrival=Arrival(payer=Payer(account=GERMAN))
    )
    row, later = payment.suspense_items.get(), world.at + timedelta(days=5)
    take()
    assert not Activity.objects.exists()
    suspense.assign(item_id=row.pk, wallet_id=wallet.pk, reason="They wrote to us.", actor=STAFF, at=later)
    activities.take_in(since=later - timedelta(hours=1), until=later + timedelta(hours=1))
    activities.take_one(kind="pay", key=payment.pk, at=later)
    assert [(one.customer_id, one.direction, one.happened_at, one.country) for one in Activity.objects.all()] == [
        (wallet.customer_id, "IN", later, "DE")
    ]


def test_money_that_was_assigned_is_seen_with_its_event(world):
    wallet = world.wallet(currency="EUR")
    payment = world.credit(
        None, "10", name="late", rail=Rail.SEPA_CT, currency="EUR", arrival=Arrival(payer=Payer(account=GERMAN))
    )
    later = world.at + timedelta(days=5)
    suspense.assign(
        item_id=payment.suspense_items.get().pk, wallet_id=wallet.pk, reason="They wrote to us.", actor=STAFF, at=later
    )
    relay.run(now=lambda: later)
    assert Activity.objects.get().happened_at == later


def test_what_is_recent_goes_on_from_the_newest_that_is_known_and_a_day_back_at_most(world):
    payer, payee = world.wallet("100.00"), world.wallet()
    for hours in (30, 20, 2, 0):
        transfers.make(
            partner_id=world.partner.pk,
            source_id=payer.pk,
            target_id=payee.pk,
            amount=Money("1.00", "USD"),
            actor=KEY,
            at=world.at - timedelta(hours=hours),
        )
    taken = [activities.take_recent(at=world.at - timedelta(hours=hours, seconds=-1)) for hours in (20, 2, 0, 0)]
    assert taken == [2, 2, 2, 0]
    Activity.objects.all().delete()
    activities.take_one(kind="trf", key=Transfer.objects.earliest("completed_at").pk, at=world.at)
    assert activities.take_recent(at=world.at) == 4  # of a day, and not of this very moment


def test_a_day_is_a_day_in_utc():
    since, until = activities.day_of(date(2026, 3, 29))
    assert (since.isoformat(), until.isoformat()) == ("2026-03-29T00:00:00+00:00", "2026-03-30T00:00:00+00:00")

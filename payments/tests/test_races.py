"""Many at once, with real threads and commits: a payment takes one way, and money is held, sent and given back once."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Event, Timer
from time import sleep
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.test.utils import CaptureQueriesContext

from flowlet.core.money import Money
from payments.choices import OrderStatus, PaymentKind, PaymentStatus, Rail
from payments.models import CustomerRailUsage, Move, PartnerRailUsage, Payment, RailLimit, SandboxOrder
from payments.providers.gateway import Answer, State
from payments.services import gathering, outcomes, payments, sandbox_bank, sending, settlement, suspense
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world
from wallets.services import wallets
from wallets.tests.test_faults import at_once

S = PaymentStatus
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return fresh_world()


def charge(world, wallet):
    return world.pay(wallet, "10.00", kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=world.card(wallet))


def at_once_outside(count, step):
    """As ``at_once``, without a transaction around each: providers are called outside of them."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    from django.db import connection

    from flowlet.core.errors import DomainError

    gate = Barrier(count)

    def run(number):
        try:
            gate.wait()
            step(number)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(run, range(count)))


def test_of_sixteen_payments_of_a_whole_balance_exactly_one_is_held(world):
    wallet = world.wallet("100.00")
    bank = world.bank(wallet)
    found = at_once(16, lambda n: world.pay(wallet, "100.00", to=bank))
    assert found == {"done": 1, "wallets.insufficient_funds": 15}
    assert [payment.status for payment in Payment.objects.all()] == [S.HELD]
    assert world.funds(wallet) == (Decimal(100), Decimal(100))
    books_are_sound()


def test_a_payment_is_canceled_or_sent_but_not_both(world):
    wallet = world.wallet()
    for _ in range(6):
        payment = charge(world, wallet)

        def step(number, payment=payment):
            if number % 2:
                payments.cancel(payment_id=payment.pk, actor=KEY, at=world.at)
            else:
                sending.send(payment_id=payment.pk, actor=STAFF, at=world.at)

        at_once_outside(6, step)
        payment.refresh_from_db()
        told = SandboxOrder.objects.filter(reference=payment.public_id).values_list("times_told", flat=True)
        assert (payment.status, list(told)) in [(S.CANCELED, []), (S.SETTLED, [1])]
    books_are_sound()


def test_a_payment_is_canceled_or_in_a_file_but_not_both(world):
    wallet = world.wallet("1000.00")
    bank = world.bank(wallet)
    made = [world.pay(wallet, "10.00", to=bank) for _ in range(12)]

    def step(number):
        if number % 3:
            payments.cancel(payment_id=made[number].pk, actor=KEY, at=world.at)
        else:
            settlement.run(at=world.at, actor=STAFF, early=True)

    at_once_outside(12, step)
    settlement.run(at=world.at, actor=STAFF, early=True)
    states = Counter((payment.status, payment.batch_id is not None) for payment in Payment.objects.all())
    assert set(states) <= {(S.CANCELED, False), (S.SUBMITTED, True)}
    sent = states[S.SUBMITTED, True]
    assert SandboxOrder.objects.count() == sent >= 4
    assert world.funds(wallet) == (Decimal(1000 - 10 * sent), Decimal(0))
    books_are_sound()


def test_two_returns_at_once_give_the_money_back_once(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    settlement.run(at=world.at, actor=STAFF, early=True)
    world.act(outcomes.settle, payment)
    assert at_once(8, lambda n: world.act(outcomes.return_, payment, reason_code="R02")) == {"done": 8}
    assert world.funds(wallet) == (Decimal(100), Decimal(0))
    assert Move.objects.filter(payment=payment, went_to=S.RETURNED).count() == 1
    books_are_sound()


def test_two_files_that_are_rejected_at_once_wait_for_each_other_in_one_order(world, monkeypatch):
    """Each pays from both wallets, the one in the other's order: whoever took the wallets as the files have them would never end."""
    first, second = world.wallet("100.00"), world.wallet("100.00")
    batches = []
    for wallets_ in ((first, second), (second, first)):
        for wallet in wallets_:
            world.pay(wallet, "10.00", to=world.bank(wallet))
        batches += settlement.run(at=world.at, actor=STAFF, early=True).built
    assert [batch.count for batch in batches] == [2, 2]
    fail = outcomes.fail

    def slowly(**values):
        done = fail(**values)
        sleep(0.4)
        return done

    monkeypatch.setattr(outcomes, "fail", slowly)
    reject = partial(settlement.answer, accepted=False, text="no", actor=STAFF, at=world.at)
    assert at_once(2, lambda number: reject(batch_id=batches[number].pk)) == {"done": 2}
    assert {world.funds(wallet) for wallet in (first, second)} == {(Decimal(100), Decimal(0))}
    books_are_sound()


def test_a_rejected_file_takes_its_payments_by_their_keys_at_once_as_who_settles_them_does(world):
    wallet = world.wallet()
    mandates = [world.ach_mandate(world.bank(wallet, relation="OWN")) for _ in range(2)]
    for mandate in reversed(mandates):
        world.pay(wallet, "10.00", kind=PaymentKind.COLLECTION, to=mandate.external_account, mandate_id=mandate.pk)
    [batch] = settlement.run(at=world.at, actor=STAFF, early=True).built
    with CaptureQueriesContext(connection) as asked:
        settlement.answer(batch_id=batch.pk, accepted=False, text="no", actor=STAFF, at=world.at)
    locks = [query["sql"] for query in asked if "FOR NO KEY UPDATE" in query["sql"] and 'FROM "payments_payment"' in query["sql"]]
    assert 'ORDER BY "payments_payment"."id" ASC' in locks[0]
    assert "LIMIT 1" not in locks[0]


def test_a_settlement_and_a_return_at_once_end_where_the_return_leads(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    settlement.run(at=world.at, actor=STAFF, early=True)

    def step(number):
        if number % 2:
            world.act(outcomes.settle, payment)
        else:
            world.act(outcomes.return_, payment, reason_code="R02")

    at_once(6, step)
    payment.refresh_from_db()
    assert payment.status == S.RETURNED
    assert world.funds(wallet) == (Decimal(100), Decimal(0))
    assert world.lines() == {"1010": Decimal(100), "2010": Decimal(-100)}
    books_are_sound()


def test_the_providers_event_and_its_answer_at_once_are_booked_once(world):
    wallet = world.wallet()
    payment = charge(world, wallet)
    sandbox_bank.misbehave(partner_id=world.partner.pk, fault="LOSE_ANSWER", times=1, at=world.at)
    sending.send(payment_id=payment.pk, actor=STAFF, at=world.at)
    order = SandboxOrder.objects.get(status=OrderStatus.PAID)
    paid = Answer(state=State.PAID, provider_reference=order.public_id)

    def step(number):
        if number % 2:
            sending.book(payment.pk, paid, actor=STAFF, at=world.at)
        else:
            sending.ask(payment_id=payment.pk, actor=STAFF, at=world.at)

    assert at_once_outside(8, step) == {"done": 8}
    payment.refresh_from_db()
    assert (payment.status, payment.moves.filter(went_to=S.SETTLED).count()) == (S.SETTLED, 1)
    assert world.funds(wallet) == (Decimal(10), Decimal(0))
    books_are_sound()


def test_refunds_at_once_never_exceed_what_came_in(world):
    wallet = world.wallet("100.00")
    payment = charge(world, wallet)
    sending.send(payment_id=payment.pk, actor=STAFF, at=world.at)

    found = at_once(8, lambda n: payments.refund(payment_id=payment.pk, amount=Money("4.00", "USD"), actor=KEY, at=world.at))
    assert found == {"done": 2, "payments.refund_too_large": 6}
    settlement.send_ready(at=world.at, actor=STAFF)
    payment.refresh_from_db()
    assert payment.refunded == Decimal(8)
    books_are_sound()


def test_one_credit_told_ten_times_at_once_is_booked_once(world):
    wallet = world.wallet()
    found = []
    assert at_once(10, lambda n: found.append(world.credit(wallet, "7.00", name="same").pk)) == {"done": 10}
    assert len(set(found)) == 1
    assert world.funds(wallet) == (Decimal(7), Decimal(0))
    books_are_sound()


def limited(world, **figures):
    """A limit of the partner's ACH payments out, as an approved request would have written it."""
    at = world.at
    RailLimit.objects.create(
        partner=world.partner, rail="ach", direction="OUT", currency="USD", valid_from=at, created_at=at, reason="race",
        approval_id=uuid4(), **figures,
    )  # fmt: skip


def used_by_partner(world):
    return PartnerRailUsage.objects.filter(partner=world.partner).aggregate(used=Sum("used"), count=Sum("count"))


@pytest.mark.parametrize("figures", [{"customer_daily": 100}, {"customer_monthly": 100}, {"customer_daily_count": 4}])
def test_payments_of_one_customer_at_once_never_exceed_the_limit(world, figures):
    limited(world, **figures)
    owner = world.customer()
    wallets = [world.wallet("1000.00", customer=owner) for _ in range(4)]
    banks = [(world.bank(wallet), world.bank(wallet, relation="OWN")) for wallet in wallets]

    def step(n):
        theirs, own = banks[n % 4]
        if n % 2:
            world.pay(wallets[n % 4], "25.00", to=theirs)
        else:
            world.pay(wallets[n % 4], "25.00", kind=PaymentKind.WITHDRAWAL, to=own)

    assert at_once(16, step) == {"done": 4, "payments.limit_exceeded": 12}
    assert CustomerRailUsage.objects.aggregate(used=Sum("used"), count=Sum("count")) == {"used": 100, "count": 4}
    books_are_sound()


@pytest.mark.parametrize("figures", [{"partner_daily": 100}, {"partner_monthly": 100}, {"partner_daily_count": 4}])
def test_payments_of_all_customers_at_once_never_exceed_the_partners_limit(world, figures):
    limited(world, **figures)
    wallets = [world.wallet("1000.00") for _ in range(16)]
    banks = [world.bank(wallet) for wallet in wallets]
    found = at_once(16, lambda n: world.pay(wallets[n], "25.00", to=banks[n]))
    assert found == {"done": 4, "payments.limit_exceeded": 12}
    assert used_by_partner(world) == {"used": 100, "count": 4}
    books_are_sound()


def test_payments_made_and_canceled_at_once_wait_for_one_another_in_no_circle_and_leave_what_is_used(world):
    limited(world, customer_daily=1000, partner_daily=1000)
    owner = world.customer()
    wallet, other = (world.wallet("1000.00", customer=owner) for _ in range(2))
    bank = world.bank(wallet)
    for _ in range(3):
        made = [world.pay(wallet, "10.00", to=bank) for _ in range(8)]
        theirs = world.bank(other)

        def step(n, made=made, theirs=theirs):
            if n % 2:
                payments.cancel(payment_id=made[n // 2].pk, actor=KEY, at=world.at)
            else:
                world.pay(other, "5.00", to=theirs)

        assert at_once(16, step) == {"done": 16}
    stands = Payment.objects.filter(status=S.HELD).aggregate(used=Sum("amount"), count=Count("pk"))
    assert stands == {"used": 120, "count": 24}
    assert used_by_partner(world) == stands
    books_are_sound()


def test_opposite_payments_inside_the_book_never_wait_for_each_other_in_a_circle(world):
    one, other = world.wallet("100.00"), world.wallet("100.00")

    def step(number):
        source, target = (one, other) if number % 2 else (other, one)
        for _ in range(10):
            world.pay(source, "1.00", rail=Rail.BOOK, target_wallet_id=target.pk)

    assert at_once_outside(8, step) == {"done": 8}
    assert (world.funds(one), world.funds(other)) == ((Decimal(100), Decimal(0)), (Decimal(100), Decimal(0)))
    books_are_sound()


def test_what_another_run_is_gathering_keeps_the_value_day_of_its_file(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "10.00", to=world.bank(wallet))
    group = (payment.partner_id, payment.rail, payment.currency, payment.direction, payment.value_on)
    gathered, over = Event(), Event()

    def step(number):
        if number:
            assert gathered.wait(30)
            Timer(0.5, over.set).start()  # whoever waits for the other's rows sees them as they are then
            gathering.roll_over(at=payment.cutoff_at + timedelta(hours=1))
            return
        with transaction.atomic():
            gathering.gather(group, at=payment.cutoff_at, actor=STAFF)
            gathered.set()
            over.wait(30)

    assert at_once_outside(2, step) == {"done": 2}
    payment.refresh_from_db()
    assert (payment.status, payment.value_on) == (S.SUBMITTED, payment.batch.value_on)


def test_money_in_suspense_is_given_to_one_of_many_wallets_once(world):
    row = world.credit(None, "50.00", name="lost").suspense_items.get()
    found = [world.wallet() for _ in range(8)]

    def step(number):
        suspense.assign(item_id=row.pk, wallet_id=found[number].pk, reason="the payer wrote", actor=STAFF, at=world.at)

    assert at_once(8, step) == {"done": 1, "payments.not_in_suspense": 7}
    assert sorted(world.funds(wallet)[0] for wallet in found) == [Decimal(0)] * 7 + [Decimal(50)]
    assert world.lines() == {"1010": Decimal(50), "2010": Decimal(-50)}
    assert Move.objects.filter(payment_id=row.payment_id, reason_code="payment.assigned").count() == 1
    books_are_sound()


def test_money_in_suspense_is_assigned_or_goes_back_and_a_wallet_that_got_it_gives_it(world):
    for number in range(4):
        row = world.credit(None, "50.00", name=f"lost-{number}").suspense_items.get()
        wallet = world.wallet()

        def step(n, row=row, wallet=wallet):
            if n % 2:
                suspense.assign(item_id=row.pk, wallet_id=wallet.pk, reason="the payer wrote", actor=STAFF, at=world.at)
            else:
                world.act(outcomes.return_, row.payment, reason_code="R02")

        assert set(at_once(6, step)) <= {"done", "payments.not_in_suspense"}
        row.refresh_from_db()
        assert (row.state, world.funds(wallet)[0]) in [("ASSIGNED", Decimal(0)), ("RETURNED", Decimal(0))]
        assert world.lines() == {}
    books_are_sound()


def test_freezing_a_wallet_and_assigning_to_it_at_once_loses_nothing(world):
    row, wallet = world.credit(None, "50.00", name="lost").suspense_items.get(), world.wallet()

    def step(number):
        if number % 2:
            suspense.assign(item_id=row.pk, wallet_id=wallet.pk, reason="the payer wrote", actor=STAFF, at=world.at)
        else:
            wallets.freeze(wallet_id=wallet.pk, reason="Looked at", actor=STAFF, at=world.at)

    found = at_once(4, step)
    row.refresh_from_db()
    assert world.funds(wallet)[0] == (Decimal(50) if row.state == "ASSIGNED" else Decimal(0)), found
    books_are_sound()

"""Many at once, with real threads and commits: a payment takes one way, and money is held, sent and given back once."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from threading import Event, Timer

import pytest
from django.db import transaction

from flowlet.core.money import Money
from payments.choices import OrderStatus, PaymentKind, PaymentStatus, Rail
from payments.models import Move, Payment, SandboxOrder
from payments.providers.gateway import Answer, State
from payments.services import outcomes, payments, sandbox_bank, sending, settlement
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world
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
            settlement.roll_over(at=payment.cutoff_at + timedelta(hours=1))
            return
        with transaction.atomic():
            settlement.gather(group, at=payment.cutoff_at, actor=STAFF)
            gathered.set()
            over.wait(30)

    assert at_once_outside(2, step) == {"done": 2}
    payment.refresh_from_db()
    assert (payment.status, payment.value_on) == (S.SUBMITTED, payment.batch.value_on)

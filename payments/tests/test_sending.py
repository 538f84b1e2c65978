"""Rails without files: one reference, answers that get lost, and nothing paid twice."""

from datetime import timedelta
from decimal import Decimal

import pytest

from flowlet.core import clock
from payments import errors
from payments.choices import OrderStatus, PaymentKind, PaymentStatus, Rail
from payments.models import Payment, SandboxOrder
from payments.services import gateways, sandbox_bank, sending, settlement
from payments.tests.world import STAFF, books_are_sound, fresh_world
from wallets.services import wallets

S = PaymentStatus
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return fresh_world()


def card_payment(world, amount="25.00"):
    wallet = world.wallet()
    return wallet, world.pay(wallet, amount, kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=world.card(wallet))


def send(payment):
    return sending.send(payment_id=payment.pk, actor=STAFF, at=clock.now())


def test_a_card_is_charged_and_its_money_is_there(world):
    wallet, payment = card_payment(world)
    assert send(payment).status == S.SETTLED
    assert world.funds(wallet) == (Decimal(25), Decimal(0))
    assert world.lines() == {"1110": Decimal(25), "2010": Decimal(-25)}
    order = SandboxOrder.objects.get()
    assert (order.reference, order.amount, order.times_told) == (payment.public_id, Decimal(25), 1)


def test_sending_again_does_nothing(world):
    wallet, payment = card_payment(world)
    send(payment)
    assert send(payment).status == S.SETTLED
    assert SandboxOrder.objects.get().times_told == 1


def test_a_lost_answer_is_unknown_and_asked_for_by_the_same_reference(world):
    wallet, payment = card_payment(world)
    sandbox_bank.misbehave(partner_id=world.partner.pk, fault="LOSE_ANSWER", times=1, at=world.at)
    payment = send(payment)
    assert payment.status == S.UNKNOWN
    assert world.funds(wallet) == (Decimal(0), Decimal(0))
    assert sending.ask_due(at=clock.now(), actor=STAFF) == 0
    assert sending.ask_due(at=clock.now() + timedelta(minutes=6), actor=STAFF) == 1
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    assert world.funds(wallet) == (Decimal(25), Decimal(0))
    assert SandboxOrder.objects.get().times_told == 1
    books_are_sound()


def test_an_order_that_never_arrived_is_sent_again(world):
    wallet, payment = card_payment(world)
    sandbox_bank.misbehave(partner_id=world.partner.pk, fault="LOSE_ORDER", times=1, at=world.at)
    assert send(payment).status == S.UNKNOWN
    assert not SandboxOrder.objects.exists()
    sending.ask_due(at=clock.now() + timedelta(minutes=6), actor=STAFF)
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    assert SandboxOrder.objects.get().times_told == 1


def test_a_refused_charge_fails_and_leaves_nothing(world):
    wallet, payment = card_payment(world)
    sandbox_bank.misbehave(partner_id=world.partner.pk, fault="REFUSE", times=1, at=world.at)
    payment = send(payment)
    assert (payment.status, payment.reason_code) == (S.FAILED, "sandbox.refused")
    assert world.lines() == {}


def test_questions_come_after_five_minutes_an_hour_and_then_every_day():
    assert [sending.wait_after(asked) for asked in range(5)] == [
        timedelta(minutes=5),
        timedelta(hours=1),
        timedelta(days=1),
        timedelta(days=1),
        timedelta(days=1),
    ]


def test_a_payment_whose_sender_died_after_booking_is_asked_for(world):
    """As if the worker was killed between the commit of SUBMITTED and the call."""
    wallet, payment = card_payment(world)

    class Killed(BaseException):
        pass

    def die(self, instruction):
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(sandbox_bank.SandboxGateway, "submit", die)
        send(payment)
    payment.refresh_from_db()
    assert payment.status == S.SUBMITTED
    sending.ask_due(at=clock.now() + timedelta(minutes=6), actor=STAFF)
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    assert SandboxOrder.objects.get().times_told == 1


def test_what_was_not_sent_when_its_event_came_is_swept_up(world):
    wallet, payment = card_payment(world)
    assert settlement.send_ready(at=clock.now(), actor=STAFF) == 1
    payment.refresh_from_db()
    assert payment.status == S.SETTLED


def test_a_sandbox_order_that_the_bank_pays_later_settles_when_asked(world):
    wallet = world.wallet(currency="EUR")
    payment = world.pay(
        wallet, "9.00", kind=PaymentKind.DEPOSIT, rail=Rail.OPEN_BANKING, to=world.bank(wallet, relation="OWN", iban=True)
    )
    assert send(payment).status == S.SUBMITTED
    sandbox_bank.mark(payment.public_id, OrderStatus.PAID, at=clock.now())
    sending.ask_due(at=clock.now() + timedelta(minutes=6), actor=STAFF)
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    assert world.funds(wallet) == (Decimal(9), Decimal(0))
    books_are_sound()


def test_payments_of_who_was_stopped_do_not_hold_up_the_others(world):
    (stopped, first), (_, second) = card_payment(world), card_payment(world)
    wallets.freeze(wallet_id=stopped.pk, reason="a question", actor=STAFF, at=world.at)
    assert settlement.send_ready(at=clock.now(), actor=STAFF, limit=1) == 1
    assert [Payment.objects.get(pk=one.pk).status for one in (first, second)] == [S.APPROVED, S.SETTLED]


def test_a_payment_that_cannot_be_asked_for_does_not_hold_up_the_others(world, monkeypatch):
    sandbox_bank.misbehave(partner_id=world.partner.pk, fault="LOSE_ANSWER", times=2, at=world.at)
    first, second = (send(card_payment(world)[1]) for _ in range(2))
    real = gateways.of

    def of(payment):
        if payment.pk == first.pk:
            raise errors.RailNotConfigured("not set up any more")
        return real(payment)

    monkeypatch.setattr(gateways, "of", of)
    later = clock.now() + timedelta(minutes=6)
    for _ in range(2):
        sending.ask_due(at=later, actor=STAFF, limit=1)
    assert [Payment.objects.get(pk=one.pk).status for one in (first, second)] == [S.UNKNOWN, S.SETTLED]
    assert sending.ask_due(at=later + timedelta(days=2), actor=STAFF, limit=1) == 1  # and it is not forgotten


@pytest.mark.parametrize("answered", [True, False])
def test_another_amount_than_was_asked_for_is_not_booked_and_waits_among_the_unknown(world, monkeypatch, answered):
    wallet, payment = card_payment(world)
    take = sandbox_bank.take

    def takes_less(instruction, **options):
        take(instruction, **options)
        SandboxOrder.objects.filter(reference=instruction.reference).update(amount=Decimal(24))

    monkeypatch.setattr(sandbox_bank, "take", takes_less)
    if not answered:
        sandbox_bank.misbehave(partner_id=world.partner.pk, fault="LOSE_ANSWER", times=1, at=world.at)
    send(payment)
    assert sending.ask_due(at=clock.now() + timedelta(minutes=6), actor=STAFF) == 1
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code) == (S.UNKNOWN, "payments.amount_differs")
    assert (world.funds(wallet), payment.ask_at > clock.now()) == ((Decimal(0), Decimal(0)), True)
    books_are_sound()

"""What the sandbox bank tells: at once, twice, late, or in another order. Booked is what its record says, once."""

from datetime import timedelta

import pytest

from flowlet.core import clock
from flowlet.core.states import IllegalMove
from payments import errors
from payments.choices import InboundStatus, PaymentStatus
from payments.models import InboundEvent
from payments.selectors import return_codes
from payments.services import inbox, sandbox_bank, sandbox_tellings, simulations
from payments.tests.world import STAFF, books_are_sound, fresh_world

S = PaymentStatus
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return fresh_world()


@pytest.fixture
def payout(world):
    return pay(world)


def pay(world):
    wallet = world.wallet("100.00")
    return world.pay(wallet, "25.00", to=world.bank(wallet))


def act(world, what, payment, **more):
    return what(payment_id=payment.pk, partner_id=world.partner.pk, actor=STAFF, at=clock.now(), **more)


def fault(world, name, times=1):
    sandbox_bank.misbehave(partner_id=world.partner.pk, fault=name, times=times, at=clock.now())


def told(after=timedelta(0)):
    return inbox.sweep(actor=STAFF, at=clock.now() + after)


def test_a_settlement_told_twice_is_taken_once_and_booked_once(world, payout):
    fault(world, "DUPLICATE")
    assert act(world, simulations.settle, payout).status == S.SETTLED
    event = InboundEvent.objects.get()
    assert (event.provider, event.kind, event.about, event.is_live) == ("sandbox", "payment.settled", payout.public_id, False)
    before = world.path(payout)
    assert told() == 1
    event.refresh_from_db()
    assert (event.status, world.path(payout), before.count(S.SETTLED)) == (InboundStatus.HANDLED, before, 1)
    books_are_sound()


def test_what_is_told_late_is_booked_when_it_is_told(world, payout):
    fault(world, "LATE")
    assert act(world, simulations.settle, payout).status == S.SUBMITTED
    assert told() == 0
    assert told(sandbox_tellings.LATE_BY) == 1
    payout.refresh_from_db()
    assert payout.status == S.SETTLED
    books_are_sound()


def test_a_settlement_told_after_its_return_changes_nothing(world, payout):
    fault(world, "REORDERED")
    assert act(world, simulations.settle, payout).status == S.SUBMITTED
    done = act(world, simulations.return_, payout, reason_code="R03")
    assert (done.status, done.reason_code, done.reason) == (S.RETURNED, "R03", "No account or unable to locate it")
    before = world.path(payout)
    assert told() == 1
    assert (world.path(payout), InboundEvent.objects.get().status) == (before, InboundStatus.HANDLED)
    books_are_sound()


def test_a_return_told_late_keeps_its_words(world, payout):
    act(world, simulations.settle, payout)
    fault(world, "LATE")
    assert act(world, simulations.return_, payout, reason_code="R03", reason="No such account").status == S.SETTLED
    told(sandbox_tellings.LATE_BY)
    payout.refresh_from_db()
    assert (payout.status, payout.reason_code, payout.reason) == (S.RETURNED, "R03", "No such account")


def test_one_told_out_of_order_is_told_late_when_no_other_comes(world, payout):
    fault(world, "REORDERED")
    act(world, simulations.fail, payout, reason_code="bank.refused")
    assert told() == 0
    told(sandbox_tellings.LATE_BY)
    payout.refresh_from_db()
    assert (payout.status, payout.reason_code) == (S.FAILED, "bank.refused")
    books_are_sound()


def test_two_payments_are_told_in_the_other_order(world):
    first, second = (pay(world) for _ in range(2))
    fault(world, "REORDERED")
    assert act(world, simulations.settle, first).status == S.SUBMITTED
    assert act(world, simulations.settle, second).status == S.SETTLED
    assert told() == 1
    first.refresh_from_db()
    assert first.status == S.SETTLED


def test_a_fault_is_not_used_up_by_what_the_bank_does_not_have(world, payout):
    act(world, simulations.fail, payout, reason_code="bank.refused")
    fault(world, "LATE")
    with pytest.raises(IllegalMove):
        act(world, simulations.settle, payout)
    assert not InboundEvent.objects.exists()
    assert sandbox_bank.use_up(world.partner.pk, "LATE")


@pytest.mark.parametrize("code", ["R99", "MD06", ""])
def test_a_return_code_of_another_rail_is_refused(world, payout, code):
    act(world, simulations.settle, payout)
    with pytest.raises(errors.UnknownReturnCode):
        act(world, simulations.return_, payout, reason_code=code)
    payout.refresh_from_db()
    assert payout.status == S.SETTLED


@pytest.mark.parametrize(
    ("rail", "code", "words"),
    [
        ("ach", "R03", "No account or unable to locate it"),
        ("sepa_dd", "MD06", "An authorised debit is disputed"),
        ("ach", "MD06", ""),
    ],
)
def test_a_return_has_the_words_of_its_rail(rail, code, words):
    assert return_codes.title(rail, code) == words

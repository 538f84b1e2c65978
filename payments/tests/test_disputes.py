"""Disputes: opened with the money, answered once and in time, ended with the money."""

from datetime import timedelta
from decimal import Decimal

import pytest

from flowlet.core import clock
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from payments import errors
from payments.choices import DisputeState, PaymentKind, PaymentStatus, Rail
from payments.models import Dispute
from payments.providers.ports import CardDispute, DisputeStatus
from payments.services import disputes, outcomes, payments, sending, simulations
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world

D = DisputeState


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def paid(world):
    wallet = world.wallet()
    payment = world.pay(wallet, "25.00", kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=world.card(wallet))
    return sending.send(payment_id=payment.pk, actor=STAFF, at=clock.now())


def disputed(world, payment, **options):
    world.act(outcomes.dispute, payment, reason_code="fraudulent", **options)
    return Dispute.objects.get(payment=payment, ended_at=None)


def answer(row, at=None, **texts):
    return disputes.answer(
        dispute_id=row.pk, evidence=texts or {"uncategorized_text": "Signed."}, actor=KEY, at=at or clock.now()
    )


def test_a_dispute_takes_the_money_and_waits_for_its_answer(world, paid):
    row = disputed(world, paid)
    assert (row.state, row.amount, row.due_at - world.at) == (D.OPEN, Decimal(25), timedelta(days=7))
    assert world.lines() == {}


def test_evidence_is_given_once_and_kept_sealed(world, paid):
    row = answer(disputed(world, paid), shipping_tracking_number="1Z9")
    assert row.state == D.ANSWERED
    row.refresh_from_db()
    assert b"1Z9" not in bytes(row.sealed)
    assert disputes.evidence_of(row) == {"shipping_tracking_number": "1Z9"}
    with pytest.raises(errors.DisputeAnswered):
        answer(row)


@pytest.mark.parametrize("texts", [{"uncategorized_text": "  "}, {"video": "no such name"}, {"uncategorized_text": "x" * 20_001}])
def test_evidence_that_acquirers_do_not_take_is_refused(world, paid, texts):
    row = disputed(world, paid)
    with pytest.raises((errors.EvidenceEmpty, Invalid)):
        answer(row, **texts)
    row.refresh_from_db()
    assert (row.state, row.sealed) == (D.OPEN, None)


def test_a_won_dispute_brings_the_money_back_and_another_may_follow(world, paid):
    row = answer(disputed(world, paid))
    world.act(outcomes.dispute_won, paid)
    row.refresh_from_db()
    paid.refresh_from_db()
    assert (row.state, paid.status, paid.returned) == (D.WON, PaymentStatus.SETTLED, Decimal(0))
    assert disputed(world, paid).state == D.OPEN
    books_are_sound()


def test_a_dispute_that_is_given_up_is_lost(world, paid):
    row = disputes.accept(dispute_id=disputed(world, paid).pk, actor=KEY, at=clock.now())
    paid.refresh_from_db()
    assert (row.state, paid.status) == (D.LOST, PaymentStatus.RETURNED)
    books_are_sound()


def test_what_nobody_answers_in_time_lapses_and_can_still_be_won_or_lost(world, paid):
    row = disputed(world, paid)
    assert disputes.sweep(at=row.due_at - timedelta(seconds=1), actor=STAFF) == 0
    assert disputes.sweep(at=row.due_at, actor=STAFF) == 1
    row.refresh_from_db()
    assert row.state == D.LAPSED
    with pytest.raises(errors.DisputeAnswered):
        answer(row)
    world.act(outcomes.dispute_lost, paid)
    row.refresh_from_db()
    assert row.state == D.LOST


def said(status):
    """What the acquirer has of the dispute of 25 dollars."""
    return CardDispute(
        id="dp_1",
        status=status,
        amount=Money("25.00", "USD"),
        reason="fraudulent",
        taken=Money("25.00", "USD"),
        fee=Money("15.00", "USD"),
        created_at=clock.now(),
    )


def test_the_evidence_of_a_live_dispute_goes_to_the_acquirer_once(transactional_db, monkeypatch):
    world = fresh_world()
    wallet = world.wallet()
    payment = world.pay(wallet, "25.00", kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=world.card(wallet))
    payment = sending.send(payment_id=payment.pk, actor=STAFF, at=clock.now())
    row = disputed(world, payment, provider_id="dp_1")
    told = []

    class Acquirer:
        def submit_evidence(self, dispute_id, *, evidence, final, key):
            told.append((dispute_id, evidence, final, key))
            return said(DisputeStatus.UNDER_REVIEW)

    monkeypatch.setattr(disputes, "is_sandbox", lambda partner_id: False)
    monkeypatch.setattr(disputes.registry, "stripe", Acquirer)
    assert answer(row).state == D.READY
    assert disputes.send(dispute_id=row.pk, actor=STAFF, at=clock.now()).state == D.ANSWERED
    disputes.send(dispute_id=row.pk, actor=STAFF, at=clock.now())
    assert told == [("dp_1", {"uncategorized_text": "Signed."}, True, row.public_id)]


def test_a_part_can_be_disputed_and_no_more_than_was_paid(world, paid):
    with pytest.raises(errors.AmountDiffers):
        disputed(world, paid, amount=Money("25.01", "USD"))
    row = disputed(world, paid, amount=Money("10.00", "USD"))
    paid.refresh_from_db()
    assert (row.amount, paid.returned, paid.status) == (Decimal(10), Decimal(10), PaymentStatus.DISPUTED)
    assert world.lines() == {"1110": Decimal(15), "2010": Decimal(-15)}
    with pytest.raises(errors.NotRefundable):
        world.act(payments.refund, paid, amount=Money("5.00", "USD"))
    world.act(outcomes.dispute_lost, paid)
    paid.refresh_from_db()
    assert (paid.status, paid.returned, paid.refunded) == (PaymentStatus.RETURNED, Decimal(10), Decimal(0))
    assert world.lines() == {"1110": Decimal(15), "2010": Decimal(-15)}
    books_are_sound()


def refunded(world, payment, amount=None):
    """The refund, sent and settled."""
    made = world.act(payments.refund, payment, amount=Money(amount, "USD") if amount else None)
    return sending.send(payment_id=made.pk, actor=STAFF, at=clock.now())


def stands(payment):
    payment.refresh_from_db()
    return payment.status, payment.refunded, payment.returned


def partly_lost(world, paid):
    disputed(world, paid, amount=Money("10.00", "USD"))
    world.act(outcomes.dispute_lost, paid)


def test_what_a_lost_dispute_left_can_be_refunded_and_not_a_cent_more(world, paid):
    partly_lost(world, paid)
    with pytest.raises(errors.RefundTooLarge) as caught:
        world.act(payments.refund, paid, amount=Money("15.01", "USD"))
    assert caught.value.details["left"] == {"amount": "15.00", "currency": "USD"}
    refunded(world, paid, "4.00")
    assert stands(paid) == (PaymentStatus.RETURNED, Decimal(4), Decimal(10))
    assert world.lines() == {"1110": Decimal(11), "2010": Decimal(-11)}
    assert refunded(world, paid).amount == Decimal(11)  # by default all that is left
    assert stands(paid) == (PaymentStatus.RETURNED, Decimal(15), Decimal(10))
    assert world.lines() == {}
    with pytest.raises(errors.RefundTooLarge):
        world.act(payments.refund, paid, amount=Money("0.01", "USD"))
    books_are_sound()


def test_a_refund_under_way_counts_against_what_a_lost_dispute_left(world, paid):
    partly_lost(world, paid)
    world.act(payments.refund, paid, amount=Money("10.00", "USD"))
    with pytest.raises(errors.RefundTooLarge) as caught:
        world.act(payments.refund, paid, amount=Money("5.01", "USD"))
    assert caught.value.details["left"] == {"amount": "5.00", "currency": "USD"}


def test_a_payment_that_was_lost_whole_cannot_be_refunded(world, paid):
    disputed(world, paid)
    world.act(outcomes.dispute_lost, paid)
    with pytest.raises(errors.NotRefundable):
        world.act(payments.refund, paid, amount=Money("0.01", "USD"))
    assert world.lines() == {}


def test_a_dispute_that_is_won_after_all_was_refunded_ends_as_refunded(world, paid):
    refunded(world, paid)
    row = disputed(world, paid, amount=Money("25.00", "USD"))
    assert stands(paid) == (PaymentStatus.DISPUTED, Decimal(25), Decimal(25))
    assert world.lines() == {"1110": Decimal(-25), "1210": Decimal(25)}
    world.act(outcomes.dispute_won, paid)
    world.act(outcomes.dispute_won, paid)  # told again
    row.refresh_from_db()
    assert (row.state, stands(paid)) == (D.WON, (PaymentStatus.REFUNDED, Decimal(25), Decimal(0)))
    assert world.path(paid)[-3:] == [PaymentStatus.REFUNDED, PaymentStatus.DISPUTED, PaymentStatus.REFUNDED]
    assert world.lines() == {"1210": Decimal(25), "2010": Decimal(-25)}  # the customer owes what the wallet has again
    with pytest.raises(errors.NotRefundable):
        world.act(payments.refund, paid, amount=Money("0.01", "USD"))
    books_are_sound()


def test_a_refund_that_arrives_while_the_payment_is_disputed_decides_where_a_won_dispute_ends(world, paid):
    under_way = world.act(payments.refund, paid)
    disputed(world, paid, amount=Money("10.00", "USD"))
    sending.send(payment_id=under_way.pk, actor=STAFF, at=clock.now())
    assert stands(paid) == (PaymentStatus.DISPUTED, Decimal(25), Decimal(10))
    world.act(outcomes.dispute_won, paid)
    assert stands(paid) == (PaymentStatus.REFUNDED, Decimal(25), Decimal(0))
    books_are_sound()


@pytest.mark.parametrize(("given", "end"), [("15.00", PaymentStatus.SETTLED), (None, PaymentStatus.REFUNDED)])
def test_a_lost_dispute_that_is_taken_back_leaves_what_refunds_left(world, paid, given, end):
    refunded(world, paid, given)
    disputed(world, paid, amount=Money("10.00", "USD"))
    world.act(outcomes.dispute_lost, paid)
    world.act(outcomes.redeem, paid)
    assert stands(paid) == (end, Decimal(given or 25), Decimal(0))
    world.act(outcomes.redeem, paid)  # told again
    assert stands(paid)[0] == end
    books_are_sound()


def test_a_part_that_was_won_back_leaves_nothing_returned_and_the_payment_can_be_refunded_whole(world, paid):
    row = disputed(world, paid, amount=Money("10.00", "USD"))
    world.act(outcomes.dispute_won, paid)
    paid.refresh_from_db()
    row.refresh_from_db()
    assert (paid.status, paid.returned, row.state) == (PaymentStatus.SETTLED, Decimal(0), D.WON)
    assert world.lines() == {"1110": Decimal(25), "2010": Decimal(-25)}
    assert world.act(payments.refund, paid).amount == Decimal(25)
    books_are_sound()


def test_the_sandbox_disputes_a_part_when_asked_to(world, paid):
    world.act(simulations.dispute, paid, partner_id=world.partner.pk, reason_code="fraudulent", amount=Money("7.50", "USD"))
    paid.refresh_from_db()
    assert (paid.status, paid.returned) == (PaymentStatus.DISPUTED, Decimal("7.50"))


def test_evidence_is_not_taken_after_its_time_though_nobody_has_swept_yet(world, paid):
    row = disputed(world, paid)
    with pytest.raises(errors.DisputeAnswered):
        answer(row, at=row.due_at)
    row.refresh_from_db()
    assert (row.state, row.sealed) == (D.OPEN, None)
    assert answer(row, at=row.due_at - timedelta(seconds=1)).state == D.ANSWERED


def test_a_dispute_that_came_without_time_left_can_still_be_given_up(world, paid):
    row = disputed(world, paid)
    assert disputes.accept(dispute_id=row.pk, actor=KEY, at=row.due_at).state == D.LOST


@pytest.mark.parametrize("amount", ["0.00", "25.01"])
def test_a_dispute_about_nothing_or_too_much_takes_nothing(world, paid, amount):
    with pytest.raises(errors.AmountDiffers):
        world.act(outcomes.dispute, paid, reason_code="fraudulent", amount=Money(amount, "USD"))
    assert (Dispute.objects.count(), world.lines()) == (0, {"1110": Decimal(25), "2010": Decimal(-25)})


def test_a_return_of_a_disputed_payment_ends_its_dispute_as_lost(world, paid):
    row = disputed(world, paid)
    world.act(outcomes.return_, paid, reason_code="fraudulent")
    row.refresh_from_db()
    paid.refresh_from_db()
    assert (row.state, row.ended_at is None, paid.status) == (D.LOST, False, PaymentStatus.RETURNED)
    books_are_sound()

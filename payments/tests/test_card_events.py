"""Live card payments over Stripe, from the charge to the dispute: the stand-in and the books agree whatever happens on the way."""

from datetime import timedelta
from decimal import Decimal

import pytest

from flowlet.core import clock
from flowlet.core.money import Money
from flowlet.core.outbound import Refused
from payments import errors
from payments.choices import InboundStatus, PaymentStatus
from payments.models import Dispute, InboundEvent, Payment
from payments.providers import registry
from payments.selectors import reports
from payments.services import disputes, outcomes, payments, sending
from payments.tests.cards import ROBOT, card_payment, deliver, live_world, send, taken
from payments.tests.standins.server import Fault, Reply
from payments.tests.world import KEY, STAFF, books_are_sound

S = PaymentStatus
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return live_world()


def test_a_card_is_charged_over_stripe_and_its_events_add_nothing(world, stripe):
    wallet, payment = card_payment(world)
    payment = send(payment)
    assert (payment.status, payment.provider) == (S.SETTLED, "stripe")
    assert payment.provider_reference in stripe.intents
    assert world.funds(wallet) == (Decimal(25), Decimal(0))
    deliver(stripe, copies=2, order="reverse")
    assert world.funds(wallet) == (Decimal(25), Decimal(0))
    assert set(InboundEvent.objects.values_list("status", flat=True)) == {InboundStatus.HANDLED}
    assert taken(stripe) == 2500
    books_are_sound()


def test_a_declined_card_fails_the_payment_with_the_bank_s_reason(world, stripe):
    wallet, payment = card_payment(world, token="pm_card_chargeDeclinedInsufficientFunds")
    payment = send(payment)
    assert (payment.status, payment.reason_code) == (S.FAILED, "insufficient_funds")
    assert world.funds(wallet) == (Decimal(0), Decimal(0))
    deliver(stripe)
    assert set(InboundEvent.objects.values_list("status", flat=True)) == {InboundStatus.HANDLED}


def confirm_again(stripe, payment):
    """Somebody who has the intent's name at Stripe tries it with another card."""
    return registry.stripe().confirm_payment(payment.provider_reference, key="again", payment_method="pm_card_visa")


@pytest.mark.parametrize("token", ["pm_card_chargeDeclined", "pm_card_threeDSecure2Required"])
def test_what_was_declined_cannot_be_charged_later(world, stripe, token):
    _, payment = card_payment(world, token=token)
    payment = send(payment)
    assert payment.status == S.FAILED
    assert stripe.intents[payment.provider_reference]["status"] == "canceled"
    with pytest.raises(Refused):
        confirm_again(stripe, payment)
    code = payment.reason_code
    deliver(stripe, order="reverse", copies=2)
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code, taken(stripe)) == (S.FAILED, code, 0)


@pytest.mark.parametrize("fault", ["LOSE_ANSWER", "LOSE_REQUEST", "ERROR"])
@pytest.mark.parametrize("told_by", ["question", "event"])
def test_a_decline_is_booked_only_when_nobody_can_charge_it_any_more(world, stripe, fault, told_by):
    _, payment = card_payment(world, token="pm_card_chargeDeclinedLostCard")
    stripe.faults.append(Fault(fault, path="/cancel", times=4))
    payment = send(payment)
    assert payment.status == S.UNKNOWN
    if told_by == "event":
        deliver(stripe)
    else:
        sending.ask(payment_id=payment.pk, actor=STAFF, at=clock.now())
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code) == (S.FAILED, "lost_card")
    assert {intent["status"] for intent in stripe.intents.values()} == {"canceled"}


def test_who_charges_it_before_it_is_canceled_has_paid(world, stripe):
    wallet, payment = card_payment(world, token="pm_card_chargeDeclined")

    def too_late(fields, intent_id):
        stripe._confirm({"payment_method": "pm_card_visa"}, intent_id)
        return stripe._cancel(fields, intent_id)

    stripe._routes = [
        (method, pattern, too_late if pattern.endswith("/cancel") else action) for method, pattern, action in stripe._routes
    ]
    payment = send(payment)
    assert (payment.status, world.funds(wallet), taken(stripe)) == (S.SETTLED, (Decimal(25), Decimal(0)), 2500)
    books_are_sound()


def test_what_was_declined_beside_flowlet_under_the_same_account_is_left_alone(world, stripe):
    other = registry.stripe().create_payment(
        amount=Money(Decimal("9.00"), "USD"),
        reference="elsewhere",
        key="x",
        payment_method="pm_card_chargeDeclined",
        confirm=True,
    )
    deliver(stripe)
    assert stripe.intents[other.id]["status"] == "requires_payment_method"


@pytest.mark.parametrize("fault", ["LOSE_ANSWER", "LOSE_REQUEST", "ERROR", "ERROR_AFTER"])
def test_a_charge_without_an_answer_is_unknown_until_the_event_or_the_question_tells(world, stripe, fault):
    wallet, payment = card_payment(world)
    stripe.faults.append(Fault(fault, path="/v1/payment_intents", times=4))
    payment = send(payment)
    assert payment.status == S.UNKNOWN
    assert world.funds(wallet) == (Decimal(0), Decimal(0))
    if fault in ("LOSE_ANSWER", "ERROR_AFTER"):
        deliver(stripe)
    else:
        assert taken(stripe) == 0
        assert sending.ask_due(at=clock.now() + timedelta(minutes=6), actor=STAFF) == 1
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    assert world.funds(wallet) == (Decimal(25), Decimal(0))
    assert taken(stripe) == 2500
    books_are_sound()


def test_a_card_whose_bank_wants_to_see_the_cardholder_fails_when_there_is_no_way_to_send_them(world, stripe):
    """Without an address to come back to nobody could be sent to the bank, and the payment would wait for ever."""
    wallet, payment = card_payment(world, token="pm_card_threeDSecure2Required")
    payment = send(payment)
    assert (payment.status, payment.reason_code) == (S.FAILED, "authentication_required")
    assert payment.reason == "The card's bank wants to see the cardholder: make the payment with a return_url."
    assert (taken(stripe), world.funds(wallet)) == (0, (Decimal(0), Decimal(0)))
    deliver(stripe)
    assert set(InboundEvent.objects.values_list("status", flat=True)) == {InboundStatus.HANDLED}


@pytest.mark.parametrize("stale", ["requires_payment_method", "requires_confirmation", "processing", "canceled"])
def test_the_search_finds_a_charge_and_the_charge_itself_says_how_it_stands(world, stripe, stale):
    """Stripe's search is behind: what it has of a charge may be older than the money."""
    wallet, payment = card_payment(world)
    stripe.faults.append(Fault("LOSE_ANSWER", path="/v1/payment_intents", times=4))
    assert send(payment).status == S.UNKNOWN
    stripe.index_says = {"status": stale, "amount_received": 0}
    sending.ask(payment_id=payment.pk, actor=STAFF, at=clock.now())
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    assert (taken(stripe), world.funds(wallet)) == (2500, (Decimal(25), Decimal(0)))


def test_a_charge_with_a_name_is_asked_for_by_it_and_not_searched(world, stripe):
    _, payment = card_payment(world, token="pm_card_threeDSecure2Required", return_url="https://shop.example/back")
    payment = send(payment)
    assert payment.status == S.SUBMITTED
    asked = len(stripe.log)
    sending.ask(payment_id=payment.pk, actor=STAFF, at=clock.now())
    assert [one.path for one, _ in stripe.log[asked:]] == [f"/v1/payment_intents/{payment.provider_reference}"]


def test_a_long_code_of_the_acquirer_s_does_not_keep_a_refusal_from_being_booked(world, stripe):
    code = "payment_intent_incompatible_payment_method"
    wallet, payment = card_payment(world)
    refusal = {"error": {"type": "invalid_request_error", "code": code, "message": "no"}}
    stripe.faults.append(Fault("REPLY", path="/v1/payment_intents", reply=Reply(400, refusal)))
    payment = send(payment)
    assert (payment.status, payment.reason_code) == (S.FAILED, code[:40])
    assert payment.moves.get(went_to=S.FAILED).reason_code == code[:40]
    assert wallet.pk


@pytest.mark.parametrize("order", ["", "reverse"])
@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_takes_the_money_and_gives_it_back_only_when_it_is_won(world, stripe, won, order):
    wallet, payment = card_payment(world)
    payment = send(payment)
    dispute = stripe.dispute(payment.provider_reference)
    deliver(stripe, order=order)
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code) == (S.DISPUTED, "fraudulent")
    assert world.funds(wallet) == (Decimal(0), Decimal(0))
    stripe.decide(dispute["id"], won=won)
    deliver(stripe, order=order, copies=2)
    payment.refresh_from_db()
    assert payment.status == (S.SETTLED if won else S.RETURNED)
    assert world.funds(wallet) == (Decimal(25) if won else Decimal(0), Decimal(0))
    assert set(InboundEvent.objects.values_list("status", flat=True)) == {InboundStatus.HANDLED}
    books_are_sound()


def test_a_dispute_that_was_lost_before_we_heard_of_it_is_booked_whole(world, stripe):
    wallet, payment = card_payment(world)
    payment = send(payment)
    dispute = stripe.dispute(payment.provider_reference)
    stripe.decide(dispute["id"], won=False)
    deliver(stripe, order="reverse")
    payment.refresh_from_db()
    assert payment.status == S.RETURNED
    assert world.funds(wallet) == (Decimal(0), Decimal(0))
    assert world.path(payment)[-2:] == [S.DISPUTED, S.RETURNED]


def paid_and_refunded(world):
    """A card payment that was charged and given back, in whole."""
    wallet, payment = card_payment(world)
    payment = send(payment)
    refund = send(payments.refund(partner_id=world.partner.pk, payment_id=payment.pk, actor=KEY, at=clock.now()))
    payment.refresh_from_db()
    assert (payment.status, refund.status) == (S.REFUNDED, S.SETTLED)
    return wallet, payment, refund


def settled_by_hand(world, stripe):
    """A charge whose answer was lost, and that an officer booked, without Stripe's name for it."""
    wallet, payment = card_payment(world)
    stripe.faults.append(Fault("LOSE_ANSWER", path="/v1/payment_intents", times=4))
    payment = world.act(outcomes.settle, send(payment))
    assert (payment.status, payment.provider_reference) == (S.SETTLED, "")
    return wallet, payment


def test_a_refund_of_what_has_no_name_at_stripe_never_charges_the_card_instead(world, stripe):
    wallet, payment = settled_by_hand(world, stripe)
    refund = payments.refund(partner_id=world.partner.pk, payment_id=payment.pk, actor=KEY, at=clock.now())
    refund = send(refund)
    assert (refund.status, refund.reason_code) == (S.FAILED, "stripe.payment_unknown")
    assert (taken(stripe), stripe.refunds) == (2500, {})
    assert world.funds(wallet) == (Decimal(25), Decimal(0))


def test_an_event_names_what_an_officer_booked_and_then_it_can_be_refunded(world, stripe):
    wallet, payment = settled_by_hand(world, stripe)
    deliver(stripe)
    payment.refresh_from_db()
    assert payment.provider_reference in stripe.intents
    refund = send(payments.refund(partner_id=world.partner.pk, payment_id=payment.pk, actor=KEY, at=clock.now()))
    assert refund.status == S.SETTLED
    assert ([row["amount"] for row in stripe.refunds.values()], world.funds(wallet)) == ([2500], (Decimal(0), Decimal(0)))


def test_a_dispute_of_what_was_refunded_takes_the_money_a_second_time(world, stripe):
    wallet, payment, _ = paid_and_refunded(world)
    dispute = stripe.dispute(payment.provider_reference)
    deliver(stripe)
    payment.refresh_from_db()
    assert (payment.status, payment.refunded, payment.returned) == (S.DISPUTED, Decimal(25), Decimal(25))
    assert world.lines() == {"1110": Decimal(-40), "1210": Decimal(25), "5010": Decimal(15)}
    stripe.decide(dispute["id"], won=True)
    deliver(stripe)
    payment.refresh_from_db()
    assert (payment.status, payment.refunded, payment.returned) == (S.REFUNDED, Decimal(25), Decimal(0))
    assert world.lines() == {"1210": Decimal(25), "2010": Decimal(-25)}
    books_are_sound()


def test_what_a_dispute_about_a_part_leaves_is_refunded_over_stripe(world, stripe):
    wallet, payment = card_payment(world)
    payment = send(payment)
    dispute = stripe.dispute(payment.provider_reference, amount=1000)
    deliver(stripe)
    payment.refresh_from_db()
    assert (payment.status, payment.returned) == (S.DISPUTED, Decimal(10))
    stripe.decide(dispute["id"], won=False)
    deliver(stripe)
    refund = send(payments.refund(partner_id=world.partner.pk, payment_id=payment.pk, actor=KEY, at=clock.now()))
    payment.refresh_from_db()
    assert (refund.status, refund.amount) == (S.SETTLED, Decimal(15))
    assert (payment.status, payment.refunded, payment.returned) == (S.RETURNED, Decimal(15), Decimal(10))
    assert [row["amount"] for row in stripe.refunds.values()] == [1500]
    assert world.funds(wallet) == (Decimal(0), Decimal(0))
    assert world.lines() == {"1110": Decimal(-15), "5010": Decimal(15)}  # the fee of the dispute
    books_are_sound()


@pytest.mark.parametrize(("won", "returned"), [(True, "10"), (False, "18")])
def test_what_a_lost_dispute_left_is_disputed_again_by_itself(world, stripe, won, returned):
    wallet, payment = card_payment(world)
    payment = send(payment)
    for amount, is_won in ((1000, False), (800, won)):
        said = stripe.dispute(payment.provider_reference, amount=amount)
        deliver(stripe)
        payment.refresh_from_db()
        assert payment.status == S.DISPUTED
        stripe.decide(said["id"], won=is_won)
        deliver(stripe, copies=2)
    payment.refresh_from_db()
    left = Decimal(25) - Decimal(returned)
    assert (payment.status, payment.returned, world.funds(wallet)) == (S.RETURNED, Decimal(returned), (left, Decimal(0)))
    assert list(payment.disputes.order_by("pk").values_list("amount", "state")) == [
        (Decimal(10), "LOST"),
        (Decimal(8), "WON" if won else "LOST"),
    ]
    assert set(InboundEvent.objects.values_list("status", flat=True)) == {InboundStatus.HANDLED}
    today = payment.created_at.date()
    lines = reports.settlement(partner_id=world.partner.pk, first=today - timedelta(days=1), last=today + timedelta(days=1))
    assert sum(line.net for line in lines) == left
    if not won:
        with pytest.raises(errors.NotInReview):
            outcomes.redeem(payment_id=payment.pk, actor=STAFF, at=clock.now())
    refund = send(payments.refund(partner_id=world.partner.pk, payment_id=payment.pk, actor=KEY, at=clock.now()))
    assert (refund.status, refund.amount) == (S.SETTLED, left)
    books_are_sound()


def test_a_dispute_about_more_than_a_lost_one_left_waits_for_a_person(world, stripe):
    _, payment = card_payment(world)
    payment = send(payment)
    first = stripe.dispute(payment.provider_reference, amount=1000)
    stripe.decide(first["id"], won=False)
    deliver(stripe)
    stripe.dispute(payment.provider_reference, amount=2000)
    deliver(stripe)
    payment.refresh_from_db()
    assert (payment.status, payment.returned, payment.disputes.count()) == (S.RETURNED, Decimal(10), 1)
    assert InboundEvent.objects.exclude(error="").exists()


def test_a_refund_that_fails_after_it_was_paid_is_back_on_the_wallet(world, stripe):
    wallet, payment, refund = paid_and_refunded(world)
    stripe.fail_refund(refund.provider_reference)
    deliver(stripe, copies=2)
    for row in (payment, refund):
        row.refresh_from_db()
    assert (refund.status, refund.reason_code) == (S.RETURNED, "expired_or_canceled_card")
    assert (payment.status, payment.refunded) == (S.SETTLED, Decimal(0))
    assert world.funds(wallet) == (Decimal(25), Decimal(0))
    assert set(InboundEvent.objects.values_list("status", flat=True)) == {InboundStatus.HANDLED}
    books_are_sound()


def test_what_is_told_of_an_old_dispute_says_nothing_of_the_new_one(world, stripe):
    wallet, payment = card_payment(world)
    payment = send(payment)
    first = stripe.dispute(payment.provider_reference)
    deliver(stripe)
    stripe.decide(first["id"], won=True)
    deliver(stripe)
    second = stripe.dispute(payment.provider_reference)
    deliver(stripe)
    stripe.decide(first["id"], won=True)  # told again
    deliver(stripe)
    payment.refresh_from_db()
    assert payment.status == S.DISPUTED
    assert world.funds(wallet) == (Decimal(0), Decimal(0))
    assert list(Dispute.objects.order_by("id").values_list("provider_id", "state")) == [
        (first["id"], "WON"),
        (second["id"], "OPEN"),
    ]
    books_are_sound()


def test_a_second_dispute_beside_an_open_one_is_nobodys_end_and_waits_for_a_person(world, stripe):
    _, payment = card_payment(world)
    payment = send(payment)
    stripe.dispute(payment.provider_reference)
    deliver(stripe)
    stripe.decide(stripe.dispute(payment.provider_reference)["id"], won=False)
    deliver(stripe)
    payment.refresh_from_db()
    assert payment.status == S.DISPUTED
    waiting = InboundEvent.objects.exclude(status=InboundStatus.HANDLED)
    assert {event.error.partition(":")[0] for event in waiting} == {"payments.inbound_needs_person"}


def test_a_dispute_that_an_officer_booked_takes_the_name_that_its_event_gives(world, stripe):
    wallet, payment = card_payment(world)
    payment = send(payment)
    world.act(outcomes.dispute, payment, reason_code="fraudulent")
    row = Dispute.objects.get()
    disputes.answer(dispute_id=row.pk, evidence={"uncategorized_text": "Signed."}, actor=KEY, at=clock.now())
    assert disputes.sweep(at=clock.now(), actor=ROBOT) == 0  # it has no name there yet, and holds up nobody
    told = stripe.dispute(payment.provider_reference)
    deliver(stripe)
    disputes.sweep(at=clock.now(), actor=ROBOT)
    row.refresh_from_db()
    assert (row.provider_id, row.state) == (told["id"], "ANSWERED")
    stripe.decide(told["id"], won=False)
    deliver(stripe)
    payment.refresh_from_db()
    assert (payment.status, Dispute.objects.count()) == (S.RETURNED, 1)
    books_are_sound()


def test_evidence_that_nobody_can_be_sent_does_not_keep_other_disputes_from_lapsing(world, stripe, settings):
    for _ in range(2):
        payment = send(card_payment(world)[1])
        stripe.dispute(payment.provider_reference)
    deliver(stripe)
    first, second = Dispute.objects.order_by("pk")
    disputes.answer(dispute_id=first.pk, evidence={"uncategorized_text": "Signed."}, actor=KEY, at=clock.now())
    Dispute.objects.filter(pk=second.pk).update(due_at=clock.now())
    settings.STRIPE_API_KEY = ""
    assert disputes.sweep(at=clock.now(), actor=ROBOT) == 1
    assert [row.state for row in Dispute.objects.order_by("pk")] == ["READY", "LAPSED"]


def test_what_was_made_beside_flowlet_under_the_same_account_touches_no_payment(world, stripe):
    wallet, payment = card_payment(world)
    payment = send(payment)

    registry.stripe().create_payment(
        amount=Money(Decimal("9.00"), "USD"), reference="elsewhere", key="x", payment_method="pm_card_createDispute", confirm=True
    )
    deliver(stripe)
    payment.refresh_from_db()
    assert payment.status == S.SETTLED
    assert set(InboundEvent.objects.values_list("status", flat=True)) == {InboundStatus.HANDLED}


def test_a_refund_over_stripe_is_made_once_though_its_answer_is_lost(world, stripe):
    wallet, payment = card_payment(world)
    payment = send(payment)
    refund = payments.refund(
        partner_id=world.partner.pk, payment_id=payment.pk, amount=Money(Decimal("10.00"), "USD"), actor=KEY, at=clock.now()
    )
    stripe.faults.append(Fault("LOSE_ANSWER", path="/v1/refunds", times=4))
    refund = send(refund)
    assert refund.status == S.UNKNOWN
    deliver(stripe)
    refund.refresh_from_db()
    payment.refresh_from_db()
    assert (refund.status, payment.status, payment.refunded) == (S.SETTLED, S.SETTLED, Decimal(10))
    assert [row["amount"] for row in stripe.refunds.values()] == [1000]
    assert world.funds(wallet) == (Decimal(15), Decimal(0))
    books_are_sound()


def test_without_its_settings_cards_are_not_offered_to_live_partners(world):
    with pytest.raises(errors.RailNotConfigured):
        card_payment(world)
    assert Payment.objects.count() == 0

"""Cardholders whose bank wants to see them (3-D Secure): sent there, back again, and what becomes of the payment in either order."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from flowlet.core import clock
from flowlet.core.errors import Invalid
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event
from payments import errors
from payments.choices import AuthorisationStatus, PaymentKind, PaymentStatus, Rail
from payments.models import Authorisation, Payment, SandboxOrder
from payments.policies import disclosure
from payments.providers.stripe import gateway
from payments.services import authorisations, outcomes, payer_visits, payments, sandbox_bank, sending
from payments.tests.cards import ROBOT, card_of, card_payment, deliver, later, live_world, send, taken
from payments.tests.openbanking.test_api import Caller
from payments.tests.standins.server import Fault
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world

S, A = PaymentStatus, AuthorisationStatus
BACK = "https://shop.example/back?order=7"
SEEN = "pm_card_threeDSecure2Required"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return live_world()


@pytest.fixture
def sandbox(transactional_db):
    return fresh_world()


def asked_for(world, token=SEEN):
    """A payment that was sent, and whose cardholder may have to go to their bank."""
    wallet, payment = card_payment(world, token=token, return_url=BACK)
    return wallet, send(payment)


def stands(payment):
    payment.refresh_from_db()
    row = Authorisation.objects.get(payment_id=payment.pk)
    return payment.status, row.status, row.sealed is not None, row.authorised_at is not None


def address(payment):
    return authorisations.redirect_of(Authorisation.objects.get(payment_id=payment.pk))


def come_back(payment, callback):
    return payer_visits.complete(payment_id=payment.pk, callback=callback, actor=KEY, at=clock.now())


def ask(payment):
    return sending.ask(payment_id=payment.pk, actor=ROBOT, at=clock.now())


def test_a_cardholder_is_sent_to_their_bank_and_the_payment_waits(world, stripe):
    wallet, payment = asked_for(world)
    assert stands(payment) == (S.SUBMITTED, A.AWAITING, True, False)
    assert address(payment) == f"https://hooks.stripe.com/3d_secure/{payment.provider_reference}"
    intent = stripe.intents[payment.provider_reference]
    assert intent["next_action"]["redirect_to_url"]["return_url"] == BACK
    assert (taken(stripe), world.funds(wallet)) == (0, (Decimal(0), Decimal(0)))
    needed = Event.objects.get(type="payment.authorisation_needed")
    assert needed.data == {"id": payment.public_id, "bank": "", "authorisation_status": "AWAITING"}
    assert ask(payment).status == S.SUBMITTED
    with connection.cursor() as cursor:  # where somebody buys is kept sealed
        cursor.execute("SELECT sealed FROM payments_authorisation")
        assert b"shop.example" not in bytes(cursor.fetchone()[0])


def test_what_the_browser_brings_back_has_the_acquirer_asked_and_the_payment_settles(world, stripe):
    wallet, payment = asked_for(world)
    back = stripe.complete_action(payment.provider_reference)
    assert come_back(payment, back).status == S.SETTLED
    assert stands(payment) == (S.SETTLED, A.AUTHORISED, False, True)
    assert (address(payment), world.funds(wallet), taken(stripe)) == ("", (Decimal(25), Decimal(0)), 2500)
    deliver(stripe, copies=2, order="reverse")
    with pytest.raises(errors.NotAuthorisedThere):
        come_back(payment, back)
    assert world.funds(wallet) == (Decimal(25), Decimal(0))
    books_are_sound()


@pytest.mark.parametrize("how", ["event", "question"])
def test_a_cardholder_who_does_not_come_back_has_paid_all_the_same(world, stripe, how):
    wallet, payment = asked_for(world)
    stripe.complete_action(payment.provider_reference)
    deliver(stripe, order="reverse", copies=2) if how == "event" else ask(payment)
    assert stands(payment) == (S.SETTLED, A.AUTHORISED, False, True)
    assert world.funds(wallet) == (Decimal(25), Decimal(0))
    books_are_sound()


@pytest.mark.parametrize("how", ["event", "question", "browser"])
def test_a_cardholder_whom_their_bank_does_not_know_fails_the_payment(world, stripe, how):
    wallet, payment = asked_for(world)
    back = stripe.complete_action(payment.provider_reference, confirms=False)
    if how == "browser":
        come_back(payment, back)
    else:
        deliver(stripe) if how == "event" else ask(payment)
    assert stands(payment) == (S.FAILED, A.REJECTED, False, False)
    assert (payment.reason_code, payment.reason) == (
        "payment_intent_authentication_failure",
        "The cardholder did not show their bank who they are.",
    )
    assert (taken(stripe), world.lines()) == (0, {})


def test_a_browser_s_word_alone_books_nothing(world, stripe):
    _, payment = asked_for(world)
    _, other = asked_for(world)
    for callback in ({}, {"payment_intent": other.provider_reference, "redirect_status": "succeeded"}):
        with pytest.raises(errors.CallbackRefused):
            come_back(payment, callback)
    with pytest.raises(errors.NotAuthorisedThere):  # it says that it succeeded, and Stripe does not
        come_back(payment, {"payment_intent": payment.provider_reference, "redirect_status": "succeeded"})
    assert stands(payment) == (S.SUBMITTED, A.AWAITING, True, False)
    assert world.lines() == {"1110": Decimal(50), "2020": Decimal(-50)}


def test_a_charge_that_the_acquirer_still_works_on_is_authorised_and_settles_later(world, stripe):
    wallet, payment = asked_for(world)
    intent = stripe.intents[payment.provider_reference]
    intent.update(status="processing", next_action=None)
    back = {"payment_intent": intent["id"], "redirect_status": "pending"}
    assert come_back(payment, back).status == S.SUBMITTED
    assert stands(payment) == (S.SUBMITTED, A.AUTHORISED, True, True)
    assert (address(payment), payment.ask_at <= clock.now()) == ("", True)
    assert Event.objects.filter(type="payment.authorised", subject=payment.public_id).count() == 1
    with pytest.raises(IllegalMove):
        come_back(payment, back)
    stripe.complete_action(intent["id"])
    assert sending.ask_due(at=clock.now(), actor=ROBOT) == 1
    assert stands(payment) == (S.SETTLED, A.AUTHORISED, False, True)


def test_a_card_whose_bank_asks_nobody_is_charged_at_once(world, stripe):
    wallet, payment = asked_for(world, token="pm_card_visa")
    assert stands(payment) == (S.SETTLED, A.AUTHORISED, False, True)
    assert world.funds(wallet) == (Decimal(25), Decimal(0))


def test_a_declined_card_is_rejected_and_nothing_is_kept(world, stripe):
    _, payment = asked_for(world, token="pm_card_chargeDeclined")
    assert stands(payment) == (S.FAILED, A.REJECTED, False, False)


def test_an_answer_that_was_lost_is_found_with_the_address_of_the_bank(world, stripe):
    stripe.faults.append(Fault("LOSE_ANSWER", path="/v1/payment_intents", times=4))
    _, payment = asked_for(world)
    assert stands(payment) == (S.UNKNOWN, A.ASKING, True, False)
    ask(payment)
    assert stands(payment) == (S.SUBMITTED, A.AWAITING, True, False)
    assert (address(payment) != "", len(stripe.intents)) == (True, 1)


def test_who_does_not_come_within_an_hour_is_waited_for_no_longer(world, stripe, monkeypatch):
    _, payment = asked_for(world)
    assert ask(payment).status == S.SUBMITTED
    monkeypatch.setattr(gateway, "AUTHENTICATED_WITHIN", -timedelta(seconds=1))
    ask(payment)
    assert stands(payment) == (S.FAILED, A.REJECTED, False, False)
    assert (payment.reason_code, payment.reason) == (
        "card.not_authenticated",
        "The cardholder did not come to their bank within an hour.",
    )
    assert stripe.intents[payment.provider_reference]["status"] == "canceled"
    deliver(stripe, order="reverse", copies=2)  # its events add nothing
    assert (stands(payment)[0], world.lines()) == (S.FAILED, {})
    books_are_sound()


def test_who_comes_at_the_last_moment_has_paid(world, stripe, monkeypatch):
    """Stripe refuses to cancel what has succeeded meanwhile."""
    wallet, payment = asked_for(world)
    monkeypatch.setattr(gateway, "AUTHENTICATED_WITHIN", -timedelta(seconds=1))

    def too_late(fields, intent_id):
        stripe.complete_action(intent_id)
        return stripe._cancel(fields, intent_id)

    stripe._routes = [
        (method, pattern, too_late if pattern.endswith("/cancel") else action) for method, pattern, action in stripe._routes
    ]
    ask(payment)
    assert stands(payment) == (S.SETTLED, A.AUTHORISED, False, True)
    assert (world.funds(wallet), taken(stripe)) == ((Decimal(25), Decimal(0)), 2500)


def test_giving_up_without_an_answer_is_unknown_and_told_again_under_the_same_key(world, stripe, monkeypatch):
    _, payment = asked_for(world)
    monkeypatch.setattr(gateway, "AUTHENTICATED_WITHIN", -timedelta(seconds=1))
    stripe.faults.append(Fault("LOSE_ANSWER", path="/cancel", times=4))
    ask(payment)
    assert stands(payment)[:2] == (S.UNKNOWN, A.AWAITING)
    ask(payment)
    assert stands(payment)[:2] == (S.FAILED, A.REJECTED)
    assert payment.reason_code == "card.not_authenticated"


def test_what_an_officer_books_ends_the_waiting_for_the_payer(world, stripe):
    _, payment = asked_for(world)
    world.act(outcomes.settle, payment)
    assert stands(payment) == (S.SETTLED, A.AUTHORISED, False, True)


def test_a_payment_that_is_canceled_before_it_leaves_keeps_nothing_of_its_payer(world, stripe):
    _, payment = card_payment(world, token=SEEN, return_url=BACK)
    assert stands(payment) == (S.APPROVED, A.ASKING, True, False)
    payments.cancel(payment_id=payment.pk, actor=KEY, at=clock.now())
    assert stands(payment) == (S.CANCELED, A.REJECTED, False, False)


@pytest.mark.parametrize(
    "bad",
    [
        "http://shop.example/back",
        "shop.example/back",
        "https:///back",
        "https://me:secret@shop.example/back",
        "https://shop.example:port/back",
        "https://shop.example/b ack",
        "https://shop.example\\@evil.example/",
        "https://shöp.example/back",
        "https://shop.example/\nback",
        "javascript:alert(1)",
        "https://shop.example/" + "x" * 2048,
    ],
)
def test_an_address_that_is_no_page_of_the_partner_s_is_refused(sandbox, bad):
    with pytest.raises(Invalid) as caught:
        card_payment(sandbox, return_url=bad)
    assert (caught.value.param, Payment.objects.count()) == ("return_url", 0)


def test_only_the_payer_of_a_card_payment_comes_back(sandbox):
    wallet = sandbox.wallet("100.00")
    with pytest.raises(Invalid) as caught:
        sandbox.pay(wallet, "5.00", to=sandbox.bank(wallet), return_url=BACK)
    assert caught.value.param == "return_url"


def test_through_the_api_a_payer_is_sent_to_their_bank_and_back(sandbox):
    caller, wallet = Caller(sandbox.partner), sandbox.wallet()
    wanted = {
        "kind": "CARD_PAYMENT",
        "rail": "card",
        "amount": {"amount": "25.00", "currency": "USD"},
        "wallet_id": wallet.public_id,
        "external_account_id": card_of(sandbox, wallet, SEEN).public_id,
        "return_url": BACK,
    }
    assert caller.ask("POST", "payments", {**wanted, "return_url": "http://shop.example"}, 400)["param"] == "return_url"
    made = caller.ask("POST", "payments", wanted, 201)
    nobody_yet = {"bank": None, "redirect_url": None, "authorised_at": None}
    assert made["authorisation"] == {**nobody_yet, "status": "ASKING"}
    send(Payment.objects.get())
    waits = caller.ask("GET", f"payments/{made['id']}")
    assert (waits["status"], waits["authorisation"]["status"]) == ("SUBMITTED", "AWAITING")
    assert waits["authorisation"]["redirect_url"].startswith("https://bank.sandbox.example/3-d-secure?order=sbo_")
    back = caller.ask("POST", f"simulations/payments/{made['id']}/visit", {"decision": "APPROVE"})
    wrong = {"parameters": {**back["parameters"], "payment_intent": "sbo_another"}}
    assert caller.ask("POST", f"payments/{made['id']}/authorisation", wrong, 400)["code"] == "payments.callback_refused"
    done = caller.ask("POST", f"payments/{made['id']}/authorisation", back)
    assert (done["status"], done["authorisation"]["status"]) == ("SETTLED", "AUTHORISED")
    assert done["authorisation"]["redirect_url"] is None
    assert sandbox.funds(wallet) == (Decimal(25), Decimal(0))


# The sandbox


@pytest.mark.parametrize("approves", [True, False])
def test_the_sandbox_plays_the_payer_and_their_bank(sandbox, approves):
    wallet, payment = asked_for(sandbox)
    assert stands(payment)[:2] == (S.SUBMITTED, A.AWAITING)
    assert address(payment) == f"https://bank.sandbox.example/3-d-secure?order={payment.provider_reference}"
    visit = {"payment_id": payment.pk, "partner_id": sandbox.partner.pk, "approves": approves, "at": clock.now()}
    back = payer_visits.simulate(**visit)
    come_back(payment, back)
    assert stands(payment)[:2] == ((S.SETTLED, A.AUTHORISED) if approves else (S.FAILED, A.REJECTED))
    assert sandbox.funds(wallet) == (Decimal(25 if approves else 0), Decimal(0))
    with pytest.raises(errors.NotAuthorisedThere):
        payer_visits.simulate(**visit)
    books_are_sound()


def test_the_sandbox_s_payer_who_does_not_come_back_has_paid_at_the_next_question(sandbox):
    wallet, payment = asked_for(sandbox)
    payer_visits.simulate(payment_id=payment.pk, partner_id=sandbox.partner.pk, approves=True, at=clock.now())
    assert sending.ask_due(at=clock.now(), actor=ROBOT) == 1
    assert stands(payment)[:2] == (S.SETTLED, A.AUTHORISED)


def test_the_sandbox_refuses_in_words_where_nobody_could_come_back(sandbox):
    _, payment = card_payment(sandbox, token=SEEN)
    payment = send(payment)  # an officer's doing, and the acquirer's reason all the same: the partner learns of it
    assert (payment.status, disclosure.code(payment, payment.status)) == (S.FAILED, "authentication_required")
    assert disclosure.reason(payment) == "The card's bank wants to see the cardholder: make the payment with a return_url."
    assert authorisations.of(payment) is None


def test_the_sandbox_waits_for_an_hour_and_loses_answers_as_ever(sandbox):
    sandbox_bank.misbehave(partner_id=sandbox.partner.pk, fault="LOSE_ANSWER", times=1, at=sandbox.at)
    _, payment = asked_for(sandbox)
    assert stands(payment)[:2] == (S.UNKNOWN, A.ASKING)
    ask(payment)
    assert stands(payment)[:2] == (S.SUBMITTED, A.AWAITING)
    SandboxOrder.objects.update(created_at=later(hours=-1, seconds=-1))
    ask(payment)
    assert stands(payment)[:2] == (S.FAILED, A.REJECTED)
    assert payment.reason_code == "card.not_authenticated"


def test_a_scheduled_payment_keeps_its_address_until_it_leaves(sandbox):
    day = (sandbox.at + timedelta(days=3)).date()
    _, payment = card_payment(sandbox, token=SEEN, return_url=BACK, scheduled_on=day)
    assert (payment.kind, payment.rail) == (PaymentKind.CARD_PAYMENT, Rail.CARD)
    payments.release_due(at=sandbox.at + timedelta(days=4), actor=STAFF)
    payment.refresh_from_db()
    send(payment)
    assert stands(payment)[:2] == (S.SUBMITTED, A.AWAITING)

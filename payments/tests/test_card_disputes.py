"""Disputes over Stripe: what it is owed is told until it answers, and what it charges is booked once."""

from decimal import Decimal

import pytest

from flowlet.core import clock
from flowlet.core.outbound import OutboundError
from ledger.models import Entry, Journal
from payments.choices import InboundStatus, PaymentStatus
from payments.models import Dispute, InboundEvent
from payments.providers import registry
from payments.services import checks, disputes
from payments.tests.cards import ROBOT, card_payment, deliver, disputed, later, live_world, send
from payments.tests.standins.server import Fault, Reply
from payments.tests.world import KEY, books_are_sound

S = PaymentStatus
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return live_world()


def closes(stripe):
    """The keys under which Stripe was told that a dispute is given up."""
    return [asked.headers["idempotency-key"] for asked, _ in stripe.log if asked.path.endswith("/close")]


def stands(payment, row):
    payment.refresh_from_db()
    row.refresh_from_db()
    return payment.status, row.state


def give_up(row):
    return disputes.accept(dispute_id=row.pk, actor=KEY, at=clock.now())


def test_a_dispute_that_is_given_up_is_owed_to_stripe_and_lost_when_it_answers(world, stripe):
    payment, said, row = disputed(world, stripe)
    row = give_up(row)
    assert (row.state, row.tell_at is not None, row.told, stripe.disputes[said["id"]]["status"]) == (
        "ACCEPTED",
        True,
        0,
        "needs_response",
    )
    assert stands(payment, row) == (S.DISPUTED, "ACCEPTED")
    disputes.send(dispute_id=row.pk, actor=ROBOT, at=clock.now())
    assert stands(payment, row) == (S.RETURNED, "LOST")
    assert (row.tell_at, row.refusal) == (None, "")
    assert (closes(stripe), stripe.disputes[said["id"]]["status"]) == ([row.public_id], "lost")
    deliver(stripe, copies=2)  # its event adds nothing
    disputes.sweep(at=later(days=2), actor=ROBOT)
    assert (stands(payment, row), closes(stripe)) == ((S.RETURNED, "LOST"), [row.public_id])
    books_are_sound()


@pytest.mark.parametrize("fault", ["LOSE_ANSWER", "ERROR_AFTER", "LOSE_REQUEST", "ERROR", "BREAK"])
def test_giving_up_is_told_again_under_the_same_key_until_stripe_answers(world, stripe, fault):
    payment, said, row = disputed(world, stripe)
    give_up(row)
    stripe.faults.append(Fault(fault, path="/close", times=4))
    with pytest.raises(OutboundError):
        disputes.send(dispute_id=row.pk, actor=ROBOT, at=clock.now())
    assert stands(payment, row) == (S.DISPUTED, "ACCEPTED")
    assert (row.told, row.refusal in {"api_error", "provider.outcome_unknown", "provider.unavailable"}) == (1, True)
    assert disputes.sweep(at=later(minutes=4), actor=ROBOT) == 0  # not yet
    row.refresh_from_db()
    assert row.told == 1
    stripe.faults.clear()
    disputes.sweep(at=later(minutes=6), actor=ROBOT)
    assert stands(payment, row) == (S.RETURNED, "LOST")
    assert (set(closes(stripe)), row.told, row.refusal) == ({row.public_id}, 0, "")
    assert stripe.disputes[said["id"]]["status"] == "lost"
    books_are_sound()


def test_giving_up_waits_for_a_stripe_that_is_down_or_not_set_up(world, stripe, settings):
    payment, _, row = disputed(world, stripe)
    give_up(row)
    key, settings.STRIPE_API_KEY = settings.STRIPE_API_KEY, ""
    disputes.sweep(at=clock.now(), actor=ROBOT)
    assert (stands(payment, row), row.refusal) == ((S.DISPUTED, "ACCEPTED"), "provider.not_configured")
    settings.STRIPE_API_KEY = key
    settings.STRIPE_BASE_URL, base_url = "http://127.0.0.1:9", settings.STRIPE_BASE_URL
    disputes.sweep(at=later(minutes=6), actor=ROBOT)
    assert (stands(payment, row), row.told) == ((S.DISPUTED, "ACCEPTED"), 2)
    settings.STRIPE_BASE_URL = base_url
    disputes.sweep(at=later(days=30), actor=ROBOT)  # also after the time for evidence: giving up has none
    assert stands(payment, row) == (S.RETURNED, "LOST")


def test_a_worker_that_dies_while_telling_leaves_the_next_try_behind(world, stripe, monkeypatch):
    payment, _, row = disputed(world, stripe)
    give_up(row)

    class Killed(BaseException):
        pass

    def die(row):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(disputes, "_told", die)
        disputes.send(dispute_id=row.pk, actor=ROBOT, at=clock.now())
    row.refresh_from_db()
    assert (row.told, row.tell_at > clock.now()) == (1, True)
    disputes.sweep(at=later(minutes=6), actor=ROBOT)
    assert stands(payment, row) == (S.RETURNED, "LOST")


@pytest.mark.parametrize("won", [True, False])
def test_a_refusal_because_it_is_over_there_books_what_it_has_become(world, stripe, won):
    payment, said, row = disputed(world, stripe)
    give_up(row)
    stripe.decide(said["id"], won=won)
    disputes.sweep(at=clock.now(), actor=ROBOT)
    assert stands(payment, row) == ((S.SETTLED, "WON") if won else (S.RETURNED, "LOST"))
    books_are_sound()


def test_a_refusal_of_what_still_waits_there_stays_owed_and_says_why(world, stripe):
    payment, _, row = disputed(world, stripe)
    give_up(row)
    no = Reply(400, {"error": {"type": "invalid_request_error", "code": "account_invalid", "message": "no"}})
    stripe.faults.append(Fault("REPLY", path="/close", reply=no))
    disputes.sweep(at=clock.now(), actor=ROBOT)
    assert (stands(payment, row), row.refusal) == ((S.DISPUTED, "ACCEPTED"), "account_invalid")
    disputes.sweep(at=later(minutes=6), actor=ROBOT)
    assert stands(payment, row) == (S.RETURNED, "LOST")


def test_a_dispute_that_somebody_answered_at_stripe_is_not_lost_by_being_given_up_here(world, stripe):
    payment, said, row = disputed(world, stripe)
    give_up(row)
    registry.stripe().submit_evidence(said["id"], evidence={"uncategorized_text": "Signed."}, final=True, key="dashboard")
    disputes.sweep(at=clock.now(), actor=ROBOT)
    assert (stands(payment, row), row.refusal) == ((S.DISPUTED, "ACCEPTED"), "under_review")
    stripe.decide(said["id"], won=True)
    deliver(stripe)
    assert (stands(payment, row), row.tell_at) == ((S.SETTLED, "WON"), None)


def test_evidence_whose_answer_was_lost_is_told_again_and_counts_as_sent_once(world, stripe):
    payment, said, row = disputed(world, stripe)
    disputes.answer(dispute_id=row.pk, evidence={"uncategorized_text": "Signed."}, actor=KEY, at=clock.now())
    stripe.faults.append(Fault("LOSE_ANSWER", path=f"/disputes/{said['id']}", method="POST", times=4))
    disputes.sweep(at=clock.now(), actor=ROBOT)
    assert stands(payment, row) == (S.DISPUTED, "READY")
    stripe.faults.clear()
    stripe.answered.clear()  # a day later Stripe has forgotten the key, and refuses a second answer
    disputes.sweep(at=later(minutes=6), actor=ROBOT)
    assert stands(payment, row) == (S.DISPUTED, "ANSWERED")
    assert stripe.disputes[said["id"]]["evidence_details"]["submission_count"] == 1


def test_one_that_cannot_be_told_does_not_hold_up_the_others(world, stripe):
    first, second = (disputed(world, stripe)[2] for _ in range(2))
    give_up(first)
    give_up(second)
    stripe.faults.append(Fault("ERROR", path=f"{first.provider_id}/close", times=4))
    disputes.sweep(at=clock.now(), actor=ROBOT, limit=1)
    disputes.sweep(at=clock.now(), actor=ROBOT, limit=1)
    assert [Dispute.objects.get(pk=one.pk).state for one in (first, second)] == ["ACCEPTED", "LOST"]


# What they cost


def fees(row):
    """The journals of the dispute's fee: kind and amount, in their order, with the lines they moved."""
    found = Journal.objects.filter(cause=row.public_id).order_by("pk")
    return [
        (
            one.kind,
            sorted(one.entries.values_list("account__line__code", "side", "amount")),
        )
        for one in found
    ]


def charged(amount):
    return ("payments.dispute_fee", [("1110", "CREDIT", Decimal(amount)), ("5010", "DEBIT", Decimal(amount))])


def given_back(amount):
    return ("payments.dispute_fee_back", [("1110", "DEBIT", Decimal(amount)), ("5010", "CREDIT", Decimal(amount))])


def balance(stripe):
    """What Stripe owes us, without what it keeps of the charges."""
    return (
        Decimal(sum(line["net"] for line in stripe.lines) + sum(line["fee"] for line in stripe.lines if line["type"] == "charge"))
        / 100
    )


def test_a_dispute_s_fee_is_booked_once_as_a_cost(world, stripe):
    payment, said, row = disputed(world, stripe)
    deliver(stripe, copies=3, order="reverse")
    row.refresh_from_db()
    assert (row.fee, row.fee_currency, fees(row)) == (Decimal(15), "USD", [charged(15)])
    stripe.decide(said["id"], won=False)
    deliver(stripe, copies=2)
    row.refresh_from_db()
    assert (row.state, row.fee, fees(row)) == ("LOST", Decimal(15), [charged(15)])
    assert world.lines() == {"1110": Decimal(-15), "5010": Decimal(15)}
    assert world.lines()["1110"] == balance(stripe)
    books_are_sound()


@pytest.mark.parametrize(("fee_back", "left"), [(1500, 0), (0, 15), (500, 10)])
def test_what_stripe_gives_back_of_the_fee_when_a_dispute_is_won_is_no_cost(world, stripe, fee_back, left):
    payment, said, row = disputed(world, stripe)
    stripe.decide(said["id"], won=True, fee_back=fee_back)
    deliver(stripe, copies=2)
    row.refresh_from_db()
    assert (row.state, row.fee) == ("WON", Decimal(left))
    assert fees(row) == [charged(15), *([given_back(fee_back // 100)] if fee_back else [])]
    cost = {"5010": Decimal(left)} if left else {}
    assert world.lines() == {"1110": Decimal(25 - left), "2010": Decimal(-25), **cost}
    assert world.lines()["1110"] == balance(stripe)
    books_are_sound()


def test_a_fee_that_comes_back_after_the_end_is_booked_then(world, stripe):
    payment, said, row = disputed(world, stripe)
    stripe.decide(said["id"], won=True, fee_back=0)
    deliver(stripe)
    row.refresh_from_db()
    assert (row.state, row.fee) == ("WON", Decimal(15))
    found = stripe.disputes[said["id"]]
    found["balance_transactions"].append(stripe._line("adjustment", 0, -1500, "usd", said["id"], "dispute_reversal"))
    stripe._event("charge.dispute.funds_reinstated", found)
    deliver(stripe, copies=2)
    row.refresh_from_db()
    assert (row.fee, fees(row)) == (Decimal(0), [charged(15), given_back(15)])
    books_are_sound()


@pytest.mark.parametrize("fee_back", [0, 1500])
def test_a_dispute_that_was_won_before_we_heard_of_it_costs_what_it_cost(world, stripe, fee_back):
    _, payment = card_payment(world)
    payment = send(payment)
    said = stripe.dispute(payment.provider_reference)
    stripe.decide(said["id"], won=True, fee_back=fee_back)
    deliver(stripe, order="reverse", copies=2)
    payment.refresh_from_db()
    cost = Decimal(0 if fee_back else 15)
    assert (payment.status, payment.returned) == (S.SETTLED, Decimal(0))
    assert world.lines() == {"1110": 25 - cost, "2010": Decimal(-25), **({"5010": cost} if cost else {})}
    assert [one.fee for one in Dispute.objects.all()] == ([cost] if cost else [])
    books_are_sound()


def test_what_answering_costs_is_booked_with_its_answer(world, stripe):
    payment, said, row = disputed(world, stripe)
    found = stripe.disputes[said["id"]]
    found["balance_transactions"].append(stripe._line("adjustment", 0, 700, "usd", said["id"], "dispute"))
    disputes.answer(dispute_id=row.pk, evidence={"uncategorized_text": "Signed."}, actor=KEY, at=clock.now())
    disputes.sweep(at=clock.now(), actor=ROBOT)
    row.refresh_from_db()
    assert (row.state, row.fee, fees(row)) == ("ANSWERED", Decimal(22), [charged(15), charged(7)])
    deliver(stripe)
    assert len(fees(row)) == 2
    books_are_sound()


def test_a_fee_is_booked_in_the_currency_of_our_balance_there(world, stripe):
    _, payment = card_payment(world)
    payment = send(payment)
    said = stripe.dispute(payment.provider_reference)
    lines = stripe.disputes[said["id"]]["balance_transactions"]
    lines[:] = [stripe._line("adjustment", -2300, 2000, "eur", said["id"], "dispute")]
    deliver(stripe)
    row = Dispute.objects.get(payment=payment)
    assert (row.fee, row.fee_currency, row.currency) == (Decimal(20), "EUR", "USD")
    assert set(Entry.objects.filter(journal__cause=row.public_id).values_list("currency", "amount")) == {("EUR", Decimal(20))}
    lines[:] = [stripe._line("adjustment", -2500, 1500, "usd", said["id"], "dispute")]
    stripe._event("charge.dispute.updated", stripe.disputes[said["id"]])
    deliver(stripe)
    row.refresh_from_db()
    assert (row.fee, row.fee_currency) == (Decimal(20), "EUR")  # somebody has to look
    assert InboundEvent.objects.exclude(status=InboundStatus.HANDLED).get().error.startswith("payments.amount_differs")
    books_are_sound()


def test_the_check_of_the_books_names_a_dispute_whose_fee_was_not_booked(world, stripe):
    _, _, row = disputed(world, stripe)
    assert list(checks.dispute_fees_are_booked()) == []
    Dispute.objects.filter(pk=row.pk).update(fee=Decimal(16))
    assert [where for where, _ in checks.dispute_fees_are_booked()] == [row.public_id, row.public_id]

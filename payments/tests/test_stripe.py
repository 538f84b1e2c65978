"""Stripe, three ways: our client and Stripe's own SDK against the stand-in, and every message against Stripe's own description."""

import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import stripe as sdk
from hypothesis import given
from hypothesis import strategies as st

from flowlet.core import money
from flowlet.core.breakers import Breaker
from flowlet.core.money import Money
from flowlet.core.outbound import NotAuthorized, OutcomeUnknown, Refused, Retries, Timeouts, Unavailable
from payments.providers.errors import AmountNotCarried, AnswerMalformed, WebhookForged
from payments.providers.ports import CardPaymentStatus, DisputeStatus, RefundStatus
from payments.providers.stripe import webhooks
from payments.providers.stripe.client import Stripe, form
from payments.providers.stripe.minor import from_minor, to_minor
from payments.tests.standins import contract
from payments.tests.standins.server import Asked, Fault, Reply, running
from payments.tests.standins.stripe import StripeStandIn

SPEC = "stripe-spec3-2023-09-12.yaml"


@pytest.fixture
def standin():
    with running(StripeStandIn) as found:
        yield found


def client_of(standin, **options):
    options.setdefault("retries", Retries(attempts=3, first=0.01, longest=0.02, jitter=0))
    options.setdefault("timeouts", Timeouts(connect=1, read=0.4, attempt=1, call=5))
    options.setdefault("breaker", Breaker(f"test-{uuid.uuid4()}", threshold=50))
    options.setdefault("api_key", standin.api_key)
    return Stripe(base_url=standin.url, private_hosts=frozenset({"127.0.0.1"}), **options)


@pytest.fixture
def client(standin):
    return client_of(standin)


def usd(text):
    return Money(Decimal(text), "USD")


def story(client, standin):
    """Everything the client can do, once."""
    taken = client.create_payment(amount=usd("12.50"), reference="pay_1", key="k1", payment_method="pm_card_visa", confirm=True)
    later = client.create_payment(amount=usd("20.00"), reference="pay_2", key="k2", capture_later=True, description="A hotel")
    client.confirm_payment(later.id, key="k3", payment_method="pm_card_visa", return_url="https://example.com/back")
    client.capture_payment(later.id, key="k4", amount=usd("15.00"))
    asked = client.create_payment(
        amount=usd("9.00"),
        reference="pay_3",
        key="k5",
        payment_method="pm_card_threeDSecure2Required",
        confirm=True,
        return_url="https://shop.example/back?order=7",
    )
    standin.complete_action(asked.id)
    client.payment(asked.id)
    for number, ends in enumerate(("unknown there", "never comes")):
        gone = client.create_payment(
            amount=usd("8.00"),
            reference=f"pay_6{number}",
            key=f"k6{number}",
            payment_method="pm_card_threeDSecure2Required",
            confirm=True,
            return_url="https://shop.example/back",
        )
        if ends == "unknown there":
            standin.complete_action(gone.id, confirms=False)
            client.payment(gone.id)
        else:
            client.cancel_payment(gone.id, key="k62", abandoned=True)
    dropped = client.create_payment(amount=usd("1.00"), reference="pay_4", key="k6")
    client.cancel_payment(dropped.id, key="k7")
    client.create_payment(
        amount=usd("3.00"), reference="pay_5", key="k8", payment_method="pm_card_chargeDeclinedInsufficientFunds", confirm=True
    )
    back = client.refund_payment(taken.id, key="k9", reference="ref_1", amount=usd("2.50"))
    client.refund(back.id)
    client.refunds_of(taken.id)
    client.find_payments("pay_3")
    dispute = standin.dispute(asked.id)
    client.dispute(dispute["id"])
    client.submit_evidence(dispute["id"], evidence={"uncategorized_text": "It was them"}, final=False, key="k10")
    client.submit_evidence(dispute["id"], evidence={"customer_name": "A. B."}, final=True, key="k11")
    standin.decide(dispute["id"], won=True)
    client.dispute(dispute["id"])
    other = standin.dispute(later.id)
    client.accept_dispute(other["id"], key="k12")
    payout = standin.pay_out("usd")
    list(client.payouts(since=datetime.now(tz=UTC) - timedelta(days=1)))
    list(client.balance_lines(payout_id=payout["id"]))
    list(client.balance_lines(since=datetime.now(tz=UTC) - timedelta(days=1)))


# Amounts


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("10.00", "USD", 1000),
        ("0.01", "EUR", 1),
        ("500", "JPY", 500),
        ("500", "KRW", 500),
        ("5", "ISK", 500),
        ("5", "UGX", 500),
        ("7", "MGA", 7),
        ("5.120", "KWD", 5120),
        ("1.000", "BHD", 1000),
        ("10.45", "HUF", 1045),
        ("800.00", "TWD", 80000),
    ],
)
def test_minor_units_are_iso_s_with_stripe_s_exceptions_and_come_back_exactly(amount, currency, minor):
    value = Money(Decimal(amount), currency)
    assert to_minor(value) == minor
    assert from_minor(minor, currency.lower()) == value


@pytest.mark.parametrize(
    ("amount", "currency", "refusal"),
    [
        ("5.124", "KWD", AmountNotCarried),
        ("7.50", "MGA", AmountNotCarried),
        ("10.005", "USD", money.TooPrecise),
        ("10.5", "JPY", money.TooPrecise),
        ("0.5", "ISK", money.TooPrecise),
        ("0", "USD", money.NotPositive),
        ("-1", "USD", money.NotPositive),
        ("1", "XAU", money.UnknownCurrency),
    ],
)
def test_what_stripe_cannot_say_exactly_is_refused_and_not_rounded(amount, currency, refusal):
    with pytest.raises(refusal):
        to_minor(Money(Decimal(amount), currency))


def test_a_part_of_a_krona_from_stripe_is_refused():
    with pytest.raises(money.TooPrecise):
        from_minor(505, "isk")


@given(minor=st.integers(1, 10**12), currency=st.sampled_from(["USD", "EUR", "JPY", "GBP", "CLP", "MGA"]))
def test_every_amount_survives_the_way_there_and_back(minor, currency):
    assert to_minor(from_minor(minor, currency)) == minor


def test_the_form_nests_in_brackets_and_has_no_empty_fields():
    assert form({"a": 1, "b": {"c": True, "d": None, "e": ""}, "f": ["x", "y"]}) == [
        ("a", "1"),
        ("b[c]", "true"),
        ("f[0]", "x"),
        ("f[1]", "y"),
    ]
    with pytest.raises(TypeError):
        form({"a": 1.5})


# Our client against the stand-in


def test_a_card_is_charged_at_once(client):
    made = client.create_payment(amount=usd("12.50"), reference="pay_1", key="k", payment_method="pm_card_visa", confirm=True)
    assert (made.status, made.amount, made.received, made.reference) == (
        CardPaymentStatus.SUCCEEDED,
        usd("12.50"),
        usd("12.50"),
        "pay_1",
    )
    assert client.payment(made.id) == made
    assert [line.net for line in client.balance_lines()] == [usd("11.84")]


def test_a_decline_is_an_answer_with_the_bank_s_reason(client):
    made = client.create_payment(
        amount=usd("12.50"), reference="p", key="k", payment_method="pm_card_chargeDeclinedInsufficientFunds", confirm=True
    )
    assert (made.status, made.failure_code) == (CardPaymentStatus.REQUIRES_PAYMENT_METHOD, "insufficient_funds")
    assert client.payment(made.id).failure_code == "insufficient_funds"
    assert list(client.balance_lines()) == []


def test_a_part_is_captured_and_the_rest_released(client):
    made = client.create_payment(
        amount=usd("20"), reference="p", key="1", payment_method="pm_card_visa", confirm=True, capture_later=True
    )
    assert (made.status, made.capturable, made.received) == (CardPaymentStatus.REQUIRES_CAPTURE, usd("20.00"), usd("0.00"))
    done = client.capture_payment(made.id, key="2", amount=usd("15"))
    assert (done.status, done.capturable, done.received) == (CardPaymentStatus.SUCCEEDED, usd("0.00"), usd("15.00"))


def test_a_payment_that_the_cardholder_confirms_elsewhere_says_where(client, standin):
    made = client.create_payment(
        amount=usd("9"), reference="p", key="1", payment_method="pm_card_threeDSecure2Required", confirm=True
    )
    assert made.status == CardPaymentStatus.REQUIRES_ACTION
    assert made.action_url.startswith("https://hooks.stripe.com/")
    standin.complete_action(made.id)
    assert client.payment(made.id).status == CardPaymentStatus.SUCCEEDED


def test_a_cardholder_who_is_not_known_at_their_bank_is_a_decline(client, standin):
    made = client.create_payment(
        amount=usd("9"),
        reference="p",
        key="1",
        payment_method="pm_card_threeDSecure2Required",
        confirm=True,
        return_url="https://shop.example/back",
    )
    assert standin.intents[made.id]["next_action"]["redirect_to_url"]["return_url"] == "https://shop.example/back"
    standin.complete_action(made.id, confirms=False)
    found = client.payment(made.id)
    assert (found.status, found.failure_code) == (
        CardPaymentStatus.REQUIRES_PAYMENT_METHOD,
        "payment_intent_authentication_failure",
    )


def test_a_payment_that_is_given_up_because_nobody_came_says_so(client):
    made = client.create_payment(
        amount=usd("9"), reference="p", key="1", payment_method="pm_card_threeDSecure2Required", confirm=True
    )
    found = client.cancel_payment(made.id, key="2", abandoned=True)
    assert (found.status, found.failure_code, found.action_url) == (CardPaymentStatus.CANCELED, "abandoned", "")
    plain = client.create_payment(amount=usd("9"), reference="q", key="3")
    assert client.cancel_payment(plain.id, key="4").failure_code == ""


def test_refunds_give_back_a_part_and_never_more_than_was_taken(client):
    made = client.create_payment(amount=usd("10"), reference="p", key="1", payment_method="pm_card_visa", confirm=True)
    back = client.refund_payment(made.id, key="2", reference="r1", amount=usd("4"))
    assert (back.status, back.amount, back.payment_id) == (RefundStatus.SUCCEEDED, usd("4.00"), made.id)
    with pytest.raises(Refused) as caught:
        client.refund_payment(made.id, key="3", reference="r2", amount=usd("6.01"))
    assert caught.value.provider_code == "amount_too_large"
    client.refund_payment(made.id, key="4", reference="r3")
    assert [(found.reference, found.amount) for found in client.refunds_of(made.id)] == [("r3", usd("6.00")), ("r1", usd("4.00"))]


def test_a_dispute_takes_the_money_with_a_fee_and_gives_both_back_when_won(client, standin):
    made = client.create_payment(amount=usd("30"), reference="p", key="1", payment_method="pm_card_createDispute", confirm=True)
    (dispute_id,) = standin.disputes
    found = client.dispute(dispute_id)
    assert (found.status, found.payment_id, found.taken, found.fee) == (
        DisputeStatus.NEEDS_RESPONSE,
        made.id,
        usd("30.00"),
        usd("15.00"),
    )
    assert timedelta(days=6) < found.evidence_due_at - datetime.now(tz=UTC) <= timedelta(days=7)
    draft = client.submit_evidence(dispute_id, evidence={"uncategorized_text": "x"}, final=False, key="2")
    assert (draft.status, draft.submissions) == (DisputeStatus.NEEDS_RESPONSE, 0)
    final = client.submit_evidence(dispute_id, evidence={"uncategorized_text": "y"}, final=True, key="3")
    assert (final.status, final.submissions) == (DisputeStatus.UNDER_REVIEW, 1)
    standin.decide(dispute_id, won=True)
    won = client.dispute(dispute_id)
    assert (won.status, won.taken, won.fee) == (DisputeStatus.WON, usd("0.00"), usd("0.00"))
    with pytest.raises(ValueError, match="colour"):
        client.submit_evidence(dispute_id, evidence={"colour": "red"}, final=True, key="4")


def test_a_payout_s_lines_add_up_to_it_over_all_pages(client, standin):
    for number in range(105):
        client.create_payment(
            amount=usd("2"), reference=f"p{number}", key=f"k{number}", payment_method="pm_card_visa", confirm=True
        )
    payout = standin.pay_out("usd")
    (found,) = client.payouts(since=datetime.now(tz=UTC) - timedelta(hours=1))
    lines = list(client.balance_lines(payout_id=payout["id"]))
    assert len(lines) == len({line.id for line in lines}) == 106
    assert found.amount == -next(line.net for line in lines if line.kind == "payout")
    assert found.amount == sum((line.net for line in lines if line.kind != "payout"), usd("0"))


@pytest.mark.parametrize("fault", ["LOSE_ANSWER", "ERROR_AFTER", "LOSE_REQUEST", "ERROR", "SLOW"])
def test_whatever_goes_wrong_on_the_way_the_card_is_charged_once(client, standin, fault):
    standin.faults.append(Fault(fault, path="/v1/payment_intents", times=2, seconds=0.6))
    made = client.create_payment(amount=usd("10"), reference="pay_1", key="k", payment_method="pm_card_visa", confirm=True)
    assert made.status == CardPaymentStatus.SUCCEEDED
    assert [line["amount"] for line in standin.lines] == [1000]


def test_a_charge_without_any_answer_is_unknown_and_is_found_by_our_reference_later(client, standin):
    standin.faults.append(Fault("LOSE_ANSWER", times=3))
    with pytest.raises(OutcomeUnknown):
        client.create_payment(amount=usd("10"), reference="pay_1", key="k", payment_method="pm_card_visa", confirm=True)
    (found,) = client.find_payments("pay_1")
    assert (found.status, found.received) == (CardPaymentStatus.SUCCEEDED, usd("10.00"))
    again = client.create_payment(amount=usd("10"), reference="pay_1", key="k", payment_method="pm_card_visa", confirm=True)
    assert again.id == found.id
    assert client.find_payments("pay_2") == []


def test_a_twin_in_flight_leaves_the_outcome_unknown(client, standin):
    busy = Reply(409, {"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}})
    standin.faults.append(Fault("REPLY", times=3, reply=busy))
    with pytest.raises(OutcomeUnknown):
        client.create_payment(amount=usd("10"), reference="p", key="k")


def test_a_key_that_was_used_for_something_else_leaves_the_outcome_unknown(client):
    client.create_payment(amount=usd("10"), reference="p", key="k")
    with pytest.raises(OutcomeUnknown) as caught:
        client.create_payment(amount=usd("11"), reference="p", key="k")
    assert caught.value.details["provider_code"] == "idempotency_error"


def test_a_wrong_key_is_told_from_a_refusal(standin):
    with pytest.raises(NotAuthorized):
        client_of(standin, api_key="sk_test_other").payment("pi_1")


@pytest.mark.parametrize("change", [{"amount": 10.5}, {"amount": None}, {"currency": "xyz"}, {"status": "new_state"}, {"id": 7}])
def test_an_answer_that_lacks_what_counts_is_not_guessed_at(client, standin, change):
    made = client.create_payment(amount=usd("10"), reference="p", key="k")
    data = {**standin.intents[made.id], **change}
    standin.faults.append(Fault("REPLY", method="GET", reply=Reply(200, data)))
    with pytest.raises(AnswerMalformed):
        client.payment(made.id)


@pytest.mark.parametrize("bad", ["pi_1/../../v1/charges", "pi 1", "", "pi_1?x=1", "pï_1"])
def test_ids_are_safe_in_paths(client, standin, bad):
    with pytest.raises(ValueError):
        client.payment(bad)
    assert standin.log == []


# Stripe's own SDK against the stand-in


@pytest.fixture
def stripe_sdk(standin):
    return sdk.StripeClient(standin.api_key, base_addresses={"api": standin.url}, max_network_retries=0)


def test_stripe_s_own_sdk_is_content_with_the_stand_in(stripe_sdk, standin):
    intents = stripe_sdk.v1.payment_intents
    made = intents.create(
        {
            "amount": 20000,
            "currency": "usd",
            "capture_method": "manual",
            "payment_method_types": ["card"],
            "metadata": {"reference": "p"},
        },
        {"idempotency_key": "s1"},
    )
    assert made.status == "requires_payment_method"
    assert intents.confirm(made.id, {"payment_method": "pm_card_visa"}).status == "requires_capture"
    assert intents.capture(made.id, {"amount_to_capture": 15000}).amount_received == 15000
    assert intents.retrieve(made.id).status == "succeeded"
    assert (
        intents.create(
            {
                "amount": 20000,
                "currency": "usd",
                "capture_method": "manual",
                "payment_method_types": ["card"],
                "metadata": {"reference": "p"},
            },
            {"idempotency_key": "s1"},
        ).id
        == made.id
    )
    with pytest.raises(sdk.CardError) as caught:
        intents.create({"amount": 900, "currency": "usd", "payment_method": "pm_card_chargeDeclined", "confirm": True})
    assert caught.value.error.decline_code == "generic_decline"
    refund = stripe_sdk.v1.refunds.create({"payment_intent": made.id, "amount": 500})
    assert stripe_sdk.v1.refunds.retrieve(refund.id).status == "succeeded"
    dropped = intents.create({"amount": 900, "currency": "usd"})
    assert intents.cancel(dropped.id).status == "canceled"
    seen = intents.create(
        {
            "amount": 900,
            "currency": "usd",
            "payment_method": "pm_card_threeDSecure2Required",
            "confirm": True,
            "return_url": "https://shop.example/back",
        }
    )
    assert (seen.status, seen.next_action.type) == ("requires_action", "redirect_to_url")
    assert seen.next_action.redirect_to_url.return_url == "https://shop.example/back"
    assert seen.next_action.redirect_to_url.url.startswith("https://hooks.stripe.com/")
    standin.complete_action(seen.id)
    assert intents.retrieve(seen.id).amount_received == 900
    left = intents.create({"amount": 900, "currency": "usd", "payment_method": "pm_card_threeDSecure2Required", "confirm": True})
    assert intents.cancel(left.id, {"cancellation_reason": "abandoned"}).cancellation_reason == "abandoned"
    disputed = intents.create({"amount": 900, "currency": "usd", "payment_method": "pm_card_createDispute", "confirm": True})
    (dispute_id,) = standin.disputes
    assert stripe_sdk.v1.disputes.retrieve(dispute_id).payment_intent == disputed.id
    assert stripe_sdk.v1.disputes.update(dispute_id, {"evidence": {"uncategorized_text": "x"}}).status == "under_review"
    standin.pay_out("usd")
    (payout,) = stripe_sdk.v1.payouts.list().data
    lines = list(stripe_sdk.v1.balance_transactions.list({"payout": payout.id, "limit": 2}).auto_paging_iter())
    assert sum(line.net for line in lines) == 0
    assert_contract(standin)


# Every message against Stripe's own description


def assert_contract(standin):
    wanted = contract.of(SPEC)
    problems = [text for asked, reply in standin.log for text in wanted.problems(asked, reply)]
    assert problems == []
    assert [text for event in standin.events for text in wanted.schema_problems("event", event)] == []


def test_every_message_of_our_client_and_the_stand_in_is_as_stripe_describes_it(client, standin):
    story(client, standin)
    paths = {(asked.method, asked.path.split("/")[2], asked.path.rpartition("/")[2]) for asked, _ in standin.log}
    assert len(standin.log) > 20 and len(paths) > 10
    assert_contract(standin)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/payment_intents", b"amount=ten&currency=usd"),
        ("/v1/payment_intents", b"amount=10&currency=usd&capture_method=sometimes"),
        ("/v1/payment_intents", b"currency=usd"),
        ("/v1/payment_intents", b"amount=10&currency=usd&colour=red"),
        ("/v1/refundz", b"amount=10"),
    ],
)
def test_the_description_does_find_what_is_wrong(path, body):
    asked = Asked("POST", path, [], {"content-type": "application/x-www-form-urlencoded"}, body)
    found = contract.of(SPEC).problems(asked, Reply(200, {"id": "pi_1"}))
    assert any(" request: " in text or "no such" in text for text in found)
    assert any(" 200: " in text or "no such" in text for text in found), "the answer lacks nearly everything"


def test_stripe_s_example_objects_of_2026_are_read():
    found = json.loads((contract.folder() / "stripe-fixtures3-2026-08-21.json").read_text())["resources"]
    from payments.providers.stripe import client as ours

    assert ours._payment(found["payment_intent"]).amount == usd("10.99")
    assert ours._refund(found["refund"]).amount == usd("1.00")
    assert ours._dispute(found["dispute"]).amount == usd("10.00")


# Signatures


BODY = b'{"id": "evt_1", "object": "event", "type": "x.y", "created": 1700000000, "livemode": false, "data": {"object": {"id": "pi_1"}}}'
SIGNED_AT = 1_700_000_000
AT = datetime.fromtimestamp(SIGNED_AT + 5, tz=UTC)


def signed(secret="whsec_a", at=SIGNED_AT, body=BODY):
    return sdk.WebhookSignature.generate_signature_header(body.decode(), secret, at)


def test_stripe_s_own_signature_is_good_under_any_of_the_secrets():
    assert webhooks.verify(BODY, header=signed("whsec_b"), secrets=["whsec_a", "whsec_b"], at=AT) == 1
    two = f"{signed('whsec_old')},{signed('whsec_a').partition(',')[2]},v0=abc"
    webhooks.verify(BODY, header=two, secrets=["whsec_a"], at=AT)


@pytest.mark.parametrize(
    ("header", "body", "at"),
    [
        ("", BODY, AT),
        ("t=1700000000", BODY, AT),
        ("v1=abc", BODY, AT),
        ("t=1700000000,v1=abc", BODY, AT),
        ("t=x,v1=abc", BODY, AT),
        (signed("whsec_other"), BODY, AT),
        (signed() + ",t=1700000001", BODY, AT),
        (signed().replace("v1=", "v0="), BODY, AT),
        (signed(), BODY + b" ", AT),
        (signed(), BODY, AT + timedelta(seconds=296)),
        (signed(), BODY, AT - timedelta(seconds=306)),
        (signed(at=SIGNED_AT + 1).replace("t=1700000001", "t=1700000000"), BODY, AT),
    ],
)
def test_a_forged_altered_or_old_signature_is_refused(header, body, at):
    with pytest.raises(WebhookForged):
        webhooks.verify(body, header=header, secrets=["whsec_a"], at=at)


def test_no_secret_is_no_open_door():
    with pytest.raises(WebhookForged):
        webhooks.verify(BODY, header=signed(""), secrets=[], at=AT)


def test_the_stand_in_signs_so_that_stripe_s_sdk_and_we_agree(standin):
    body = b'{"id": "evt_1", "object": "event"}'
    header = standin.sign(body)
    assert sdk.Webhook.construct_event(body, header, standin.webhook_secret).id == "evt_1"
    webhooks.verify(body, header=header, secrets=[standin.webhook_secret], at=datetime.fromtimestamp(time.time(), tz=UTC))


def test_an_event_is_read():
    fact = webhooks.read(BODY)
    assert (fact.provider, fact.event_id, fact.kind, fact.subject, fact.is_live) == ("stripe", "evt_1", "x.y", "pi_1", False)
    assert fact.happened_at == datetime.fromtimestamp(SIGNED_AT, tz=UTC)
    assert "pi_1" not in repr(fact.data) or "data" not in repr(fact)
    for bad in (b"", b"[]", b"{}", BODY.replace(b'"event"', b'"charge"'), BODY.replace(b"1700000000", b'"x"')):
        with pytest.raises(AnswerMalformed):
            webhooks.read(bad)


def test_who_is_away_is_unavailable(standin):
    client = client_of(standin)
    standin.close()
    with pytest.raises(Unavailable):
        client.payment("pi_1")

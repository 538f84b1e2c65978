"""A partner learns where a payment stands, and never what a verdict or an officer said of it."""

from decimal import Decimal as D

import pytest

from flowlet.core.actors import Actor, ActorKind
from flowlet.decisions import registry
from flowlet.decisions.choices import Outcome
from flowlet.decisions.opinions import Opinion, Reason
from flowlet.events.models import Event
from payments.api import payment_rendering
from payments.choices import PaymentStatus as S
from payments.models import Move
from payments.services import deciding, external_accounts, inbound_files, payments, settlement
from payments.tests import standings
from payments.tests.bank_files import returned
from payments.tests.world import OTHER, STAFF, fresh_world

PARTNER = Actor(kind=ActorKind.API_KEY, id="key_partner", label="key")
SUSPICION = "Looks like structuring with cus_1"


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def opinion(monkeypatch):
    said = {"outcome": Outcome.ALLOW}
    monkeypatch.setattr(registry, "_deciders", {})

    @registry.decider("tests.suspicion", point=deciding.POINT)
    def decide(facts):
        reasons = () if said["outcome"] == Outcome.ALLOW else (Reason(code="monitoring.structuring", text=SUSPICION),)
        return Opinion(outcome=said["outcome"], reasons=reasons)

    return said


def told(payment):
    """Everything that the partner can read of it: the object, its moves, and its events."""
    payment.refresh_from_db()
    events = [event.data for event in Event.objects.filter(subject=payment.public_id).order_by("id")]
    return payment_rendering.detail(payment), events


def assert_nothing_leaks(payment, *words):
    shown, events = told(payment)
    for word in ("structuring", "monitoring", *words):
        assert word not in str(shown) + str(events)
    return shown


@pytest.mark.parametrize(
    ("outcome", "status", "code"), [(Outcome.BLOCK, S.REJECTED, "payment.rejected"), (Outcome.REVIEW, S.REVIEW, "payment.review")]
)
def test_what_a_verdict_says_stays_inside(world, opinion, outcome, status, code):
    wallet = world.wallet("100.00")
    opinion["outcome"] = outcome
    payment = world.pay(wallet, "30.00", to=world.bank(wallet), actor=PARTNER)
    shown = assert_nothing_leaks(payment)
    assert (shown["status"], shown["reason_code"], shown["reason"]) == (status, code, None)
    assert (shown["moves"][-1]["reason_code"], shown["moves"][-1]["reason"]) == (code, None)
    assert told(payment)[1][-1]["reason_code"] == code
    # Officers have it all.
    assert (payment.reason_code, payment.reason) == ("monitoring.structuring", SUSPICION)
    last = Move.objects.get(payment=payment, ordinal=payment.moves_made)
    assert (last.reason_code, last.reason) == ("monitoring.structuring", SUSPICION)


def test_why_an_officer_rejects_or_releases_stays_inside(world, opinion):
    wallet = world.wallet("100.00")
    opinion["outcome"] = Outcome.REVIEW
    first = world.pay(wallet, "30.00", to=world.bank(wallet), actor=PARTNER)
    world.act(payments.reject, first, reason="SAR under way", actor=STAFF)
    shown = assert_nothing_leaks(first, "SAR")
    assert (shown["status"], shown["reason_code"], shown["reason"]) == (S.REJECTED, "payment.rejected", None)
    second = world.pay(wallet, "30.00", to=world.bank(wallet), actor=PARTNER)
    world.act(payments.release, second, reason="SAR filed, let it go", actor=STAFF)
    shown = assert_nothing_leaks(second, "SAR")
    assert (shown["status"], shown["reason_code"], shown["reason"]) == (S.APPROVAL, "payment.released", None)
    world.act(payments.approve, second, reason="the SAR stands", actor=OTHER)
    shown = assert_nothing_leaks(second, "SAR")
    assert shown["status"] == S.HELD


def test_a_refusal_that_names_a_balance_is_the_partners_to_know(world, opinion):
    wallet = world.wallet("100.00")
    opinion["outcome"] = Outcome.REVIEW
    payment = world.pay(wallet, "30.00", to=world.bank(wallet), actor=PARTNER)
    world.send(wallet, world.wallet(), "90.00")
    world.let_go(payment)
    shown = assert_nothing_leaks(payment, "known customer")
    assert (shown["status"], shown["reason_code"]) == (S.REJECTED, "wallets.insufficient_funds")
    assert shown["reason"]


def test_partners_read_their_own_words(world):
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet), actor=PARTNER)
    world.act(payments.cancel, payment, reason="The order was withdrawn", actor=PARTNER)
    shown, _ = told(payment)
    assert (shown["reason_code"], shown["reason"]) == ("payment.canceled", "The order was withdrawn")
    assert world.funds(wallet) == (D(100), D(0))


def test_that_the_threshold_asks_for_a_second_person_is_the_partners_to_know(world, settings):
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": D(20)}
    wallet = world.wallet("100.00")
    payment = world.pay(wallet, "30.00", to=world.bank(wallet), actor=PARTNER)
    shown = assert_nothing_leaks(payment)
    assert (shown["status"], shown["reason_code"], shown["reason"]) == (
        S.APPROVAL,
        "payment.above_threshold",
        "Payments above 20 USD need a second person.",
    )


def test_what_a_bank_says_is_the_partners_to_know_whoever_took_its_file_in(world):
    payment = standings.sent(world)
    file = inbound_files.take(name="r.ach", content=returned(world, payment, "R02"), actor=STAFF, at=world.at)
    inbound_files.handle(file_id=file.pk, actor=STAFF, at=world.at)
    shown, _ = told(payment)
    assert (shown["status"], shown["reason_code"], shown["reason"]) == (S.RETURNED, "R02", "Account closed")


def test_why_a_payment_could_not_leave_is_the_partners_to_know_whoever_ran_the_settlement(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    payment = world.pay(wallet, "30.00", to=account)
    external_accounts.block(
        external_account_id=account.pk, partner_id=world.partner.pk, reason="stolen", actor=PARTNER, at=world.at
    )
    settlement.run(at=world.at, actor=STAFF, early=True, partner_id=world.partner.pk)
    shown, _ = told(payment)
    assert (shown["status"], shown["reason_code"]) == (S.FAILED, "payments.external_account_blocked") and shown["reason"]

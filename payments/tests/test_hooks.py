"""Payments and the external accounts they go to: refused when they cannot be used, stopped when they no longer can, learned from."""

from datetime import timedelta
from decimal import Decimal

import pytest

from flowlet.events.models import Event
from payments import errors
from payments.choices import ExternalAccountStatus, MandateStatus, PaymentKind, PaymentStatus, Rail
from payments.models import MandateUse, Payment
from payments.services import external_accounts, gathering, mandates, outcomes, payments, sending
from payments.tests.world import KEY, STAFF, books_are_sound, fresh_world

K, S = PaymentKind, PaymentStatus


@pytest.fixture
def world(db):
    return fresh_world()


def gathered(world, payment):
    group = (payment.partner_id, payment.rail, payment.currency, payment.direction, payment.value_on)
    gathering.gather(group, at=world.at, actor=STAFF, early=True)
    payment.refresh_from_db()
    return payment


def collection(world):
    wallet = world.wallet()
    account = world.bank(wallet, relation="OWN")
    mandate = world.ach_mandate(account)
    return world.pay(wallet, "50.00", kind=K.COLLECTION, to=account, mandate_id=mandate.pk), account, mandate


def sent_back(world, account, wallet, code, *, settled=True, days=0):
    """A payment to the account that settles (or not) and is returned."""
    at = world.at + timedelta(days=days)
    payment = gathered(world, world.pay(wallet, "1.00", to=account))
    if settled:
        world.act(outcomes.settle, payment, at=at)
    world.act(outcomes.return_, payment, reason_code=code, at=at + timedelta(hours=1))
    account.refresh_from_db()
    return account


@pytest.mark.parametrize(("act", "refusal"), [("block", errors.ExternalAccountBlocked), ("close", errors.ExternalAccountClosed)])
def test_a_blocked_or_closed_account_is_not_paid(world, act, refusal):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    getattr(external_accounts, act)(external_account_id=account.pk, reason="lost trust", actor=STAFF, at=world.at)
    with pytest.raises(refusal):
        world.pay(wallet, "10.00", to=account)
    assert not Payment.objects.exists()


def test_a_refund_to_a_blocked_account_is_refused(world):
    payment, account, _ = collection(world)
    world.act(outcomes.settle, gathered(world, payment))
    external_accounts.block(external_account_id=account.pk, reason="lost trust", actor=STAFF, at=world.at)
    with pytest.raises(errors.ExternalAccountBlocked):
        world.act(payments.refund, payment)
    assert Payment.objects.count() == 1


def test_a_collection_on_a_suspended_mandate_is_refused_and_says_so(world):
    payment, account, mandate = collection(world)
    mandates.suspend(mandate_id=mandate.pk, reason="asked to", actor=KEY, at=world.at)
    with pytest.raises(errors.MandateNotActive) as refusal:
        world.pay(payment.wallet, "5.00", kind=K.COLLECTION, to=account, mandate_id=mandate.pk)
    assert refusal.value.details["status"] == "SUSPENDED"


def test_a_payment_whose_account_is_blocked_before_it_leaves_fails_and_the_others_go(world):
    wallet = world.wallet("100.00")
    bad, good = world.bank(wallet), world.bank(wallet)
    stopped, leaves = world.pay(wallet, "10.00", to=bad), world.pay(wallet, "20.00", to=good)
    external_accounts.block(external_account_id=bad.pk, reason="lost trust", actor=STAFF, at=world.at)
    gathered(world, leaves)
    stopped.refresh_from_db()
    assert (stopped.status, stopped.reason_code) == (S.FAILED, "payments.external_account_blocked")
    assert leaves.status == S.SUBMITTED
    assert world.funds(wallet) == (Decimal(80), Decimal(0))
    books_are_sound()


def test_a_card_that_is_blocked_before_it_is_charged_is_not_charged(world):
    wallet = world.wallet()
    card = world.card(wallet)
    payment = world.pay(wallet, "10.00", kind=K.CARD_PAYMENT, rail=Rail.CARD, to=card)
    external_accounts.block(external_account_id=card.pk, reason="stolen", actor=STAFF, at=world.at)
    payment = world.act(sending.send, payment)
    assert (payment.status, payment.reason_code) == (S.FAILED, "payments.external_account_blocked")
    assert world.lines() == {}


def test_a_return_for_a_closed_account_blocks_it_and_no_other(world):
    wallet = world.wallet("100.00")
    account, other = world.bank(wallet), world.bank(wallet)
    sent_back(world, account, wallet, "R02")
    other.refresh_from_db()
    assert (account.status, account.block_reason) == (ExternalAccountStatus.BLOCKED, "Returned with R02")
    assert (other.status, other.return_streak) == (ExternalAccountStatus.ACTIVE, 0)


def test_the_third_return_in_a_row_blocks_though_each_payment_had_settled_first(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    found = [sent_back(world, account, wallet, "R09", days=day).return_streak for day in range(3)]
    assert found == [1, 2, 3]
    assert account.status == ExternalAccountStatus.BLOCKED


def test_a_payment_that_stayed_ends_the_row(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    for day in range(2):
        sent_back(world, account, wallet, "R09", days=day)
    stays = gathered(world, world.pay(wallet, "1.00", to=account))
    world.act(outcomes.settle, stays, at=world.at + timedelta(days=3))
    assert sent_back(world, account, wallet, "R09", days=4).return_streak == 1
    assert account.status == ExternalAccountStatus.ACTIVE


def test_a_return_told_twice_counts_once(world):
    payment, account, _ = collection(world)
    gathered(world, payment)
    for _ in range(2):
        world.act(outcomes.return_, payment, reason_code="R01")
    account.refresh_from_db()
    assert account.return_streak == 1


def test_a_return_without_authorization_ends_the_mandate_and_not_the_account(world):
    payment, account, mandate = collection(world)
    world.act(outcomes.settle, gathered(world, payment))
    world.act(outcomes.return_, payment, reason_code="R10")
    mandate.refresh_from_db()
    account.refresh_from_db()
    assert (mandate.status, mandate.status_reason) == (MandateStatus.REVOKED, "Returned with R10")
    assert account.status == ExternalAccountStatus.ACTIVE


@pytest.mark.parametrize(("settled", "uses"), [(False, 0), (True, 1)])
def test_a_collection_returned_before_it_settled_gives_its_place_back(world, settled, uses):
    payment, _, mandate = collection(world)
    gathered(world, payment)
    if settled:
        world.act(outcomes.settle, payment)
    world.act(outcomes.return_, payment, reason_code="R01")
    mandate.refresh_from_db()
    assert mandate.uses == uses
    assert (MandateUse.objects.get(reference=payment.public_id).rejected_at is None) == settled


def test_a_file_that_the_bank_refused_says_nothing_of_the_accounts_in_it(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    payment = gathered(world, world.pay(wallet, "1.00", to=account))
    world.act(outcomes.fail, payment, reason_code="file.rejected")
    account.refresh_from_db()
    assert account.return_streak == 0


def test_a_bank_that_rejects_a_payment_counts_as_one_that_returns_it(world):
    wallet = world.wallet("100.00", currency="EUR")
    account = world.bank(wallet, iban=True)
    payment = gathered(world, world.pay(wallet, "1.00", rail=Rail.SEPA_CT, to=account))
    world.act(outcomes.fail, payment, reason_code="AC04")
    account.refresh_from_db()
    assert (account.status, account.block_reason) == (ExternalAccountStatus.BLOCKED, "Returned with AC04")


def test_a_return_that_was_taken_back_counts_no_longer_and_lifts_the_block_of_its_row(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    for day in range(3):
        sent_back(world, account, wallet, "R01" if day == 1 else "R09", days=day)
    assert account.block_reason == "3 returns in a row, the last with R09"
    first, middle, last = Payment.objects.order_by("pk")
    later = world.at + timedelta(days=5)
    world.act(outcomes.redeem, last, at=later)
    account.refresh_from_db()
    assert (account.status, account.block_reason, account.block_origin) == (ExternalAccountStatus.ACTIVE, "", "")
    assert (account.return_streak, account.last_return_code) == (2, "R01")
    assert account.last_returned_at == world.at + timedelta(days=1, hours=1)
    for payment in (first, middle, middle):
        world.act(outcomes.redeem, payment, at=later)
    account.refresh_from_db()
    assert (account.return_streak, account.last_return_code, account.last_returned_at) == (0, "", None)
    told = Event.objects.filter(type__startswith="external_account.").order_by("pk").values_list("type", flat=True)
    assert list(told)[-4:] == [
        "external_account.return_taken_back",
        "external_account.unblocked",
        "external_account.return_taken_back",
        "external_account.return_taken_back",
    ]
    books_are_sound()


def test_a_return_taken_back_leaves_the_block_for_what_its_code_said_and_the_mandate_it_ended(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    sent_back(world, account, wallet, "R02")
    world.act(outcomes.redeem, Payment.objects.get(), at=world.at + timedelta(days=1))
    account.refresh_from_db()
    assert (account.status, account.block_reason) == (ExternalAccountStatus.BLOCKED, "Returned with R02")
    assert account.return_streak == 0
    payment, account, mandate = collection(world)
    world.act(outcomes.settle, gathered(world, payment))
    world.act(outcomes.return_, payment, reason_code="R10")
    world.act(outcomes.redeem, payment)
    mandate.refresh_from_db()
    account.refresh_from_db()
    assert (mandate.status, account.status, account.return_streak) == (MandateStatus.REVOKED, ExternalAccountStatus.ACTIVE, 0)


def test_a_return_of_a_row_that_has_ended_takes_nothing_from_the_next_row(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    sent_back(world, account, wallet, "R09")
    old = Payment.objects.get()
    stays = gathered(world, world.pay(wallet, "1.00", to=account))
    world.act(outcomes.settle, stays, at=world.at + timedelta(days=1))
    assert sent_back(world, account, wallet, "R01", days=2).return_streak == 1
    world.act(outcomes.redeem, old, at=world.at + timedelta(days=3))
    account.refresh_from_db()
    assert (account.return_streak, account.last_return_code) == (1, "R01")
    assert not Event.objects.filter(type="external_account.return_taken_back").exists()


def test_a_block_by_a_person_is_not_lifted_by_a_return_taken_back(world):
    wallet = world.wallet("100.00")
    account = world.bank(wallet)
    sent_back(world, account, wallet, "R09")
    external_accounts.block(external_account_id=account.pk, reason="2 returns in a row, enough", actor=STAFF, at=world.at)
    world.act(outcomes.redeem, Payment.objects.get(), at=world.at + timedelta(days=1))
    account.refresh_from_db()
    assert (account.status, account.block_origin, account.return_streak) == (ExternalAccountStatus.BLOCKED, "PLATFORM", 0)

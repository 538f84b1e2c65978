"""Batches: all or nothing, or each on its own, judged as if those before had been made."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts import errors as people
from accounts.services import customers, partners
from flowlet.audit.models import Record
from flowlet.events.models import Event
from ledger import errors as ledger_errors
from ledger.models import Journal, Period
from wallets import errors
from wallets.models import Transfer, Usage
from wallets.services import batches, wallets
from wallets.services.batches import NewTransfer
from wallets.tests.conftest import KEY, ROBOT, footprint, new_partner, usd


def run(world, *items, is_atomic=False):
    new = [
        NewTransfer(source_id=a.pk, target_id=b.pk, amount=usd(amount), **(rest[0] if rest else {}))
        for a, b, amount, *rest in items
    ]
    return batches.make(partner_id=world.partner.pk, items=new, is_atomic=is_atomic, actor=KEY, at=world.at)


def codes(results):
    return [result.refusal.code if result.refusal else "made" for result in results]


def test_a_batch_moves_all_and_tells_each(world):
    a, b, c = world.wallet("10"), world.wallet(), world.wallet()
    results = run(world, (a, b, "4", {"external_id": "x"}), (b, c, "3"), (a, c, "6"), is_atomic=True)
    assert [[x.total for x in result.balances] for result in results] == [
        [usd(6), usd(4)],
        [usd(1), usd(3)],
        [usd(0), usd(9)],
    ]
    assert [world.balance(w) for w in (a, b, c)] == [("0", "0"), ("1", "0"), ("9", "0")]
    assert sorted(Usage.objects.values_list("used", flat=True)) == [3, 10]
    for result in results:
        transfer = Transfer.objects.get(pk=result.transfer.pk)
        assert Journal.objects.get(pk=transfer.journal_id).cause == transfer.public_id
        assert Event.objects.get(subject=transfer.public_id).type == "transfer.completed"
        assert Record.objects.get(target=transfer.public_id).action == "transfer.completed"


def test_all_or_nothing_names_the_first_item_and_leaves_nothing(world):
    a, b = world.wallet("10"), world.wallet()
    before = footprint()
    with pytest.raises(ledger_errors.BatchRefused) as refusal, transaction.atomic():
        run(world, (a, b, "4"), (a, b, "6.01"), (a, a, "1"), is_atomic=True)
    assert refusal.value.details == {"item": 1, "reason": "wallets.insufficient_funds"}
    assert footprint() == before


def test_each_on_its_own_refuses_by_name_and_makes_the_rest(world):
    a, b, poor = world.wallet("100", tier="UNVERIFIED"), world.wallet(), world.wallet()
    yen, frozen = world.wallet(currency="JPY"), world.wallet("10")
    wallets.freeze(wallet_id=frozen.pk, reason="check", actor=KEY, at=world.at)
    cold = world.wallet("10")
    customers.freeze(customer_id=cold.customer_id, reason="check", actor=ROBOT, at=world.at)
    mine, world.partner = world.partner, new_partner("Globex")
    foreign, world.partner = world.wallet(), mine
    results = run(
        world,
        (a, b, "40", {"external_id": "one"}),
        (poor, b, "1"),
        (a, b, "60.01"),
        (a, yen, "1"),
        (a, frozen, "1"),
        (a, cold, "1"),
        (a, foreign, "1"),
        (a, a, "1"),
        (a, b, "1", {"external_id": "one"}),
        (a, b, "60"),
        (a, b, "0.01"),
    )
    assert codes(results) == [
        "made",
        "wallets.insufficient_funds",
        "wallets.limit_exceeded",
        "wallets.currency_mismatch",
        "wallets.wallet_frozen",
        "customer.frozen",
        "wallets.wallet_not_found",
        "wallets.same_wallet",
        "wallets.duplicate_external_id",
        "made",
        "wallets.limit_exceeded",
    ]
    assert world.balance(b) == ("100", "0")
    assert list(Usage.objects.values_list("used", flat=True)) == [100]
    assert Transfer.objects.count() == 2


def test_a_refused_item_leaves_its_money_and_its_limits_to_the_next(world):
    a, b = world.wallet("50", tier="UNVERIFIED"), world.wallet()
    assert codes(run(world, (a, b, "90"), (a, b, "40"), (a, b, "10"))) == ["wallets.insufficient_funds", "made", "made"]


def test_a_closed_day_refuses_its_item_only(world):
    a, b = world.wallet("50"), world.wallet()
    day = world.at.date() - timedelta(days=2)
    results = run(world, (a, b, "1", {"effective_on": world.at.date() + timedelta(days=2)}), (a, b, "2", {"effective_on": day}))
    assert codes(results) == ["ledger.effective_day_out_of_range", "made"]
    assert Journal.objects.get(kind="wallets.transfer").effective_on == day
    assert not Period.objects.exists()


def test_counts_what_was_used_before_and_ends_what_has_lapsed(world):
    a, b = world.wallet("200", tier="UNVERIFIED"), world.wallet()
    world.send(a, b, "50")
    hold = world.hold(a, "50", expires_at=world.at + timedelta(seconds=1)).hold
    assert codes(run(world, (a, b, "1"))) == ["wallets.limit_exceeded"]
    world.at = hold.expires_at
    assert codes(run(world, (a, b, "50.01"), (a, b, "50"))) == ["wallets.limit_exceeded", "made"]


def test_refuses_too_many_and_suspended_partners(world):
    a, b = world.wallet("50"), world.wallet()
    with pytest.raises(ledger_errors.BatchTooLarge), transaction.atomic():
        run(world, *[(a, b, "0.01")] * 1001)
    assert run(world) == []
    partners.suspend(partner_id=world.partner.pk, reason="check", actor=ROBOT, at=world.at)
    with pytest.raises(people.PartnerSuspended), transaction.atomic():
        run(world, (a, b, "1"))
    assert not Transfer.objects.exists()


def test_a_thousand_transfers_take_few_queries(world, django_assert_max_num_queries):
    a, others = world.wallet("5000"), [world.wallet() for _ in range(5)]
    with django_assert_max_num_queries(45):
        results = run(world, *[(a, others[n % 5], "1") for n in range(1000)], is_atomic=True)
    assert all(result.transfer for result in results)
    assert world.balance(a) == ("4000", "0")
    assert errors.LimitExceeded.code not in codes(results)

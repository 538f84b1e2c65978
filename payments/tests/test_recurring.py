"""Recurring payments: once each time, whatever else happens."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from flowlet.core import clock
from flowlet.core.metadata import MalformedMetadata
from flowlet.core.money import Money
from flowlet.core.states import IllegalMove
from payments import errors
from payments.choices import PaymentKind, PaymentStatus, Rail, RecurringStatus
from payments.models import Occurrence, Payment
from payments.services import deciding, payments, recurring
from payments.tests.world import KEY, STAFF, PaymentWorld, fresh_world
from wallets.tests.conftest import new_partner

DAY = timedelta(days=1)


@pytest.fixture
def world(db):
    return fresh_world()


def standing_order(world, wallet, amount="10.00", metadata=None, **rule):
    rule = {"starts_on": world.at.date().isoformat(), "frequency": "DAILY"} | rule
    return recurring.create(
        partner_id=world.partner.pk,
        kind=PaymentKind.TRANSFER,
        rail=Rail.BOOK,
        amount=Money(amount, "USD"),
        wallet_id=wallet.pk,
        target_wallet_id=world.wallet().pk,
        rule=rule,
        metadata=metadata,
        actor=KEY,
        at=world.at,
    )


def run(world, days=0):
    return recurring.run_due(at=world.at + days * DAY, actor=STAFF)


def test_each_day_makes_one_payment_however_often_it_runs(world):
    wallet = world.wallet("100.00")
    row = standing_order(world, wallet)
    assert [run(world), run(world), run(world, days=1), run(world, days=1)] == [1, 0, 1, 0]
    row.refresh_from_db()
    assert (row.made, row.next_on) == (2, world.at.date() + 2 * DAY)
    assert {payment.status for payment in Payment.objects.all()} == {PaymentStatus.SETTLED}
    assert world.funds(wallet)[0] == Decimal(80)
    assert Payment.objects.first().metadata == {"recurring_id": row.public_id}


def test_days_on_which_nobody_ran_are_caught_up_one_by_one(world):
    wallet = world.wallet("100.00")
    row = standing_order(world, wallet)
    assert run(world, days=3) == 4
    assert [one.on - world.at.date() for one in row.occurrences.order_by("on")] == [n * DAY for n in range(4)]


def test_a_time_that_is_refused_is_kept_with_its_reason_and_the_next_one_comes(world):
    wallet = world.wallet("5.00")
    row = standing_order(world, wallet)
    run(world)
    refused = Occurrence.objects.get()
    assert (refused.payment_id, refused.refusal_code) == (None, "wallets.insufficient_funds")
    assert not Payment.objects.exists()
    world.fund(wallet, "20.00")
    run(world, days=1)
    assert row.occurrences.filter(payment__isnull=False).count() == 1


def test_it_ends_after_its_last_time(world):
    wallet = world.wallet("100.00")
    row = standing_order(world, wallet, count=2)
    assert run(world, days=10) == 2
    row.refresh_from_db()
    assert (row.status, row.next_on) == (RecurringStatus.ENDED, None)
    with pytest.raises(IllegalMove):
        recurring.resume(recurring_id=row.pk, actor=KEY, at=world.at)


def test_what_was_ended_by_hand_has_no_next_day(world):
    row = recurring.end(recurring_id=standing_order(world, world.wallet("100.00")).pk, actor=KEY, at=world.at)
    assert (row.status, row.next_on) == (RecurringStatus.ENDED, None)


def test_a_rule_that_cannot_be_is_refused_by_the_name_of_its_field(world):
    with pytest.raises(errors.MalformedSchedule) as refusal:
        standing_order(world, world.wallet("100.00"), weekdays=[1])
    assert refusal.value.param == "rule.weekdays"


def test_what_was_due_while_it_was_paused_is_left_out(world):
    wallet = world.wallet("100.00")
    row = standing_order(world, wallet)
    run(world)
    recurring.pause(recurring_id=row.pk, actor=KEY, at=world.at)
    assert run(world, days=2) == 0
    resumed = recurring.resume(recurring_id=row.pk, actor=KEY, at=world.at + 3 * DAY)
    assert resumed.next_on == world.at.date() + 3 * DAY
    assert run(world, days=3) == 1


def test_pausing_and_resuming_on_one_day_does_not_pay_twice(world):
    wallet = world.wallet("100.00")
    row = standing_order(world, wallet)
    run(world)
    recurring.pause(recurring_id=row.pk, actor=KEY, at=world.at)
    assert recurring.resume(recurring_id=row.pk, actor=KEY, at=world.at).next_on == world.at.date() + DAY
    assert run(world) == 0


def test_closed_banks_move_the_day(world):
    wallet = world.wallet("100.00")
    row = recurring.create(
        partner_id=world.partner.pk,
        kind=PaymentKind.TRANSFER,
        rail=Rail.ACH,
        amount=Money("10.00", "USD"),
        wallet_id=wallet.pk,
        external_account_id=world.bank(wallet).pk,
        rule={"starts_on": "2099-07-04", "frequency": "YEARLY", "skipped_day": "PREVIOUS", "count": 1},
        actor=KEY,
        at=world.at,
    )
    assert row.next_on == date(2099, 7, 6)  # the fourth is a Saturday; nothing is made before the rule starts


def test_a_schedule_without_a_day_left_is_refused(world):
    wallet = world.wallet("100.00")
    with pytest.raises(errors.NothingRecurs):
        standing_order(world, wallet, starts_on="2020-01-01", count=2)


def test_an_account_that_does_not_fit_is_refused_at_the_door(world):
    wallet = world.wallet("100.00")
    with pytest.raises(errors.ExternalAccountMissing):
        recurring.create(
            partner_id=world.partner.pk,
            kind=PaymentKind.TRANSFER,
            rail=Rail.ACH,
            amount=Money("10.00", "USD"),
            wallet_id=wallet.pk,
            rule={"starts_on": "2099-07-04", "frequency": "YEARLY"},
            actor=KEY,
            at=world.at,
        )


def test_metadata_leaves_room_for_what_its_payments_get_besides(world):
    wallet = world.wallet("100.00")
    full = {f"name{number}": "value" for number in range(49)}
    with pytest.raises(MalformedMetadata, match="at most 49 names"):
        standing_order(world, wallet, metadata={**full, "one more": "value"})
    row = standing_order(world, wallet, metadata=full)
    assert run(world) == 1
    assert Payment.objects.get().metadata == {**full, "recurring_id": row.public_id}


def test_days_that_have_not_come_in_one_zone_hold_up_nobody_in_another(db):
    morning = datetime(2026, 11, 24, 12, tzinfo=UTC)  # still the 24th in Los Angeles, the 25th in Auckland
    rows = []
    for name, zone in (("West", "America/Los_Angeles"), ("East", "Pacific/Auckland")):
        world = PaymentWorld(partner=new_partner(name, time_zone=zone), at=clock.now())
        rows.append(standing_order(world, world.wallet("100.00"), starts_on="2026-11-25"))
    assert recurring.run_due(at=morning, actor=STAFF, limit=1) == 1
    assert [row.occurrences.count() for row in rows] == [0, 1]


def breaks_once(monkeypatch, module, name):
    """The first call of the function meets a fault that nobody expected."""
    real, met = getattr(module, name), []

    def breaking(*args, **options):
        if not met:
            met.append(True)
            raise RuntimeError("a fault")
        return real(*args, **options)

    monkeypatch.setattr(module, name, breaking)


def test_a_fault_in_one_recurring_payment_does_not_hold_up_the_others(world, monkeypatch, caplog):
    rows = [standing_order(world, world.wallet("100.00")) for _ in range(2)]
    breaks_once(monkeypatch, payments, "create")
    assert run(world) == 1
    assert sorted(row.occurrences.count() for row in rows) == [0, 1]
    assert "a fault" in caplog.text
    assert run(world) == 1  # and it is made when the fault is gone


def test_a_fault_in_one_scheduled_payment_does_not_hold_up_the_others(world, monkeypatch, caplog):
    wallet = world.wallet("100.00")
    for _ in range(2):
        world.pay(wallet, "10.00", to=world.bank(wallet), scheduled_on=world.at.date() + DAY)
    breaks_once(monkeypatch, deciding, "decide")
    for done in (1, 1, 0):
        assert payments.release_due(at=world.at + DAY, actor=STAFF) == done
    assert "a fault" in caplog.text
    assert set(Payment.objects.values_list("status", flat=True)) == {PaymentStatus.HELD}

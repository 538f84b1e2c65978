"""Holds: placed, captured up to their amount, released, expired by themselves."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from flowlet.audit.models import Record
from flowlet.events.models import Event
from wallets import errors, policies
from wallets.models import Hold, Transfer
from wallets.services import lapses
from wallets.tests.conftest import World, footprint, new_partner, usd


def test_a_hold_sets_money_aside(world):
    a = world.wallet("10")
    placed = world.hold(a, "4", description="hotel", external_id="h-1", metadata={"room": "7"})
    assert [(x.total, x.held, x.available) for x in placed.balances] == [(usd(10), usd(4), usd(6))]
    hold = Hold.objects.get()
    assert (hold.status, hold.remaining, hold.expires_at) == ("OPEN", 4, world.at + policies.USUAL_HOLD)
    assert Event.objects.get(subject=hold.public_id).type == "hold.placed"
    assert Record.objects.get(target=hold.public_id).action == "hold.placed"


def test_is_captured_several_times_up_to_its_amount(world):
    a, b, c = world.wallet("10"), world.wallet(), world.wallet()
    hold = world.hold(a, "4").hold
    first = world.capture(hold, b, "1.50", external_id="c-1")
    assert (first.transfer.kind, first.transfer.status, first.hold.remaining) == ("HOLD_CAPTURE", "COMPLETED", 2.5)
    before = footprint()
    with pytest.raises(errors.HoldTooSmall), transaction.atomic():
        world.capture(hold, c, "2.51")
    with pytest.raises(errors.DuplicateExternalId), transaction.atomic():
        world.capture(hold, c, "1", external_id="c-1")
    assert footprint() == before
    world.capture(hold, c)
    hold.refresh_from_db()
    assert (hold.status, hold.captured, hold.released) == ("CAPTURED", 4, 0)
    assert [world.balance(w) for w in (a, b, c)] == [("6", "0"), ("1.5", "0"), ("2.5", "0")]
    for step in (lambda: world.capture(hold, b, "1"), lambda: world.release(hold)):
        with pytest.raises(errors.HoldEnded), transaction.atomic():
            step()
    assert Transfer.objects.filter(hold=hold).count() == 2


def test_captured_money_can_be_refunded(world):
    a, b = world.wallet("10"), world.wallet()
    done = world.capture(world.hold(a, "4").hold, b, "4")
    world.refund(done.transfer, "4")
    assert world.balance(a) == ("10", "0")


def test_a_release_gives_back_the_rest(world):
    a, b = world.wallet("10"), world.wallet()
    hold = world.hold(a, "4").hold
    world.capture(hold, b, "1")
    released = world.release(hold)
    assert (released.hold.status, released.hold.captured, released.hold.released) == ("RELEASED", 1, 3)
    assert world.balance(a) == ("9", "0")


def test_refuses_to_hold_more_than_is_available(world):
    a = world.wallet("10")
    world.hold(a, "4")
    before = footprint()
    with pytest.raises(errors.InsufficientFunds) as refusal, transaction.atomic():
        world.hold(a, "6.01")
    assert refusal.value.details["available"] == {"amount": "6.00", "currency": "USD"}
    assert footprint() == before


@pytest.mark.parametrize("days", [0, -1, 91])
def test_refuses_an_expiry_out_of_range(world, days):
    a = world.wallet("10")
    before = footprint()
    with pytest.raises(errors.ExpiryOutOfRange), transaction.atomic():
        world.hold(a, "4", expires_at=world.at + timedelta(days=days))
    assert footprint() == before


def test_an_expired_hold_stops_counting_at_the_next_lock_of_any_wallet_of_the_customer(world):
    ada = world.customer("UNVERIFIED")
    a, other, b = world.wallet("100", customer=ada), world.wallet("100", customer=ada), world.wallet()
    hold = world.hold(a, "100", expires_at=world.at + timedelta(seconds=5)).hold
    world.at += timedelta(seconds=5)
    world.send(other, b, "100")
    hold.refresh_from_db()
    assert (hold.status, hold.released, hold.ended_at) == ("EXPIRED", 100, world.at)
    assert world.balance(a) == ("100", "0")
    event = Event.objects.get(subject=hold.public_id, type="hold.expired")
    assert event.data["released"] == {"amount": "100.00", "currency": "USD"}


def test_an_expired_hold_cannot_be_captured(world):
    a, b = world.wallet("10"), world.wallet()
    hold = world.hold(a, "4", expires_at=world.at + timedelta(seconds=5)).hold
    world.at += timedelta(seconds=5)
    with pytest.raises(errors.HoldEnded), transaction.atomic():
        world.capture(hold, b)
    assert world.balance(b) == ("0", "0")


def test_the_sweeper_can_be_told_to_look_at_one_partner_only(world):
    hold = world.hold(world.wallet("10"), "4", expires_at=world.at + timedelta(seconds=5)).hold
    at = world.at + timedelta(seconds=5)
    assert lapses.sweep(at=at, partner_id=uuid4()) == 0
    hold.refresh_from_db()
    assert hold.status == "OPEN"
    assert lapses.sweep(at=at, partner_id=hold.partner_id) == 1


def test_the_sweeper_ends_what_nobody_touches(world):
    kept = world.hold(world.wallet("10"), "1").hold
    holds = [world.hold(world.wallet("10"), "4", expires_at=world.at + timedelta(seconds=5)).hold for _ in range(3)]
    assert lapses.sweep(at=world.at + timedelta(seconds=4)) == 0
    assert lapses.sweep(at=world.at + timedelta(seconds=5)) == 3
    assert lapses.sweep(at=world.at + timedelta(seconds=5)) == 0
    assert {hold.status for hold in Hold.objects.filter(pk__in=[h.pk for h in holds])} == {"EXPIRED"}
    kept.refresh_from_db()
    assert kept.status == "OPEN"
    world.release(kept)


def test_the_target_is_shown_without_what_has_lapsed_there(world):
    a, b = world.wallet("10"), world.wallet("10")
    world.hold(b, "4", expires_at=world.at + timedelta(seconds=5))
    world.at += timedelta(seconds=5)
    made = world.send(a, b, "1")
    assert (made.balances[1].held, made.balances[1].available) == (usd(0), usd(11))


def test_the_database_keeps_holds_as_they_were_placed(world):
    a, b = world.wallet("10"), world.wallet()
    hold = world.hold(a, "4").hold
    rows = Hold.objects.filter(pk=hold.pk)
    changes = [{"amount": 5}, {"captured": 5}, {"captured": -1}, {"status": "CAPTURED"}, {"wallet_id": b.pk}]
    for change in [*changes, {"expires_at": world.at}]:
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(**change)
    world.release(hold)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(status="OPEN", released=0, ended_at=None)


def test_another_partners_hold_is_not_there(world):
    a, b = world.wallet("10"), world.wallet()
    hold = world.hold(a, "4").hold
    stranger = World(new_partner("Globex"), world.at)
    for step in (lambda: stranger.capture(hold, b), lambda: stranger.release(hold)):
        with pytest.raises(errors.HoldNotFound), transaction.atomic():
            step()

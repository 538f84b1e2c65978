"""What passes through, and whether the balance goes back: the measure against what the library of scenarios says of it, said once more."""

import random
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest

from compliance.models import CustomerDay
from compliance.services import patterns
from compliance.services.activities import day_of
from compliance.tests.monitoring_world import ON, Watched
from compliance.tests.test_scenarios import found

SINCE, UNTIL = day_of(ON)
NO_CREDIT = {"REFUND", "RETURN", "CHARGEBACK"}


@pytest.fixture
def world(db):
    return Watched()


def measured(world):
    world.lay()
    patterns.measure("passed", on=ON, partner_id=None)
    return {row.customer_id: row.figures for row in CustomerDay.objects.all()}


def kept(figures):
    return figures.get("kept_percent"), figures.get("kept_percent_72")


def test_what_stays_is_all_that_came_less_all_that_went(world):
    savings, drained, spent = (world.customer() for _ in range(3))
    for who in (savings, drained, spent):
        world.move(who, "IN", 4000, ago=400)
        world.move(who, "OUT", 500, ago=300, kind="CHARGEBACK")
        world.move(who, "IN", 100, ago=200, kind="RETURN")
        world.move(who, "IN", 8000, ago=0.3)
        world.move(who, "OUT", 7600, ago=0.2)
    world.move(drained, "OUT", 3600, ago=0, is_own=True)
    world.move(spent, "OUT", 5000, ago=0, is_own=True)  # more than came in by activities
    days = measured(world)
    assert kept(days[savings.pk]) == ("50.00", "50.00")
    assert kept(days[drained.pk]) == ("5.00", "5.00")
    assert kept(days[spent.pk]) == ("0.00", "0.00")


def test_each_span_has_its_own_lowest_balance_and_what_comes_afterwards_raises_none(world):
    slowly, again = world.customer(), world.customer()
    world.move(slowly, "IN", 10_000, ago=2.4)
    world.move(slowly, "OUT", 5000, ago=1.5)
    world.move(slowly, "OUT", 4600, ago=0)
    world.move(again, "IN", 8000, ago=0.3)
    world.move(again, "OUT", 7600, ago=0.2)
    world.move(again, "IN", 2900, ago=0.1)
    world.move(again, "OUT", 10, ago=0)
    days = measured(world)
    assert kept(days[slowly.pk]) == (None, "4.00")
    assert kept(days[again.pk]) == ("5.00", "5.00")


def test_a_movement_of_the_day_after_and_of_another_customer_changes_nothing(world):
    who, other = world.customer(), world.customer()
    world.move(who, "IN", 8000, ago=0.3)
    world.move(who, "OUT", 7000, ago=0.2)
    world.move(who, "OUT", 1000, ago=-0.6)
    world.move(other, "OUT", 900, ago=0.1)
    assert kept(measured(world)[who.pk]) == ("12.50", "12.50")


# At random


@dataclass(frozen=True)
class Moved:
    """A movement, as the library speaks of it."""

    at: object
    direction: str
    worth: Decimal
    is_own: bool
    kind: str

    @property
    def is_credit(self):
        return self.direction == "IN" and not self.is_own and self.kind not in NO_CREDIT and self.worth >= 3000

    @property
    def is_debit(self):
        return self.direction == "OUT" and not self.is_own and self.kind not in NO_CREDIT


def passes(moved, *, hours, least):
    """80 % of credits of 3,000 out within so many hours, and the balance back at 10 % of them; something of it on the day."""
    for begin in {one.at for one in moved if one.is_credit and UNTIL - timedelta(hours=72) <= one.at < UNTIL}:
        inside = [one for one in moved if begin <= one.at <= begin + timedelta(hours=hours) and one.at < UNTIL]
        came = sum(one.worth for one in inside if one.is_credit)
        debits = [one for one in inside if one.is_debit]
        balances = [
            sum(one.worth if one.direction == "IN" else -one.worth for one in moved if one.at <= out.at)
            for out in inside
            if out.direction == "OUT"
        ]
        if (
            came >= least
            and debits
            and max(one.at for one in debits) >= SINCE
            and sum(one.worth for one in debits) * 100 >= came * 80
            and max(min(balances), 0) * 100 <= came * 10
        ):
            return True
    return False


def lived(world, chance):
    """Somebody's movements, often large ones shortly after each other."""
    who, moved = world.customer(), []
    for _ in range(chance.randrange(2, 9)):
        ago = chance.choice((chance.uniform(-0.4, 0.6), chance.uniform(0, 2.6), chance.uniform(2, 40)))
        worth = Decimal(chance.choice((200, 900, 2900, 3000, 4000, 5000, 8000, 11_000)) + chance.randrange(0, 900, 100))
        row = world.move(
            who,
            chance.choice(("IN", "OUT")),
            worth,
            ago=ago,
            is_own=chance.random() < 0.15,
            kind="RETURN" if chance.random() < 0.1 else "TRANSFER",
        )
        moved.append(Moved(row.happened_at, row.direction, row.worth, row.is_own, row.kind))
    return who, moved


def test_nothing_that_the_library_asks_for_is_lost_and_nothing_else_is_told(world):
    chance = random.Random(7)
    lives = [lived(world, chance) for _ in range(600)]
    world.lay()
    wanted = {who.pk for who, moved in lives if passes(moved, hours=24, least=3000) or passes(moved, hours=72, least=10_000)}
    quick = {who.pk for who, moved in lives if any(one.is_credit for one in moved)} - wanted
    assert len(wanted) > 30 and len(quick) > 100
    assert found("pass_through") == wanted

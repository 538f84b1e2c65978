"""Rings of payments: found in whatever order their legs were paid, and among IBM AMLSim's labelled accounts."""

import csv
import random
from decimal import Decimal

import pytest

from compliance.policies.rings import LONGEST, MOST_STEPS, SHORTEST, Leg, rings, trimmed


def leg(key, source, target, cents=500_000, *, is_today=True):
    return Leg(key, source, target, cents, is_today, source)


def ring_of(size, cents=500_000):
    return [leg(number, f"p{number}", f"p{(number + 1) % size}", cents - number * 1000) for number in range(size)]


@pytest.mark.parametrize("size", range(2, LONGEST + 3))
def test_rings_of_three_to_eight_are_found_whatever_comes_first(size):
    legs = ring_of(size)
    random.Random(size).shuffle(legs)
    found = rings(legs)
    if SHORTEST <= size <= LONGEST:
        (one,) = found
        assert ({leg.source for leg in one.legs}, one.customer) == ({f"p{number}" for number in range(size)}, "p0")
        assert all(a.target == b.source for a, b in zip(one.legs, one.legs[1:] + one.legs[:1], strict=True))
        assert one.percent == (500_000 - (size - 1) * 1000) * 100 // 500_000
        assert one.cents == (500_000 - (size - 1) * 1000) * size
    else:
        assert found == []


def test_one_leg_of_today_is_enough_and_none_is_nothing():
    legs = [one._replace(is_today=False) for one in ring_of(4)]
    assert rings(legs) == []
    legs[2] = legs[2]._replace(is_today=True)
    assert len(rings(legs)) == 1


def test_a_leg_of_another_size_closes_no_ring_and_the_tightest_of_several_counts():
    legs = [*ring_of(3)[:2], leg(9, "p2", "p0", 100_000)]
    assert rings(legs) == []
    assert rings(legs, least_percent=20)[0].percent == 20
    (one,) = rings([*legs, leg(10, "p2", "p0", 480_000)])
    assert {leg.key for leg in one.legs} == {0, 1, 10}


def test_what_cannot_lie_on_a_ring_is_cut_away():
    chain = [leg(100 + number, f"c{number}", f"c{number + 1}") for number in range(20)]
    assert {one.key for one in trimmed([*ring_of(3), *chain, leg(50, "p0", "c0")])} == {0, 1, 2}


def test_the_search_in_a_thicket_is_bounded():
    """Eight layers of thirty parties, everybody paying everybody in the next, and no way back but one."""
    legs, key = [leg(0, "end", "0-0")], 1
    for layer in range(8):
        for one in range(30):
            for other in range(30):
                legs.append(leg(key, f"{layer}-{one}", f"{layer + 1}-{other}", is_today=False))
                key += 1
    legs += [leg(key + one, f"8-{one}", "end", is_today=False) for one in range(30)]
    assert len(legs) > MOST_STEPS
    assert rings(legs) == []


@pytest.mark.parametrize("name", ["20K_cycle200", "20K_fanin200cycle200"])
def test_tight_rings_among_labelled_accounts_are_those_that_were_planted(name, reference_data):
    """Of AMLSim's cycles few are closed: accounts ran out of money. What closes, in equal amounts, is found, and little else."""
    folder = reference_data / "amlsim" / name
    with (folder / "transactions.csv").open() as lines:
        legs = [
            leg(number, row["sourceNodeId"], row["targetNodeId"], int(Decimal(row["value"]) * 100))
            for number, row in enumerate(csv.DictReader(lines))
        ]
    with (folder / "nodes.csv").open() as lines:
        planted = {row["nodeid"] for row in csv.DictReader(lines) if row["isFraud"] != "0"}
    found = {leg.source for ring in rings(legs, least_percent=97) for leg in ring.legs}
    right = len(found & planted)
    assert right / len(found) >= 0.95
    assert right >= 100

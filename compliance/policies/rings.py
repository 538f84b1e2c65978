"""Rings of payments: money that comes back to where it started over three to eight parties, in whatever order its legs were paid.

A ring is looked for around each leg of the day, among legs of nearly its amount. What cannot lie on a ring (a party that only sends, or
only receives) is cut away first, again and again, so that little is left to search. The search around one leg is bounded.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

SHORTEST, LONGEST = 3, 8
LEAST_PERCENT = 50  # of the largest leg; the scenario's own threshold lies above
MOST_STEPS = 5_000  # of the search around one leg


class Leg(NamedTuple):
    """A payment; ``cents`` of its worth, ``owner`` the customer who tells of it, ``is_today`` whether the day brought it."""

    key: int
    source: str
    target: str
    cents: int
    is_today: bool
    owner: str


@dataclass(frozen=True, slots=True)
class Ring:
    """Legs in the order in which they lead round. It is told of through one customer, the same for each leg that finds it."""

    legs: tuple[Leg, ...]

    @property
    def customer(self) -> str:
        """The first of the customers on it."""
        return min(leg.owner for leg in self.legs)

    @property
    def percent(self) -> int:
        """The smallest leg in percent of the largest, rounded down."""
        amounts = [leg.cents for leg in self.legs]
        return min(amounts) * 100 // max(amounts)

    @property
    def cents(self) -> int:
        """The smallest leg for each hop: what certainly went round."""
        return min(leg.cents for leg in self.legs) * len(self.legs)


def rings(legs: Iterable[Leg], *, least_percent: int = LEAST_PERCENT) -> list[Ring]:
    """The tightest ring of each set of parties, of those that the day's legs lie on; no leg below ``least_percent`` of the largest."""
    kept = trimmed(list(legs))
    out: dict[str, list[Leg]] = defaultdict(list)
    for leg in sorted(kept, key=_cents):
        out[leg.source].append(leg)
    found: dict[frozenset[str], Ring] = {}
    for leg in kept:
        if leg.is_today:
            path = _around(leg, out, least_percent)
            if path is not None:
                ring = Ring(path)
                parties = frozenset(one.source for one in path)
                if parties not in found or found[parties].percent < ring.percent:
                    found[parties] = ring
    return list(found.values())


def trimmed(legs: list[Leg]) -> list[Leg]:
    """The legs without those that end at parties who send nothing on, or begin at parties who receive nothing."""
    while True:
        senders, receivers = {leg.source for leg in legs}, {leg.target for leg in legs}
        both = senders & receivers
        kept = [leg for leg in legs if leg.source in both and leg.target in both and leg.source != leg.target]
        if len(kept) == len(legs):
            return kept
        legs = kept


def _around(first: Leg, out: Mapping[str, list[Leg]], least_percent: int) -> tuple[Leg, ...] | None:
    """The shortest way from where the leg leads back to where it began, over legs of nearly its amount."""
    steps = 0
    # Ways are lengthened breadth first: the first that comes home is the shortest.
    ways: deque[tuple[Leg, ...]] = deque([(first,)])
    while ways:
        way = ways.popleft()
        seen = {leg.source for leg in way}
        for then, leg in _onward(way, out, least_percent).items():
            steps += 1
            if steps > MOST_STEPS:
                return None
            if then == first.source:
                if len(way) + 1 >= SHORTEST:
                    return (*way, leg)
            elif then not in seen and len(way) + 1 < LONGEST:
                ways.append((*way, leg))
    return None


def _onward(way: tuple[Leg, ...], out: Mapping[str, list[Leg]], least_percent: int) -> dict[str, Leg]:
    """The legs that lead on from the way's end and are not too unlike any of it: for each receiver that nearest to the first leg."""
    amounts = [leg.cents for leg in way]
    legs = out.get(way[-1].target, [])
    least, most = -(-max(amounts) * least_percent // 100), min(amounts) * 100 // least_percent
    found: dict[str, Leg] = {}
    for leg in legs[bisect_left(legs, least, key=_cents) : bisect_right(legs, most, key=_cents)]:
        other = found.get(leg.target)
        if other is None or abs(leg.cents - amounts[0]) < abs(other.cents - amounts[0]):
            found[leg.target] = leg
    return found


def _cents(leg: Leg) -> int:
    return leg.cents

"""How long the law wants records kept: clocks per sort of record, each with its start, its source, and what follows its end.

Of several clocks that run for a record the last one counts. Where a clock obliges to delete, its end is not only the first day on which the
record may go, but the day on which it has to. A legal hold stops all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from accounts.choices import Retention
from compliance.choices import ClockStart, Regime
from compliance.policies.risk import years_later


@dataclass(frozen=True, slots=True)
class Clock:
    """Years from a start. ``source`` is the rule; ``must_delete`` says that the rule obliges to delete afterwards."""

    regime: Regime
    years: int
    start: ClockStart
    source: str
    must_delete: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One clock for one sort of record of one customer. ``ends_on`` is the first day on which it asks no more; None before it began."""

    holding: str
    label: str
    count: int
    clock: Clock
    starts_on: date | None
    ends_on: date | None


_AMLR = Clock(
    Regime.AMLR,
    5,
    ClockStart.RELATIONSHIP_END,
    "Regulation (EU) 2024/1624, Art. 77(3); Directive (EU) 2015/849, Art. 40 until 10 July 2027",
    True,
)
CLOCKS: Final[dict[Retention, tuple[Clock, ...]]] = {
    Retention.IDENTITY: (Clock(Regime.BSA, 5, ClockStart.RELATIONSHIP_END, "31 CFR 1020.220(a)(3)(ii)"), _AMLR),
    Retention.TRANSACTION: (Clock(Regime.BSA, 5, ClockStart.RECORD_MADE, "31 CFR 1010.430(d)"), _AMLR),
    Retention.SANCTIONS: (Clock(Regime.OFAC, 10, ClockStart.RECORD_MADE, "31 CFR 501.601"), _AMLR),
    Retention.ASSESSMENT: (Clock(Regime.BSA, 5, ClockStart.RECORD_MADE, "31 CFR 1020.320(d)"), _AMLR),
    Retention.CONTACT: (),
}
SHORTEST_YEARS: Final = min(clock.years for clocks in CLOCKS.values() for clock in clocks)


def lines(*, holding: str, label: str, retention: Retention, count: int, newest_on: date, ended_on: date | None) -> list[Line]:
    """The clocks of a sort of record of which the customer has ``count``, the newest of ``newest_on``; the relationship ended on a day."""
    found = []
    for clock in CLOCKS[retention]:
        start = newest_on if clock.start == ClockStart.RECORD_MADE else ended_on
        found.append(Line(holding, label, count, clock, start, None if start is None else years_later(start, clock.years)))
    return found


def ends_on(found: Iterable[Line]) -> date | None:
    """The first day on which no clock asks any more; None while one has not begun. A customer of whom nothing is kept has no such day."""
    days = [line.ends_on for line in found]
    return None if not days or None in days else max(day for day in days if day is not None)


def last(found: Iterable[Line]) -> Line | None:
    """The clock that ends last; one that has not begun before all others."""
    return max(found, key=lambda line: line.ends_on or date.max, default=None)

"""What flowed on a day: settled in and out, failed, returned and disputed, per rail and currency."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Sum

from payments.choices import Direction
from payments.models import Move
from payments.selectors import reports

PARTS = ("in", "out", "failed", "returned", "disputed")


@dataclass(frozen=True, slots=True)
class Part:
    """So many payments, so much money."""

    count: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Flow:
    """One rail in one currency; ``parts`` are PARTS, in this order."""

    rail: str
    currency: str
    parts: dict[str, Part] = field(default_factory=lambda: {name: Part() for name in PARTS})


def of_day(day: date, *, modes: Iterable[str]) -> list[Flow]:
    """The flows of a day (UTC) of all live partners, all sandboxes, or both, by rail and currency; only what moved. What came back of a
    return or a dispute did not flow twice, and is left out.
    """
    begin = datetime.combine(day, time.min, tzinfo=UTC)
    moves = Move.objects.changing().filter(at__gte=begin, at__lt=begin + timedelta(days=1), payment__partner__mode__in=modes)
    rows = (
        reports.outcomes(moves)
        .exclude(outcome="reinstated")
        .values_list("payment__rail", "payment__currency", "payment__direction", "outcome")
        .annotate(count=Count("pk"), amount=Sum("moved"))
        .order_by()
    )
    found: dict[tuple[str, str], Flow] = {}
    for rail, currency, direction, outcome, count, amount in rows:
        flow = found.setdefault((rail, currency), Flow(rail, currency))
        name = ("in" if direction == Direction.IN else "out") if outcome == "settled" else outcome
        before = flow.parts[name]
        flow.parts[name] = Part(before.count + count, before.amount + amount)
    return [found[key] for key in sorted(found)]

"""What flowed on a day: settled in and out, failed and returned, per rail and currency."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Count, Sum

from payments.choices import Direction, PaymentStatus
from payments.models import Move

S = PaymentStatus
# Out of these, a payment only goes back to where it was: the money did not flow twice.
_AGAIN = (S.RETURNED, S.DISPUTED)


@dataclass(frozen=True, slots=True)
class Part:
    """So many payments, so much money."""

    count: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Flow:
    """One rail in one currency; ``parts`` are in, out, failed, returned, in this order."""

    rail: str
    currency: str
    parts: dict[str, Part] = field(default_factory=lambda: {name: Part() for name in ("in", "out", "failed", "returned")})


def of_day(day: date, *, mode: str) -> list[Flow]:
    """The flows of a day (UTC) of all live or all sandbox partners, by rail and currency; only what moved."""
    begin = datetime.combine(day, time.min, tzinfo=UTC)
    rows = (
        Move.objects.changing()
        .filter(
            went_to__in=[S.SETTLED, S.FAILED, S.RETURNED],
            at__gte=begin,
            at__lt=begin + timedelta(days=1),
            payment__partner__mode=mode,
        )
        .exclude(went_to=S.SETTLED, came_from__in=_AGAIN)
        .values_list("payment__rail", "payment__currency", "payment__direction", "went_to")
        .annotate(Count("pk"), Sum("payment__amount"))
        .order_by()
    )
    found: dict[tuple[str, str], Flow] = {}
    for rail, currency, direction, went_to, count, amount in rows:
        flow = found.setdefault((rail, currency), Flow(rail, currency))
        name = ("in" if direction == Direction.IN else "out") if went_to == S.SETTLED else went_to.lower()
        before = flow.parts[name]
        flow.parts[name] = Part(before.count + count, before.amount + amount)
    return [found[key] for key in sorted(found)]

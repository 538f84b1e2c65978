"""Two pictures as inline SVG: money in and out by day, and who it came from and went to. Their figures stand beside them as text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from compliance.selectors.alerts import DAYS, Party
from flowlet.backoffice import charts
from flowlet.core import ids
from payments.choices import Direction

WIDTH, HEIGHT, MIDDLE = 960.0, 220.0, 110.0
LEFT, RIGHT = 64.0, 12.0
ROW, BOX = 46.0, 230.0


def profile(days: Mapping[date, tuple[Decimal, Decimal]], *, last: date, monthly: Decimal | None) -> dict[str, Any] | None:
    """Ninety days up to ``last``: what came in above the line, what went out below it, dashed what was declared."""
    if not days:
        return None
    expected = monthly / 30 if monthly else None
    top = max(*(max(pair) for pair in days.values()), expected or Decimal(0)) or Decimal(1)
    slot, scale = (WIDTH - LEFT - RIGHT) / DAYS, (MIDDLE - 16) / float(top)
    bars = []
    for n in range(DAYS):
        day = last - timedelta(days=DAYS - 1 - n)
        into, out = days.get(day, (Decimal(0), Decimal(0)))
        x = round(LEFT + n * slot, 2)
        for amount, way in ((into, "in"), (out, "out")):
            if amount:
                tall = round(max(float(amount) * scale, 1.0), 2)
                y = round(MIDDLE - tall, 2) if way == "in" else MIDDLE
                bars.append(
                    {
                        "x": x,
                        "y": y,
                        "w": round(slot * 0.76, 2),
                        "h": tall,
                        "way": way,
                        "label": f"{day}: {amount:,.2f} USD {way}",
                    }
                )
    return {
        "bars": bars,
        "width": WIDTH,
        "height": HEIGHT,
        "middle": MIDDLE,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "top": charts.short(top),
        "top_y": round(MIDDLE - float(top) * scale, 2),
        "low_y": round(MIDDLE + float(top) * scale, 2),
        "first": last - timedelta(days=DAYS - 1),
        "last": last,
        "into": sum((pair[0] for pair in days.values()), Decimal(0)),
        "out": sum((pair[1] for pair in days.values()), Decimal(0)),
        "monthly": monthly,
        "expected_y": round(MIDDLE - float(expected) * scale, 2) if expected else None,
        "rows": [(day, *pair) for day, pair in sorted(days.items(), reverse=True)],
    }


@dataclass(frozen=True, slots=True)
class Node:
    """One of the others: where its box and its line stand, and what they say."""

    y: float
    label: str
    text: str
    width: float
    is_in: bool
    url_key: str


def flow(parties: Sequence[Party], *, centre: str) -> dict[str, Any] | None:
    """Who sent on the left, the customer in the middle, who received on the right; the line as thick as the money is much."""
    if not parties:
        return None
    sides = {way: [one for one in parties if one.direction == way] for way in (Direction.IN, Direction.OUT)}
    most = max((one.worth for one in parties), default=Decimal(0)) or Decimal(1)
    height = ROW * max(len(side) for side in sides.values()) + 12
    nodes = []
    for way, side in sides.items():
        offset = (height - ROW * len(side)) / 2
        for n, one in enumerate(side):
            times = f"{one.count} times" if one.count > 1 else "once"
            nodes.append(
                Node(
                    y=round(offset + n * ROW + ROW / 2, 1),
                    label=_called(one),
                    text=f"{charts.short(one.worth)} USD, {times}",
                    width=round(1 + 13 * float(one.worth / most), 1),
                    is_in=way == Direction.IN,
                    url_key=ids.public_id("cus", one.counterparty) if one.is_customer and one.counterparty else "",
                )
            )
    return {"nodes": nodes, "height": height, "middle": round(height / 2, 1), "width": WIDTH, "box": BOX, "centre": centre}


def _called(one: Party) -> str:
    if one.counterparty is None:
        return "Unknown"
    if one.is_customer:
        return ids.public_id("cus", one.counterparty)
    return f"Account outside {one.counterparty.hex[-6:]}"

"""Pictures as inline SVG: no script, no canvas, readable in light and dark and on paper.

Geometry is computed here with Decimal-to-float only for the pixels; every figure that is shown as text comes from the exact
value. Each picture carries its numbers as a table for readers who cannot see it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

WIDTH, HEIGHT = 960.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 12.0, 12.0, 26.0
GRID_LINES = 4
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Point:
    """One figure at one day or moment; ``label`` is what its tooltip says."""

    at: date | datetime
    value: Decimal
    label: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A grid line or a day mark: position in pixels and what stands beside it."""

    position: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture ready for the template: paths, dots or bars, ticks, and the same figures as rows."""

    path: str = ""
    area: str = ""
    dots: Sequence[tuple[float, float, str]] = ()
    bars: Sequence[tuple[float, float, float, float, str]] = ()
    horizontal: Sequence[Tick] = ()
    vertical: Sequence[Tick] = ()
    rows: Sequence[tuple[str, str]] = field(default_factory=tuple)
    width: float = WIDTH
    height: float = HEIGHT
    left: float = LEFT
    right_edge: float = WIDTH - RIGHT
    bottom_edge: float = HEIGHT - BOTTOM


def short(value: Decimal) -> str:
    """An axis figure: 1,250 · 12.5k · 3.4M."""
    size = abs(value)
    for limit, letter in ((Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(10) ** 4, "k")):
        if size >= limit:
            unit = Decimal(1000) if letter == "k" else limit
            return f"{(value / unit).quantize(Decimal('0.1')).normalize():f}{letter}"
    return f"{value.quantize(Decimal('0.01')).normalize():,f}"


def _bounds(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Lower and upper end of a value axis that holds zero and every value, on round figures."""
    low, high = min(*values, Decimal(0)), max(*values, Decimal(0))
    if low == high:
        high = low + 1
    step = (high - low) / GRID_LINES
    magnitude = Decimal(10) ** (step.adjusted())
    for factor in (1, 2, Decimal("2.5"), 5, 10):
        if magnitude * factor >= step:
            step = magnitude * factor
            break
    floor = (low / step).to_integral_value(rounding="ROUND_FLOOR") * step
    ceiling = (high / step).to_integral_value(rounding="ROUND_CEILING") * step
    return floor, ceiling


def _grid(low: Decimal, high: Decimal, y: "_Scale") -> list[Tick]:
    count = GRID_LINES
    return [Tick(y(low + (high - low) * n / count), short(low + (high - low) * n / count)) for n in range(count + 1)]


class _Scale:
    """Maps a range of values onto pixels."""

    def __init__(self, low: Decimal, high: Decimal, start: float, end: float) -> None:
        self.low, self.span, self.start, self.end = low, (high - low) or Decimal(1), start, end

    def __call__(self, value: Decimal) -> float:
        return round(self.start + float((value - self.low) / self.span) * (self.end - self.start), 2)


def _day_text(at: date | datetime) -> str:
    return at.strftime("%d %b")


def _row_text(at: date | datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M") if isinstance(at, datetime) else at.isoformat()


def _marks(points: Sequence[Point], xs: Sequence[float]) -> list[Tick]:
    """At most seven day marks, spread evenly, first and last included."""
    count = min(7, len(points))
    if count < 2:
        return [Tick(xs[0], _day_text(points[0].at))]
    picks = sorted({round(n * (len(points) - 1) / (count - 1)) for n in range(count)})
    return [Tick(xs[n], _day_text(points[n].at)) for n in picks]


def line(points: Sequence[Point], *, stepped: bool = True) -> Drawing | None:
    """A line over time; ``stepped`` because a balance jumps and does not glide. None without points.

    The points are in order of time. With one point a flat line is drawn.
    """
    if not points:
        return None
    low, high = _bounds([p.value for p in points])
    y = _Scale(low, high, HEIGHT - BOTTOM, TOP)
    stamps = [Decimal(p.at.timestamp()) if isinstance(p.at, datetime) else Decimal(p.at.toordinal()) for p in points]
    x = _Scale(stamps[0], stamps[-1], LEFT, WIDTH - RIGHT)
    xs = [x(stamp) for stamp in stamps]
    ys = [y(p.value) for p in points]
    parts = [f"M{xs[0]} {ys[0]}"]
    for n in range(1, len(points)):
        parts.append(f"H{xs[n]}V{ys[n]}" if stepped else f"L{xs[n]} {ys[n]}")
    if len(points) == 1:
        parts.append(f"H{WIDTH - RIGHT}")
    path = "".join(parts)
    base = y(Decimal(0))
    end = xs[-1] if len(points) > 1 else WIDTH - RIGHT
    return Drawing(
        path=path,
        area=f"{path}V{base}H{xs[0]}Z",
        dots=[(xs[n], ys[n], p.label or f"{_row_text(p.at)}: {p.value:,f}") for n, p in enumerate(points)],
        horizontal=_grid(low, high, y),
        vertical=_marks(points, xs),
        rows=[(_row_text(p.at), p.label or f"{p.value:,f}") for p in points],
        right_edge=max(end, WIDTH - RIGHT),
    )


def bars(points: Sequence[Point]) -> Drawing | None:
    """One bar a day. None without points."""
    if not points:
        return None
    low, high = _bounds([p.value for p in points])
    y = _Scale(low, high, HEIGHT - BOTTOM, TOP)
    slot = (WIDTH - RIGHT - LEFT) / len(points)
    thick = max(slot * 0.72, 1.0)
    base = y(Decimal(0))
    drawn, centres = [], []
    for n, point in enumerate(points):
        top = y(point.value)
        left = round(LEFT + n * slot + (slot - thick) / 2, 2)
        centres.append(round(left + thick / 2, 2))
        text = point.label or f"{_row_text(point.at)}: {point.value:,f}"
        drawn.append((left, min(top, base), round(thick, 2), round(max(abs(base - top), 0.5), 2), text))
    return Drawing(
        bars=drawn,
        horizontal=_grid(low, high, y),
        vertical=_marks(points, centres),
        rows=[(_row_text(p.at), p.label or f"{p.value:,f}") for p in points],
    )

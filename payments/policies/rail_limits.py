"""Limits per rail: their form, the business day they count in, and what stands in the way of a payment.

A payment counts on the day on which its rail's banks process it: what comes after the last cut-off of a day, or on a day on which they are
closed, counts on the next. That day and its calendar month are the spans of limits; rails that never close have days of the calendar, in
their own zone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from flowlet.core import ids, money
from flowlet.core.errors import DomainError
from payments import errors
from payments.choices import Direction, PaymentKind, Rail
from payments.models import Payment, RailLimit
from payments.models.rail_limit import FIGURES
from payments.policies import cutoffs, kinds

# A refund cannot exceed what came in, and a fee is the platform's own doing.
KINDS = tuple(kind for kind in PaymentKind if kind not in {PaymentKind.REFUND, PaymentKind.FEE})
COUNTS = frozenset({"customer_daily_count", "partner_daily_count"})
MOST = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RailLimits:
    """What is limited, in a currency that stands beside it; None is no limit."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None
    customer_daily: Decimal | None = None
    customer_monthly: Decimal | None = None
    customer_daily_count: int | None = None
    partner_daily: Decimal | None = None
    partner_monthly: Decimal | None = None
    partner_daily_count: int | None = None

    def as_json(self, currency: str) -> dict[str, str | int | None]:
        """As requests and events write them."""
        return {name: figure(name, getattr(self, name), currency) for name in FIGURES}


class Counted(NamedTuple):
    """What limits a payment and what is used with it, as ``payments_count_limits`` answers."""

    limit_id: UUID
    kind: str
    minimum: Decimal | None
    maximum: Decimal | None
    customer_daily: Decimal | None
    customer_monthly: Decimal | None
    customer_daily_count: int | None
    partner_daily: Decimal | None
    partner_monthly: Decimal | None
    partner_daily_count: int | None
    used_customer_daily: Decimal
    used_customer_monthly: Decimal
    used_customer_daily_count: int
    used_partner_daily: Decimal
    used_partner_monthly: Decimal
    used_partner_daily_count: int


def figure(name: str, value: Decimal | int | None, currency: str) -> str | int | None:
    """One figure as JSON."""
    if value is None or name in COUNTS:
        return value if value is None else int(value)
    return money.to_text(Decimal(value), currency)


def from_json(value: dict[str, Any]) -> RailLimits:
    """What ``as_json`` gave."""
    return RailLimits(
        **{
            name: found if found is None or name in COUNTS else Decimal(found)
            for name, found in ((name, value[name]) for name in FIGURES)
        }
    )


def of_row(row: RailLimit) -> RailLimits:
    """The figures of a row."""
    return RailLimits(**{name: getattr(row, name) for name in FIGURES})


def check(limits: RailLimits, *, rail: str, direction: str, kind: str, currency: str) -> None:
    """Raises MalformedRailLimits, UnknownCurrency."""
    money.exponent(currency)
    if rail not in Rail.values:
        raise errors.MalformedRailLimits(f"Use {', '.join(Rail.values)}.", param="rail")
    carried = {one: kinds.ROUTES[one][Rail(rail)] for one in KINDS if Rail(rail) in kinds.ROUTES[one]}
    if direction not in Direction.values or direction not in carried.values():
        ways = sorted(set(carried.values()))
        raise errors.MalformedRailLimits(f"{Rail(rail).label} carries {' and '.join(ways)}.", param="direction")
    if kind and carried.get(kind) != direction:
        fitting = sorted(one for one, way in carried.items() if way == direction)
        raise errors.MalformedRailLimits(f"Use {', '.join(fitting)}, or none for all.", param="kind")
    currencies = kinds.RAILS[Rail(rail)].currencies
    if currencies and currency not in currencies:
        raise errors.MalformedRailLimits(f"{Rail(rail).label} carries {', '.join(sorted(currencies))}.", param="currency")
    if all(getattr(limits, name) is None for name in FIGURES):
        raise errors.MalformedRailLimits("Limit something, or withdraw the limits.")
    for name in FIGURES:
        _check_figure(name, getattr(limits, name), currency)
    for less, more in (
        ("minimum", "maximum"),
        ("customer_daily", "customer_monthly"),
        ("partner_daily", "partner_monthly"),
    ):
        small, large = getattr(limits, less), getattr(limits, more)
        if small is not None and large is not None and small > large:
            raise errors.MalformedRailLimits(f"{less} is at most {more}.", param=less)


def _check_figure(name: str, value: Decimal | int | None, currency: str) -> None:
    if value is None:
        return
    if name in COUNTS:
        if not 0 <= value <= MOST:
            raise errors.MalformedRailLimits(f"A number of payments lies between 0 and {MOST}.", param=name)
        return
    try:
        money.exact(Decimal(value), currency, param=name)
    except DomainError as refusal:
        raise errors.MalformedRailLimits(refusal.message, param=name) from None
    if value < 0 or (name == "minimum" and value == 0):
        raise errors.MalformedRailLimits("A limit is not negative, and a minimum is more than zero.", param=name)


def in_words(limits: RailLimits, currency: str) -> str:
    """As an officer reads them: ``one payment at most 5,000.00 USD; customer: 10,000.00 a day, 20 payments a day``."""
    text = {
        name: None if (value := getattr(limits, name)) is None else f"{value:,}" if name in COUNTS else _readable(value, currency)
        for name in FIGURES
    }
    parts = []
    one = [f"{word} {text[name]}" for name, word in (("minimum", "at least"), ("maximum", "at most")) if text[name]]
    if one:
        parts.append(f"one payment {' and '.join(one)}")
    for whose in ("customer", "partner"):
        spans = [
            f"{text[f'{whose}_{span}']} {words}"
            for span, words in (("daily", "a day"), ("daily_count", "payments a day"), ("monthly", "a month"))
            if text[f"{whose}_{span}"]
        ]
        if spans:
            parts.append(f"{whose}: {', '.join(spans)}")
    return "; ".join(parts)


def _readable(value: Decimal, currency: str) -> str:
    return f"{value:,.{money.exponent(currency)}f} {currency}"


# A payment against them


def day_ends(rail: str, day: date, *, same_day: bool = False) -> datetime:
    """When a limit of the day has room again: what comes then is of the next business day."""
    return cutoffs.closing(rail, day, same_day=same_day)


def month_ends(rail: str, day: date, *, same_day: bool = False) -> datetime:
    """When a limit of the day's month has room again."""
    return cutoffs.closing(rail, cutoffs.last_of_month(rail, day, same_day=same_day), same_day=same_day)


def check_single(payment: Payment, limits: Iterable[RailLimit]) -> None:
    """What one payment alone may not be. Raises BelowRailMinimum, RailLimitExceeded."""
    for row in limits:
        _check_amount(payment, row.pk, row.minimum, row.maximum)


def check_counted(payment: Payment, rows: Iterable[Counted], *, day: date) -> None:
    """Whether the payment, which is counted in ``rows`` already, keeps to all of them. Raises BelowRailMinimum, RailLimitExceeded."""
    for row in rows:
        _check_amount(payment, row.limit_id, row.minimum, row.maximum)
        for scope in ("customer", "partner"):
            for span in ("daily_count", "daily", "monthly"):
                limit, used = getattr(row, f"{scope}_{span}"), getattr(row, f"used_{scope}_{span}")
                if limit is not None and used > limit:
                    ends = month_ends if span == "monthly" else day_ends
                    raise _exceeded(
                        payment,
                        row.limit_id,
                        scope=scope,
                        span=span,
                        limit=limit,
                        used=used - (1 if span == "daily_count" else payment.amount),
                        renews_at=ends(payment.rail, day, same_day=payment.same_day),
                    )


def _check_amount(payment: Payment, limit_id: UUID, minimum: Decimal | None, maximum: Decimal | None) -> None:
    if minimum is not None and payment.amount < minimum:
        least = {"amount": money.to_text(minimum, payment.currency), "currency": payment.currency}
        raise errors.BelowRailMinimum(
            f"A payment over {Rail(payment.rail).label} has at least {least['amount']} {payment.currency}.",
            param="amount",
            limit_id=ids.public_id(RailLimit.PREFIX, limit_id),
            minimum=least,
        )
    if maximum is not None and payment.amount > maximum:
        raise _exceeded(payment, limit_id, scope="payment", span="per_payment", limit=maximum, used=0 * maximum, renews_at=None)


def _exceeded(
    payment: Payment,
    limit_id: UUID,
    *,
    scope: str,
    span: str,
    limit: Decimal | int,
    used: Decimal | int,
    renews_at: datetime | None,
) -> errors.RailLimitExceeded:
    left = max(limit - used, 0 * limit)
    is_count = span == "daily_count"

    def shown(value: Decimal | int) -> Any:
        return (
            int(value) if is_count else {"amount": money.to_text(Decimal(value), payment.currency), "currency": payment.currency}
        )

    def said(value: Decimal | int) -> str:
        return str(value) if is_count else f"{money.to_text(Decimal(value), payment.currency)} {payment.currency}"

    what = {"per_payment": "in one payment", "daily": "a day", "daily_count": "payments a day", "monthly": "a month"}[span]
    whose = {"payment": "", "customer": " for the customer", "partner": " for all your customers"}[scope]
    way = {"IN": "in", "OUT": "out"}[payment.direction]
    message = f"{Rail(payment.rail).label} {way} is limited to {said(limit)} {what}{whose}"
    message += "." if renews_at is None else f"; {said(left)} left until {renews_at:%Y-%m-%d %H:%M} UTC."
    return errors.RailLimitExceeded(
        message,
        param="amount",
        limit_id=ids.public_id(RailLimit.PREFIX, limit_id),
        rail=payment.rail,
        direction=payment.direction,
        scope=scope,
        span=span,
        limit=shown(limit),
        used=shown(used),
        left=shown(left),
        renews_at=None if renews_at is None else renews_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )

"""What a payment costs: flat, percent, by tiers, with a smallest and a largest fee.

A schedule is a list of tiers by the payment's amount, each with a flat part and a part in basis points (1/100 of a percent). GRADUATED
takes each slice of the amount at its own tier's terms, VOLUME the whole amount at those of the tier it falls into. Everything is added
up exactly; the fee is rounded once, at the end, to the nearest minor unit, ties to even (``money.round_half_even``).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from itertools import pairwise
from typing import Any

from flowlet.core import money
from flowlet.core.errors import DomainError
from flowlet.core.money import Money
from payments.errors import FeesOfAnotherCurrency, MalformedFees

MOST_TIERS = 20
MOST_BASIS_POINTS = Decimal(10_000)
_ZERO = Decimal(0)
_KEYS = {"mode", "tiers", "minimum", "maximum"}
_FORM = re.compile(r"(0|[1-9][0-9]{0,15})(\.[0-9]{1,4})?\Z", re.ASCII)


class TierMode(StrEnum):
    """How tiers are read."""

    GRADUATED = "GRADUATED"
    VOLUME = "VOLUME"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """What is above ``above``, up to and including the next tier's, costs ``flat`` and ``basis_points`` of itself."""

    above: Decimal = _ZERO
    flat: Decimal = _ZERO
    basis_points: Decimal = _ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """A fee schedule in one currency; the first tier starts at zero. Raises MalformedFees, UnknownCurrency."""

    currency: str
    tiers: tuple[Tier, ...]
    mode: TierMode = TierMode.GRADUATED
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    def __post_init__(self) -> None:
        money.exponent(self.currency)
        if not 1 <= len(self.tiers) <= MOST_TIERS:
            raise MalformedFees(f"A fee schedule has 1 to {MOST_TIERS} tiers.", param="tiers")
        for number, tier in enumerate(self.tiers):
            self._check_amount(tier.above, f"tiers.{number}.above")
            self._check_amount(tier.flat, f"tiers.{number}.flat")
            points = tier.basis_points
            if not points.is_finite() or not 0 <= points <= MOST_BASIS_POINTS or points != round(points, 4):
                raise MalformedFees(
                    f"Basis points lie between 0 and {MOST_BASIS_POINTS}, with four decimals.",
                    param=f"tiers.{number}.basis_points",
                )
        starts = [tier.above for tier in self.tiers]
        if starts[0] != 0 or any(low >= high for low, high in pairwise(starts)):
            raise MalformedFees("The first tier starts at zero, and each starts above the one before.", param="tiers")
        for name in ("minimum", "maximum"):
            if getattr(self, name) is not None:
                self._check_amount(getattr(self, name), name)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise MalformedFees("The smallest fee is not more than the largest.", param="minimum")

    def _check_amount(self, value: Decimal, param: str) -> None:
        try:
            money.exact(value, self.currency, param=param)
        except DomainError as refusal:
            raise MalformedFees(refusal.message, param=param) from None
        if value < 0:
            raise MalformedFees("No part of a fee is negative.", param=param)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeLine:
    """One part of a fee: what a tier takes of ``base``, exact and not rounded."""

    tier: Tier
    base: Decimal
    flat: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeBreakdown:
    """A fee and how it came about: ``lines`` make ``exact``; ``total`` is that within ``bound`` (minimum or maximum), rounded."""

    lines: tuple[FeeLine, ...]
    exact: Decimal
    bound: str
    total: Money

    def as_json(self) -> dict[str, Any]:
        """For documents: amounts as exact text."""
        return {
            "lines": [
                {
                    "above": _text(line.tier.above),
                    "base": _text(line.base),
                    "flat": _text(line.flat),
                    "basis_points": _text(line.tier.basis_points),
                    "share": _text(line.share),
                }
                for line in self.lines
            ],
            "exact": _text(self.exact),
            "bound": self.bound,
            "total": money.to_json(self.total),
        }


def flat(amount: Money) -> Fees:
    """The same for every payment."""
    return Fees(currency=amount.currency.code, tiers=(Tier(flat=amount.amount),))


def percent(currency: str, basis_points: Decimal, *, minimum: Decimal | None = None, maximum: Decimal | None = None) -> Fees:
    """A share of every payment."""
    return Fees(currency=currency, tiers=(Tier(basis_points=basis_points),), minimum=minimum, maximum=maximum)


def fee(fees: Fees, amount: Money) -> FeeBreakdown:
    """What a payment of ``amount`` costs. Raises FeesOfAnotherCurrency, NotPositive."""
    if amount.currency.code != fees.currency:
        raise FeesOfAnotherCurrency(fees=fees.currency, amount=amount.currency.code)
    if amount.amount <= 0:
        raise money.NotPositive(param="amount")
    with localcontext() as exact_enough:
        # Amounts have up to 20 digits and basis points 9; no product of them is cut.
        exact_enough.prec = 60
        lines = _graduated(fees, amount.amount) if fees.mode == TierMode.GRADUATED else _volume(fees, amount.amount)
        exact = sum((line.flat + line.share for line in lines), _ZERO)
        bounded, bound = exact, ""
        if fees.minimum is not None and exact < fees.minimum:
            bounded, bound = fees.minimum, "minimum"
        if fees.maximum is not None and exact > fees.maximum:
            bounded, bound = fees.maximum, "maximum"
        total = money.round_half_even(bounded, fees.currency)
    return FeeBreakdown(lines=tuple(lines), exact=exact, bound=bound, total=total)


def _graduated(fees: Fees, amount: Decimal) -> list[FeeLine]:
    ends: list[Decimal] = [tier.above for tier in fees.tiers[1:]] + [amount]
    return [_line(tier, min(end, amount) - tier.above) for tier, end in zip(fees.tiers, ends, strict=True) if amount > tier.above]


def _volume(fees: Fees, amount: Decimal) -> list[FeeLine]:
    return [_line([tier for tier in fees.tiers if amount > tier.above][-1], amount)]


def _line(tier: Tier, base: Decimal) -> FeeLine:
    return FeeLine(tier=tier, base=base, flat=tier.flat, share=base * tier.basis_points / MOST_BASIS_POINTS)


# As they are stored and sent


def to_json(fees: Fees) -> dict[str, Any]:
    """``{"mode": …, "tiers": [{"above", "flat", "basis_points"}], "minimum", "maximum"}``; the currency stands beside it."""
    return {
        "mode": fees.mode.value,
        "tiers": [
            {
                "above": money.to_text(tier.above, fees.currency),
                "flat": money.to_text(tier.flat, fees.currency),
                "basis_points": _text(tier.basis_points),
            }
            for tier in fees.tiers
        ],
        "minimum": None if fees.minimum is None else money.to_text(fees.minimum, fees.currency),
        "maximum": None if fees.maximum is None else money.to_text(fees.maximum, fees.currency),
    }


def from_json(value: Mapping[str, Any], *, currency: str) -> Fees:
    """What ``to_json`` gave. Raises MalformedFees."""
    if not isinstance(value, Mapping) or not set(value) <= _KEYS or not isinstance(value.get("tiers"), Sequence):
        raise MalformedFees("A fee schedule has mode, tiers, minimum and maximum.")
    try:
        mode = TierMode(value.get("mode", TierMode.GRADUATED))
    except ValueError:
        raise MalformedFees("Use GRADUATED or VOLUME.", param="mode") from None
    tiers = []
    for number, tier in enumerate(value["tiers"]):
        if not isinstance(tier, Mapping) or not set(tier) <= {"above", "flat", "basis_points"}:
            raise MalformedFees("A tier has above, flat and basis_points.", param=f"tiers.{number}")
        tiers.append(Tier(**{name: _figure(figure, f"tiers.{number}.{name}") for name, figure in tier.items()}))
    bounds = {name: None if value.get(name) is None else _figure(value[name], name) for name in ("minimum", "maximum")}
    return Fees(currency=currency, tiers=tuple(tiers), mode=mode, **bounds)


def describe(fees: Fees) -> str:
    """In words, for officers: ``0.30 USD + 2.9 %, at least 0.50 USD``."""
    parts = []
    for number, tier in enumerate(fees.tiers):
        terms = [f"{money.to_text(tier.flat, fees.currency)} {fees.currency}"] if tier.flat or not tier.basis_points else []
        if tier.basis_points:
            terms.append(f"{_text(tier.basis_points / 100)} %")
        words = " + ".join(terms)
        parts.append(f"above {money.to_text(tier.above, fees.currency)}: {words}" if number else words)
    if len(fees.tiers) > 1:
        parts.append("each slice at its own" if fees.mode == TierMode.GRADUATED else "the whole amount at its tier's")
    said = "; ".join(parts)
    if fees.minimum is not None:
        said += f", at least {money.to_text(fees.minimum, fees.currency)} {fees.currency}"
    if fees.maximum is not None:
        said += f", at most {money.to_text(fees.maximum, fees.currency)} {fees.currency}"
    return said


def _figure(value: Any, param: str) -> Decimal:
    """A plain decimal from text; JSON numbers have passed through a float."""
    if not isinstance(value, str) or not _FORM.match(value):
        raise MalformedFees('Figures are texts such as "0.25".', param=param)
    return Decimal(value)


def _text(value: Decimal) -> str:
    """Without needless zeros, and never with an exponent."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

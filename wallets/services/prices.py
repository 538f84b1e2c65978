"""What an amount in one currency costs in another.

The market's rate is an exact fraction of published rates, the client's rate is that less the spread, and each figure is rounded once, from
exact ones, at the end: what is bought is rounded down and what is sold is rounded up to the minor unit, so that no way of cutting a
conversion into pieces, or of going back and forth, earns anything. What the sold amount is worth at the market's rate is rounded to the
nearest unit, ties to even; it is never less than what is bought.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from accounts.services import partners
from flowlet.core import clock
from flowlet.core.money import Money, exponent, round_down, round_up
from ledger.models import Book
from ledger.selectors import rates
from ledger.selectors.rates import Cross
from wallets import errors
from wallets.choices import FixedSide
from wallets.selectors import spreads

RATE_PLACES = 18
WHOLE = 10_000  # basis points


@dataclass(frozen=True, slots=True)
class Rates:
    """The market's rate of one sold unit, and what the client pays on top."""

    market: Cross
    basis_points: int

    @property
    def client(self) -> Fraction:
        """How much of the bought currency the client gets for one unit, exactly."""
        return self.market.value * (WHOLE - self.basis_points) / WHOLE


@dataclass(frozen=True, slots=True)
class Price:
    """``sell`` for ``buy``; ``market`` is what ``sell`` is worth at the market's rate, in the bought currency."""

    sell: Money
    buy: Money
    market: Money
    fixed_side: FixedSide
    rates: Rates

    def columns(self) -> dict[str, Any]:
        """As ``Priced`` keeps it."""
        market = self.rates.market
        return {
            "sell_currency": self.sell.currency.code,
            "sell_amount": self.sell.amount,
            "buy_currency": self.buy.currency.code,
            "buy_amount": self.buy.amount,
            "market_amount": self.market.amount,
            "fixed_side": self.fixed_side,
            "market_rate": shown(market.value),
            "client_rate": shown(self.rates.client),
            "spread_basis_points": self.rates.basis_points,
            "rate_on": market.valid_on,
            "rate_via": via(market),
        }


def dealing_day(*, partner_id: UUID, at: datetime) -> date:
    """The day whose rates count at a moment: that of the partner's book, or of the partner while it has none. Raises PartnerNotFound."""
    zone = Book.objects.filter(partner_id=partner_id).values_list("time_zone", flat=True).first()
    return clock.day_of(at, zone=zone or partners.get(partner_id).time_zone)


def rates_of(*, partner_id: UUID, sell_currency: str, buy_currency: str, on: date) -> Rates:
    """The rates of a day for a partner's customers. Raises UnknownCurrency, SameCurrency, NoRate, StaleRate."""
    exponent(sell_currency), exponent(buy_currency)
    if sell_currency == buy_currency:
        raise errors.SameCurrency(param="buy_currency")
    market = rates.dealing(base=sell_currency, quote=buy_currency, on=on)
    return Rates(market, spreads.basis_points(partner_id=partner_id, first=sell_currency, second=buy_currency))


def price(*, partner_id: UUID, sell_currency: str, buy_currency: str, amount: Money, on: date) -> Price:
    """What ``amount``, which is in one of the two currencies, costs or brings in the other.

    Raises what ``rates_of`` raises, CurrencyMismatch when the amount is in neither, RoundsToZero, AmountTooLarge.
    """
    found = rates_of(partner_id=partner_id, sell_currency=sell_currency, buy_currency=buy_currency, on=on)
    given = amount.currency.code
    if given not in (sell_currency, buy_currency):
        raise errors.CurrencyMismatch(
            f"The amount is in {given}, neither in {sell_currency} nor in {buy_currency}.",
            param="amount.currency",
            currency=given,
        )
    if given == sell_currency:
        side, sell, buy = FixedSide.SELL, amount, round_down(Fraction(amount.amount) * found.client, buy_currency)
    else:
        side, sell, buy = FixedSide.BUY, round_up(Fraction(amount.amount) / found.client, sell_currency), amount
    if not buy:
        raise errors.RoundsToZero(
            f"{amount.amount} {given} is worth less than the smallest unit of {buy_currency}.", param="amount"
        )
    return Price(sell, buy, found.market.worth(sell), side, found)


def shown(rate: Fraction) -> Decimal:
    """A rate as it is stored and shown: 18 decimals, ties to even."""
    return Decimal(round(rate * 10**RATE_PLACES)).scaleb(-RATE_PLACES)


def rounded(rate: Decimal) -> str:
    """A rate for people: eight significant digits."""
    return f"{Decimal(f'{rate:.8g}').normalize():f}"


def via(market: Cross) -> list[dict[str, str]]:
    """The published rates that the market's rate is made of."""
    return [
        {
            "base": one.base,
            "quote": one.quote,
            "rate": f"{one.rate.normalize():f}",
            "valid_on": str(one.valid_on),
            "source": one.source,
        }
        for one in market.via
    ]

"""Stripe writes amounts as whole numbers of the smallest unit, with exceptions of its own (docs.stripe.com/currencies).

The unit is ISO 4217's, except that ISK and UGX are written with two decimals that are always 00, and MGA with none. Of currencies
with three decimals the last digit has to be 0. What does not fit is refused, never rounded.
"""

from decimal import Decimal

from flowlet.core import money
from flowlet.core.money import Money
from payments.providers.errors import AmountNotCarried

_OWN_EXPONENT = {"ISK": 2, "UGX": 2, "MGA": 0}
_WHOLE_ONLY = frozenset({"ISK", "UGX"})


def exponent(currency: str) -> int:
    """How many decimals Stripe's whole number has. Raises UnknownCurrency."""
    iso = money.exponent(currency)
    return _OWN_EXPONENT.get(currency, iso)


def to_minor(value: Money) -> int:
    """The whole number for the amount. Raises AmountNotCarried for what it cannot say exactly, TooPrecise, NotPositive."""
    currency = value.currency.code
    amount = money.exact(Decimal(value.amount), currency).amount
    if amount <= 0:
        raise money.NotPositive(param="amount")
    scaled = amount.scaleb(exponent(currency))
    minor = int(scaled)
    if minor != scaled:
        raise AmountNotCarried(f"Stripe takes {currency} in whole units.", param="amount")
    step = 10 if exponent(currency) == 3 else 1
    if minor % step:
        raise AmountNotCarried(f"Stripe takes {currency} in steps of 0.01.", param="amount")
    return minor


def from_minor(minor: int, currency: str) -> Money:
    """The amount behind Stripe's whole number; ``currency`` in any case. Raises UnknownCurrency, and TooPrecise for a part of a unit."""
    code = currency.upper()
    return money.exact(Decimal(minor).scaleb(-exponent(code)), code)

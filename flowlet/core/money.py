"""Amounts that are exact to the currency's own minor unit, or refused.

``Money`` is py-moneyed's; what this module adds is the door: py-moneyed cuts JPY 10.5 to 10 silently when it shows it, we
refuse it. In JSON an amount is ``{"amount": "12.50", "currency": "USD"}``; a JSON number is refused because it has passed
through a float. Exponents are ISO 4217's (py-moneyed's ``sub_unit``). The largest amount is below 10**16, what
numeric(20,4) holds.
"""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Any

import moneyed
from moneyed import Money

from flowlet.core.errors import Invalid

__all__ = [
    "Money",
    "exact",
    "exponent",
    "from_json",
    "parse",
    "quantum",
    "round_down",
    "round_half_even",
    "round_up",
    "to_json",
    "zero",
]

LIMIT = Decimal(10) ** 16
# X codes are metals, test and fund codes, except these currencies of unions (ISO 4217 list one).
SPENDABLE_X = frozenset({"XAF", "XCD", "XCG", "XOF", "XPF"})
_FORM = re.compile(r"^-?(0|[1-9][0-9]{0,19})(\.[0-9]{1,18})?$", re.ASCII)


class UnknownCurrency(Invalid):
    """Not an ISO 4217 currency that can be used for money."""

    code, title = "money.unknown_currency", "The currency is not known"


class MalformedAmount(Invalid):
    """The amount is not a plain decimal in a string."""

    code, title = "money.malformed_amount", "The amount is not a plain decimal number in a string"


class TooPrecise(Invalid):
    """The amount has more decimals than the currency has."""

    code, title = "money.too_precise", "The amount has more decimals than the currency"


class NotPositive(Invalid):
    """The amount is zero or negative where it has to be positive."""

    code, title = "money.not_positive", "The amount has to be greater than zero"


class AmountTooLarge(Invalid):
    """The amount is 10**16 or more."""

    code, title = "money.too_large", "The amount is too large"


@lru_cache(maxsize=512)
def exponent(currency: str) -> int:
    """How many decimals the currency has (JPY 0, USD 2, KWD 3). Raises UnknownCurrency."""
    try:
        found = moneyed.get_currency(currency)
    except (moneyed.CurrencyDoesNotExist, AttributeError, TypeError):
        raise UnknownCurrency(f"{str(currency)[:10]!r} is not an ISO 4217 currency code.", param="currency") from None
    if found.code != currency or not found.numeric or (currency.startswith("X") and currency not in SPENDABLE_X):
        raise UnknownCurrency(f"{currency!r} cannot be held as money.", param="currency")
    return len(str(found.sub_unit)) - 1


def quantum(currency: str) -> Decimal:
    """The smallest amount of the currency: Decimal('0.01') for USD."""
    return Decimal(1).scaleb(-exponent(currency))


def zero(currency: str) -> Money:
    """Nothing, in the currency."""
    exponent(currency)
    return Money(Decimal(0), currency)


def exact(amount: Decimal, currency: str, *, param: str = "amount") -> Money:
    """The amount as Money, at the currency's own scale.

    Raises UnknownCurrency, TooPrecise, AmountTooLarge, MalformedAmount (NaN, infinity, a float).
    """
    places = exponent(currency)
    if not isinstance(amount, Decimal) or not amount.is_finite():
        raise MalformedAmount("Amounts are finite decimals.", param=param)
    if abs(amount) >= LIMIT:
        raise AmountTooLarge("Amounts stay below 10^16.", param=param)
    scaled = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    if scaled != amount:
        raise TooPrecise(f"{currency} has {places} decimals.", param=param)
    return Money(scaled, currency)


def parse(text: Any, currency: Any, *, param: str = "amount", positive: bool = True) -> Money:
    """Money from untrusted text such as ``"12.50"``; the door of the API, of files and of commands.

    Refuses everything but a plain decimal string: JSON numbers, exponents, NaN, blanks, signs where ``positive``.
    Raises UnknownCurrency, MalformedAmount, TooPrecise, AmountTooLarge, NotPositive.
    """
    if not isinstance(currency, str):
        raise UnknownCurrency("The currency is a string such as USD.", param="currency")
    exponent(currency)
    if not isinstance(text, str):
        raise MalformedAmount('The amount is a string such as "12.50", not a number.', param=param)
    if len(text) > 40 or not _FORM.match(text) or text.endswith("\n"):
        raise MalformedAmount('The amount is a plain decimal such as "12.50".', param=param)
    value = exact(Decimal(text), currency, param=param)
    if positive and value.amount <= 0:
        raise NotPositive(param=param)
    return value


def from_json(value: Any, *, param: str = "amount", positive: bool = True) -> Money:
    """Money from ``{"amount": "12.50", "currency": "USD"}`` and nothing else. Raises as ``parse`` does."""
    if not isinstance(value, Mapping) or set(value) != {"amount", "currency"}:
        raise MalformedAmount('Money is {"amount": "12.50", "currency": "USD"}.', param=param)
    return parse(value["amount"], value["currency"], param=f"{param}.amount", positive=positive)


def to_text(amount: Decimal, currency: str) -> str:
    """The amount with exactly the currency's decimals: ``"12.50"``, ``"10"`` for JPY."""
    return f"{amount:.{exponent(currency)}f}"


def in_words(value: Money) -> str:
    """For messages to people: ``12.50 USD``, whatever decimals the database keeps."""
    return f"{to_text(value.amount, value.currency.code)} {value.currency.code}"


def to_json(value: Money) -> dict[str, str]:
    """``{"amount": "12.50", "currency": "USD"}``."""
    code = value.currency.code
    return {"amount": to_text(value.amount, code), "currency": code}


def round_half_even(amount: Decimal | Fraction, currency: str) -> Money:
    """The one named rounding: to the nearest minor unit, ties to even (IEEE 754 roundTiesToEven). A fraction is taken exactly."""
    if isinstance(amount, Fraction):
        places = exponent(currency)
        return Money(Decimal(round(amount * 10**places)).scaleb(-places), currency)
    return Money(amount.quantize(quantum(currency), rounding=ROUND_HALF_EVEN), currency)


def round_down(amount: Fraction, currency: str) -> Money:
    """Exactly the minor units that are whole in a positive amount: what somebody is paid. Raises AmountTooLarge."""
    places = exponent(currency)
    return exact(Decimal(floor(amount * 10**places)).scaleb(-places), currency)


def round_up(amount: Fraction, currency: str) -> Money:
    """The fewest minor units that are no less than a positive amount: what somebody pays. Raises AmountTooLarge."""
    places = exponent(currency)
    return exact(Decimal(ceil(amount * 10**places)).scaleb(-places), currency)

"""Dollars as the forms take them: whole, and rounded up.

FinCEN's instructions: all amounts in U.S. dollars, rounded up to the next whole dollar ($15,265.25 becomes $15,266); foreign currency at
the rate of the day of the transaction. Converting is the ledger's business: what is not in dollars is refused here.
"""

from decimal import ROUND_CEILING
from typing import Final

from moneyed import Money

from flowlet.core.errors import Invalid

LONGEST: Final = 15  # digits of an amount


class NotDollars(Invalid):
    """An amount of a report is not in dollars, or is negative."""

    code, title = "fincen.not_dollars", "Amounts of a report are in U.S. dollars"


def whole_dollars(value: Money) -> int:
    """The amount rounded up to the next whole dollar. Raises NotDollars."""
    if value.currency.code != "USD" or value.amount < 0:
        raise NotDollars(
            "Give an amount in USD that is not negative; convert at the rate of the day of the transaction.", param="amount"
        )
    return int(value.amount.to_integral_value(rounding=ROUND_CEILING))

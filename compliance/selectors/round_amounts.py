"""Which amounts are round: multiples of a thousand where a unit is worth about a dollar, and of as much elsewhere.

A thousand yen are seven dollars, and nearly every amount in yen is a multiple of them. So the step is the power of ten nearest to what
a thousand dollars are in the currency (100,000 JPY, 1,000,000 KRW, 100 KWD): 1,000 times ten to the rounded logarithm of units per dollar.
"""

from decimal import Decimal
from typing import Final

# Units per dollar above which the step is so large: half-way between two powers of ten on their scale, 10 to the n and a half.
STEPS: Final = (
    (Decimal("31622.7766"), 100_000_000),
    (Decimal("3162.27766"), 10_000_000),
    (Decimal("316.227766"), 1_000_000),
    (Decimal("31.6227766"), 100_000),
    (Decimal("3.16227766"), 10_000),
    (Decimal("0.316227766"), 1_000),
)
SMALLEST: Final = 100


def is_round(amount: Decimal, worth: Decimal | None) -> bool:
    """Whether an amount in its currency, worth so much in US dollars, is round; never where the worth is unknown or nothing."""
    if not worth:
        return False
    return not amount % next((step for above, step in STEPS if amount > worth * above), SMALLEST)


def sql(alias: str) -> str:
    """The same of a row with ``amount`` and ``worth``."""
    steps = " ".join(f"WHEN {alias}.amount > {alias}.worth * {above} THEN {step}" for above, step in STEPS)
    return f"coalesce({alias}.worth > 0 AND mod({alias}.amount, CASE {steps} ELSE {SMALLEST} END) = 0, FALSE)"

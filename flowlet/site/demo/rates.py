"""Exchange rates of the demo: our own figures, euro based as the ECB publishes them, with a small deterministic wander."""

import random
from datetime import datetime, timedelta
from decimal import Decimal

from ledger.services import rates
from ledger.services.rates import NewRate

SOURCE = "illustrative"
PER_EURO = {"USD": Decimal("1.1640"), "GBP": Decimal("0.8670"), "JPY": Decimal("171.50"), "KWD": Decimal("0.35640")}


def publish(*, through: datetime, days: int) -> int:
    """One rate per currency and working day of the last ``days``; answers how many."""
    dice = random.Random(1957)  # noqa: S311 - the same demo every time
    last, given = dict(PER_EURO), []
    for back in range(days, -1, -1):
        day = (through - timedelta(days=back)).date()
        if day.weekday() >= 5:
            continue
        for quote, rate in last.items():
            last[quote] = (rate * (1 + Decimal(dice.randrange(-30, 31)) / 10_000)).quantize(PER_EURO[quote])
            given.append(NewRate("EUR", quote, day, last[quote]))
    return rates.add(rates=given, source=SOURCE, at=through)

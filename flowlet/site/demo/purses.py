"""What the seed knows of wallets while it plans: balances from the services' answers, and what limits leave.

The services decide; this only keeps the plan within what they will allow, so that a refusal means a mistake in the plan.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from flowlet.core.money import Money, exponent
from wallets.models import TierLimit
from wallets.services.spending import WalletBalance

# What a dollar is, about, in prices of the demo.
PRICES = {"USD": Decimal(1), "EUR": Decimal("0.92"), "GBP": Decimal("0.79"), "JPY": Decimal(150), "KWD": Decimal("0.31")}
_STEPS = {"JPY": Decimal(10), "KWD": Decimal("0.050")}


@dataclass(slots=True, eq=False)
class Sender:
    """A customer, and what was sent and held on days and in months, per currency."""

    customer_id: UUID
    name: str
    tier: str
    used: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))


@dataclass(slots=True, eq=False)
class Purse:
    """A wallet and what is available in it."""

    wallet_id: UUID
    account_id: int
    currency: str
    sender: Sender
    available: Decimal = Decimal(0)
    sales: Decimal = Decimal(0)


class Limits:
    """The tiers' limits, read once."""

    def __init__(self) -> None:
        self.rows = {(row.tier, row.currency): (row.per_transaction, row.daily, row.monthly) for row in TierLimit.objects.all()}

    def take(self, purse: Purse, amount: Decimal, day: date) -> bool:
        """Whether the purse can send the amount on the day; if so, it is planned."""
        if amount > purse.available or amount <= 0:
            return False
        once, daily, monthly = self.rows[purse.sender.tier, purse.currency]
        by_day, by_month = (purse.currency, day.isoformat()), (purse.currency, day.isoformat()[:7])
        used = purse.sender.used
        if amount > once or used[by_day] + amount > daily or used[by_month] + amount > monthly:
            return False
        used[by_day] += amount
        used[by_month] += amount
        purse.available -= amount
        return True


def price(dollars: float, currency: str) -> Decimal:
    """A price in a currency as shops write it: yen in tens, dinars in steps of 50 fils, else to the minor unit."""
    step = _STEPS.get(currency, Decimal(1).scaleb(-exponent(currency)))
    steps = (Decimal(round(dollars * 100)) / 100 * PRICES[currency] / step).to_integral_value()
    return max(steps, Decimal(1)) * step


def money(amount: Decimal, currency: str) -> Money:
    """Money from the plan's figures."""
    return Money(amount, currency)


def settle(purses: dict[UUID, Purse], balances: list[WalletBalance]) -> None:
    """Believe what the services answered."""
    for balance in balances:
        purse = purses.get(balance.wallet_id)
        if purse is not None:
            purse.available = balance.available.amount

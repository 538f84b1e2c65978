"""What limits say about a wallet now."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from wallets.choices import LimitScope, LimitSpan
from wallets.models import TierLimit, Usage, Wallet


@dataclass(frozen=True, slots=True)
class Standing:
    """One limit: whose, of what, its value and what is used of it (None for a single transaction's)."""

    scope: LimitScope
    span: LimitSpan
    limit: Decimal
    used: Decimal | None


def of_wallet(wallet: Wallet, *, tier: str, day: date) -> list[Standing]:
    """Every limit that the wallet's outgoing money meets on ``day``, the customer's first. Two queries."""
    row = TierLimit.objects.filter(tier=tier, currency=wallet.currency).first()
    month = day.replace(day=1)
    following = (month + timedelta(days=32)).replace(day=1)
    own, today = Q(wallet=wallet), Q(day=day)
    used = Usage.objects.filter(allowance=wallet.allowance_id, day__gte=month, day__lt=following).aggregate(
        customer_daily=Sum("used", filter=today),
        customer_monthly=Sum("used"),
        wallet_daily=Sum("used", filter=today & own),
        wallet_monthly=Sum("used", filter=own),
    )
    found = []
    for scope, limits in (
        (LimitScope.CUSTOMER, {} if row is None else {span: getattr(row, span.value) for span in LimitSpan}),
        (LimitScope.WALLET, {span: getattr(wallet, f"limit_{span.value}") for span in LimitSpan}),
    ):
        for span, limit in limits.items():
            if limit is not None:
                spent = None if span == LimitSpan.TRANSACTION else used[f"{scope.value}_{span.value}"] or Decimal(0)
                found.append(Standing(scope, span, limit, spent))
    return found

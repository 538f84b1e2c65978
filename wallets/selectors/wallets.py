"""Wallets with what they have, in one consistent read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from flowlet.core import ids
from flowlet.core.money import Money
from wallets import errors
from wallets.choices import HoldStatus, WalletStatus
from wallets.models import Hold, Wallet
from wallets.selectors.metadata import noted


@dataclass(frozen=True, slots=True)
class Balance:
    """What a wallet has: ``total`` is booked, ``held`` is set aside by holds that run, ``available`` is the rest."""

    total: Money
    held: Money
    available: Money


def matching(
    *,
    partner_id: UUID,
    metadata: Mapping[str, str] | None = None,
    **exactly: Any,
) -> QuerySet[Wallet]:
    """The partner's wallets with these values."""
    return noted(Wallet.objects.filter(partner_id=partner_id, **exactly), metadata)


def with_balances(queryset: QuerySet[Wallet], *, at: datetime) -> QuerySet[Wallet]:
    """The same wallets, ready for ``balance_of``: balance and holds are read by one statement.

    A hold that has expired by ``at`` counts no more, although it is taken off the books only at the next lock or by the sweeper.
    """
    lapsed = (
        Hold.objects.filter(wallet=OuterRef("pk"), status=HoldStatus.OPEN, expires_at__lte=at)
        .order_by()
        .values("wallet")
        .annotate(left=Sum(F("amount") - F("captured") - F("released")))
        .values("left")
    )
    return queryset.annotate(
        booked=F("account__balance__posted"),
        set_aside=F("account__balance__held") - Coalesce(Subquery(lapsed), Value(Decimal(0))),
    )


def balance_of(wallet: Wallet) -> Balance:
    """The balance of a wallet that came ``with_balances``."""
    total, held = wallet.booked, wallet.set_aside
    currency = wallet.currency
    return Balance(Money(total, currency), Money(held, currency), Money(total - held, currency))


def get(wallet_id: UUID, *, partner_id: UUID, at: datetime) -> Wallet:
    """The partner's wallet, with its balance. Raises WalletNotFound."""
    found = with_balances(Wallet.objects.filter(pk=wallet_id, partner_id=partner_id), at=at).first()
    if found is None:
        raise errors.WalletNotFound(f"There is no wallet {ids.public_id('wal', wallet_id)}.")
    return found


def frozen() -> QuerySet[Wallet]:
    """All frozen wallets."""
    return Wallet.objects.filter(status=WalletStatus.FROZEN)

"""Holds by what they are."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet, Sum

from wallets.choices import HoldStatus
from wallets.models import Hold
from wallets.selectors.metadata import noted


def matching(*, partner_id: UUID, metadata: Mapping[str, str] | None = None, **exactly: Any) -> QuerySet[Hold]:
    """The partner's holds with these values."""
    return noted(Hold.objects.filter(partner_id=partner_id, **exactly), metadata)


def accounts_out_of_step() -> list[tuple[int, str, str]]:
    """Accounts whose held balance in the books is not the sum of what is left of their wallets' open holds.

    (account key, held in the books, sum of the holds) of each; one statement, one snapshot.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT b.account_id, b.held::text, coalesce(h.remaining, 0)::text
            FROM ledger_balance b
            JOIN wallets_wallet w ON w.account_id = b.account_id
            LEFT JOIN (SELECT wallet_id, sum(amount - captured - released) AS remaining FROM wallets_hold
                       WHERE status = 'OPEN' GROUP BY wallet_id) h ON h.wallet_id = w.id
            WHERE b.held <> coalesce(h.remaining, 0) ORDER BY b.account_id"""
        )
        return cursor.fetchall()


def open_of_wallet(wallet_id: UUID) -> QuerySet[Hold]:
    """The wallet's open holds, those that expire first at the front."""
    return Hold.objects.filter(wallet_id=wallet_id, status=HoldStatus.OPEN).order_by("expires_at")


def left_of(holds: QuerySet[Hold]) -> Any:
    """What is left of them together, None for none."""
    return holds.aggregate(left=Sum(F("amount") - F("captured") - F("released")))["left"]

"""Which limits of rails count, and what is used of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from payments.models import RailLimit

_USED = """
SELECT s.n, u.* FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::date[])
    AS s(n, rail, direction, currency, kind, day)
 CROSS JOIN LATERAL payments_limits_used(%s, %s, s.rail, s.direction, s.currency, s.kind, s.day) u ORDER BY s.n"""


@dataclass(frozen=True, slots=True)
class Used:
    """What payments used of a business day of a rail and of its month: a customer's (zero where none is asked about), a partner's."""

    customer_daily: Decimal
    customer_monthly: Decimal
    customer_daily_count: int
    partner_daily: Decimal
    partner_monthly: Decimal
    partner_daily_count: int


def in_force(*, partner_id: UUID, at: datetime) -> list[RailLimit]:
    """All limits that count for the partner at the moment ``at``, by rail, direction, currency and kind. One query."""
    found = RailLimit.objects.raw("SELECT * FROM payments_limits_in_force(%s, %s)", [partner_id, at])
    return sorted(found, key=lambda row: (row.rail, row.direction, row.currency, row.kind))


def for_payment(*, partner_id: UUID, rail: str, direction: str, currency: str, kind: str, at: datetime) -> list[RailLimit]:
    """Those that a payment meets at the moment ``at``. One query."""
    return list(
        RailLimit.objects.raw(
            "SELECT * FROM payments_limits_in_force(%s, %s)"
            " WHERE rail = %s AND direction = %s AND currency = %s AND kind IN ('', %s) ORDER BY kind",
            [partner_id, at, rail, direction, currency, kind],
        )
    )


def used(rows: Iterable[tuple[RailLimit, date]], *, partner_id: UUID, customer_id: UUID | None = None) -> list[Used]:
    """What is used of each limit on its day, in the order of ``rows``. One query."""
    asked = list(rows)
    if not asked:
        return []
    columns = [
        list(range(len(asked))),
        *([getattr(row, name) for row, _ in asked] for name in ("rail", "direction", "currency", "kind")),
        [day for _, day in asked],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_USED, [*columns, partner_id, customer_id])
        return [Used(*row[1:]) for row in cursor.fetchall()]

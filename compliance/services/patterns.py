"""The day's measures around customers, kept in ``CustomerDay``: what ``selectors.patterns`` and ``policies.rings`` find."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from compliance.models import CustomerDay
from compliance.policies import rings
from compliance.selectors.patterns import LEGS, MEASURES
from compliance.services.activities import day_of

RING = "ring"
NAMES = (*MEASURES, RING)
MOMENT = timedelta(microseconds=1)
_HEAD = "INSERT INTO compliance_customerday AS d (partner_id, customer_id, day, ends_at, figures, activities)"
_TAIL = """
    ON CONFLICT (customer_id, day) DO UPDATE
       SET figures = d.figures || excluded.figures, activities = d.activities || excluded.activities, ends_at = excluded.ends_at
"""


@transaction.atomic
def forget(*, on: date, partner_id: UUID | None) -> None:
    """Take the day's measures away, to be made again."""
    rows = CustomerDay.objects.filter(day=on)
    (rows if partner_id is None else rows.filter(partner_id=partner_id)).delete()


@transaction.atomic
def measure(name: str, *, on: date, partner_id: UUID | None) -> int:
    """Make one measure of the day around all customers (of the partner); answers around how many there is something to say."""
    since, until = day_of(on)
    params = {"day": on, "since": since, "until": until, "partner": partner_id, "ends_at": until - MOMENT, "name": name}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '128MB'")
        if name == RING:
            return _rings(cursor, params)
        cursor.execute(
            f"{_HEAD} SELECT m.partner_id, m.customer_id, %(day)s, %(ends_at)s, m.figures,"  # noqa: S608 - statements of this app
            f" jsonb_build_object(%(name)s::text, to_jsonb(m.activities))"
            f" FROM ({MEASURES[name]}) AS m(customer_id, partner_id, figures, activities) {_TAIL}",
            params,
        )
        return cursor.rowcount


def _rings(cursor: Any, params: dict[str, Any]) -> int:
    cursor.execute(LEGS, params)
    legs: dict[str, list[rings.Leg]] = defaultdict(list)
    while rows := cursor.fetchmany(50_000):
        for key, partner, source, target, cents, is_today, owner in rows:
            legs[partner].append(rings.Leg(key, source, target, cents, is_today, owner))
    tightest: dict[str, tuple[str, rings.Ring]] = {}
    for partner, found in legs.items():
        for ring in rings.rings(found):
            if ring.customer not in tightest or tightest[ring.customer][1].percent < ring.percent:
                tightest[ring.customer] = (partner, ring)
    for customer, (partner, ring) in tightest.items():
        figures = {
            "ring_hops": str(len(ring.legs)),
            "ring_percent": str(ring.percent),
            "ring_sum": str(Decimal(ring.cents) / 100),
            "ring_members": [leg.source for leg in ring.legs],
        }
        cursor.execute(
            f"{_HEAD} VALUES (%(partner)s, %(customer)s, %(day)s, %(ends_at)s, %(figures)s, %(activities)s) {_TAIL}",
            {
                **params,
                "partner": partner,
                "customer": customer,
                "figures": orjson.dumps(figures).decode(),
                "activities": orjson.dumps({RING: [leg.key for leg in ring.legs]}).decode(),
            },
        )
    return len(tightest)

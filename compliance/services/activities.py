"""Facts of monitoring, taken from payments and wallets: a payment with its event, what is recent every few seconds, a day in its run.

All run the same statements, and a row that is there stays: to take in twice adds nothing. The amounts in US dollars are filled in
afterwards, from the rates of the day.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from compliance.models import Activity
from flowlet.core.errors import DomainError
from ledger.selectors import rates

WORTH = "USD"  # thresholds of the reports that monitoring serves are in US dollars
STEP = timedelta(hours=1)
OVERLAP, FURTHEST = timedelta(minutes=1), timedelta(days=1)

# Movements as (partner, customer, wallet, source, id, direction, kind, rail, currency, amount, counterparty, is own, country,
# names parties, metadata, moment). ``{which}`` says which ones. What lay in suspense came to the customer when it was assigned.
_PAYMENTS = """
    WITH moved AS (
        SELECT payment_id, went_to, coalesce(max(at) FILTER (WHERE details ? 'assigned_to'), min(at)) AS at FROM payments_move
         WHERE {which} AND (came_from <> went_to OR went_to = 'SETTLED' AND details ? 'assigned_to')
           AND went_to IN ('HELD', 'SETTLED', 'RETURNED', 'DISPUTED') GROUP BY 1, 2),
    seen AS (
        SELECT p.*, moved.at AS moment, moved.went_to,
               CASE WHEN moved.went_to IN ('HELD', 'SETTLED') THEN p.kind
                    WHEN moved.went_to = 'RETURNED' THEN 'RETURN' ELSE 'CHARGEBACK' END AS seen_as,
               CASE WHEN moved.went_to IN ('HELD', 'SETTLED') THEN p.direction
                    WHEN p.direction = 'IN' THEN 'OUT' ELSE 'IN' END AS went
          FROM moved JOIN payments_payment p ON p.id = moved.payment_id
         WHERE p.kind <> 'FEE' AND p.status NOT IN ('CANCELED', 'FAILED', 'EXPIRED', 'REJECTED')),
    begun AS (SELECT DISTINCT ON (id, seen_as, went) * FROM seen ORDER BY id, seen_as, went, moment)
    SELECT f.partner_id, f.customer_id, f.wallet_id, 'PAYMENT', f.id, f.went, f.seen_as, f.rail, f.currency, f.amount,
           coalesce(t.customer_id, CASE WHEN e.fingerprint <> '' THEN md5(f.partner_id::text || e.fingerprint)::uuid ELSE e.id END,
                    md5(f.partner_id::text || (y.payer->>'index'))::uuid),
           coalesce(e.relation = 'OWN' OR t.customer_id = f.customer_id, y.is_own, FALSE),
           coalesce(e.country, y.payer->>'country', ''),
           t.id IS NOT NULL OR coalesce(cardinality(e.owner_indexes) > 0 AND e.fingerprint <> '', (y.payer->>'is_named')::boolean, FALSE),
           f.metadata, f.moment
      FROM begun f LEFT JOIN wallets_wallet t ON t.id = f.target_wallet_id
      LEFT JOIN payments_externalaccount e ON e.id = f.external_account_id
      LEFT JOIN LATERAL (
           SELECT x.details->'payer' AS payer, EXISTS (
                  SELECT FROM payments_externalaccount o WHERE o.customer_id = f.customer_id AND o.relation = 'OWN'
                     AND o.fingerprint = x.details->'payer'->>'index') AS is_own
             FROM payments_move x WHERE x.payment_id = f.id AND x.went_to = 'SETTLED' AND x.details->'payer' IS NOT NULL LIMIT 1
           ) AS y ON f.kind = 'DEPOSIT' AND e.id IS NULL
     WHERE f.customer_id IS NOT NULL
    UNION ALL
    SELECT f.partner_id, t.customer_id, t.id, 'PAYMENT', f.id, CASE f.went WHEN 'IN' THEN 'OUT' ELSE 'IN' END, f.seen_as, f.rail,
           f.currency, f.amount, f.customer_id, t.customer_id = f.customer_id, '', TRUE, f.metadata, f.moment
      FROM seen f JOIN wallets_wallet t ON t.id = f.target_wallet_id WHERE f.went_to <> 'HELD'
"""
_TRANSFERS = """
    SELECT t.partner_id, side.customer_id, side.id, 'TRANSFER', t.id, side.direction, 'WALLET', 'book', t.currency, t.captured,
           side.other, side.customer_id = side.other, '', TRUE, t.metadata, t.completed_at
      FROM wallets_transfer t JOIN wallets_wallet s ON s.id = t.source_id JOIN wallets_wallet r ON r.id = t.target_id
     CROSS JOIN LATERAL (VALUES (s.customer_id, s.id, 'OUT', r.customer_id), (r.customer_id, r.id, 'IN', s.customer_id))
           AS side(customer_id, id, direction, other)
     WHERE t.status = 'COMPLETED' AND {which}
"""
_REFUNDS = """
    SELECT t.partner_id, side.customer_id, side.id, 'REFUND', f.id, side.direction, 'REFUND', 'book', f.currency, f.amount,
           side.other, side.customer_id = side.other, '', TRUE, f.metadata, f.created_at
      FROM wallets_refund f JOIN wallets_transfer t ON t.id = f.transfer_id
      JOIN wallets_wallet s ON s.id = t.source_id JOIN wallets_wallet r ON r.id = t.target_id
     CROSS JOIN LATERAL (VALUES (s.customer_id, s.id, 'IN', r.customer_id), (r.customer_id, r.id, 'OUT', s.customer_id))
           AS side(customer_id, id, direction, other)
     WHERE {which}
"""
_TAKE = """
    INSERT INTO compliance_activity (partner_id, customer_id, wallet_id, source, source_id, direction, kind, rail, currency, amount,
        worth, counterparty, is_own, is_new_counterparty, country, ip_country, location, device, is_cash, names_parties, happened_at,
        previous_at)
    SELECT m.partner_id, m.customer_id, m.wallet_id, m.source, m.source_id, m.direction, m.kind, m.rail, m.currency, m.amount,
           CASE WHEN m.currency = 'USD' THEN m.amount END, m.counterparty, m.is_own,
           m.counterparty IS NOT NULL AND NOT EXISTS (
               SELECT FROM compliance_activity a WHERE a.customer_id = m.customer_id AND a.counterparty = m.counterparty
                  AND a.direction = m.direction AND (a.happened_at, a.source_id) < (m.happened_at, m.source_id))
           AND row_number() OVER (PARTITION BY m.customer_id, m.counterparty, m.direction ORDER BY m.happened_at, m.source_id) = 1,
           m.country, coalesce(substring(upper(btrim(m.metadata->>'ip_country')) FROM '^[A-Z]{{2}}$'), ''),
           left(coalesce(m.metadata->>'location', ''), 40),
           md5(m.partner_id::text || ':device:' || (m.metadata->>'device_id'))::uuid, coalesce(lower(m.metadata->>'cash') = 'true', FALSE),
           m.names_parties, m.happened_at,
           coalesce(lag(m.happened_at) OVER (PARTITION BY m.customer_id ORDER BY m.happened_at, m.source_id, m.direction),
                    (SELECT max(a.happened_at) FROM compliance_activity a
                      WHERE a.customer_id = m.customer_id AND a.happened_at < m.happened_at))
      FROM ({movements}) AS m(partner_id, customer_id, wallet_id, source, source_id, direction, kind, rail, currency, amount,
           counterparty, is_own, country, names_parties, metadata, happened_at)
    ON CONFLICT DO NOTHING
"""
_ONE = {
    "pay": (_PAYMENTS, "payment_id = %(id)s"),
    "trf": (_TRANSFERS, "t.id = %(id)s"),
    "rfd": (_REFUNDS, "f.transfer_id = %(id)s"),
}
_ALL = (
    (_PAYMENTS, "at >= %(since)s AND at < %(until)s"),
    (_TRANSFERS, "t.completed_at >= %(since)s AND t.completed_at < %(until)s"),
    (_REFUNDS, "f.created_at >= %(since)s AND f.created_at < %(until)s"),
)
_RETRACT = """
    DELETE FROM compliance_activity a USING payments_payment p
     WHERE p.id = a.source_id AND a.source = 'PAYMENT' AND p.status IN ('CANCELED', 'FAILED', 'EXPIRED') AND {which}
"""
_FILL = """
    UPDATE compliance_activity a SET worth = round(a.amount * r.rate, 2)
      FROM unnest(%(days)s::date[], %(currencies)s::text[], %(rates)s::numeric[]) AS r(day, currency, rate)
     WHERE a.worth IS NULL AND a.currency = r.currency AND a.happened_at >= %(since)s AND a.happened_at < %(until)s
       AND (a.happened_at AT TIME ZONE 'UTC')::date = r.day
"""


@transaction.atomic
def take_one(*, kind: str, key: UUID, at: datetime) -> None:
    """Take in what there is to know of one payment (``pay``), transfer (``trf``) or the refunds of a transfer (``rfd``)."""
    movements, which = _ONE[kind]
    _run(_TAKE.format(movements=movements.format(which=which)), {"id": key})
    if kind == "pay":
        _run(_RETRACT.format(which="p.id = %(id)s"), {"id": key})
    fill_worth(since=at - timedelta(days=1), until=at + timedelta(days=1))


def take_recent(*, at: datetime) -> int:
    """Take in what moved since the newest that is known, and a minute before: what is recorded later than that is left to the day's run.
    Goes a day back at most. Answers how many rows are new.
    """
    newest = Activity.objects.order_by("-pk").values_list("happened_at", flat=True).first() or at
    return take_in(since=max(min(newest, at) - OVERLAP, at - FURTHEST), until=at)


def take_in(
    *, since: datetime, until: datetime, step: timedelta = STEP, progress: Callable[[datetime], None] = lambda until: None
) -> int:
    """Take in everything that moved from ``since`` on and before ``until``, a ``step`` at a time; answers how many rows are new.

    Each step is a transaction of its own, so that a run that is interrupted goes on where it was.
    """
    made, begin = 0, since
    while begin < until:
        end = min(begin + step, until)
        with transaction.atomic():
            made += sum(
                _run(_TAKE.format(movements=movements.format(which=which)), {"since": begin, "until": end})
                for movements, which in _ALL
            )
            _run(
                _RETRACT.format(which="a.happened_at >= %(since)s AND a.happened_at < %(until)s"), {"since": begin, "until": end}
            )
        progress(end)
        begin = end
    fill_worth(since=since, until=until)
    return made


def fill_worth(*, since: datetime, until: datetime) -> int:
    """Give worth to what has none yet, at its day's rate, rounded half up to the cent; what has no rate stays without."""
    span = {"since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT (happened_at AT TIME ZONE 'UTC')::date, currency FROM compliance_activity"
            " WHERE worth IS NULL AND happened_at >= %(since)s AND happened_at < %(until)s",
            span,
        )
        missing = cursor.fetchall()
    found = []
    for day, currency in missing:
        try:
            found.append((day, currency, rates.rate(base=currency, quote=WORTH, on=day)))
        except DomainError:
            continue
    if not found:
        return 0
    days, currencies, values = map(list, zip(*found, strict=True))
    return _run(_FILL, {**span, "days": days, "currencies": currencies, "rates": values})


def day_of(on: Any) -> tuple[datetime, datetime]:
    """A day in UTC, from its first moment to that of the next one."""
    since = datetime(on.year, on.month, on.day, tzinfo=UTC)
    return since, since + timedelta(days=1)


def _run(statement: str, params: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return cursor.rowcount

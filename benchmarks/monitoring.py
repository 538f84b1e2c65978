"""A day of transactions watched by all shipped scenarios: python -m benchmarks.monitoring [--json] [--day N …] [--history DAYS].

Ordinary customers (four activities a day each, half of them among customers) with so many days of history, and the patterns and decoys of
the tests laid among them, on the day that is watched. All scenarios are live, so that what they find is explained and raised. Facts
lie there already: what is measured is the day's run, step by step, in seconds of the clock and of CPU.
"""

import sys
import time
from itertools import pairwise
from typing import Any

from benchmarks import books, rounds
from benchmarks.cluster import Cluster, machine_busy

TITLE = "Monitoring"
MOST_SECONDS = 900.0  # "minutes" on two cores
GROWTH = 14.0  # from one number of transactions to ten times as many
PLANTED = 3  # of each pattern

_CUSTOMERS = """
    INSERT INTO accounts_customer (id, created_at, partner_id, kind, status, kyc_tier, country, external_id, metadata, personal,
        email_index, phone_index, name_indexes, freeze_reason, freeze_origin, open_products, updated_at)
    SELECT md5('customer ' || n || %(salt)s)::uuid, %(until)s - make_interval(days => 30 + (n %% 900)::int), %(partner)s,
           CASE WHEN n %% 10 = 0 THEN 'BUSINESS' ELSE 'PERSON' END, 'ACTIVE', 'PREMIUM', 'US', '', '{}', '', '', '', '{}', '', '', 0,
           %(until)s
      FROM generate_series(1, %(customers)s) AS n
"""
# Half to and from other customers (one row of each side), half shops and employers; small amounts are many, large ones few.
_DAY = """
    WITH drawn AS MATERIALIZED (
        SELECT n, 1 + floor(random() * %(customers)s)::int AS one, 1 + floor(random() * %(customers)s)::int AS two,
               round(exp(2 + random() * random() * 6.5)::numeric, 2) AS worth, random() AS luck,
               %(since)s + random() * interval '1 day' AS at
          FROM generate_series(1, %(rows)s) AS n),
    sides AS (
        SELECT d.*, side.* FROM drawn d CROSS JOIN LATERAL (
            SELECT 'OUT' AS direction, d.one AS mine, md5('customer ' || d.two || %(salt)s)::uuid AS other WHERE d.n %% 3 = 0
            UNION ALL SELECT 'IN', d.two, md5('customer ' || d.one || %(salt)s)::uuid WHERE d.n %% 3 = 0
            UNION ALL SELECT CASE WHEN d.luck < 0.7 THEN 'OUT' ELSE 'IN' END, d.one,
                             md5('shop ' || floor(d.luck * 1000) || ' ' || d.one %% 5000)::uuid WHERE d.n %% 3 <> 0) AS side)
    INSERT INTO compliance_activity (partner_id, customer_id, wallet_id, source, source_id, direction, kind, rail, currency, amount, worth,
        counterparty, is_own, is_new_counterparty, country, ip_country, location, device, is_cash, names_parties, happened_at, previous_at)
    SELECT %(partner)s, c.id, c.id, 'TRANSFER', md5('movement ' || %(since)s || n || %(salt)s)::uuid, direction, 'TRANSFER',
           CASE WHEN n %% 3 = 0 THEN 'book' ELSE 'ach' END, 'USD', worth, worth, other, FALSE, luck < 0.03,
           CASE WHEN luck < 0.0002 THEN 'HT' ELSE 'US' END, '', '', CASE WHEN mine %% 2 = 0 THEN md5('device ' || mine)::uuid END,
           luck > 0.995, TRUE, at, at - interval '1 day'
      FROM sides CROSS JOIN LATERAL (SELECT md5('customer ' || mine || %(salt)s)::uuid AS id) AS c
"""


def seed(partner: Any, *, day: int, history: int) -> tuple[int, int]:
    """Customers and their days; answers how many activities the watched day has, and how many there are."""
    from datetime import timedelta

    from django.db import connection

    from compliance.models import Activity
    from compliance.services.activities import day_of
    from compliance.tests.monitoring_world import ON

    since, until = day_of(ON)
    given = {"partner": partner.pk, "customers": day // 4, "until": until, "salt": str(day)}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(_CUSTOMERS, given)
        for number in range(history):
            # Three movements make four rows.
            cursor.execute(_DAY, {**given, "since": since - timedelta(days=number), "rows": day * 3 // 4})
        cursor.execute("VACUUM ANALYZE compliance_activity, accounts_customer")
    return Activity.objects.filter(partner=partner, happened_at__gte=since).count(), day * history


def live_scenarios() -> None:
    """Every shipped scenario drafted by one person and released by another."""
    from datetime import timedelta

    from compliance.services import scenarios
    from compliance.tests.monitoring_world import NOON
    from flowlet.core.actors import Actor, ActorKind
    from flowlet.rules.models import RuleVersion
    from flowlet.rules.services import backtests, versions

    maker, checker = (Actor(kind=ActorKind.STAFF, id=f"usr_{name}", label=name) for name in ("maker", "checker"))
    scenarios.draft_shipped(actor=maker, at=NOON)
    for version in RuleVersion.objects.all():
        backtests.run(ruleversion_id=version.pk, since=NOON, until=NOON + timedelta(seconds=1), actor=maker, at=NOON)
        versions.start_shadow(ruleversion_id=version.pk, actor=maker, at=NOON)
        versions.release(ruleversion_id=version.pk, actor=checker, at=NOON, reason="benchmark")


def watched(cluster: Cluster, *, day: int, history: int) -> dict[str, Any]:
    """One day of one partner, and what its steps cost."""
    from datetime import timedelta

    from accounts.services import partners
    from compliance.models import Alert
    from compliance.services import monitoring
    from compliance.tests.monitoring_world import NOON, ON, SCENARIOS, Watched

    at = NOON + timedelta(days=1)
    partner = partners.create(name=f"Benchmark of {day}", country="US", actor=books.ACTOR, at=NOON).live
    world, planted = Watched(partner=partner), []
    for name, (plants, decoys) in SCENARIOS.items():
        for _ in range(PLANTED):
            planted += [
                (name, {one.pk for one in (made if isinstance(made, (list, tuple)) else [made])}) for made in _made(plants, world)
            ]
            _made(decoys, world)
    world.lay()
    today, rows = seed(partner, day=day, history=history)
    cluster.settle()
    server, busy, began, own = cluster.cpu(), machine_busy(), time.perf_counter(), time.process_time()
    done = monitoring.run(on=ON, partner_id=partner.pk, actor=books.ACTOR, at=at)
    seconds, python = time.perf_counter() - began, time.process_time() - own
    postgres = cluster.cpu() - server
    told = set(Alert.objects.filter(partner=partner).values_list("scenario", "customer_id"))
    found = sum(bool({who for scenario, who in told if scenario == name} & group) for name, group in planted)
    slowest = sorted(done.steps.items(), key=lambda step: -step[1]["milliseconds"])[:4]
    return {
        "name": f"{today:,} activities on the day, {rows:,} in all",
        "seconds": round(seconds, 1),
        "postgres_s": round(postgres, 1),
        "python_s": round(python, 1),
        "others_cpus": round(max(0.0, machine_busy() - busy - postgres - python) / seconds, 2),
        "alerts": len(told),
        "planted_found": f"{found}/{len(planted)}",
        "slowest": ", ".join(f"{name} {step['milliseconds'] / 1000:.1f}" for name, step in slowest),
        "must_seconds": MOST_SECONDS,
        "reached": found == len(planted) and seconds <= MOST_SECONDS,
    }


def _made(plants: Any, world: Any) -> list[Any]:
    return [plant(world) for plant in plants]


def main() -> int:
    """Measure days of growing size; a pattern that is missed, a day that takes too long, or growth beyond the target misses it."""
    parser = rounds.parser(__doc__, rounds=1, seconds=0)
    parser.add_argument("--day", type=int, nargs="*", default=[100_000, 1_000_000], help="activities of the watched day")
    parser.add_argument("--history", type=int, default=8, help="days, the watched one included")
    asked = parser.parse_args()
    cluster = Cluster().start()
    try:
        import django

        django.setup()
        live_scenarios()
        rows = [watched(cluster, day=day, history=asked.history) for day in asked.day]
        for small, large in pairwise(rows):
            cpu = [row["postgres_s"] + row["python_s"] for row in (small, large)]
            large["growth"] = round(cpu[1] / cpu[0], 1)
            large["must_growth"] = GROWTH
            large["reached"] = large["reached"] and large["growth"] <= GROWTH
        return rounds.report(TITLE, rows, as_json=asked.json, server=cluster.describe())
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())

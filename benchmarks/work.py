"""The queue of alerts at 10,000 and 100,000 open ones: python -m benchmarks.work [--json] [--alerts N]. Page, next, one alert's screen."""

import sys
from collections.abc import Callable
from typing import Any

from benchmarks import rounds
from benchmarks.cluster import Cluster
from benchmarks.growth import Stopwatch

TITLE = "Queue of alerts"
MUST_MS = 400  # server time of the queue's page
GROWTH = 2.0  # from one number of alerts to ten times as many
CUSTOMERS = 2_000

# Alerts of one scenario each, spread over customers, kinds, urgency and time; every seventh is somebody's, every twentieth open elsewhere.
_ALERTS = """
INSERT INTO compliance_alert (id, partner_id, customer_id, kind, scenario, headline, state, priority, opened_at, due_at, evidence_count,
                              evidence_at, disposition, reason_code, words, decided_by, checked_by, assignee_id, locked_by_id, locked_until)
SELECT gen_random_uuid(), %(partner)s, (%(customers)s::uuid[])[1 + n %% %(people)s],
       (ARRAY['SCREENING', 'MONITORING', 'VERIFICATION', 'RISK'])[1 + n %% 4], 'scenario_' || n, 'Deposits below ' || n, 'OPEN',
       (n * 37) %% 101, now() - n * interval '1 minute', now() + ((n * 13) %% 20000 - 5000) * interval '1 minute', 1,
       now(), '', '', '', '', '', CASE WHEN n %% 7 = 0 THEN %(colleague)s::uuid END, CASE WHEN n %% 20 = 0 THEN %(colleague)s::uuid END,
       CASE WHEN n %% 20 = 0 THEN now() + interval '1 hour' END
FROM generate_series(%(first)s, %(last)s) AS n"""
_EVIDENCE = """
INSERT INTO compliance_alertevidence (id, alert_id, identity, key, headline, facts, happened_at, told_at)
SELECT gen_random_uuid(), a.id, gen_random_uuid(), a.id::text, a.headline, '{"amount": "9500.00", "threshold": "10000.00"}',
       a.opened_at, a.opened_at
FROM compliance_alert a WHERE NOT EXISTS (SELECT FROM compliance_alertevidence e WHERE e.alert_id = a.id)"""


def prepare() -> dict[str, Any]:
    """A partner, customers, two officers."""
    from accounts.choices import Role
    from accounts.models import Partner, User
    from accounts.services import customers
    from flowlet.core import actors, clock

    at = clock.now()
    partner = Partner.objects.create(name="Acme", mode="LIVE", status="ACTIVE", country="US", time_zone="UTC")
    given = {"partner_id": partner.pk, "kind": "PERSON", "country": "US", "actor": actors.system("bench"), "at": at}
    people = [customers.create(name=f"Customer {n}", **given).pk for n in range(CUSTOMERS)]
    staff = [
        User.objects.create_user(f"{name}@flowlet.example", name=name, is_staff=True, roles=[Role.COMPLIANCE_MANAGER])
        for name in ("ada", "ben")
    ]
    return {"partner": partner.pk, "customers": people, "people": CUSTOMERS, "colleague": staff[1].pk, "officer": staff[0]}


def questions(officer: Any) -> dict[str, Callable[[], Any]]:
    """What an officer asks all day."""
    import logging

    from compliance.models import Alert
    from compliance.selectors import work
    from compliance.services import queues
    from flowlet.backoffice import cells
    from flowlet.backoffice.testing import signed_in
    from flowlet.core import clock
    from flowlet.core.actors import Actor, ActorKind

    logging.disable(logging.INFO)
    client, address = signed_in(officer), cells.admin_url(Alert, "changelist")
    actor = Actor(kind=ActorKind.STAFF, id=officer.public_id, label="bench")
    first = work.waiting(work.queue("alerts"), person=officer, at=clock.now()).first()

    def page(query: str = "") -> None:
        if client.get(address + query).status_code != 200:
            raise RuntimeError(f"{address}{query} does not answer")

    def following() -> None:
        row = queues.next_item(queue="alerts", actor=actor, at=clock.now())
        queues.leave(item_id=row.pk, actor=actor, at=clock.now())

    return {
        "page of the queue": page,
        "page of the queue, narrowed to what is nobody's and late": lambda: page("?kind=RISK&owner=nobody&due=late"),
        "one alert's screen": lambda: client.get(cells.admin_url(first)),
        "home": lambda: client.get("/admin/"),
        "next": following,
    }


def main() -> int:
    """Measure at a tenth and at all of the alerts."""
    parser = rounds.parser(__doc__, rounds=1, seconds=0)
    parser.add_argument("--alerts", type=int, default=100_000, help="the larger number; the smaller is a tenth")
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    cluster = Cluster().start()
    try:
        import django

        django.setup()
        from django.db import connection

        made, watch = prepare(), Stopwatch(cluster)
        officer = made.pop("officer")
        found: dict[str, list[tuple[float, float]]] = {}
        for first, last in ((1, asked.alerts // 10), (asked.alerts // 10 + 1, asked.alerts)):
            with connection.cursor() as cursor:
                cursor.execute(_ALERTS, made | {"first": first, "last": last})
                cursor.execute(_EVIDENCE)
            cluster.settle()
            for name, call in questions(officer).items():
                call()
                found.setdefault(name, []).append(watch(call, times=asked.times))
        rows = []
        for name, ((small, _), (large, wall)) in found.items():
            grown = round(large / small, 2)
            row = {"name": name, "ms_small": round(small, 1), "ms": round(large, 1), "wall_ms": round(wall, 1), "growth": grown}
            rows.append(row | {"must_be_below": MUST_MS, "reached": large <= MUST_MS and grown <= GROWTH})
        told = {"server": cluster.describe(), "alerts": f"{asked.alerts // 10:,} and {asked.alerts:,}"}
        return rounds.report(TITLE, rows, as_json=asked.json, **told)
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())

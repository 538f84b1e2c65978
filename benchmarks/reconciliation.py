"""A planted day, imported, reconciled, compared with its answers: python -m benchmarks.reconciliation [--json] [--lines N …]."""

import sys
import time
from datetime import date
from itertools import pairwise
from typing import Any

from benchmarks import books, rounds
from benchmarks.cluster import Cluster

TITLE = "Reconciliation"
IBAN = "DE02120300000000202051"
# From one number of lines to ten times as many, CPU may grow by so much.
GROWTH = 14.0


def day_of(cluster: Cluster, lines: int) -> dict[str, Any]:
    """One day in a book of its own, and what its steps cost."""
    from decimal import Decimal

    from accounts.services import partners
    from flowlet.core import clock
    from ledger.choices import AccountMode
    from ledger.services import accounts, bank_accounts, bank_statements, charts, reconciliation, snapshots
    from ledger.services import books as ledger_books
    from ledger.tests import planted_books, planted_day

    at = clock.now()
    pair = partners.create(name=f"Benchmark of {lines}", country="DE", actor=books.ACTOR, at=at)
    book = ledger_books.create(partner=pair.sandbox, actor=books.ACTOR, at=at, opened_on=date(2026, 1, 1))
    opened = {"book_id": book.pk, "currency": "EUR", "mode": AccountMode.DEFERRED, "actor": books.ACTOR, "at": at}
    nostro = accounts.open(line=charts.SAFEGUARDING, **opened)
    against = accounts.open(line=charts.CLEARING_OUT, **opened)
    account = bank_accounts.declare(
        code=f"bench-{lines}",
        account_ids=[nostro.pk],
        starts_on=planted_day.DAY,
        tolerance_amount=Decimal("0.50"),
        actor=books.ACTOR,
        at=at,
    )
    day = planted_day.planted(lines)
    planted_books.post(day, nostro=nostro, against=against)
    snapshots.roll_up()
    content = planted_books.file(day, account=IBAN)
    cluster.settle()

    def cost(step: Any) -> tuple[float, float, float]:
        server, client, began = cluster.cpu(), time.process_time(), time.perf_counter()
        step()
        return cluster.cpu() - server, time.process_time() - client, time.perf_counter() - began

    given = {"bank_account_id": account.pk, "actor": books.ACTOR, "at": at}
    imported = cost(lambda: bank_statements.take_in(content=content, name="day.xml", **given))
    matched = cost(lambda: reconciliation.run(**given))
    again = cost(lambda: reconciliation.run(**given))
    mistakes = planted_books.wrong(day, bank_account=account)
    for mistake in mistakes[:20]:
        print(mistake, file=sys.stderr)
    return {
        "name": f"{len(day.theirs):,} lines, {len(day.ours):,} entries",
        "import_python_s": round(imported[1], 2),
        "import_postgres_s": round(imported[0], 2),
        "matching_python_s": round(matched[1], 2),
        "matching_postgres_s": round(matched[0], 2),
        "matching_seconds": round(matched[2], 2),
        "again_python_s": round(again[1], 2),
        "mistakes": len(mistakes),
        "reached": not mistakes,
    }


def main() -> int:
    """Measure days of growing size; a mistake, or growth beyond the target, misses it."""
    parser = rounds.parser(__doc__, rounds=1, seconds=0)
    parser.add_argument("--lines", type=int, nargs="*", default=[10_000, 100_000])
    asked = parser.parse_args()
    cluster = Cluster().start()
    try:
        import django

        django.setup()
        rows = [day_of(cluster, lines) for lines in asked.lines]
        for small, large in pairwise(rows):
            cpu = [sum(row[name] for name in row if name.startswith(("import_", "matching_p"))) for row in (small, large)]
            large["growth"] = round(cpu[1] / cpu[0], 1)
            large["must"] = GROWTH
            large["reached"] = large["reached"] and large["growth"] <= GROWTH
        return rounds.report(TITLE, rows, as_json=asked.json, server=cluster.describe())
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())

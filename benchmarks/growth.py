"""What does not grow with the book, and what may: python -m benchmarks.growth [--json] [--entries N].

The book gets the same number of entries for each day of its life, so ten times the entries are ten times the age. Journals go
through the books' batch service. Times are CPU of Python and PostgreSQL per call, which a neighbour's load touches less; the
wall is beside it.
"""

import logging
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tqdm import tqdm

from benchmarks import books, rounds
from benchmarks.cluster import Cluster

TITLE = "Growth"
ENTRIES_PER_DAY = 1000
# Reads what the account got on the day of the moment; here the whole history is recorded on one day, so no target is set.
AS_RECORDED = "an account's balance on a day as recorded at a moment"


def post(bench: books.Bench, first: date, days: int, dice: random.Random, bar: Any) -> None:
    """One day after the other, in batches of 500 journals with two legs; rolled up every thirty days."""
    from ledger.services import journals, snapshots
    from ledger.services.journals import Leg, NewJournal

    for number in range(days):
        items = []
        for _ in range(ENTRIES_PER_DAY // 2):
            source, target = dice.sample(bench.strict, 2)
            money = books.amount(dice)
            legs = [Leg(source, "DEBIT", money), Leg(bench.busy if dice.random() < 0.3 else target, "CREDIT", money)]
            items.append(NewJournal(legs=legs, kind="transfer", effective_on=first + timedelta(days=number)))
        journals.post_batch(book_id=bench.book_id, items=items, atomic=True, actor=books.ACTOR)
        if number % 30 == 29:
            snapshots.roll_up()
        bar.update(ENTRIES_PER_DAY)


class Stopwatch:
    """CPU and wall milliseconds per call."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def __call__(self, call: Callable[[], Any], *, times: int) -> tuple[float, float]:
        for _ in range(min(times, 20)):
            call()
        walls, cpu, postgres = [], time.process_time(), self.cluster.cpu()
        for _ in range(times):
            began = time.perf_counter()
            call()
            walls.append(time.perf_counter() - began)
        used = time.process_time() - cpu + self.cluster.cpu() - postgres
        return used / times * 1000, statistics.median(walls) * 1000


def reads(bench: books.Bench, first: date, days: int, dice: random.Random) -> dict[str, Callable[[], Any]]:
    """The questions whose answers must not cost more with age."""
    from ledger.models import Book
    from ledger.selectors import balances, reports

    book = Book.objects.get(pk=bench.book_id)
    moment = datetime.now(UTC) - timedelta(seconds=30)

    def day() -> date:
        return first + timedelta(days=dice.randrange(days))

    return {
        "trial balance on a day": lambda: reports.trial_balance(book=book, on=day()),
        "balance sheet on a day": lambda: reports.balance_sheet(book=book, on=day()),
        "line totals on a day": lambda: balances.line_totals(book_id=book.pk, on=day()),
        "an account's balance on a day": lambda: balances.as_of(account_ids=[dice.choice(bench.strict)], on=day()),
        "the busy account's balance on a day": lambda: balances.as_of(account_ids=[bench.busy], on=day()),
        AS_RECORDED: lambda: balances.as_of(account_ids=[dice.choice(bench.strict)], on=day(), recorded_at=moment),
    }


def upkeep() -> dict[str, Callable[[], Any]]:
    """What reads everything."""
    from ledger.services import seals, snapshots, verification

    return {"seal": seals.seal, "rebuild snapshots": snapshots.rebuild, "verify": verification.verify}


def lists(watch: Stopwatch) -> list[dict[str, Any]]:
    """Every list of the back office, as one who may see all of them."""
    from accounts.choices import Role
    from accounts.models import User
    from flowlet.backoffice import cells, site
    from flowlet.backoffice.testing import signed_in

    roles = [role for role in Role.values if role != Role.PARTNER_DEVELOPER]
    logging.disable(logging.INFO)  # the access log
    client = signed_in(User.objects.create_user("bench@flowlet.example", name="Bench", is_staff=True, roles=roles))
    rows = []
    for model in sorted(site._registry, key=lambda model: model._meta.label):
        address = cells.admin_url(model, "changelist")
        status = client.get(address).status_code
        if status != 200:
            raise RuntimeError(f"{address} answers {status}")
        cpu, wall = watch(lambda address=address: client.get(address), times=7)
        rows.append(
            {
                "name": f"(g) list of {model._meta.verbose_name_plural}",
                "ms": round(cpu, 1),
                "wall_ms": round(wall, 1),
                "must_be_below": 300,
                "reached": cpu <= 300,
            }
        )
    return rows


def main() -> int:
    """Measure rows (f), (g) and the upkeep of (h)."""
    parser = rounds.parser(__doc__, rounds=1, seconds=0)
    parser.add_argument("--entries", type=int, default=1_000_000, help="the larger book; the smaller has a tenth")
    parser.add_argument("--accounts", type=int, default=2_000)
    parser.add_argument("--times", type=int, default=200, help="calls per question")
    asked = parser.parse_args()
    cluster = Cluster().start()
    try:
        import django

        django.setup()
        days = asked.entries // ENTRIES_PER_DAY
        first = datetime.now(UTC).date() - timedelta(days=days + 1)
        bench = books.make(asked.accounts, opened_days_ago=days + 2)
        dice, watch = random.Random(1), Stopwatch(cluster)
        figures: dict[str, dict[int, tuple[float, float]]] = {}
        speed = []
        with tqdm(total=asked.entries, unit=" entries", disable=None) as bar:
            done = 0
            for reached in (days // 10, days):
                began, cpu, postgres = time.perf_counter(), time.process_time(), cluster.cpu()
                post(bench, first + timedelta(days=done), reached - done, dice, bar)
                journals = (reached - done) * ENTRIES_PER_DAY // 2
                used = time.process_time() - cpu + cluster.cpu() - postgres
                speed.append(
                    {
                        "name": f"post_batch of 500, up to {reached * ENTRIES_PER_DAY:,} entries",
                        "per_second": round(journals / (time.perf_counter() - began)),
                        "us_per_journal": round(used / journals * 1e6),
                    }
                )
                done = reached
                for name, call in upkeep().items():
                    began, cpu, postgres = time.perf_counter(), time.process_time(), cluster.cpu()
                    call()
                    used = time.process_time() - cpu + cluster.cpu() - postgres
                    figures.setdefault(f"(h) {name}", {})[reached] = (used * 1000, (time.perf_counter() - began) * 1000)
                cluster.settle()
                time.sleep(31)  # the moment that is asked for lies thirty seconds back, after the last posting
                for name, call in reads(bench, first, reached, dice).items():
                    figures.setdefault(f"(f) {name}", {})[reached] = watch(call, times=asked.times)
        rows = [_grown(name, found, days) for name, found in figures.items()]
        rows += speed + lists(watch)
        told = {
            "server": cluster.describe(),
            "entries": f"{days // 10 * ENTRIES_PER_DAY:,} and {days * ENTRIES_PER_DAY:,}",
            "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        return rounds.report(TITLE, rows, as_json=asked.json, **told)
    finally:
        cluster.stop()


def _grown(name: str, found: dict[int, tuple[float, float]], days: int) -> dict[str, Any]:
    (small, _), (large, wall) = found[days // 10], found[days]
    answer = {
        "name": name,
        "ms_small": round(small, 2),
        "ms": round(large, 2),
        "wall_ms": round(wall, 2),
        "growth": round(large / small, 2) if small else None,
    }
    if name.startswith("(f)") and not name.endswith(AS_RECORDED):
        answer |= {"must_be_below": 1.5, "reached": large <= small * 1.5}
    return answer


if __name__ == "__main__":
    sys.exit(main())

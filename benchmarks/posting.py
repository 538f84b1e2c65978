"""Posting against pgbench's tpcb-like transaction: python -m benchmarks.posting [--json] [--rounds N] [--seconds S]."""

import random
import re
import sys

from benchmarks import books, pgbench, rounds
from benchmarks.cluster import Cluster
from benchmarks.crew import Crew, Jobs

TITLE = "Posting"


def jobs(bench: books.Bench, number: int, batch: int) -> Jobs:
    """What a Python client does: one posting, one that touches the busy account, a batch."""
    from ledger.services import journals
    from ledger.services.journals import Leg, NewJournal

    dice = random.Random(number)
    book, strict, busy, actor = bench.book_id, bench.strict, bench.busy, books.ACTOR

    def legs() -> list[Leg]:
        source, target = dice.sample(strict, 2)
        money = books.amount(dice)
        return [Leg(source, "DEBIT", money), Leg(target, "CREDIT", money)]

    def post() -> int:
        journals.post(book_id=book, legs=legs(), kind="transfer", actor=actor)
        return 1

    def deferred() -> int:
        money = books.amount(dice)
        sides = ("DEBIT", "CREDIT") if dice.random() < 0.5 else ("CREDIT", "DEBIT")
        journals.post(
            book_id=book, legs=[Leg(dice.choice(strict), sides[0], money), Leg(busy, sides[1], money)], kind="top_up", actor=actor
        )
        return 1

    def post_batch() -> int:
        items = [NewJournal(legs=legs(), kind="transfer") for _ in range(batch)]
        return len(journals.post_batch(book_id=book, items=items, atomic=True, actor=actor))

    return {"post": post, "deferred": deferred, "batch": post_batch}


def script(bench: books.Bench) -> str:
    """The service's own statement as a pgbench script."""
    from ledger.services.journals import _PAIR

    low, high = bench.strict[0], bench.strict[-1]
    middle = (low + high) // 2
    row = f"""'(,{bench.book_id},transfer,,benchmark,"","","",{{}},:a,:b,:amount,USD,1,2)'"""
    return f"\\set a random({low}, {middle})\n\\set b random({middle + 1}, {high})\n\\set amount random(1, 50)\n{_PAIR % row};\n"


def prepared(text: str) -> str:
    """The script for -M prepared: the row is built from parameters, since pgbench does not look into literals."""
    book = re.search(r"'\(,(\d+),", text)[1]
    row = f"ROW(NULL,{book},'transfer',NULL,'benchmark','','','','{{}}',:a::bigint,:b::bigint,:amount::numeric,'USD',1,2)::ledger_pair"
    return re.sub(r"'\(.*\)'", row, text)


def main() -> int:
    """Measure rows (a) to (d) of the README."""
    parser = rounds.parser(__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--scale", type=int, default=50, help="of tpcb-like")
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=100)
    asked = parser.parse_args()
    cluster = Cluster().start()
    crew = None
    try:
        import django

        django.setup()
        pgbench.initialise(cluster, asked.scale)
        bench = books.make(asked.accounts)
        cluster.settle()
        cluster.settle(cluster.tpcb_url)
        crew = Crew(asked.clients, lambda number: jobs(bench, number, asked.batch))
        text = script(bench)
        clients = asked.clients
        loads = {
            "tpcb": pgbench.load(cluster, cluster.tpcb_url, clients=clients),
            "post": crew.load("post"),
            "function": pgbench.load(cluster, cluster.app_url, clients=clients, script=text),
            "deferred": crew.load("deferred"),
            "batch": crew.load("batch"),
            "tpcb prepared": pgbench.load(cluster, cluster.tpcb_url, clients=clients, mode="prepared"),
            "function prepared": pgbench.load(cluster, cluster.app_url, clients=clients, mode="prepared", script=prepared(text)),
        }
        found = rounds.interleaved(cluster, loads, rounds=asked.rounds, seconds=asked.seconds)
        tpcb = found["tpcb"]
        rows = [
            rounds.row("pgbench tpcb-like", tpcb, tpcb),
            rounds.row("pgbench tpcb-like -M prepared", found["tpcb prepared"], tpcb),
            rounds.row("(a) journals.post from Python", found["post"], tpcb, must=1.0),
            rounds.row("(b) the same function by pgbench", found["function"], tpcb, must=1.5),
            rounds.row("    by pgbench -M prepared", found["function prepared"], tpcb),
            rounds.row(f"(c) post_batch of {asked.batch} from Python", found["batch"], tpcb, must=4.0),
            rounds.row("    one busy DEFERRED account, against tpcb-like", found["deferred"], tpcb),
            rounds.row("(d) one busy DEFERRED account, against (a)", found["deferred"], found["post"], must=1.0),
        ]
        told = {"server": cluster.describe(), "rounds": asked.rounds, "seconds": asked.seconds, "clients": clients}
        return rounds.report(TITLE, rows, as_json=asked.json, **told)
    finally:
        if crew is not None:
            crew.stop()
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())

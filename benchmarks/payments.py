"""Payouts by ACH, made, sent in files and settled: python -m benchmarks.payments [--json] [--payments N …].

The reference is a transfer between wallets through its service (limits, audit and event included) in the same run.
"""

import resource
import sys
import time
from datetime import date
from itertools import pairwise
from typing import Any

from benchmarks import books, rounds
from benchmarks.cluster import Cluster

TITLE = "Payments"
WALLETS = 50
# From one number of payments to ten times as many, CPU may grow by so much.
GROWTH = 12.0


class World:
    """A sandbox partner with funded wallets and a payee for each."""

    def __init__(self, name: str, funds: str) -> None:
        from decimal import Decimal

        from accounts.services import customers, partners
        from flowlet.core import clock
        from flowlet.core.money import Money
        from ledger.services import books as ledger_books
        from payments.services import external_accounts
        from wallets.models import TierLimit
        from wallets.services import top_ups, wallets

        TierLimit.objects.update(per_transaction=Decimal(10) ** 9, daily=Decimal(10) ** 10, monthly=Decimal(10) ** 11)
        self.at = at = clock.now()
        self.partner = partners.create(name=name, country="US", actor=books.ACTOR, at=at).sandbox
        ledger_books.create(partner=self.partner, actor=books.ACTOR, at=at, opened_on=date(2026, 1, 1))
        who = {"partner_id": self.partner.pk, "actor": books.ACTOR, "at": at}
        self.pairs = []
        for number in range(WALLETS):
            customer = customers.create(kind="PERSON", name=f"Customer {number}", country="US", **who)
            customers.set_kyc_tier(customer_id=customer.pk, kyc_tier="PREMIUM", reason="bench", actor=books.ACTOR, at=at)
            wallet = wallets.create(customer_id=customer.pk, currency="USD", **who)
            top_ups.simulate(wallet_id=wallet.pk, amount=Money(funds, "USD"), **who)
            payee = external_accounts.create(
                customer_id=customer.pk,
                kind="US_BANK",
                currency="USD",
                relation="THIRD_PARTY",
                owner_name="Grace Hopper",
                routing_number="011401533",
                account_number=f"{100000000 + number}",
                account_type="CHECKING",
                **who,
            )
            self.pairs.append((wallet, payee))


def measured(cluster: Cluster, step: Any, count: int) -> dict[str, float]:
    """CPU per piece of server and client in microseconds, and pieces a second."""
    server, client, began = cluster.cpu(), time.process_time(), time.perf_counter()
    step()
    seconds = time.perf_counter() - began
    return {
        "server_us": round((cluster.cpu() - server) / count * 1e6),
        "client_us": round((time.process_time() - client) / count * 1e6),
        "per_second": round(count / seconds),
    }


def run(cluster: Cluster, count: int) -> list[dict[str, Any]]:
    """So many payments from their making to their settlement."""
    from flowlet.core.money import Money
    from payments.choices import PaymentKind, PaymentStatus, Rail
    from payments.models import Batch, Payment
    from payments.services import outcomes, payments, settlement
    from wallets.services import transfers

    world = World(f"Benchmark of {count}", "100000000.00")
    who = {"partner_id": world.partner.pk, "actor": books.ACTOR, "at": world.at}
    cluster.settle()
    some = min(count, 500)

    def send() -> None:
        for number in range(some):
            source, target = world.pairs[number % WALLETS][0], world.pairs[(number + 1) % WALLETS][0]
            transfers.make(source_id=source.pk, target_id=target.pk, amount=Money("1.00", "USD"), **who)

    def make() -> None:
        for number in range(count):
            wallet, payee = world.pairs[number % WALLETS]
            payments.create(
                kind=PaymentKind.TRANSFER,
                rail=Rail.ACH,
                amount=Money("1.00", "USD"),
                wallet_id=wallet.pk,
                external_account_id=payee.pk,
                **who,
            )

    def gather() -> None:
        settlement.run(at=world.at, actor=books.ACTOR, partner_id=world.partner.pk, early=True)

    def settle() -> None:
        keys = list(Payment.objects.filter(partner=world.partner, status=PaymentStatus.SUBMITTED).values_list("pk", flat=True))
        for start in range(0, len(keys), outcomes.CHUNK):
            outcomes.settle_many(payment_ids=keys[start : start + outcomes.CHUNK], actor=books.ACTOR, at=world.at)

    rows = [
        {"name": f"transfer between wallets ({some})", **measured(cluster, send, some)},
        {"name": f"payment made ({count:,})", **measured(cluster, make, count)},
        {"name": f"sent in files ({count:,})", **measured(cluster, gather, count)},
        {"name": f"settled ({count:,})", **measured(cluster, settle, count)},
    ]
    for row in rows:
        row["ratio"] = round((row["server_us"] + row["client_us"]) / (rows[0]["server_us"] + rows[0]["client_us"]), 2)
    settled = Payment.objects.filter(partner=world.partner, status=PaymentStatus.SETTLED).count()
    in_files = sum(Batch.objects.filter(partner=world.partner).values_list("count", flat=True))
    rows[-1]["reached"] = settled == in_files == count
    return rows


def main() -> int:
    """Measure growing numbers of payments; a payment that is not settled, or growth beyond the target, misses it."""
    parser = rounds.parser(__doc__, rounds=1, seconds=0)
    parser.add_argument("--payments", type=int, nargs="*", default=[1_000, 10_000])
    asked = parser.parse_args()
    cluster = Cluster().start()
    try:
        import django

        django.setup()
        found = [run(cluster, count) for count in asked.payments]
        for (small, fewer), (large, more) in pairwise(zip(found, asked.payments, strict=True)):
            for before, after in zip(small[1:], large[1:], strict=True):
                cpu = [(row["server_us"] + row["client_us"]) * count for row, count in ((before, fewer), (after, more))]
                after["growth"], after["must"] = round(cpu[1] / cpu[0], 1), round(GROWTH * more / fewer / 10, 1)
                after["reached"] = after.get("reached", True) and after["growth"] <= after["must"]
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        rows = [row for group in found for row in group]
        return rounds.report(TITLE, rows, as_json=asked.json, server=cluster.describe(), client_memory_mb=memory)
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())

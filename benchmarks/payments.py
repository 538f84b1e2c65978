"""Payouts by ACH, made, sent in files and settled: python -m benchmarks.payments [--json] [--payments N …] [--settle N …].

The reference is a transfer between wallets through its service (limits, audit and event included) in the same run. ``--settle`` measures
``settlement.run`` itself, in a process of its own, with so many payouts of a live partner that wait for it (``waiting_payments``).
"""

import os
import resource
import sys
import tempfile
import time
import traceback
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks import books, rounds
from benchmarks.cluster import Cluster

TITLE = "Payments"
WALLETS = 50
# From one number of payments to ten times as many, CPU may grow by so much.
GROWTH = 12.0
MOST_SECONDS = 600  # for the settlement of 100,000 payments
ROWS = 500


class World:
    """A sandbox partner, or a ``live`` one, with funded wallets and a payee for each."""

    def __init__(self, name: str, funds: str, *, live: bool = False) -> None:
        from decimal import Decimal

        from accounts.choices import PartnerStatus
        from accounts.models import Partner
        from accounts.services import customers, partners
        from flowlet.core import clock
        from flowlet.core.money import Money
        from ledger.services import books as ledger_books
        from payments.choices import Rail
        from payments.services import external_accounts, receipts
        from wallets.models import TierLimit
        from wallets.services import top_ups, wallets

        TierLimit.objects.update(per_transaction=Decimal(10) ** 9, daily=Decimal(10) ** 10, monthly=Decimal(10) ** 11)
        self.at = at = clock.now()
        pair = partners.create(name=name, country="US", actor=books.ACTOR, at=at)
        self.partner = pair.live if live else pair.sandbox
        if live:
            Partner.objects.filter(pk=self.partner.pk).update(status=PartnerStatus.ACTIVE)  # two people's work, once
        ledger_books.create(partner=self.partner, actor=books.ACTOR, at=at, opened_on=date(2026, 1, 1))
        who = {"partner_id": self.partner.pk, "actor": books.ACTOR, "at": at}
        self.pairs = []
        for number in range(WALLETS):
            customer = customers.create(kind="PERSON", name=f"Customer {number}", country="US", **who)
            customers.set_kyc_tier(customer_id=customer.pk, kyc_tier="PREMIUM", reason="bench", actor=books.ACTOR, at=at)
            wallet = wallets.create(customer_id=customer.pk, currency="USD", **who)
            if live:
                receipts.take_in(
                    rail=Rail.WIRE,
                    amount=Money(funds, "USD"),
                    wallet_id=wallet.pk,
                    provider="bank",
                    provider_reference=f"{self.partner.pk.hex}:{number}",
                    **who,
                )
            else:
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


def waiting_payments(world: World, count: int) -> None:
    """So many payouts that are held and wait for their file, as ``payments.create`` leaves them, the rows of five hundred at a time.

    Every move, hold, limit of customers and guard is there; left out is what belongs to a single request: deciders, checks of what it
    names, and limits of the rail.
    """
    from decimal import Decimal

    from django.db import transaction

    from flowlet.core import ids
    from payments.choices import Direction, PaymentKind, PaymentStatus, Rail
    from payments.models import Payment
    from payments.policies import cutoffs, references
    from payments.services import steps

    window = cutoffs.next_cutoff(Rail.ACH, world.at)
    who = {"actor": books.ACTOR, "at": world.at}

    def taken(rows: list[Payment], to: PaymentStatus) -> None:
        steps.take_many([steps.Step(payment=row, to=to) for row in rows], **who)

    for start in tqdm(range(0, count, ROWS), unit=f" x {ROWS} payments", desc="Making", disable=None):
        rows = []
        for number in range(start, min(start + ROWS, count)):
            wallet, payee = world.pairs[number % WALLETS]
            rows.append(
                Payment(
                    id=ids.uuid7(),
                    partner=world.partner,
                    customer_id=wallet.customer_id,
                    wallet=wallet,
                    external_account=payee,
                    kind=PaymentKind.TRANSFER,
                    rail=Rail.ACH,
                    direction=Direction.OUT,
                    currency="USD",
                    amount=Decimal("1.00"),
                    fee=Decimal(0),
                    reference=references.new(),
                    cutoff_at=window.cutoff_at,
                    value_on=window.value_on,
                    created_by=str(books.ACTOR),
                    created_at=world.at,
                    updated_at=world.at,
                    moves_made=1,
                )
            )
        with transaction.atomic():
            Payment.objects.bulk_create(rows)
            steps.begin(rows, **who)
            taken(rows, PaymentStatus.APPROVED)
            _hold(world, rows)
            taken(rows, PaymentStatus.HELD)


def _hold(world: World, rows: list[Any]) -> None:
    """What ``custody.keep`` does for each: counted against the limits, held in the wallet and in the books."""
    from decimal import Decimal

    from django.db import connection

    from flowlet.core import ids
    from flowlet.core.money import Money
    from ledger.services import holds as ledger_holds
    from ledger.services.journals import HoldChange
    from wallets.models import Hold
    from wallets.services import spending
    from wallets.services.holds import NEVER

    counted = {}
    for wallet_id in {row.wallet_id for row in rows}:
        held = Money(sum(row.amount for row in rows if row.wallet_id == wallet_id), "USD")
        counted[wallet_id] = spending.begin(
            partner_id=world.partner.pk, source_id=wallet_id, target_id=None, amount=held, at=world.at
        )
    for row in rows:
        row.hold = Hold(
            id=ids.uuid7(),
            partner_id=row.partner_id,
            wallet_id=row.wallet_id,
            allowance_id=counted[row.wallet_id].allowance_id,
            currency=row.currency,
            amount=row.amount,
            captured=Decimal(0),
            released=Decimal(0),
            expires_at=NEVER,
            counted_on=counted[row.wallet_id].day,
            kept_for=row.public_id,
            created_at=world.at,
        )
    Hold.objects.bulk_create([row.hold for row in rows])
    ledger_holds.change(
        book_id=next(iter(counted.values())).book_id,
        changes=[HoldChange(counted[row.wallet_id].source_account, row.amount) for row in rows],
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE payments_payment p SET hold_id = h.hold FROM unnest(%s::uuid[], %s::uuid[]) AS h(id, hold) WHERE p.id = h.id",
            [[row.pk for row in rows], [row.hold.pk for row in rows]],
        )


def in_a_process(work: Any) -> dict[str, float]:
    """Do it in a child of this process: seconds, CPU of the child, and the most memory that it had."""
    from django.db import connections

    connections.close_all()  # nobody shares a socket
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - began
    time.sleep(0.5)  # its backend ends, and is counted with the server
    if status:
        raise SystemExit("The settlement failed.")
    return {
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime,
        "memory_mb": used.ru_maxrss // 1024,
    }


def settlement_of(cluster: Cluster, count: int, folder: Path) -> list[dict[str, Any]]:
    """``settlement.run`` with so many waiting payments: once at their cut-off, into files in a folder, and once on their value day."""
    from datetime import timedelta

    from django.conf import settings

    from payments.choices import PaymentStatus
    from payments.models import Payment
    from payments.services import settlement

    settings.PAYMENT_FILES_FOLDER = folder
    world = World(f"Settlement of {count}", f"{count}.00", live=True)
    waiting_payments(world, count)
    rows = []
    for name, days in (("into files, delivered", 0), ("settled on the value day", 9)):

        def work(days: int = days) -> None:
            at = world.at + timedelta(days=days)
            with tqdm(total=count, unit=" payments", disable=None) as bar:
                done = settlement.run(
                    at=at,
                    actor=books.ACTOR,
                    partner_id=world.partner.pk,
                    early=True,
                    told=lambda doing, some, _: bar.update(some if doing != "Delivering files" else 0),
                )
            if done.refusals:
                raise SystemExit(str(done.refusals[:3]))

        cluster.settle()
        server = cluster.cpu()
        used = in_a_process(work)
        rows.append(
            {
                "name": f"{name} ({count:,})",
                "server_us": round((cluster.cpu() - server) / count * 1e6),
                "client_us": round(used["cpu"] / count * 1e6),
                "per_second": round(count / used["seconds"]),
                "seconds": round(used["seconds"], 1),
                "memory_mb": used["memory_mb"],
            }
        )
    total = sum(row["seconds"] for row in rows)
    settled = Payment.objects.filter(
        partner=world.partner, status=PaymentStatus.SETTLED, moves__went_to="SETTLED", kind="TRANSFER"
    )
    rows[-1]["reached"] = settled.count() == count and total <= MOST_SECONDS * max(count, 100_000) / 100_000
    return rows


def grown(found: list[list[dict[str, Any]]], counts: list[int], *, since: int) -> None:
    """Note how much more CPU each step took for more payments than for fewer, in the rows from ``since`` on."""
    for (small, fewer), (large, more) in pairwise(zip(found, counts, strict=True)):
        for before, after in zip(small[since:], large[since:], strict=True):
            cpu = [(row["server_us"] + row["client_us"]) * count for row, count in ((before, fewer), (after, more))]
            after["growth"], after["must"] = round(cpu[1] / cpu[0], 1), round(GROWTH * more / fewer / 10, 1)
            after["reached"] = after.get("reached", True) and after["growth"] <= after["must"]


def main() -> int:
    """Measure growing numbers of payments; a payment that is not settled, or growth beyond the target, misses it."""
    parser = rounds.parser(__doc__, rounds=1, seconds=0)
    parser.add_argument("--payments", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument(
        "--settle", type=int, nargs="*", default=[10_000, 100_000], help="waiting payments of a run of settlement"
    )
    asked = parser.parse_args()
    cluster = Cluster().start()
    try:
        import django

        django.setup()
        found = [run(cluster, count) for count in asked.payments]
        grown(found, asked.payments, since=1)
        with tempfile.TemporaryDirectory(prefix="flowlet-bench-files-") as folder:
            settled = [settlement_of(cluster, count, Path(folder)) for count in asked.settle]
        grown(settled, asked.settle, since=0)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        rows = [row for group in [*found, *settled] for row in group]
        return rounds.report(TITLE, rows, as_json=asked.json, server=cluster.describe(), client_memory_mb=memory)
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())

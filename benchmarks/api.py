"""POST /v1/transfers and POST /v1/payments against GET /v1/wallets/{id} through the real web server: python -m benchmarks.api [--json]."""

import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks import rounds
from benchmarks.cluster import ROOT, Cluster, clock, machine_busy, tree_cpu
from flowlet.runtime.servers import free_port

TITLE = "The partner API"


@dataclass
class Answers:
    """What a slice of requests measured: latencies in seconds, CPU seconds of web and PostgreSQL."""

    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0
    web: float = 0.0
    postgres: float = 0.0
    others: float = 0.0

    def micro(self, part: str) -> float:
        cpu = {"web": self.web, "postgres": self.postgres, "all": self.web + self.postgres}[part]
        return cpu / len(self.latencies) * 1e6


class Web:
    """granian as bin/up starts it."""

    def __init__(self, cluster: Cluster) -> None:
        self.port = free_port()
        environment = {**os.environ, "FLOWLET_ENV": "demo", "FLOWLET_BASE_URL": f"http://127.0.0.1:{self.port}"}
        environment |= {"DATABASE_URL": cluster.app_url, "DATABASE_OWNER_URL": cluster.owner_url}
        command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--workers", "2", "--blocking-threads", "2", "--backpressure", "128", "--no-ws", "--http", "1"]
        command += ["--log-level", "warning", "flowlet.wsgi:application"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The web server does not answer.")
            time.sleep(0.2)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def cpu(self) -> float:
        return tree_cpu(self.process.pid)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def shop(wallets: int) -> tuple[str, dict[str, str]]:
    """A sandbox key without a rate limit worth the name; wallets with 10,000.00 USD of customers of the highest tier, each with a payee."""
    from decimal import Decimal

    from accounts.choices import KycTier
    from accounts.models import ApiKey
    from accounts.services import api_keys, customers, partners
    from benchmarks.books import ACTOR
    from flowlet.core import clock as now
    from flowlet.core.money import Money
    from payments.services import external_accounts
    from wallets.services import top_ups
    from wallets.services import wallets as services

    at = now.now()
    partner = partners.create(name="Benchmark API", country="US", actor=ACTOR, at=at).sandbox
    issued = api_keys.issue(partner_id=partner.pk, name="load", scopes=api_keys.scopes_for(partner), actor=ACTOR, at=at)
    ApiKey.objects.filter(pk=issued.key.pk).update(rate_per_second=100_000, burst=100_000)
    found = {}
    for number in range(wallets):
        customer = customers.create(partner_id=partner.pk, kind="PERSON", name=f"Load {number}", country="US", actor=ACTOR, at=at)
        customers.set_kyc_tier(customer_id=customer.pk, kyc_tier=KycTier.PREMIUM, reason="benchmark", actor=ACTOR, at=at)
        wallet = services.create(partner_id=partner.pk, customer_id=customer.pk, currency="USD", actor=ACTOR, at=at)
        top_ups.simulate(partner_id=partner.pk, wallet_id=wallet.pk, amount=Money(Decimal(10_000), "USD"), actor=ACTOR, at=at)
        payee = external_accounts.create(
            partner_id=partner.pk,
            customer_id=customer.pk,
            kind="US_BANK",
            currency="USD",
            relation="THIRD_PARTY",
            owner_name="Grace Hopper",
            routing_number="011401533",
            account_number=f"{100000000 + number}",
            account_type="CHECKING",
            actor=ACTOR,
            at=at,
        )
        found[wallet.public_id] = payee.public_id
    return issued.secret, found


class Load:
    """Threads with a connection each that send one kind of request for some seconds."""

    def __init__(self, web: Web, cluster: Cluster, key: str, payees: dict[str, str]) -> None:
        self.web, self.cluster, self.key, self.payees, self.wallets = web, cluster, key, payees, list(payees)

    def read(self, dice: random.Random) -> tuple[str, str, bytes | None, dict[str, str], int]:
        return "GET", f"/v1/wallets/{dice.choice(self.wallets)}", None, {}, 200

    def transfer(self, dice: random.Random) -> tuple[str, str, bytes | None, dict[str, str], int]:
        source, target = dice.sample(self.wallets, 2)
        amount = {"amount": f"0.{dice.randint(1, 99):02d}", "currency": "USD"}
        return _post("/v1/transfers", {"source_wallet_id": source, "target_wallet_id": target, "amount": amount})

    def payment(self, dice: random.Random) -> tuple[str, str, bytes | None, dict[str, str], int]:
        wallet = dice.choice(self.wallets)
        amount = {"amount": f"0.{dice.randint(1, 99):02d}", "currency": "USD"}
        body = {
            "kind": "TRANSFER",
            "rail": "ach",
            "wallet_id": wallet,
            "external_account_id": self.payees[wallet],
            "amount": amount,
        }
        return _post("/v1/payments", body)

    def run(self, make: Callable[[random.Random], Any], connections: int, seconds: float) -> Answers:
        """One slice."""
        answers, failures, deadline = Answers(seconds=seconds), [], time.perf_counter() + seconds

        def work(number: int) -> None:
            dice = random.Random(time.time_ns() + number)
            connection = http.client.HTTPConnection("127.0.0.1", self.web.port, timeout=30)
            while time.perf_counter() < deadline and not failures:
                method, path, body, headers, status = make(dice)
                began = time.perf_counter()
                connection.request(method, path, body, {"Authorization": f"Bearer {self.key}", **headers})
                answer = connection.getresponse()
                content = answer.read()
                answers.latencies.append(time.perf_counter() - began)
                if answer.status != status:
                    failures.append(f"{answer.status} {content[:300]!r}")
            connection.close()

        busy, web, postgres, began = machine_busy(), self.web.cpu(), self.cluster.cpu(), clock()
        threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
        client = time.process_time()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise RuntimeError(failures[0])
        answers.web, answers.postgres = self.web.cpu() - web, self.cluster.cpu() - postgres
        ours = answers.web + answers.postgres + time.process_time() - client
        answers.others = max(0.0, machine_busy() - busy - ours) / (clock() - began)
        return answers


def _post(path: str, body: dict[str, Any]) -> tuple[str, str, bytes | None, dict[str, str], int]:
    return "POST", path, json.dumps(body).encode(), {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}, 201


def row(name: str, found: list[Answers], reference: list[Answers], must: float | None) -> dict[str, Any]:
    every = sorted(latency for answers in found for latency in answers.latencies)
    ratio = statistics.median(a.micro("all") / b.micro("all") for a, b in zip(found, reference, strict=True))
    answer = {
        "name": name,
        "cpu_ratio": round(ratio, 2),
        "web_us": round(statistics.median(a.micro("web") for a in found)),
        "postgres_us": round(statistics.median(a.micro("postgres") for a in found)),
        "per_second": round(statistics.median(len(a.latencies) / a.seconds for a in found)),
        "p50_ms": round(every[len(every) // 2] * 1000, 1),
        "p99_ms": round(every[int(len(every) * 0.99)] * 1000, 1),
        "others_cpus": round(statistics.median(a.others for a in found), 2),
    }
    return answer if must is None else {**answer, "must_be_below": must, "reached": ratio <= must}


def main() -> int:
    """Measure row (e) of the README."""
    parser = rounds.parser(__doc__, rounds=5, seconds=3.0)
    parser.add_argument("--wallets", type=int, default=400)
    parser.add_argument("--connections", type=int, nargs="*", default=[1, 8])
    asked = parser.parse_args()
    cluster, web = Cluster().start(), None
    try:
        import django

        django.setup()
        key, payees = shop(asked.wallets)
        cluster.settle()
        web = Web(cluster)
        load, rows = Load(web, cluster, key, payees), []
        for connections in asked.connections:
            for make in (load.read, load.transfer, load.payment):
                load.run(make, connections, 2.0)
            names = ["read", "transfer", "payment"]
            found: dict[str, list[Answers]] = {name: [] for name in names}
            for number in range(asked.rounds):
                for name in names[number % 3 :] + names[: number % 3]:
                    found[name].append(load.run(getattr(load, name), connections, asked.seconds))
            word = "connection" if connections == 1 else "connections"
            rows.append(row(f"GET /v1/wallets/{{id}}, {connections} {word}", found["read"], found["read"], None))
            rows.append(row(f"(e) POST /v1/transfers, {connections} {word}", found["transfer"], found["read"], 4.0))
            rows.append(row(f"POST /v1/payments, {connections} {word}", found["payment"], found["read"], None))
        told = {"server": cluster.describe(), "rounds": asked.rounds, "seconds": asked.seconds}
        return rounds.report(TITLE, rows, as_json=asked.json, **told)
    finally:
        if web is not None:
            web.stop()
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())

"""Real processes that carry payments, for tests that kill them: python -m payments.tests.carrying reads what to start from its input.

Django is loaded once, and each worker is forked from that. Every line of the input is one worker: what it does in a loop, and, if it is to
die, where (``Crew.start``). A worker writes nothing but the faults that nobody expected, into the file ``strange``.
"""

import contextlib
import functools
import importlib
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

# Where a worker may die: after (or before) a call of this function, which is how far the machine has come then.
POINTS = {
    "before the payment is locked": ("payments.services.steps", "locked", "before"),
    "booked and not committed": ("payments.services.steps", "take", "after"),
    "committed and not called": ("gateway", "submit", "before"),
    "during the call": ("gateway", "submit", "during"),
    "called and not booked": ("gateway", "submit", "after"),
    "answer booked and not committed": ("payments.services.outcomes", "settle", "after"),
    "failure booked and not committed": ("payments.services.outcomes", "fail", "after"),
    "answer committed": ("payments.services.sending", "book", "after"),
    "about to ask": ("gateway", "find", "before"),
    "asked and not booked": ("gateway", "find", "after"),
}
MAKING_POINTS = {
    "decided and not committed": ("payments.services.deciding", "decide", "after"),
    "held and not committed": ("wallets.services.custody", "keep", "after"),
}
FILE_POINTS = {
    "gathered and not booked": ("payments.services.gathering", "_write_traces", "after"),
    "booked and not built": ("payments.services.postings", "sent", "after"),
    "built and not sealed": ("payments.services.files", "build", "after"),
    "sealed and not committed": ("payments.services.files", "seal", "after"),
    "committed and not released": ("payments.services.settlement", "release", "before"),
    "released": ("payments.services.settlement", "release", "after"),
    "read and not delivered": ("payments.services.files", "content_of", "after"),
    "written and not linked": ("os", "link", "before"),
    "delivered and not booked": ("payments.services.delivery", "deliver", "after"),
    "delivery booked": ("payments.services.settlement", "deliver", "after"),
    "settled and not committed": ("payments.services.postings", "settled_out", "after"),
    "a part is settled": ("payments.services.outcomes", "settle_many", "after"),
}


class HttpGateway:
    """Carries payments over the stand-in, by the way out that all providers share."""

    name = "carrier"

    def __init__(self, url: str) -> None:
        from flowlet.core.breakers import Breaker
        from flowlet.core.outbound import Outbound, Retries, Timeouts

        self.out = Outbound(
            provider=self.name,
            base_url=url,
            private_hosts=frozenset({"127.0.0.1"}),
            timeouts=Timeouts(connect=2, read=5, attempt=8, call=10),
            retries=Retries(attempts=2, first=0.02, longest=0.1, jitter=0.02),
            breaker=Breaker("carrier", threshold=1_000_000),
        )

    def submit(self, instruction):
        from payments.providers.gateway import Answer, State

        amount = {"amount": str(instruction.amount.amount), "currency": instruction.amount.currency.code}
        found = self.out.call(
            "POST",
            "/orders",
            operation="order",
            data={"reference": instruction.reference, "direction": instruction.direction, **amount},
            idempotency_key=instruction.reference,
        ).data
        return Answer(state=State(found["state"]), provider_reference=found["id"])

    def find(self, instruction):
        from flowlet.core.outbound import NotThere
        from payments.providers.gateway import Answer, State

        try:
            found = self.out.call("GET", f"/orders/{instruction.reference}", operation="find").data
        except NotThere:
            return Answer(state=State.NOT_FOUND)
        return Answer(state=State(found["state"]), provider_reference=found["id"])


class Crew:
    """The processes, as the test sees them. ``folder`` is where they write what nobody expected."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.strange = folder, folder / "strange"
        self.log = open(folder / "log", "ab")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-m", "payments.tests.carrying"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        self.alive: list[int] = []
        self.kills = 0

    def start(self, work: str, *, die: tuple[str, str, str] | None = None, **options) -> int:
        """Start a worker that works for ever. With ``die`` it kills itself at its first call there. ``options``: url, files (a folder),
        largest_batch, days_later, and for ``create`` what to make: kind, rail, count, sources (pairs of a wallet and an account).
        """
        order = {"work": work, "die": die, "seed": random.randrange(1 << 30), "strange": str(self.strange), **options}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        pid = int(self.process.stdout.readline())
        self.alive.append(pid)
        return pid

    def kill(self, pid: int) -> None:
        """-9."""
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
        self.alive.remove(pid)

    def wait(self, pid: int, seconds: float = 200.0) -> bool:
        """Whether it ended in time."""
        deadline = time.monotonic() + seconds
        while is_alive(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        return not is_alive(pid)

    def clear(self) -> None:
        """Kill all workers."""
        for pid in list(self.alive):
            self.kill(pid)
        self.kills = 0

    def stop(self) -> None:
        self.clear()
        self.process.stdin.close()
        self.process.wait(60)
        self.log.close()

    def complaints(self) -> str:
        return self.strange.read_text() if self.strange.exists() else ""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


class Victims:
    """Deaths all through a run: now and then one of the crew is killed, and one worker after another dies by itself at the next point.

    ``team`` are orders for ``Crew.start``: who is killed is replaced by another like him. ``points`` say where who works on what dies.
    ``every`` counts steps of payments from one death to the next, on average: on a busy machine people live as long as their work takes.
    """

    def __init__(self, crew: Crew, team: list[dict], points: list[tuple[str, str]], *, seed: int, every: int) -> None:
        self.crew, self.dice, self.every, self.points = crew, random.Random(seed), every, itertools.cycle(points)
        self.orders = {order["work"]: order for order in team}
        self.team = {crew.start(**order): order for order in team}
        self.died: Counter[str] = Counter()
        self.planted: tuple[int, str] = (0, "")
        self.next_kill = self.next_plant = self._later(0)

    def haunt(self, steps: int) -> None:
        """To be called again and again, with the number of steps that payments have taken."""
        now, (pid, point) = time.monotonic(), self.planted
        if pid and not is_alive(pid):
            self.died[point] += 1
            self.crew.alive.remove(pid)
            self.planted, self.next_plant = (0, ""), self._later(steps)
        elif _is_over(self.next_plant, steps, now):  # or nobody comes to that point at this hour
            if pid:
                self.crew.kill(pid)
            work, point = next(self.points)
            pid = self.crew.start(**self.orders[work], die=(POINTS | MAKING_POINTS | FILE_POINTS)[point])
            self.planted, self.next_plant = (pid, point), (steps + 20 * self.every, now + PATIENCE)
        if _is_over(self.next_kill, steps, now):
            victim = self.dice.choice(list(self.team))
            order = self.team.pop(victim)
            self.crew.kill(victim)
            self.team[self.crew.start(**order)] = order
            self.next_kill = self._later(steps)

    def _later(self, steps: int) -> tuple[int, float]:
        return steps + self.dice.randint(1, 2 * self.every), time.monotonic() + self.dice.uniform(1, PATIENCE)


PATIENCE = 15.0  # seconds after which somebody dies, though nothing moves


def _is_over(limit: tuple[int, float], steps: int, now: float) -> bool:
    return steps >= limit[0] or now >= limit[1]


# What follows runs in the workers. Each answers how much there was to do.


def create(gateway: HttpGateway, dice: random.Random, *, kind: str, rail: str, count: int, sources: list[list[str]]) -> int:
    """Ask for payments until there are ``count``, each known by its number: who asks for one that is there is refused."""
    from flowlet.core.money import Money
    from payments.models import Payment
    from payments.services import payments
    from wallets.models import Wallet

    known = set(Payment.objects.filter(kind=kind, rail=rail).values_list("external_id", flat=True))
    missing = [number for number in range(count) if f"{rail} {number}" not in known]
    wanted = dice.sample(missing, min(len(missing), 25))
    for number in wanted:
        wallet_id, account_id = sources[number % len(sources)]
        _try(
            payments.create,
            partner_id=Wallet.objects.values_list("partner_id", flat=True).get(pk=wallet_id),
            kind=kind,
            rail=rail,
            amount=Money(f"{1 + number % 90}.{number % 100:02d}", "USD"),
            wallet_id=wallet_id,
            external_account_id=account_id,
            external_id=f"{rail} {number}",
        )
    return len(wanted)


def send(gateway: HttpGateway, dice: random.Random) -> int:
    """Send what is ready, in any order."""
    from payments.models import Payment
    from payments.services import sending, settlement

    done = 0
    for direction, status in settlement.READY.items():
        ready = (
            Payment.objects.filter(status=status, direction=direction, rail="card").order_by("pk").values_list("pk", flat=True)
        )
        keys = list(ready[:100])
        dice.shuffle(keys)
        for key in keys:
            _try(sending.send, payment_id=key)
        done += len(keys)
    return done


def ask(gateway: HttpGateway, dice: random.Random) -> int:
    """Ask for what is due."""
    from payments.services import sending

    return sending.ask_due(limit=20, **_who())


def listen(gateway: HttpGateway, dice: random.Random) -> int:
    """Book what the provider tells, in whatever order and however often."""
    from flowlet.core.outbound import OutboundError
    from payments.models import Payment
    from payments.providers.gateway import Answer, State
    from payments.services import sending

    try:
        told = gateway.out.call("GET", "/events", operation="events").data["events"]
    except OutboundError:
        return 0
    for event in told:
        answer = Answer(state=State(event["state"]), provider_reference=event["id"])
        _try(sending.book, payment_id=Payment.key(event["reference"]), answer=answer)
    time.sleep(0.4)
    return 0  # the same is told again


def change(gateway: HttpGateway, dice: random.Random) -> int:
    """Cancel some of what has not left yet, and give some of what was paid back."""
    from payments.models import Payment
    from payments.services import payments

    ready = Payment.objects.filter(status__in=["APPROVED", "HELD"], rail="card")
    for key in list(ready.order_by("-pk").values_list("pk", flat=True)[:3]):
        if dice.random() < 0.02:
            _try(payments.cancel, payment_id=key)
    paid = Payment.objects.filter(status="SETTLED", kind="CARD_PAYMENT", refunds=None).order_by("pk").values_list("pk", flat=True)
    found = list(paid[:20])
    for key in found:
        _try(payments.refund, payment_id=key, amount=_half(Payment.objects.get(pk=key)))
    return len(found)


def settle(gateway: HttpGateway, dice: random.Random, *, days_later: int = 0) -> int:
    """A whole run of settlement."""
    from datetime import timedelta

    from payments.services import settlement

    who = _who()
    done = settlement.run(early=True, actor=who["actor"], at=who["at"] + timedelta(days=days_later))
    return len(done.built) + len(done.delivered) + done.settled


def _half(payment):
    from flowlet.core.money import Money

    return Money((payment.amount / 2).quantize(payment.amount.__class__("0.01")), payment.currency)


def _who() -> dict:
    from flowlet.core import actors, clock

    return {"actor": actors.system("tests.carrying"), "at": clock.now()}


def _try(function: Callable, **options) -> None:
    from flowlet.core.errors import DomainError

    with contextlib.suppress(DomainError):  # somebody else was faster
        function(**options, **_who())


def _die_at(point: tuple[str, str, str]) -> None:
    """Let this process kill itself at the point."""
    place, name, when = point
    home = HttpGateway if place == "gateway" else importlib.import_module(place)
    real = getattr(home, name)

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def dying(*args, **kwargs):
        if when == "before":
            die()
        if when == "during":
            threading.Timer(0.02, die).start()
            time.sleep(0.015)
        answer = real(*args, **kwargs)
        die()
        return answer

    setattr(home, name, dying)


def work(order: dict) -> None:
    """What a worker does until it is killed."""
    from django.conf import settings
    from django.db import connections

    from payments.services import files, gateways, outcomes

    gateway, dice = HttpGateway(order.get("url", "http://127.0.0.1:1")), random.Random(order["seed"])
    gateways.register("card", lambda: gateway)
    settings.PAYMENT_FILES_FOLDER = Path(order.get("files", "/nowhere"))
    if "largest_batch" in order:
        # Small bites, so that there is somebody to kill between them.
        files.LARGEST["ach"] = outcomes.CHUNK = order["largest_batch"]
    taken = {name: order[name] for name in ("days_later", "kind", "rail", "count", "sources") if name in order}
    step = functools.partial(globals()[order["work"]], **taken)
    if order["die"]:
        _die_at(tuple(order["die"]))
    parent = os.getppid()
    while os.getppid() == parent:  # whoever started us is still there
        done = 0
        try:
            done = step(gateway, dice)
        except Exception:
            _complain(order)
            connections.close_all()
        time.sleep(0.02 if done else 0.2)


def _complain(order: dict) -> None:
    with open(order["strange"], "a") as file:
        file.write(f"{order['work']}: {traceback.format_exc()}")


def main() -> None:
    """Fork a worker for each line of the input, and say its process id."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowlet.settings")
    import django

    django.setup()
    importlib.import_module("payments.services.settlement")
    importlib.import_module("payments.services.recurring")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(0)
            order = json.loads(line)
            try:
                work(order)
            except BaseException:
                _complain(order)
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Real processes that carry payments, for tests that kill them: python -m payments.tests.carrying reads what to start from its input.

Django is loaded once, and each worker is forked from that. Every line of the input is one worker: what it does in a loop, and, if it is to
die, where (``Crew.start``). A worker writes nothing but the faults that nobody expected, into the file ``strange``.
"""

import contextlib
import functools
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import traceback
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
        largest_batch, days_later.
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


# What follows runs in the workers.


def send(gateway: HttpGateway, dice: random.Random) -> None:
    """Send what is ready, in any order."""
    from payments.models import Payment
    from payments.services import sending, settlement

    for direction, status in settlement.READY.items():
        ready = (
            Payment.objects.filter(status=status, direction=direction, rail="card").order_by("pk").values_list("pk", flat=True)
        )
        keys = list(ready[:100])
        dice.shuffle(keys)
        for key in keys:
            _try(sending.send, payment_id=key)


def ask(gateway: HttpGateway, dice: random.Random) -> None:
    """Ask for what is due."""
    from payments.services import sending

    sending.ask_due(limit=20, **_who())


def listen(gateway: HttpGateway, dice: random.Random) -> None:
    """Book what the provider tells, in whatever order and however often."""
    from flowlet.core.outbound import OutboundError
    from payments.models import Payment
    from payments.providers.gateway import Answer, State
    from payments.services import sending

    try:
        told = gateway.out.call("GET", "/events", operation="events").data["events"]
    except OutboundError:
        return
    for event in told:
        answer = Answer(state=State(event["state"]), provider_reference=event["id"])
        _try(sending.book, payment_id=Payment.key(event["reference"]), answer=answer)
    time.sleep(0.2)


def change(gateway: HttpGateway, dice: random.Random) -> None:
    """Cancel some of what has not left yet, and give some of what was paid back."""
    from payments.models import Payment
    from payments.services import payments

    ready = Payment.objects.filter(status__in=["APPROVED", "HELD"], rail="card")
    for key in list(ready.order_by("-pk").values_list("pk", flat=True)[:3]):
        if dice.random() < 0.02:
            _try(payments.cancel, payment_id=key)
    paid = Payment.objects.filter(status="SETTLED", kind="CARD_PAYMENT", refunds=None).order_by("pk").values_list("pk", flat=True)
    for key in list(paid[:20]):
        _try(payments.refund, payment_id=key, amount=_half(Payment.objects.get(pk=key)))


def settle(gateway: HttpGateway, dice: random.Random, *, days_later: int = 0) -> None:
    """A whole run of settlement."""
    from datetime import timedelta

    from payments.services import settlement

    who = _who()
    settlement.run(early=True, actor=who["actor"], at=who["at"] + timedelta(days=days_later))


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

    from payments.services import files, gateways

    gateway, dice = HttpGateway(order.get("url", "http://127.0.0.1:1")), random.Random(order["seed"])
    gateways.register("card", lambda: gateway)
    settings.PAYMENT_FILES_FOLDER = Path(order.get("files", "/nowhere"))
    if "largest_batch" in order:
        files.LARGEST["ach"] = order["largest_batch"]
    step = (
        functools.partial(settle, days_later=order.get("days_later", 0))
        if order["work"] == "settle"
        else globals()[order["work"]]
    )
    if order["die"]:
        _die_at(tuple(order["die"]))
    parent = os.getppid()
    while os.getppid() == parent:  # whoever started us is still there
        try:
            step(gateway, dice)
        except Exception:
            _complain(order)
            connections.close_all()
        time.sleep(0.02)


def _complain(order: dict) -> None:
    with open(order["strange"], "a") as file:
        file.write(f"{order['work']}: {traceback.format_exc()}")


def main() -> None:
    """Fork a worker for each line of the input, and say its process id."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowlet.settings")
    import django

    django.setup()
    importlib.import_module("payments.services.settlement")
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

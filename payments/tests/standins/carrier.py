"""A provider that moves money by orders, each once by its reference, and is as unreliable as told.

``POST /orders`` takes one and answers its state (PAID, ACCEPTED, REFUSED); ``GET /orders/{reference}`` says what became of it;
``GET /events`` tells what happened in any order, some of it again and again. ``paid`` is its own ledger: one row per payment it made.
"""

import random
import threading
import time
from collections import deque

from payments.tests.standins.server import Asked, Reply, StandIn

DECIDES_AFTER = 0.3  # seconds that an ACCEPTED order waits


class CarrierStandIn(StandIn):
    """``faults`` of the base are planned ones; ``trouble`` is the share of calls that meet one of their own. ``fate`` is what becomes of
    every new order, where that is planned.
    """

    def __init__(self, *, seed: int = 1, trouble: float = 0.0) -> None:
        self.dice, self.trouble = random.Random(seed), trouble
        self.fate = ""
        self.orders: dict[str, dict] = {}
        self.waiting: deque[dict] = deque()
        self.paid: list[tuple[str, str, str]] = []
        self.events: list[dict] = []
        self.breaches: list[str] = []
        self.told: dict[str, int] = {}
        self.met: dict[str, int] = {}
        super().__init__()

    def _meet(self, asked: Asked) -> Reply | None:
        with self.lock:
            unlucky = self.dice.random() < self.trouble
            kind = self.dice.choice(["LOST", "SILENT", "BROKEN", "SLOW", "LATE"]) if unlucky else ""
            seconds = self.dice.uniform(0.05, 0.4)
            if kind:
                self.met[kind] = self.met.get(kind, 0) + 1
        if kind == "LOST":  # nothing is done, and the connection dies
            return None
        if kind == "LATE" and asked.method == "POST":  # the connection dies at once, and it is done after all
            threading.Timer(seconds * 2, lambda: self.reply_locked(asked)).start()
            return None
        done = super()._meet(asked)
        if kind == "SLOW":
            time.sleep(seconds)
        if kind == "BROKEN":
            return Reply(502, {"error": "bad gateway"})
        return None if kind == "SILENT" else done

    def reply_locked(self, asked: Asked) -> Reply:
        with self.lock:
            return self.reply(asked)

    def reply(self, asked: Asked) -> Reply:
        self._decide()
        if asked.method == "POST":
            return self._take(asked.json)
        if asked.path == "/events":
            return Reply(200, {"events": self._some_events()})
        order = self.orders.get(asked.path.removeprefix("/orders/"))
        return Reply(200, order) if order else Reply(404, {"error": "unknown"})

    def _take(self, wanted: dict) -> Reply:
        reference = wanted["reference"]
        self.told[reference] = self.told.get(reference, 0) + 1
        known = self.orders.get(reference)
        if known is not None:
            if any(known[name] != wanted[name] for name in ("amount", "currency", "direction")):
                self.breaches.append(f"{reference} came again with other values: {wanted}")
                return Reply(409, {"error": "other values"})
            return Reply(200, known)
        order = {**wanted, "id": f"ord_{len(self.orders) + 1}", "state": "ACCEPTED", "at": time.monotonic()}
        self.orders[reference] = order
        self.waiting.append(order)
        chance = self.dice.random()
        fate = self.fate or ("PAID" if chance < 0.62 else "REFUSED" if chance < 0.7 else "")
        if fate:
            self._become(order, fate)
        return Reply(201, order)

    def _decide(self) -> None:
        """Orders that were only accepted are paid or refused when their time has come."""
        while self.waiting and time.monotonic() - self.waiting[0]["at"] > DECIDES_AFTER:
            order = self.waiting.popleft()
            if order["state"] == "ACCEPTED":
                self._become(order, "PAID" if self.dice.random() < 0.8 else "REFUSED")

    def _become(self, order: dict, state: str) -> None:
        order["state"] = state
        if state == "PAID":
            self.paid.append((order["reference"], order["direction"], order["amount"]))
        self.events.append({name: order[name] for name in ("reference", "id", "state", "amount", "currency")})

    def _some_events(self) -> list[dict]:
        """The newest, the oldest and any others, shuffled, some of them twice."""
        found = self.events[-15:] + self.dice.sample(self.events, min(10, len(self.events)))
        self.dice.shuffle(found)
        return found + found[:3]

"""Hand events to handlers: after commit, at least once, each effect exactly once.

Three steps, each safe beside other relays and safe to lose: ``fan_out`` turns a published event into one delivery per handler;
``claim`` takes deliveries that are due and pushes their next attempt away (a lease: a relay that dies is waited for, not
forgotten; the attempt counts even if the process did not survive it); ``deliver`` runs the handler and writes DELIVERED in one
transaction. Rows are taken with SKIP LOCKED, so nobody waits for anybody. Redis is not involved.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection, transaction

from flowlet.core import clock
from flowlet.core.states import check_move
from flowlet.events import registry
from flowlet.events.choices import DeliveryStatus
from flowlet.events.models import Delivery
from flowlet.events.states import MOVES

logger = logging.getLogger(__name__)

FAN_OUT = 500
CLAIM = 20
LEASE = timedelta(seconds=30)
"""A claimed delivery is nobody else's for so long, so that is what a relay that dies costs. A handler that takes longer keeps its
row lock and is not run twice either. Longer than the time of one run, after which what was not tried is given back."""
BUDGET_SECONDS = 20.0
LOCK_PAUSES = (0.005, 0.02, 0.05, 0.1)
MAX_ATTEMPTS = 12
BACKOFF = (1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800)
"""Seconds until the next attempt after the first, second, … failure: about seventeen hours until an event is given up."""


class Outcome(StrEnum):
    """What became of one attempt."""

    DELIVERED = "delivered"
    FAILED = "failed"
    DEAD = "dead"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery taken by this relay. ``attempt`` also fences: a later claim of the same row has a higher one."""

    delivery_id: int
    attempt: int


@dataclass(slots=True)
class Tally:
    """What a run of the relay did: events fanned out, and attempts by outcome."""

    fanned_out: int = 0
    delivered: int = 0
    failed: int = 0
    dead: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count one attempt."""
        if outcome is not Outcome.SKIPPED:
            setattr(self, outcome.value, getattr(self, outcome.value) + 1)


def run(
    *,
    now: Callable[[], datetime] = clock.now,
    stop: Callable[[], bool] = lambda: False,
    budget_seconds: float = BUDGET_SECONDS,
) -> Tally:
    """Fan out and deliver until nothing is due, ``stop`` says so (asked between handlers), or the time is used up."""
    tally, deadline = Tally(), time.monotonic() + budget_seconds
    while not stop() and time.monotonic() < deadline:
        published = fan_out(at=now())
        tally.fanned_out += published
        claims = claim(at=now())
        for index, taken in enumerate(claims):
            if stop() or time.monotonic() >= deadline:
                release(claims[index:], at=now())
                return tally
            tally.add(deliver(taken, now=now))
        if not published and not claims:
            break
    return tally


@transaction.atomic
def fan_out(*, at: datetime, limit: int = FAN_OUT) -> int:
    """Make the deliveries of up to ``limit`` published events, oldest first; returns how many events."""
    with connection.cursor() as cursor:
        # To lose this commit in a crash only means to do it again.
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(
            "SELECT id, type FROM flowlet_events_event WHERE relayed_at IS NULL"
            " ORDER BY id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED",
            [limit],
        )
        waiting = cursor.fetchall()
        if not waiting:
            return 0
        listeners = {event_type: registry.handlers_of(event_type) for event_type in {event_type for _, event_type in waiting}}
        pairs = [(event_id, found.name) for event_id, event_type in waiting for found in listeners[event_type]]
        if pairs:
            cursor.execute(
                "INSERT INTO flowlet_events_delivery (event_id, handler, status, attempts, next_attempt_at, last_error)"
                " SELECT event_id, handler, 'PENDING', 0, %s, '' FROM unnest(%s::uuid[], %s::text[]) AS pair (event_id, handler)"
                " ON CONFLICT (event_id, handler) DO NOTHING",
                [at, [event_id for event_id, _ in pairs], [name for _, name in pairs]],
            )
        cursor.execute(
            "UPDATE flowlet_events_event SET relayed_at = %s WHERE id = ANY(%s::uuid[])",
            [at, [event_id for event_id, _ in waiting]],
        )
    return len(waiting)


@transaction.atomic
def claim(*, at: datetime, limit: int = CLAIM) -> list[Claim]:
    """Take up to ``limit`` deliveries that are due and that no other relay holds."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(
            "WITH due AS (SELECT id FROM flowlet_events_delivery WHERE status = 'PENDING' AND next_attempt_at <= %s"
            " ORDER BY next_attempt_at, id LIMIT %s FOR UPDATE SKIP LOCKED)"
            " UPDATE flowlet_events_delivery d SET attempts = d.attempts + 1, next_attempt_at = %s FROM due WHERE d.id = due.id"
            " RETURNING d.id, d.attempts",
            [at, limit, at + LEASE],
        )
        return [Claim(delivery_id=delivery_id, attempt=attempt) for delivery_id, attempt in sorted(cursor.fetchall())]


def release(claims: list[Claim], *, at: datetime) -> None:
    """Give back what was claimed and not tried, as if it had not been claimed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE flowlet_events_delivery d SET attempts = d.attempts - 1, next_attempt_at = %s"
            " FROM unnest(%s::bigint[], %s::int[]) AS given (id, attempt)"
            " WHERE d.id = given.id AND d.attempts = given.attempt AND d.status = 'PENDING'",
            [at, [taken.delivery_id for taken in claims], [taken.attempt for taken in claims]],
        )


@transaction.atomic
def deliver(taken: Claim, *, now: Callable[[], datetime] = clock.now) -> Outcome:
    """Run the handler of one claimed delivery, in the transaction that says what became of it.

    Whatever the handler raises undoes its effects and is written down; the delivery is tried again later, MAX_ATTEMPTS times in
    all, and is DEAD then, to be seen and replayed.
    """
    delivery = _locked(taken)
    if delivery is None:  # somebody else has it, after our lease ran out
        return Outcome.SKIPPED
    # One more than allowed: the process did not survive the last attempt, or this would be DEAD already.
    error = _run(delivery) if delivery.attempts <= MAX_ATTEMPTS else delivery.last_error or "The process died while handling it."
    at = now()
    if error is None:
        status, outcome, finished_at = DeliveryStatus.DELIVERED, Outcome.DELIVERED, at
    elif delivery.attempts >= MAX_ATTEMPTS:
        status, outcome, finished_at = DeliveryStatus.DEAD, Outcome.DEAD, at
    else:
        status, outcome, finished_at = DeliveryStatus.PENDING, Outcome.FAILED, None
        delivery.next_attempt_at = at + timedelta(seconds=BACKOFF[min(delivery.attempts, len(BACKOFF)) - 1])
    check_move(MOVES, delivery.status, status)
    delivery.status, delivery.finished_at, delivery.last_error = status, finished_at, error or ""
    delivery.save(update_fields=["status", "finished_at", "last_error", "next_attempt_at"])
    return outcome


def _locked(taken: Claim) -> Delivery | None:
    """The claimed delivery with its row locked, None when it is somebody else's.

    The claim of another relay, made on an older snapshot, locks a row in passing before it finds that it is taken; that is over in a
    moment, while giving up would leave the delivery to the end of its lease.
    """
    ours = Delivery.objects.filter(pk=taken.delivery_id, attempts=taken.attempt, status=DeliveryStatus.PENDING)
    for pause in (*LOCK_PAUSES, None):
        found = ours.select_for_update(of=("self",), skip_locked=True).select_related("event").first()
        if found is not None or pause is None or not ours.exists():
            return found
        time.sleep(pause)
    return None


def _run(delivery: Delivery) -> str | None:
    """What went wrong, or None."""
    found = registry.find(delivery.handler)
    if found is None:
        return "No handler of this name is registered in this process."
    try:
        with transaction.atomic():
            found.run(delivery.event)
            # What would be refused at the commit is the handler's failure, not the relay's.
            connection.check_constraints()
    except Exception as error:
        logger.exception("Handler %s failed on event %s (attempt %s)", delivery.handler, delivery.event_id, delivery.attempts)
        # The first line only: what follows in a database's message may quote rows.
        first_line = (str(error).splitlines() or [""])[0]
        return f"{type(error).__name__}: {first_line}"[:500]
    return None

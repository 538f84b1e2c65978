"""What happens to events by itself. Each task may run twice, or at the same time as itself, without harm."""

from celery import shared_task

from flowlet.core import clock
from flowlet.events.services import relay, retention

BEAT = {
    # A run that waited in the queue for longer than this is of no use any more: the next one does its work.
    "events-relay": {
        "task": "flowlet.events.tasks.relay_events",
        "schedule": 1.0,
        "options": {"queue": "critical", "expires": 5},
    },
    "events-prune": {"task": "flowlet.events.tasks.prune_events", "schedule": 21_600.0, "options": {"queue": "batch"}},
}


@shared_task(name="flowlet.events.tasks.relay_events")
def relay_events() -> int:
    """Deliver what is due; returns how many deliveries were made."""
    # Short, so that under a backlog only a few of these run side by side.
    return relay.run(budget_seconds=3.0).delivered


@shared_task(name="flowlet.events.tasks.prune_events")
def prune_events() -> int:
    """Forget old events; returns how many."""
    return sum(retention.prune(at=clock.now()))

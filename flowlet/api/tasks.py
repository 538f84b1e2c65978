"""What the toolkit does by itself. The task may run twice, or at the same time as itself, without harm."""

from celery import shared_task

from flowlet.api import idempotency
from flowlet.core import clock

BEAT = {
    "api-prune-idempotency-records": {
        "task": "flowlet.api.tasks.prune_idempotency_records",
        "schedule": 3_600.0,
        "options": {"queue": "batch", "expires": 3_000},
    },
}


@shared_task(name="flowlet.api.tasks.prune_idempotency_records")
def prune_idempotency_records() -> int:
    """Forget the answers older than thirty days; returns how many."""
    return idempotency.prune(at=clock.now())

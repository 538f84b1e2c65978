"""What happens to requests by itself. The task may run twice, or at the same time as itself, without harm."""

from celery import shared_task

from flowlet.approvals.services import requests
from flowlet.core import clock

BEAT = {
    "approvals-expire": {
        "task": "flowlet.approvals.tasks.expire_requests",
        "schedule": 60.0,
        "options": {"queue": "default", "expires": 55},
    },
}


@shared_task(name="flowlet.approvals.tasks.expire_requests")
def expire_requests() -> int:
    """End requests that nobody decided in time; returns how many."""
    total = 0
    while count := requests.expire_due(at=clock.now()):
        total += count
    return total

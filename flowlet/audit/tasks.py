"""What happens to the trail by itself. Each task may run twice, or at the same time as itself, without harm."""

from celery import shared_task

from flowlet.audit.services import checks, seals
from flowlet.core import actors, clock

BEAT = {
    "audit-seal": {"task": "flowlet.audit.tasks.seal_audit", "schedule": 30.0, "options": {"queue": "batch", "expires": 25}},
    "audit-verify": {"task": "flowlet.audit.tasks.verify_audit", "schedule": 21_600.0, "options": {"queue": "batch"}},
}


@shared_task(name="flowlet.audit.tasks.seal_audit")
def seal_audit() -> int:
    """Seal what is below the commit horizon; returns how many records."""
    return sum(block.count for block in seals.seal_all(at=clock.now()))


@shared_task(name="flowlet.audit.tasks.verify_audit")
def verify_audit() -> bool:
    """Verify the whole chain; returns whether it is intact."""
    return checks.verify(actor=actors.system("audit.verify"), at=clock.now()).intact

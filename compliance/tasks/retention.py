"""Deletion that nobody asks for."""

from celery import shared_task

from compliance.services import retention
from flowlet.core import actors, clock


@shared_task(name="compliance.purge_expired", ignore_result=True)
def purge_expired() -> None:
    """Delete what no law and no hold keeps any more."""
    retention.purge(actor=actors.system("compliance.purge_expired"), at=clock.now())


BEAT = {"compliance-purge-expired": {"task": "compliance.purge_expired", "schedule": 24 * 3600, "options": {"queue": "batch"}}}

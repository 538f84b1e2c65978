"""Ratings that nobody asks for."""

import logging

from celery import shared_task

from compliance.services import rating_runs
from flowlet.core import actors, clock

log = logging.getLogger(__name__)


@shared_task(name="compliance.rate_customers", ignore_result=True)
def rate_customers() -> None:
    """Rate customers without a rating, and those of whom something has changed."""
    outcome = rating_runs.run(actor=actors.system("compliance.rate_customers"), at=clock.now())
    log.info("customers rated", extra={"looked_at": outcome.looked_at.total(), "made": outcome.made.total()})


BEAT = {"compliance-rate-customers": {"task": "compliance.rate_customers", "schedule": 6 * 3600, "options": {"queue": "batch"}}}

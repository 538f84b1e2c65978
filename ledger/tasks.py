"""Periodic work on the books; every task may run twice without harm."""

import logging

from celery import shared_task
from django.conf import settings

from flowlet.core import actors, clock
from flowlet.core.errors import DomainError
from ledger.services import rate_imports, seals, snapshots, verification

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True)
def roll_up() -> None:
    """Take the tail into the snapshots."""
    snapshots.roll_up()


@shared_task(ignore_result=True)
def seal() -> None:
    """Seal what is finished."""
    seals.seal()


@shared_task(ignore_result=True)
def verify() -> None:
    """Read the books aloud; a breach is logged as an error and stays on the home page."""
    report = verification.verify()
    if not report.is_clean:
        logger.error("ledger_broken", extra={"findings": len(report.findings), "first": report.findings[0].where})


@shared_task(ignore_result=True)
def fetch_rates() -> None:
    """Bring in the ECB's rates of the day, which it publishes about 16:00 in Frankfurt; nothing happens where no address is set.

    What cannot be fetched is fetched an hour later; a rate that stays away stops conversions by its age.
    """
    if not settings.FX_RATES_URL:
        return
    try:
        outcome = rate_imports.fetch_ecb(actor=actors.system("fetch_rates"), at=clock.now())
    except DomainError as refusal:
        logger.warning("fx_rates_not_fetched", extra={"reason": refusal.code})
        return
    if outcome.refused or outcome.differing:
        logger.error("fx_rates_refused", extra={"refused": len(outcome.refused), "differing": len(outcome.differing)})


BEAT = {
    "ledger-roll-up": {"task": "ledger.tasks.roll_up", "schedule": 10, "options": {"queue": "default", "expires": 10}},
    "ledger-seal": {"task": "ledger.tasks.seal", "schedule": 60, "options": {"queue": "batch", "expires": 60}},
    "ledger-fetch-rates": {
        "task": "ledger.tasks.fetch_rates",
        "schedule": 3600,
        "options": {"queue": "default", "expires": 3000},
    },
    "ledger-verify": {"task": "ledger.tasks.verify", "schedule": 3600, "options": {"queue": "batch", "expires": 3600}},
}

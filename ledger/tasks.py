"""Periodic work on the books; every task may run twice without harm."""

import logging

from celery import shared_task

from ledger.services import seals, snapshots, verification

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


BEAT = {
    "ledger-roll-up": {"task": "ledger.tasks.roll_up", "schedule": 10, "options": {"queue": "default", "expires": 10}},
    "ledger-seal": {"task": "ledger.tasks.seal", "schedule": 60, "options": {"queue": "batch", "expires": 60}},
    "ledger-verify": {"task": "ledger.tasks.verify", "schedule": 3600, "options": {"queue": "batch", "expires": 3600}},
}

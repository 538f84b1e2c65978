"""The watching of each day."""

from celery import shared_task

from compliance.errors import MonitoringBusy
from compliance.services import activities, monitoring
from flowlet.core import actors, clock


@shared_task(name="compliance.monitor", ignore_result=True)
def monitor() -> None:
    """Watch what has ended and was not watched; a run that was interrupted goes on. Somebody who is at it already is left to it."""
    try:
        monitoring.run_due(actor=actors.system("compliance.monitor"), at=clock.now())
    except MonitoringBusy:
        return


@shared_task(name="compliance.take_activities", ignore_result=True)
def take_activities() -> None:
    """Take in what moved since the last time, for the rules that are asked before money leaves."""
    activities.take_recent(at=clock.now())


BEAT = {
    "compliance-monitor": {"task": "compliance.monitor", "schedule": 1800, "options": {"queue": "batch"}},
    "compliance-take-activities": {"task": "compliance.take_activities", "schedule": 10.0, "options": {"queue": "default"}},
}

"""The clock of reports to the authority."""

from celery import shared_task

from compliance.services import report_clock
from flowlet.core import actors, clock


@shared_task(name="compliance.watch_reports", ignore_result=True)
def watch_reports() -> None:
    """Remind of reports that are due soon, and of reported activity that is to be looked at again."""
    actor, at = actors.system("compliance.watch_reports"), clock.now()
    report_clock.remind(actor=actor, at=at)
    report_clock.look_again(actor=actor, at=at)


BEAT = {"compliance-watch-reports": {"task": "compliance.watch_reports", "schedule": 3600, "options": {"queue": "batch"}}}

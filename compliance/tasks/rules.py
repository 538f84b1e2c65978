"""Backtests that were asked for."""

from celery import shared_task

from compliance.models import RuleTrial
from compliance.services import rule_trials
from flowlet.core import clock


@shared_task(name="compliance.try_rule", ignore_result=True)
def try_rule(*, trial_id: str) -> None:
    """Run one of them."""
    rule_trials.run(trial_id=RuleTrial.key(trial_id), at=clock.now())


@shared_task(name="compliance.sweep_rule_trials", ignore_result=True)
def sweep_rule_trials() -> None:
    """Hand out again what nobody did in time."""
    for trial_id in rule_trials.left(at=clock.now()):
        try_rule.delay(trial_id=trial_id)


BEAT = {
    "compliance-sweep-rule-trials": {"task": "compliance.sweep_rule_trials", "schedule": 600, "options": {"queue": "default"}}
}

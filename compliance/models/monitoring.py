"""What the day's run of monitoring measured, and what became of it."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer, Partner
from compliance.choices import TrialState
from flowlet.db.models import Identified
from flowlet.rules.models import Backtest, RuleVersion


class CustomerDay(models.Model):
    """One row is what a day's run measured around one customer, for those of whom there is something to say.

    ``figures`` holds what ``compliance.selectors.vocabularies.FIGURES`` names, numbers as text; ``activities`` the keys of the activities
    behind each measure. A day that is run again is measured again.
    """

    id = models.BigAutoField(primary_key=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    day = models.DateField()
    ends_at = models.DateTimeField(help_text="up to when it was measured")
    figures = models.JSONField(default=dict)
    activities = models.JSONField(default=dict, help_text="{measure: [key of an activity]}")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "day"], name="customer_has_one_row_a_day")]
        indexes = [models.Index(fields=["ends_at", "customer"], name="customer_day_by_moment")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.day}"


class MonitoringRun(Identified):
    """One row is one run of monitoring over one day, of all partners or of one. ``steps`` says what was done so far and what it found:
    ``{step: {"hits": …, "customers": …, "alerts": …, "milliseconds": …}}``; a run that was interrupted goes on after the last of them.
    ``problem`` is what stopped it the last time; nothing once it went on.
    """

    PREFIX = "mon"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, null=True, related_name="+")
    day = models.DateField()
    steps = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(finished_at=None) | Q(finished_at__gte=F("started_at")), name="monitoring_run_ends_after_it_began"
            )
        ]
        indexes = [models.Index(fields=["day", "id"], name="monitoring_run_by_day")]


class RuleTrial(Identified):
    """One row is one request to try a version of a rule on all that happened from ``since`` on and before ``until``, and its outcome.

    ``by_customer`` is ``compliance.services.rule_backtests.Judged``; ``sample`` some of the last hits:
    ``[{"customer": …, "at": …, "why": [sentence]}]``.
    """

    PREFIX = "rtr"

    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()
    measures = models.BooleanField(default=False, help_text="measures around customers are made first")
    state = models.CharField(max_length=7, choices=TrialState.choices, default=TrialState.WAITING)
    backtest = models.ForeignKey(Backtest, on_delete=models.PROTECT, null=True, related_name="+")
    by_customer = models.JSONField(default=dict)
    sample = models.JSONField(default=list)
    problem = models.CharField(max_length=500, blank=True, help_text="why it failed")
    step = models.CharField(max_length=80, blank=True, help_text="what its worker is at")
    percent = models.PositiveSmallIntegerField(default=0, help_text="how much of the step is done")
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()

    class Meta:
        verbose_name = "backtest"
        constraints = [
            models.CheckConstraint(condition=Q(since__lt=F("until")), name="rule_trial_has_a_time"),
            models.CheckConstraint(
                condition=Q(state=TrialState.DONE, backtest__isnull=False) | ~Q(state=TrialState.DONE) & Q(backtest=None),
                name="rule_trial_is_done_with_a_backtest",
            ),
            models.CheckConstraint(
                condition=Q(state=TrialState.FAILED) & ~Q(problem="") | ~Q(state=TrialState.FAILED) & Q(problem=""),
                name="failed_rule_trial_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["version", "id"], name="rule_trials_of_a_version"),
            models.Index(
                fields=["id"], name="rule_trials_to_do", condition=Q(state__in=[TrialState.WAITING, TrialState.RUNNING])
            ),
        ]

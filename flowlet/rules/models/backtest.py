"""A rule tried on the past."""

from django.db import models
from django.db.models import F, Q

from flowlet.db.models import Identified
from flowlet.rules.models.rule import RuleVersion


class Backtest(Identified):
    """One row is one run of a version over all that happened from ``since`` on and before ``until``. Written once."""

    PREFIX = "bkt"

    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="backtests")
    since = models.DateTimeField()
    until = models.DateTimeField()
    judged = models.BigIntegerField(help_text="things looked at")
    hits = models.BigIntegerField(help_text="those for which it was true")
    unknown = models.BigIntegerField(help_text="those of which it could not tell")
    per_day = models.JSONField(help_text="hits by day in UTC: {day: number}")
    live_version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, null=True, related_name="+")
    live_hits = models.BigIntegerField(null=True, help_text="of the version that was live then")
    both = models.BigIntegerField(null=True, help_text="hits of both")
    milliseconds = models.PositiveIntegerField()
    actor_kind = models.TextField()
    actor_id = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("version", "id", name="backtests_of_a_version")]
        constraints = [
            models.CheckConstraint(condition=Q(since__lt=F("until")), name="backtest_has_a_time"),
            models.CheckConstraint(
                condition=Q(judged__gte=F("hits") + F("unknown"), hits__gte=0, unknown__gte=0), name="backtest_adds_up"
            ),
        ]

"""The register of regulatory duties."""

from django.db import models
from django.db.models import Q

from accounts.choices import Role
from compliance.choices import Recurrence
from flowlet.db.models import Identified


class Duty(Identified):
    """One row is one duty of the law: what it asks, where it stands, by which control it is met, whose it is, and when it is next due.

    ``evidence`` names the query (``compliance.services.duty_evidence``) whose figures prove today how the control works; empty: none. A
    duty that always holds has no day.
    """

    PREFIX = "dty"

    code = models.CharField(max_length=40, unique=True)
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=200, help_text="statute and article")
    control = models.CharField(max_length=500, help_text="how it is met")
    evidence = models.CharField(max_length=40, blank=True)
    owner = models.CharField(max_length=20, choices=Role.choices)
    recurrence = models.CharField(max_length=9, choices=Recurrence.choices)
    due_on = models.DateField(null=True, blank=True)
    due_day = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="the day of the month on which it comes round; in a month too short, its last"
    )
    fulfilled_on = models.DateField(null=True, blank=True)
    fulfilled_by = models.CharField(max_length=80, blank=True)
    is_retired = models.BooleanField(default=False)
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "duties"
        indexes = [models.Index(fields=["due_on", "id"], name="duty_due", condition=Q(is_retired=False))]
        constraints = [
            models.CheckConstraint(
                condition=Q(recurrence=Recurrence.ALWAYS, due_on=None)
                | (~Q(recurrence=Recurrence.ALWAYS) & Q(due_on__isnull=False)),
                name="recurring_duty_has_its_day",
            ),
            models.CheckConstraint(condition=Q(code__regex="^[a-z0-9-]+$"), name="duty_code_is_lower_case"),
        ]


class DutyFulfilment(models.Model):
    """One row is one time a duty was met: by whom, in which words, and what its figures were at that moment. Never changed."""

    id = models.BigAutoField(primary_key=True)
    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="fulfilments")
    due_on = models.DateField(null=True, blank=True, help_text="the day for which it was done")
    note = models.CharField(max_length=500)
    figures = models.JSONField(default=list, help_text="label and figure, as they were")
    done_by = models.CharField(max_length=80)
    done_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.duty_id} {self.done_at:%Y-%m-%d}"

"""Alerts and what they saw.

Nothing of them is told outside, and no erasure reaches them: they hold no personal data, only keys, figures and words of officers.
"""

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer
from compliance.choices import AlertKind, AlertState, Disposition, ReasonCode
from compliance.models.work import PartnerItem
from flowlet.db.models import Identified
from payments.models import Payment

TWO_PEOPLE = (Disposition.CONFIRMED, Disposition.HIT_CLEARED, Disposition.HIT_CONFIRMED)
DECIDED = (AlertState.PROPOSED, AlertState.CLOSED)
OPEN = tuple(state for state in AlertState if state != AlertState.CLOSED)


class Alert(PartnerItem):
    """One row is one piece of work about a customer: all that one scenario saw of them until somebody decides.

    ``headline`` says in one sentence why it fired. ``decided_by`` proposed how it ends; where it takes two people, ``checked_by`` is
    the second one.
    """

    PREFIX = "alr"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="alerts", db_index=False)
    case = models.ForeignKey("Case", on_delete=models.PROTECT, null=True, blank=True, related_name="alerts")
    kind = models.CharField(max_length=12, choices=AlertKind.choices)
    scenario = models.CharField(max_length=60)
    headline = models.CharField(max_length=300)
    state = models.CharField(max_length=9, choices=AlertState.choices, default=AlertState.OPEN)
    evidence_count = models.PositiveIntegerField()
    evidence_at = models.DateTimeField(help_text="when evidence last came")
    disposition = models.CharField(max_length=14, choices=Disposition.choices, blank=True)
    reason_code = models.CharField(max_length=16, choices=ReasonCode.choices, blank=True)
    words = models.CharField(max_length=2000, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.CharField(max_length=80, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "customer", "kind", "scenario"],
                condition=~Q(state="CLOSED"),
                nulls_distinct=False,
                name="scenario_has_one_open_alert_of_a_customer",
            ),
            models.CheckConstraint(condition=Q(priority__lte=100), name="alert_priority_is_at_most_100"),
            models.CheckConstraint(condition=Q(evidence_count__gt=0), name="alert_has_evidence"),
            models.CheckConstraint(
                condition=(
                    Q(state__in=DECIDED, decided_at__isnull=False) & ~Q(disposition="") & ~Q(reason_code="") & ~Q(decided_by="")
                )
                | (
                    ~Q(state__in=DECIDED)
                    & Q(decided_at=None, disposition="", reason_code="", words="", decided_by="", checked_by="")
                ),
                name="alert_is_decided_when_its_state_says_so",
            ),
            models.CheckConstraint(
                condition=Q(state="CLOSED", closed_at__isnull=False) | (~Q(state="CLOSED") & Q(closed_at=None, checked_by="")),
                name="closed_alert_says_when",
            ),
            models.CheckConstraint(
                condition=Q(checked_by="") | ~Q(checked_by=F("decided_by")), name="alert_is_checked_by_another_person"
            ),
            models.CheckConstraint(
                condition=~Q(state="CLOSED") | ~Q(disposition__in=TWO_PEOPLE) | ~Q(checked_by=""),
                name="alert_that_needs_two_people_had_them",
            ),
            models.CheckConstraint(
                condition=Q(disposition="")
                | Q(kind="SCREENING", disposition__in=["HIT_CLEARED", "HIT_CONFIRMED"])
                | (~Q(kind="SCREENING") & Q(disposition__in=["FALSE_POSITIVE", "EXPLAINED", "CONFIRMED"])),
                name="alert_ends_as_its_kind_does",
            ),
        ]
        indexes = [
            models.Index(F("priority").desc(), "due_at", "id", name="alert_in_order_of_work", condition=~Q(state="CLOSED")),
            models.Index(fields=["due_at"], name="alert_by_due", condition=~Q(state="CLOSED")),
            models.Index(fields=["customer", "id"], name="alert_by_customer"),
            models.Index(fields=["assignee", "state"], name="alert_by_assignee", condition=Q(assignee__isnull=False)),
            models.Index(fields=["state", "id"], name="alert_by_state"),
        ]

    @property
    def is_open(self) -> bool:
        """Whether it is still to be decided."""
        return self.state != AlertState.CLOSED


class AlertEvidence(Identified):
    """One row is one thing that an alert saw, told once: ``identity`` is of partner, kind, scenario, customer and ``key`` together.

    ``facts`` are figures and thresholds, never personal data in clear.
    """

    PREFIX = "ale"

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="evidence", db_index=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    identity = models.UUIDField(unique=True, editable=False)
    key = models.CharField(max_length=200)
    headline = models.CharField(max_length=300)
    facts = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "alert evidence"
        indexes = [
            models.Index(fields=["alert", "happened_at"], name="alert_evidence_by_alert"),
            models.Index(fields=["payment"], name="alert_evidence_by_payment", condition=Q(payment__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.headline

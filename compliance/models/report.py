"""Reports to the authority, and the batch files in which they leave.

Nothing of them is told outside: they carry no partner and no customer, are sealed under the keyring, and publish no event. Their clock is
their own (``compliance.services.written_records``); once it ended, ``sealed`` is empty. The case from which one was drafted stands on the
report; only to who prepares reports does the case's page say so.
"""

from django.db import models
from django.db.models import F, Q

from compliance.choices import FollowUp, ReportKind, ReportState
from compliance.models.case import Case
from compliance.models.work import WorkItem, by_assignee
from flowlet.db.models import Identified

DECIDED = (ReportState.APPROVED, ReportState.FILED, ReportState.ACCEPTED, ReportState.REJECTED)
OPEN = (ReportState.DRAFT, ReportState.PROPOSED, ReportState.APPROVED)
WAITING = (*OPEN, ReportState.REJECTED)
SENT = (ReportState.FILED, ReportState.ACCEPTED, ReportState.REJECTED)
_FIRST = Q(prior=None) & ~Q(state=ReportState.WITHDRAWN)


class ReportBatch(Identified):
    """One row is one batch file for FinCEN, made once. ``sealed`` is the file under the keyring, ``digest`` the SHA-256 of its bytes.

    ``schema`` names what it was checked against, empty where no schema was at hand. ``status`` is FinCEN's answer; ``answer`` is the
    acknowledgement, under the keyring.
    """

    PREFIX = "rpb"

    kind = models.CharField(max_length=3, choices=ReportKind.choices)
    file_name = models.CharField(max_length=80, unique=True)
    reports_count = models.PositiveIntegerField()
    total = models.BigIntegerField(help_text="dollars")
    schema = models.CharField(max_length=40, blank=True)
    digest = models.CharField(max_length=64)
    sealed = models.BinaryField(null=True, editable=False)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    status = models.CharField(max_length=1, blank=True)
    answer = models.BinaryField(null=True, blank=True, editable=False)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "report batches"
        constraints = [
            models.CheckConstraint(condition=Q(reports_count__gt=0), name="report_batch_has_reports"),
            models.CheckConstraint(
                condition=Q(answer=None, answered_at=None, status="")
                | Q(answer__isnull=False, answered_at__isnull=False)
                | Q(answer=None, sealed=None),
                name="report_batch_has_its_answer_with_its_moment",
            ),
        ]


class Report(WorkItem):
    """One row is one report, from its first draft until FinCEN's answer. ``sealed`` is what it says, as JSON under the keyring.

    ``counted_from`` is the day from which its time runs: of a SAR the determination by a person, of a CTR the transaction; ``due_on`` the
    last day in time, by ``rule``; as work it is due when that day is over, in UTC. ``prior`` is the report that it amends or continues; of
    a ``case`` there is one report of a kind (of cash one of a day), whatever amends or continues it apart. ``alarm`` and ``follow_up`` are
    set by the clock (``compliance.services.report_clock``).
    """

    PREFIX = "rpt"

    kind = models.CharField(max_length=3, choices=ReportKind.choices)
    reference = models.CharField(max_length=20, unique=True, help_text="what FinCEN sees as our number of it")
    state = models.CharField(max_length=9, choices=ReportState.choices, default=ReportState.DRAFT)
    counted_from = models.DateField()
    has_suspect = models.BooleanField(default=True, help_text="known on the day of the determination")
    due_on = models.DateField()
    rule = models.CharField(max_length=60)
    prior = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="followers")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="reports")
    version = models.PositiveIntegerField(default=1, help_text="of what it says")
    alarm = models.PositiveSmallIntegerField(
        null=True, editable=False, help_text="days before it is due, of which was told last; 0: that it is late"
    )
    follow_up = models.CharField(max_length=4, choices=FollowUp.choices, blank=True, editable=False)
    sealed = models.BinaryField(null=True, editable=False)
    drafted_by = models.CharField(max_length=80)
    proposed_by = models.CharField(max_length=80, blank=True)
    proposed_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    batch = models.ForeignKey(ReportBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="reports")
    place = models.PositiveIntegerField(null=True, blank=True, help_text="in the batch file, from 0")
    filed_on = models.DateField(null=True, blank=True)
    bsa_id = models.CharField(max_length=14, blank=True)
    faults = models.JSONField(default=list, blank=True, help_text="FinCEN's codes and elements")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=F("proposed_by")), name="report_is_approved_by_another_person"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=DECIDED) | (~Q(proposed_by="") & ~Q(approved_by="") & Q(approved_at__isnull=False)),
                name="report_leaves_after_two_people_decided",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SENT, batch__isnull=False, place__isnull=False, filed_on__isnull=False)
                | (~Q(state__in=SENT) & Q(batch=None, place=None, filed_on=None)),
                name="filed_report_has_its_batch",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReportState.ACCEPTED) | ~Q(bsa_id=""), name="accepted_report_has_its_bsa_id"
            ),
            models.CheckConstraint(condition=Q(due_on__gte=F("counted_from")), name="report_is_due_after_its_time_began"),
            models.UniqueConstraint(fields=["batch", "place"], name="report_stands_in_a_batch_once"),
            models.UniqueConstraint(
                fields=["case", "kind"], condition=_FIRST & ~Q(kind=ReportKind.CTR), name="case_has_one_report_of_a_kind"
            ),
            models.UniqueConstraint(
                fields=["case", "counted_from"],
                condition=_FIRST & Q(kind=ReportKind.CTR),
                name="case_has_one_report_of_cash_a_day",
            ),
            models.UniqueConstraint(fields=["bsa_id"], condition=~Q(bsa_id=""), name="bsa_id_is_of_one_report"),
        ]
        indexes = [
            models.Index(
                fields=["due_on", "id"],
                name="report_due",
                condition=Q(state__in=OPEN),
            ),
            models.Index(fields=["state", "id"], name="report_by_state"),
            models.Index(fields=["filed_on", "id"], name="report_to_look_at_again", condition=Q(follow_up=FollowUp.DUE)),
            by_assignee("report_by_assignee"),
        ]

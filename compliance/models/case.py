"""Cases, and what people add to work: tasks, notes, files.

Narratives, notes and files name people, often several; they are sealed under the keyring, and go when the clocks of all of them have ended
(``compliance.services.written_records``): ``sealed`` is empty then.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Customer
from compliance.choices import CaseOutcome, CaseState
from compliance.models.alert import Alert
from compliance.models.work import PartnerItem, by_assignee
from flowlet.db.models import Identified
from ledger.choices import DocumentType
from payments.models import Payment
from wallets.models import Wallet

TWO_PEOPLE = (CaseOutcome.REPORT, CaseOutcome.ENDED)
_OF_ONE = Q(alert=None, case__isnull=False) | Q(alert__isnull=False, case=None)


class Case(PartnerItem):
    """One row is one investigation: it gathers alerts, customers and payments of one partner, and ends with an outcome.

    ``sealed`` is the narrative, ``version`` counts its texts. ``decided_by`` proposed the end; where it takes two people,
    ``checked_by`` confirmed it.
    """

    PREFIX = "cas"

    title = models.CharField(max_length=120, help_text="no personal data")
    state = models.CharField(max_length=9, choices=CaseState.choices, default=CaseState.OPEN)
    sealed = models.BinaryField(null=True, editable=False)
    version = models.PositiveIntegerField(default=0, help_text="of the narrative")
    outcome = models.CharField(max_length=12, choices=CaseOutcome.choices, blank=True)
    words = models.CharField(max_length=2000, blank=True)
    opened_by = models.CharField(max_length=80)
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.CharField(max_length=80, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(priority__lte=100), name="case_priority_is_at_most_100"),
            models.CheckConstraint(
                condition=Q(checked_by="") | ~Q(checked_by=F("decided_by")), name="case_is_checked_by_another_person"
            ),
            models.CheckConstraint(
                condition=~Q(state="CLOSED", outcome__in=TWO_PEOPLE) | ~Q(checked_by=""),
                name="case_that_needs_two_people_had_them",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=["PROPOSED", "CLOSED"], decided_at__isnull=False) & ~Q(outcome="") & ~Q(decided_by=""))
                | (~Q(state__in=["PROPOSED", "CLOSED"]) & Q(decided_at=None, outcome="", decided_by="", words="")),
                name="case_is_decided_when_its_state_says_so",
            ),
            models.CheckConstraint(
                condition=Q(state="CLOSED", closed_at__isnull=False) | (~Q(state="CLOSED") & Q(closed_at=None, checked_by="")),
                name="closed_case_says_when",
            ),
        ]
        indexes = [
            models.Index(F("priority").desc(), "due_at", "id", name="case_in_order_of_work", condition=~Q(state="CLOSED")),
            models.Index(fields=["state", "id"], name="case_by_state"),
            by_assignee("case_by_assignee"),
        ]


class CaseSubject(Identified):
    """One row says that a case is about a customer, or about a payment."""

    PREFIX = "csb"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="subjects", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "customer", "payment"], nulls_distinct=False, name="case_has_a_subject_once"),
            models.CheckConstraint(
                condition=Q(customer=None, payment__isnull=False) | Q(customer__isnull=False, payment=None),
                name="case_subject_is_a_customer_or_a_payment",
            ),
        ]


class CaseFreeze(Identified):
    """One row is a wallet that a case froze, until two people released it; it opens when every case that froze it released it."""

    PREFIX = "cfz"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="freezes")
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="+")
    frozen_by = models.CharField(max_length=80)
    frozen_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80, blank=True)
    released_by = models.CharField(max_length=80, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["wallet", "case"], condition=Q(released_at=None), name="case_freezes_a_wallet_once"),
            models.CheckConstraint(
                condition=Q(released_at=None, released_by="")
                | (Q(released_at__isnull=False) & ~Q(asked_by="") & ~Q(released_by="") & ~Q(released_by=F("asked_by"))),
                name="frozen_wallet_is_released_by_two",
            ),
        ]


class CaseTask(Identified):
    """One row is something to be done for a case by a day."""

    PREFIX = "ctk"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks")
    text = models.CharField(max_length=300, help_text="no personal data")
    due_on = models.DateField()
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    done_by = models.CharField(max_length=80, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at=None, done_by="") | (Q(done_at__isnull=False) & ~Q(done_by="")),
                name="case_task_says_who_did_it",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class WorkNote(Identified):
    """One row is a note on an alert or a case, never changed. ``sealed`` is its text; ``calls`` are those whom it mentions."""

    PREFIX = "wnt"

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="notes")
    sealed = models.BinaryField(null=True, editable=False)
    author = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=_OF_ONE, name="note_is_on_an_alert_or_a_case")]


class NoteCall(models.Model):
    """One row says that a note calls a person, and when they saw it."""

    note = models.ForeignKey(WorkNote, on_delete=models.PROTECT, related_name="calls", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["note", "user"], name="note_calls_a_person_once")]
        indexes = [models.Index(fields=["user"], name="note_call_not_seen", condition=Q(seen_at=None))]

    def __str__(self) -> str:
        return f"{self.note_id} calls {self.user_id}"


class WorkFile(Identified):
    """One row is a file on an alert or a case, never changed. ``sealed`` is its content, ``digest`` the SHA-256 of it; once it was deleted
    it has no name, and for a digest its own key.
    """

    PREFIX = "wfl"

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, null=True, blank=True, related_name="files")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="files")
    name = models.CharField(max_length=160)
    type = models.CharField(max_length=15, choices=DocumentType.choices)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sealed = models.BinaryField(null=True, editable=False)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=_OF_ONE, name="file_is_on_an_alert_or_a_case"),
            models.UniqueConstraint(fields=["alert", "case", "digest"], nulls_distinct=False, name="work_has_each_file_once"),
        ]

    def __str__(self) -> str:
        return self.name

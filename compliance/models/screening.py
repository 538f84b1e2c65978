"""Who is screened, each screening, and what it found.

Personal data, that is names and all else that is compared, lie under the key of the customer to whom the subject belongs; beside them stand
keyed digests alone. So an erased customer's subjects cannot be read or found any more, while the figures, the listed entries and the
decisions stay for as long as the law wants them.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from accounts.models import Customer, Partner
from compliance.choices import HitState, ListKind, RunCause, RunState, ScreeningStatus, SubjectKind
from compliance.models.watchlist import Watchlist, WatchlistEntry, WatchlistVersion
from flowlet.db.models import Identified

_DECIDED = Q(state__in=[HitState.CLEARED, HitState.CONFIRMED])


class ScreeningSubject(Identified):
    """One row is one person, firm or text that is screened for as long as ``ended_at`` is empty.

    ``key`` is the public id of what it stands for, of an owner a keyed digest. ``sealed`` is what is compared, as JSON under the customer's
    key; ``digest`` is of its material part, keyed; ``block_keys`` are keyed digests of what an index would look its words up by, so that
    a change of a list leads to the subjects that it may concern.
    """

    PREFIX = "scs"

    kind = models.CharField(max_length=12, choices=SubjectKind.choices)
    key = models.CharField(max_length=40)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="screening_subjects", db_index=False)
    sealed = models.BinaryField(editable=False, help_text="sealed under the customer's key")
    digest = models.CharField(max_length=32)
    block_keys = ArrayField(models.BigIntegerField(), default=list, editable=False)
    screened_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="screening_subject_stands_for_one_thing_once")]
        indexes = [
            models.Index(fields=["customer", "id"], name="screening_subject_by_customer"),
            GinIndex(fields=["block_keys"], name="screening_subject_by_block"),
        ]


class ScreeningStanding(models.Model):
    """What the customer's partner was told last of screening; a customer without a row is IN_PROGRESS, as everybody is at first."""

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, primary_key=True, related_name="+")
    status = models.CharField(max_length=11, choices=ScreeningStatus.choices)
    told_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.customer_id} {self.status}"


class ScreeningRun(Identified):
    """One row is one screening: of one ``subject``, of those whom a ``version`` of a list may concern, or of all.

    ``versions`` are the versions of all lists in force, by code; with ``matcher`` and ``threshold`` they say what a result rests on.
    ``cursor`` is the last subject that is done. ``screened`` counts subjects; ``found``, ``reopened`` and ``lapsed`` count hits.
    """

    PREFIX = "scr"

    cause = models.CharField(max_length=9, choices=RunCause.choices)
    state = models.CharField(max_length=7, choices=RunState.choices)
    subject = models.ForeignKey(
        ScreeningSubject, on_delete=models.PROTECT, null=True, blank=True, related_name="runs", db_index=False
    )
    version = models.ForeignKey(
        WatchlistVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    versions = models.JSONField()
    matcher = models.CharField(max_length=10)
    threshold = models.DecimalField(max_digits=5, decimal_places=4)
    cursor = models.UUIDField(null=True, blank=True)
    screened = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    reopened = models.PositiveIntegerField(default=0)
    lapsed = models.PositiveIntegerField(default=0)
    started_by = models.CharField(max_length=80)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["version"], condition=Q(cause=RunCause.LIST), name="watchlist_version_is_screened_once"
            ),
            models.CheckConstraint(
                condition=Q(state=RunState.RUNNING, ended_at=None) | Q(state=RunState.DONE, ended_at__isnull=False),
                name="screening_run_knows_when_it_ended",
            ),
            models.CheckConstraint(
                condition=Q(cause=RunCause.SUBJECT, subject__isnull=False, version=None)
                | Q(cause=RunCause.LIST, subject=None, version__isnull=False)
                | Q(cause=RunCause.LOOK_BACK, subject=None, version=None),
                name="screening_run_is_of_what_its_cause_says",
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "id"], name="screening_run_by_subject"),
            models.Index(fields=["cause", "id"], name="screening_run_by_cause"),
        ]


class Hit(Identified):
    """One row is one listed entry that may be a subject.

    ``listed`` is what the entry said when it was compared last, ``run`` the screening that did it. ``match`` says how well the names match,
    ``priority`` how urgent it is, both 0 to 1; ``sealed`` are the features, as JSON under the customer's key. ``material`` is the digest of
    both sides' material fields: a decision stands for as long as it is ``decided_on``, and a clearing until ``expires_at``.
    """

    PREFIX = "hit"

    subject = models.ForeignKey(ScreeningSubject, on_delete=models.PROTECT, related_name="hits", db_index=False)
    watchlist = models.ForeignKey(Watchlist, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.CharField(max_length=80, help_text="the publisher's number with the list's prefix")
    listed = models.ForeignKey(WatchlistEntry, on_delete=models.PROTECT, related_name="+", db_index=False)
    run = models.ForeignKey(ScreeningRun, on_delete=models.PROTECT, related_name="hits", db_index=False)
    list_kind = models.CharField(max_length=9, choices=ListKind.choices)
    match = models.DecimalField(max_digits=5, decimal_places=4)
    priority = models.DecimalField(max_digits=5, decimal_places=4)
    sealed = models.BinaryField(editable=False, help_text="sealed under the customer's key")
    material = models.CharField(max_length=32)
    state = models.CharField(max_length=9, choices=HitState.choices, default=HitState.OPEN)
    opened = models.PositiveIntegerField(default=1, help_text="how often it has been opened")
    decided_on = models.CharField(max_length=32, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)
    approved_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    found_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject", "watchlist", "entry"], name="hit_is_of_an_entry_once"),
            models.CheckConstraint(
                condition=(_DECIDED & ~Q(decided_by="") & ~Q(reason="") & ~Q(decided_on="") & Q(decided_at__isnull=False))
                | (~_DECIDED & Q(decided_by="", approved_by="", reason="", decided_on="", decided_at=None, expires_at=None)),
                name="hit_is_decided_by_somebody_for_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=HitState.CLEARED, list_kind=ListKind.SANCTIONS)
                | (~Q(approved_by="") & ~Q(approved_by=F("decided_by"))),
                name="hit_on_a_sanctions_list_is_cleared_by_two_people",
            ),
            models.CheckConstraint(
                condition=Q(match__gt=0, match__lte=1, priority__gte=0, priority__lte=1), name="hit_figures_lie_between_0_and_1"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-priority", "id"], name="hit_by_state"),
            models.Index(fields=["watchlist", "entry"], name="hit_by_entry"),
            models.Index(fields=["expires_at"], name="hit_by_expiry", condition=Q(expires_at__isnull=False)),
        ]

"""Business days that were closed."""

from django.db import models
from django.db.models import F, Q

from flowlet.db.models import Identified
from ledger.models import Book
from payments.choices import Closing, DayStatus

UNDER_WAY = ("ASKED", "RUNNING")


class BusinessDay(Identified):
    """One row is one day of one book that somebody has begun to close.

    ``steps`` are those of the last run, each with its outcome in words; ``missing`` is what kept it from being closed. ``head`` is the
    newest seal when it was. A day that was reopened is closed again by another run; ``runs`` counts them. ``closing`` is how far the
    run that is under way is, or how the last one ended: ``closing_step`` the step it is at, ``closing_moved_at`` when it last got on,
    ``closing_claim`` the worker's task that does it, ``failure`` what broke it.
    """

    PREFIX = "day"

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="business_days", db_index=False)
    day = models.DateField()
    status = models.CharField(max_length=8, choices=DayStatus.choices, default=DayStatus.OPEN)
    steps = models.JSONField(default=list)
    missing = models.JSONField(default=list)
    runs = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, blank=True)
    closing = models.CharField(max_length=7, choices=Closing.choices, default=Closing.IDLE)
    closing_step = models.CharField(max_length=20, blank=True)
    closing_moved_at = models.DateTimeField(null=True, blank=True)
    closing_asked_by = models.CharField(max_length=80, blank=True)
    closing_claim = models.CharField(max_length=64, blank=True)
    failure = models.CharField(max_length=500, blank=True)
    closed_by = models.CharField(max_length=80, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reopened_by = models.CharField(max_length=80, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "day"], name="book_has_each_business_day_once"),
            models.CheckConstraint(
                condition=~Q(status="CLOSED") | (Q(closed_at__isnull=False, missing=[]) & ~Q(closed_by="")),
                name="closed_day_lacks_nothing",
            ),
            models.CheckConstraint(
                condition=~Q(closing__in=UNDER_WAY) | Q(closing_moved_at__isnull=False),
                name="closing_under_way_knows_when_it_got_on",
            ),
            models.CheckConstraint(condition=~Q(closing="FAILED") | ~Q(failure=""), name="failed_closing_says_why"),
        ]
        indexes = [
            models.Index(F("day").desc(), name="business_day_newest"),
            models.Index(fields=["closing_moved_at"], name="business_day_being_closed", condition=Q(closing__in=UNDER_WAY)),
        ]

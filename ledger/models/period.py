"""Periods of a book and rates of exchange."""

from django.db import models
from django.db.models import F, Q

from flowlet.db.models import Identified, Timestamped
from ledger.choices import PeriodStatus
from ledger.models.book import Book


class Period(Identified, Timestamped):
    """One row is one span of days of a book that is closed as a whole. Spans do not overlap (exclusion constraint)."""

    PREFIX = "per"

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="periods")
    starts_on = models.DateField()
    ends_on = models.DateField()
    status = models.CharField(max_length=12, choices=PeriodStatus.choices, default=PeriodStatus.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-starts_on"]
        constraints = [models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="period_ends_after_it_starts")]

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"


class Rate(models.Model):
    """One row: one unit of ``base`` was worth ``rate`` units of ``quote`` from ``valid_on`` on, by ``source``. Rates are only added."""

    id = models.BigAutoField(primary_key=True)
    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    valid_on = models.DateField()
    rate = models.DecimalField(max_digits=24, decimal_places=12)
    source = models.CharField(max_length=40)
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["base", "quote", "valid_on", "source"], name="rate_is_unique_per_day_and_source"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_is_positive"),
            models.CheckConstraint(condition=~Q(base=F("quote")), name="rate_is_between_two_currencies"),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.rate} on {self.valid_on}"

"""The book, its chart and its accounts."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Timestamped
from ledger.choices import AccountMode, AccountStatus, AccountType, CashFlow, Side
from ledger.models.numbered import Numbered


class Book(Numbered, Timestamped):
    """One row is the book of one partner row (so live and sandbox have each their own)."""

    PREFIX = "bok"

    partner = models.OneToOneField(Partner, on_delete=models.PROTECT, related_name="book")
    name = models.CharField(max_length=200)
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name; days are days of this zone")
    reporting_currency = models.CharField(max_length=3)
    opened_on = models.DateField(help_text="no journal takes effect before this day")
    soft_closed_through = models.DateField(null=True, blank=True, editable=False)
    closed_through = models.DateField(null=True, blank=True, editable=False)

    def __str__(self) -> str:
        return self.name


class ChartLine(models.Model):
    """One row is one line of a book's chart of accounts; accounts hang on it, one or many per currency."""

    id = models.BigAutoField(primary_key=True)
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="lines")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=10, choices=AccountType.choices)
    normal_side = models.CharField(max_length=6, choices=Side.choices)
    cash_flow = models.CharField(max_length=10, choices=CashFlow.choices)

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["book", "code"], name="chart_code_is_unique_in_book")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Account(Numbered, Timestamped):
    """One row is one account: a line of the chart, one currency, one side on which it grows.

    Everything but name, status, freezes, floor and metadata is fixed by trigger. ``owner`` is the public id of what the account belongs
    to in an upper app (``wal_…``), opaque here. ``floor`` is in the account's normal direction; none means that it may go anywhere.
    ``frozen_by`` are the apps that froze it: it opens when each has let go of its own freeze.
    """

    PREFIX = "acc"

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="accounts")
    line = models.ForeignKey(ChartLine, on_delete=models.PROTECT, related_name="accounts")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    normal_side = models.CharField(max_length=6, choices=Side.choices)
    currency = models.CharField(max_length=3)
    mode = models.CharField(max_length=8, choices=AccountMode.choices)
    floor = AmountField(null=True, blank=True)
    status = models.CharField(max_length=6, choices=AccountStatus.choices, default=AccountStatus.OPEN)
    frozen_by = ArrayField(models.CharField(max_length=20), default=list, db_default=[], blank=True)
    owner = models.CharField(max_length=40, blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["book", "code", "currency"], name="account_code_is_unique_in_book_and_currency"),
            models.CheckConstraint(condition=Q(mode="STRICT") | Q(floor__isnull=True), name="deferred_account_has_no_floor"),
            models.CheckConstraint(
                condition=Q(status=AccountStatus.FROZEN) & ~Q(frozen_by=[]) | ~Q(status=AccountStatus.FROZEN) & Q(frozen_by=[]),
                name="account_is_frozen_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["book", "line", "currency", "id"], name="account_by_line"),
            models.Index(fields=["owner"], name="account_by_owner", condition=~Q(owner="")),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name} ({self.currency})"


class Balance(models.Model):
    """One row is the balance of one STRICT account, kept under lock by the posting functions; nobody else writes it.

    ``posted`` counts in the account's normal direction, ``held`` is the sum of open holds, available is their difference, and
    ``seq`` is how many entries the account has. Book, sign, currency, floor and status repeat the account's, so that one UPDATE
    checks and books.
    """

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="balance")
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    sign = models.SmallIntegerField(help_text="1 where debits increase, -1 where credits do")
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=6)
    floor = AmountField(null=True)
    posted = AmountField(default=0)
    held = AmountField(default=0)
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            # As short as can be, since PostgreSQL reads it anew for every posting; it passes where there is no floor.
            # That ``held`` is not negative is in its type (see the migration), which costs nothing where it does not change.
            models.CheckConstraint(
                condition=Q(posted__gte=models.F("floor") + models.F("held")), name="balance_stays_above_floor"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.posted} {self.currency}"

"""What the roll-up derives from the entries, so that no report re-adds the past. All of it can be rebuilt."""

from django.db import models

from flowlet.db.fields import AmountField
from ledger.models.book import Account, ChartLine


class RollUp(models.Model):
    """The single row says up to which transaction (exclusive) the entries are in the snapshots.

    Entries from ``xid`` on are the tail; all of them have an id greater than ``entry_id``.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    xid = models.BigIntegerField(default=0)
    entry_id = models.BigIntegerField(default=0)
    ran_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="there_is_one_roll_up")]

    def __str__(self) -> str:
        return f"below transaction {self.xid}"


class Mark(models.Model):
    """One row says: at the moment ``at`` no transaction from ``xid`` on and no entry beyond ``entry_id`` existed yet."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    xid = models.BigIntegerField()
    entry_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["at"], name="mark_by_moment"), models.Index(fields=["xid"], name="mark_by_xid")]

    def __str__(self) -> str:
        return str(self.at)


class AccountMovement(models.Model):
    """One row: what an account moved for one effective day, recorded on one day of the book's zone."""

    pk = models.CompositePrimaryKey("account_id", "effective_on", "recorded_on")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    effective_on = models.DateField()
    recorded_on = models.DateField()
    debits = AmountField()
    credits = AmountField()
    entries = models.IntegerField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["account", "recorded_on"], name="movement_by_recorded_day")]

    def __str__(self) -> str:
        return f"account {self.account_id}, {self.effective_on}"


class AccountDay(models.Model):
    """One row: an account's total debits and credits of all days up to and including ``effective_on``."""

    pk = models.CompositePrimaryKey("account_id", "effective_on")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    effective_on = models.DateField()
    debits = AmountField(max_digits=24)
    credits = AmountField(max_digits=24)

    def __str__(self) -> str:
        return f"account {self.account_id}, {self.effective_on}"


class LineMovement(models.Model):
    """As AccountMovement, for all accounts of a chart line in one currency."""

    pk = models.CompositePrimaryKey("line_id", "currency", "effective_on", "recorded_on")
    line = models.ForeignKey(ChartLine, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    currency = models.CharField(max_length=3)
    effective_on = models.DateField()
    recorded_on = models.DateField()
    debits = AmountField(max_digits=24)
    credits = AmountField(max_digits=24)
    entries = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["line", "currency", "recorded_on"], name="line_movement_by_recorded")]

    def __str__(self) -> str:
        return f"line {self.line_id}, {self.currency}, {self.effective_on}"


class LineDay(models.Model):
    """As AccountDay, for all accounts of a chart line in one currency."""

    pk = models.CompositePrimaryKey("line_id", "currency", "effective_on")
    line = models.ForeignKey(ChartLine, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    currency = models.CharField(max_length=3)
    effective_on = models.DateField()
    debits = AmountField(max_digits=24)
    credits = AmountField(max_digits=24)

    def __str__(self) -> str:
        return f"line {self.line_id}, {self.currency}, {self.effective_on}"

"""Accounts at banks and what the banks say of them. What a bank has said is never changed (triggers refuse it)."""

from django.db import models
from django.db.models import F, Q

from flowlet.db.fields import AmountField
from flowlet.db.models import Identified, Timestamped
from flowlet.db.transactions import own_id
from ledger.models.book import Account
from ledger.models.numbered import Numbered


class BankAccount(Numbered, Timestamped):
    """One row is one real account at a bank or provider that is reconciled against its statements.

    Its money may stand in several accounts of the books, one book's or many's (``members``): the sum of them is proven.
    ``identification`` is how statements name it (IBAN or number); empty takes any. ``window_days`` is how far booking days may lie
    apart where only amounts agree; after ``transit_days`` an entry that the bank does not show is a break. A difference within the
    tolerance (both limits, where both are given) is booked to the accounts of ``tolerance_line``, what is written off to
    ``write_off_line``.
    """

    PREFIX = "bac"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3)
    identification = models.CharField(max_length=64, blank=True)
    starts_on = models.DateField(help_text="the first day that is reconciled")
    window_days = models.SmallIntegerField(default=3)
    transit_days = models.SmallIntegerField(default=3)
    tolerance_amount = AmountField(null=True, blank=True)
    tolerance_percent = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    tolerance_line = models.CharField(max_length=20)
    write_off_line = models.CharField(max_length=20)
    has_weekend_statements = models.BooleanField(default=False)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["identification", "currency"], condition=~Q(identification=""), name="bank_account_is_declared_once"
            ),
            models.CheckConstraint(
                condition=Q(window_days__gte=0, transit_days__gte=0), name="bank_account_days_are_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name} ({self.currency})"


class BankAccountMember(models.Model):
    """One row: an account of the books whose money lies on the bank account.

    Entries before ``from_xid`` of days before the bank account's start are its opening balance (``opening``, debits less credits);
    all others are reconciled. Those up to ``taken_entry_id`` have been taken in.
    """

    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="members")
    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="bank_membership")
    from_xid = models.BigIntegerField()
    opening = AmountField(default=0)
    taken_entry_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.account_id} at {self.bank_account_id}"


class StatementFile(Identified):
    """One row is one file as it was received, sealed. The same bytes are taken in once (``sha256``).

    ``content`` is null once no law wants it kept any more, as ``personal`` of its lines and their details is then.
    """

    PREFIX = "stf"

    name = models.CharField(max_length=200)
    format = models.CharField(max_length=10)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    content = models.BinaryField(null=True)
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=80)

    def __str__(self) -> str:
        return self.name


class BankStatement(Identified):
    """One row is one statement of one bank account, or (``is_proof`` False) a report or notice that only tells more of its lines.

    Proofs form a chain: each opens with the closing balance of ``previous``, and its lines lead from its opening to its closing.
    Amounts are as the account's owner sees them: money on the account is positive.
    """

    PREFIX = "bst"

    file = models.ForeignKey(StatementFile, on_delete=models.PROTECT, related_name="statements")
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="statements", db_index=False)
    previous = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="next")
    format = models.CharField(max_length=10)
    reference = models.CharField(max_length=80, blank=True)
    sequence = models.IntegerField(null=True, blank=True)
    from_on = models.DateField()
    to_on = models.DateField()
    opening = AmountField(null=True)
    closing = AmountField(null=True)
    is_proof = models.BooleanField()
    line_count = models.IntegerField()
    recorded_at = models.DateTimeField()
    recorded_xid = models.BigIntegerField(db_default=own_id())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on__gte=F("from_on")), name="statement_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(is_proof=False, previous=None) | Q(is_proof=True, opening__isnull=False, closing__isnull=False),
                name="proof_has_its_balances",
            ),
            models.UniqueConstraint(
                fields=["bank_account"], condition=Q(is_proof=True, previous=None), name="one_statement_is_the_first"
            ),
        ]
        indexes = [models.Index(fields=["bank_account", "to_on"], name="statement_by_day")]

    def __str__(self) -> str:
        return f"{self.from_on} to {self.to_on}" if self.from_on != self.to_on else str(self.to_on)


class StatementLine(Identified):
    """One row is one booked entry of the bank's, money in positive.

    ``references`` has the texts by kind (end_to_end, transaction, batch, bank). ``personal`` is the party and the bank's text,
    sealed; ``party_hint`` is the party masked, ``party_key`` its keyed digest for comparison.
    """

    PREFIX = "stl"

    statement = models.ForeignKey(BankStatement, on_delete=models.PROTECT, related_name="lines", db_index=False)
    number = models.IntegerField()
    amount = AmountField()
    booked_on = models.DateField()
    value_on = models.DateField(null=True)
    references = models.JSONField(default=dict)
    code = models.CharField(max_length=40, blank=True)
    return_code = models.CharField(max_length=10, blank=True)
    is_reversal = models.BooleanField(default=False)
    party_key = models.CharField(max_length=32, blank=True)
    party_hint = models.CharField(max_length=140, blank=True)
    personal = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["statement", "number"], name="line_number_is_taken_once")]


class StatementDetail(models.Model):
    """One row is one of the payments that a line is made of. Columns as the line's; ``amount`` is null where the bank gives none."""

    id = models.BigAutoField(primary_key=True)
    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, related_name="details", db_index=False)
    number = models.IntegerField()
    amount = AmountField(null=True)
    references = models.JSONField(default=dict)
    return_code = models.CharField(max_length=10, blank=True)
    party_key = models.CharField(max_length=32, blank=True)
    party_hint = models.CharField(max_length=140, blank=True)
    personal = models.BinaryField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "number"], name="detail_number_is_taken_once")]

    def __str__(self) -> str:
        return f"{self.number}"

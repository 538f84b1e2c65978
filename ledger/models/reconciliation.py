"""What reconciliation makes of the banks' lines and our entries: items, matches, breaks."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from ledger.choices import BreakState, BreakType, DocumentType, ItemSide, ItemState, MatchPass, MatchState
from ledger.models.bank import BankAccount, StatementLine
from ledger.models.book import Account
from ledger.models.journal import Journal


class Match(Identified):
    """One row says that items belong together: their lines and our entries have the same sum (a trigger adds them up).

    ``difference`` is what the bank had more than we (negative: less) before ``difference_journal`` booked it. The items of an undone
    match are in ``former_items``.
    """

    PREFIX = "mat"

    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="matches", db_index=False)
    state = models.CharField(max_length=10, choices=MatchState.choices)
    found_by = models.CharField(max_length=14, choices=MatchPass.choices)
    reason = models.CharField(max_length=500)
    amount = AmountField(help_text="the sum on the bank's side")
    difference = AmountField(default=0)
    difference_journal = models.ForeignKey(
        Journal, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=80)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.CharField(max_length=80, blank=True)
    undone_reason = models.CharField(max_length=500, blank=True)
    former_items = ArrayField(models.BigIntegerField(), default=list, blank=True)

    class Meta:
        verbose_name_plural = "matches"
        indexes = [models.Index(fields=["bank_account", "made_at"], name="match_by_moment")]


class ReconciliationItem(models.Model):
    """One row is one line of the bank's or one entry of ours under reconciliation, in exactly one state.

    ``amount`` is signed: money onto the bank account is positive (a debit in the books). ``reference`` is the strongest reference it
    carries, in the form in which references are compared. ``candidates`` are the items among which an ambiguous one could not choose.
    """

    id = models.BigAutoField(primary_key=True)
    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="items", db_index=False)
    side = models.CharField(max_length=6, choices=ItemSide.choices)
    line = models.OneToOneField(StatementLine, null=True, on_delete=models.PROTECT, related_name="item")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry_id = models.BigIntegerField(null=True)
    journal = models.ForeignKey(
        Journal, null=True, on_delete=models.PROTECT, related_name="reconciliation_items", db_constraint=False
    )
    amount = AmountField()
    dated_on = models.DateField()
    reference = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=23, choices=ItemState.choices)
    match = models.ForeignKey(Match, null=True, blank=True, on_delete=models.PROTECT, related_name="items")
    candidates = ArrayField(models.BigIntegerField(), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "entry_id"], name="entry_is_reconciled_once"),
            models.CheckConstraint(
                condition=Q(side="THEIRS", line__isnull=False, account=None, entry_id=None, journal=None)
                | Q(side="OURS", line=None, account__isnull=False, entry_id__isnull=False, journal__isnull=False),
                name="item_is_a_line_or_an_entry",
            ),
            models.CheckConstraint(
                condition=Q(match__isnull=False, state__in=["SUGGESTED", "MATCHED", "MATCHED_WITH_DIFFERENCE", "WRITTEN_OFF"])
                | Q(match=None, state__in=["UNMATCHED_OURS", "UNMATCHED_THEIRS", "AMBIGUOUS", "EXPLAINED"]),
                name="item_has_a_match_when_its_state_says_so",
            ),
        ]
        indexes = [
            models.Index(
                fields=["bank_account", "state"],
                name="item_is_open",
                condition=Q(state__in=["UNMATCHED_OURS", "UNMATCHED_THEIRS", "SUGGESTED", "AMBIGUOUS", "EXPLAINED"]),
            ),
            models.Index(fields=["bank_account", "dated_on"], name="item_by_day"),
            models.Index(fields=["bank_account", "reference"], name="item_by_reference", condition=~Q(reference="")),
        ]

    def __str__(self) -> str:
        return f"{self.side} {self.amount} on {self.dated_on}"


class Break(Identified):
    """One row is something that reconciliation could not explain, until it is matched, explained or written off.

    It has an owner, a day by which it is due, and ends as ``resolution``. ``amount`` is signed as its item's.
    """

    PREFIX = "brk"

    bank_account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="breaks", db_index=False)
    item = models.ForeignKey(ReconciliationItem, null=True, blank=True, on_delete=models.PROTECT, related_name="breaks")
    type = models.CharField(max_length=18, choices=BreakType.choices)
    side = models.CharField(max_length=6, choices=ItemSide.choices)
    amount = AmountField()
    dated_on = models.DateField(help_text="the day of the line or entry")
    state = models.CharField(max_length=9, choices=BreakState.choices, default=BreakState.OPEN)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    reason = models.CharField(max_length=500, blank=True)
    resolution = models.CharField(max_length=23, choices=ItemState.choices, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item"], condition=~Q(state="CLOSED"), name="item_has_one_open_break"),
            models.UniqueConstraint(
                fields=["bank_account"],
                condition=Q(type="OPENING_DIFFERENCE") & ~Q(state="CLOSED"),
                name="bank_account_has_one_opening_difference",
            ),
            models.CheckConstraint(
                condition=Q(state="CLOSED", closed_at__isnull=False) | (~Q(state="CLOSED") & Q(closed_at=None)),
                name="closed_break_says_when",
            ),
            models.CheckConstraint(condition=~Q(state="EXPLAINED") | ~Q(reason=""), name="explained_break_has_a_reason"),
        ]
        indexes = [
            models.Index(F("bank_account"), F("state"), F("due_on"), name="break_is_open", condition=~Q(state="CLOSED")),
        ]

    @property
    def currency(self) -> str:
        """The bank account's."""
        return self.bank_account.currency


class BreakRemark(Identified):
    """One row is a remark on a break, for good."""

    PREFIX = "brm"

    break_row = models.ForeignKey(Break, on_delete=models.PROTECT, related_name="remarks")
    text = models.CharField(max_length=2000)
    author = models.CharField(max_length=80)
    created_at = models.DateTimeField()


class BreakDocument(Identified):
    """One row is a document that proves why a break is there.

    ``sealed`` is its content under the keyring (banks' papers name people), ``digest`` the SHA-256 of the plain content. Once no law wants
    it kept any more ``sealed`` is null and ``name`` empty.
    """

    PREFIX = "bdc"

    break_row = models.ForeignKey(Break, on_delete=models.PROTECT, related_name="documents", db_index=False)
    name = models.CharField(max_length=160)
    type = models.CharField(max_length=15, choices=DocumentType.choices)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    sealed = models.BinaryField(null=True, editable=False)
    added_by = models.CharField(max_length=80)
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["break_row", "digest"], name="break_has_each_document_once"),
            models.CheckConstraint(condition=Q(size__gt=0), name="break_document_is_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

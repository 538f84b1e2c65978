"""Closed vocabularies of the books."""

from django.db.models import TextChoices


class Side(TextChoices):
    """The two sides of an account."""

    DEBIT = "DEBIT", "Debit"
    CREDIT = "CREDIT", "Credit"


class AccountType(TextChoices):
    """The five roots of the chart; assets and expenses grow by debits, the others by credits."""

    ASSET = "ASSET", "Assets"
    LIABILITY = "LIABILITY", "Liabilities"
    EQUITY = "EQUITY", "Equity"
    INCOME = "INCOME", "Income"
    EXPENSE = "EXPENSE", "Expenses"


NORMAL_SIDE = {
    AccountType.ASSET: Side.DEBIT,
    AccountType.EXPENSE: Side.DEBIT,
    AccountType.LIABILITY: Side.CREDIT,
    AccountType.EQUITY: Side.CREDIT,
    AccountType.INCOME: Side.CREDIT,
}


class AccountMode(TextChoices):
    """How an account keeps its balance."""

    STRICT = "STRICT", "Strict: balance row under lock, floor, running balance"
    DEFERRED = "DEFERRED", "Deferred: no lock, no floor, balance from the last roll-up and the tail"


class AccountStatus(TextChoices):
    """Whether an account takes postings."""

    OPEN = "OPEN", "Open"
    FROZEN = "FROZEN", "Frozen"
    CLOSED = "CLOSED", "Closed"


class CashFlow(TextChoices):
    """Where an account's movements stand in the cash flow statement (IAS 7 §10, §6)."""

    CASH = "CASH", "Cash and cash equivalents"
    OPERATING = "OPERATING", "Operating activities"
    INVESTING = "INVESTING", "Investing activities"
    FINANCING = "FINANCING", "Financing activities"


class PeriodStatus(TextChoices):
    """What a period takes: anything, adjustments by finance only, nothing."""

    OPEN = "OPEN", "Open"
    SOFT_CLOSED = "SOFT_CLOSED", "Soft-closed"
    CLOSED = "CLOSED", "Closed"


class ItemSide(TextChoices):
    """Whose record an item under reconciliation is."""

    OURS = "OURS", "In the books"
    THEIRS = "THEIRS", "At the bank"


class ItemState(TextChoices):
    """What reconciliation made of a bank's line or of one of our entries; each is in exactly one."""

    UNMATCHED_OURS = "UNMATCHED_OURS", "Not at the bank"
    UNMATCHED_THEIRS = "UNMATCHED_THEIRS", "Not in the books"
    SUGGESTED = "SUGGESTED", "Suggested"
    AMBIGUOUS = "AMBIGUOUS", "Ambiguous"
    EXPLAINED = "EXPLAINED", "Explained"
    MATCHED = "MATCHED", "Matched"
    MATCHED_WITH_DIFFERENCE = "MATCHED_WITH_DIFFERENCE", "Matched, difference booked"
    WRITTEN_OFF = "WRITTEN_OFF", "Written off"


SETTLED_STATES = (ItemState.MATCHED, ItemState.MATCHED_WITH_DIFFERENCE, ItemState.WRITTEN_OFF)
OPEN_STATES = tuple(state for state in ItemState if state not in SETTLED_STATES)


class MatchState(TextChoices):
    """A match stands, is only suggested, or was undone."""

    SUGGESTED = "SUGGESTED", "Suggested"
    LIVE = "LIVE", "Stands"
    UNDONE = "UNDONE", "Undone"


class MatchPass(TextChoices):
    """What found a match, from the strongest to the weakest; then what people do."""

    REFERENCE = "REFERENCE", "Reference and amount"
    DETAILS = "DETAILS", "Each payment of the line"
    REFERENCE_SUM = "REFERENCE_SUM", "Sum of one reference"
    BATCH = "BATCH", "Total of a batch"
    COUNTERPARTY = "COUNTERPARTY", "Counterparty, amount and day"
    AMOUNT = "AMOUNT", "Amount and day"
    SUBSET = "SUBSET", "The only sum that fits"
    TOLERANCE = "TOLERANCE", "Within tolerance"
    REVERSAL = "REVERSAL", "A reversal and its original"
    SUGGESTION = "SUGGESTION", "Suggestion"
    MANUAL = "MANUAL", "By hand"
    WRITE_OFF = "WRITE_OFF", "Written off"


class BreakType(TextChoices):
    """What is wrong."""

    MISSING_OURS = "MISSING_OURS", "At the bank, not in the books"
    MISSING_THEIRS = "MISSING_THEIRS", "In the books, not at the bank"
    AMBIGUOUS = "AMBIGUOUS", "More than one may be meant"
    DUPLICATE_THEIRS = "DUPLICATE_THEIRS", "Twice at the bank"
    DUPLICATE_OURS = "DUPLICATE_OURS", "Twice in the books"
    OPENING_DIFFERENCE = "OPENING_DIFFERENCE", "Difference before the first statement"


class DocumentType(TextChoices):
    """What a document of a break is, by its content; the media type under which it is handed out."""

    PDF = "application/pdf", "PDF"
    PNG = "image/png", "PNG picture"
    JPEG = "image/jpeg", "JPEG picture"
    TEXT = "text/plain", "Text"


class BreakState(TextChoices):
    """Whether somebody still has to do something."""

    OPEN = "OPEN", "Open"
    EXPLAINED = "EXPLAINED", "Explained"
    CLOSED = "CLOSED", "Closed"

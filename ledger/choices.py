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

"""Rows of the books."""

from ledger.models.bank import (
    BankAccount,
    BankAccountMember,
    BankStatement,
    StatementDetail,
    StatementFile,
    StatementLine,
)
from ledger.models.book import Account, Balance, Book, ChartLine
from ledger.models.evidence import SealBlock, Verification
from ledger.models.journal import Annotation, Entry, Journal
from ledger.models.period import Period, Rate
from ledger.models.reconciliation import Break, BreakDocument, BreakRemark, Match, ReconciliationItem
from ledger.models.snapshot import AccountDay, AccountMovement, LineDay, LineMovement, Mark, RollUp

__all__ = [
    "Account",
    "AccountDay",
    "AccountMovement",
    "Annotation",
    "Balance",
    "BankAccount",
    "BankAccountMember",
    "BankStatement",
    "Book",
    "Break",
    "BreakDocument",
    "BreakRemark",
    "ChartLine",
    "Entry",
    "Journal",
    "LineDay",
    "LineMovement",
    "Mark",
    "Match",
    "Period",
    "Rate",
    "ReconciliationItem",
    "RollUp",
    "SealBlock",
    "StatementDetail",
    "StatementFile",
    "StatementLine",
    "Verification",
]

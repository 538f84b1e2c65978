"""Rows of the books."""

from ledger.models.book import Account, Balance, Book, ChartLine
from ledger.models.evidence import SealBlock, Verification
from ledger.models.journal import Annotation, Entry, Journal
from ledger.models.period import Period, Rate
from ledger.models.snapshot import AccountDay, AccountMovement, LineDay, LineMovement, Mark, RollUp

__all__ = [
    "Account",
    "AccountDay",
    "AccountMovement",
    "Annotation",
    "Balance",
    "Book",
    "ChartLine",
    "Entry",
    "Journal",
    "LineDay",
    "LineMovement",
    "Mark",
    "Period",
    "Rate",
    "RollUp",
    "SealBlock",
    "Verification",
]

"""The books in the back office."""

from ledger.admin import accounts, books, evidence, journals, periods, rates

__all__ = ["accounts", "books", "evidence", "journals", "periods", "rates"]

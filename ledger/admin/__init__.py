"""The books in the back office."""

from ledger.admin import accounts, bank_accounts, books, breaks, evidence, journals, periods, rates, statements

__all__ = ["accounts", "bank_accounts", "books", "breaks", "evidence", "journals", "periods", "rates", "statements"]

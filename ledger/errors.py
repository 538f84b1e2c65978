"""Refusals of the books. The SQLSTATEs that PostgreSQL raises for them are mapped in ``services.refusals``."""

from flowlet.core.errors import Conflict, DomainError, Invalid, NotFound


class InsufficientFunds(DomainError):
    """The posting would take the account below its floor, holds counted."""

    code, title = "ledger.insufficient_funds", "The account does not have enough available balance"


class AccountFrozen(DomainError):
    """The account takes no postings while it is frozen."""

    code, title = "ledger.account_frozen", "The account is frozen"


class AccountClosed(DomainError):
    """The account is closed for good."""

    code, title = "ledger.account_closed", "The account is closed"


class AccountNotEmpty(Conflict):
    """An account is closed only at zero, with nothing held."""

    code, title = "ledger.account_not_empty", "The account still has a balance or holds"


class AccountNotFound(NotFound):
    """No such account in this book."""

    code, title = "ledger.account_not_found", "There is no such account in the book"


class AccountCodeTaken(Conflict):
    """The book has an account with this code and currency already."""

    code, title = "ledger.account_code_taken", "The account code is taken"


class UnknownChartLine(NotFound):
    """The book's chart has no such line."""

    code, title = "ledger.unknown_chart_line", "The chart of accounts has no such line"


class CurrencyMismatch(DomainError):
    """The amount is in another currency than the account."""

    code, title = "ledger.currency_mismatch", "The amount is in another currency than the account"


class Unbalanced(DomainError):
    """Debits and credits differ in a currency."""

    code, title = "ledger.unbalanced", "The journal does not balance"


class MalformedJournal(Invalid):
    """The journal has no legs, too many, or legs that are not positive."""

    code, title = "ledger.malformed_journal", "The journal is malformed"


class PeriodClosed(DomainError):
    """The effective day lies in a closed period (or a soft-closed one, without the right to adjust)."""

    code, title = "ledger.period_closed", "The period is closed"


class EffectiveDayOutOfRange(DomainError):
    """The effective day is in the future or before the book was opened."""

    code, title = "ledger.effective_day_out_of_range", "The effective day is out of range"


class JournalNotFound(NotFound):
    """No such journal in this book."""

    code, title = "ledger.journal_not_found", "There is no such journal in the book"


class AlreadyReversed(Conflict):
    """A journal is reversed at most once."""

    code, title = "ledger.already_reversed", "The journal has been reversed already"


class ReversalOfReversal(Conflict):
    """A reversal is not reversed: post the original again."""

    code, title = "ledger.reversal_of_reversal", "A reversal cannot be reversed; post the journal again"


class DuplicateExternalId(Conflict):
    """The book has a journal with this external id already."""

    code, title = "ledger.duplicate_external_id", "The external id is taken"


class BatchTooLarge(Invalid):
    """A batch has at most 1,000 journals."""

    code, title = "ledger.batch_too_large", "The batch has more than 1,000 journals"


class BatchRefused(DomainError):
    """An all-or-nothing batch was refused because of one item; nothing was posted."""

    code, title = "ledger.batch_refused", "The batch was refused; nothing was posted"


class HoldExceeded(DomainError):
    """More was released than is held."""

    code, title = "ledger.hold_exceeded", "More would be released than is held"


class BeyondHorizon(Conflict):
    """What was recorded at that moment is not settled yet: a transaction that may precede it is still open."""

    code, title = "ledger.beyond_horizon", "The moment is not settled yet; ask again shortly"


class NoRate(DomainError):
    """There is no exchange rate for the pair on the day."""

    code, title = "ledger.no_rate", "There is no exchange rate"


class StaleRate(DomainError):
    """The newest exchange rate is too old to deal at. `details` name its day."""

    code, title = "ledger.stale_rate", "The newest exchange rate is too old"


class PeriodOutOfOrder(Conflict):
    """Periods are closed from the oldest on and never overlap."""

    code, title = "ledger.period_out_of_order", "Periods close in order"


class BookNotFound(NotFound):
    """No such book."""

    code, title = "ledger.book_not_found", "There is no such book"


class Busy(DomainError):
    """The rows stayed locked past the time limit; nothing was written."""

    code, status, title = "ledger.busy", 503, "The account is busy; nothing was written, try again"


class PeriodNotFound(NotFound):
    """The book has no such period."""

    code, title = "ledger.period_not_found", "There is no such period"


class PeriodNotOver(DomainError):
    """Only days that are over in the book's time zone can be closed."""

    code, title = "ledger.period_not_over", "The period is not over yet"


class YearNotClosed(Conflict):
    """The period holds the last day of a year whose earnings have not been carried to retained earnings yet."""

    code, title = "ledger.year_not_closed", "Close the year first"


class YearAlreadyClosed(Conflict):
    """The year's closing journal has been posted. Reverse it to close the year again."""

    code, title = "ledger.year_already_closed", "The year is closed already"


class NothingToClose(DomainError):
    """No income or expense account has a balance at the end of the year."""

    code, title = "ledger.nothing_to_close", "There are no earnings to carry over"


class BooksNotClean(Conflict):
    """The newest verification of the books found something; nothing is closed before that is cleared up."""

    code, title = "ledger.books_not_clean", "The newest verification found something"


class AccountOwned(DomainError):
    """The account belongs to a wallet or another product; move its money through that product."""

    code, title = "ledger.account_owned", "The account belongs to a product"


class ReservedKind(Invalid):
    """Journals of this kind are posted by the platform itself."""

    code, title = "ledger.reserved_kind", "The kind is reserved"


class RangeOutOfOrder(Invalid):
    """The first day lies after the last, or a report was asked for more days or columns than it can show."""

    code, title = "ledger.range_out_of_order", "The days are out of order"


class ReportTooLarge(Invalid):
    """The report has more lines than a workbook should hold. Ask for CSV, which has no such limit, or for fewer days."""

    code, title = "ledger.report_too_large", "The report is too large for a workbook"


class JournalOwned(DomainError):
    """A product posted the journal (a transfer, a hold's capture). Correct it there, so that the product knows."""

    code, title = "ledger.journal_owned", "The journal belongs to a product"


class UnreadableStatement(Invalid):
    """The file is no bank statement that can be read. ``details`` name line and field where they are known."""

    code, title = "ledger.unreadable_statement", "The bank statement cannot be read"


class MalformedMapping(Invalid):
    """The declaration of a CSV file's columns is wrong or incomplete."""

    code, title = "ledger.malformed_mapping", "The mapping of the columns is malformed"


class DuplicateStatementFile(Conflict):
    """The same bytes have been taken in before."""

    code, title = "ledger.duplicate_statement_file", "The file has been imported already"


class UnknownBankAccount(NotFound):
    """No bank account is declared with this code or identification and currency."""

    code, title = "ledger.unknown_bank_account", "There is no such bank account"


class StatementOfAnotherAccount(DomainError):
    """The statement names another account, or another currency, than the one it was handed in for."""

    code, title = "ledger.statement_of_another_account", "The statement is of another account"


class StatementWithoutBalances(DomainError):
    """A statement that is to prove something has an opening and a closing balance."""

    code, title = "ledger.statement_without_balances", "The statement has no opening or closing balance"


class StatementDoesNotAdd(DomainError):
    """Opening balance and lines do not lead to the closing balance."""

    code, title = "ledger.statement_does_not_add", "The statement does not add up"


class StatementNotContinuous(DomainError):
    """The statement does not open with the closing balance of the one before it."""

    code, title = "ledger.statement_not_continuous", "The statement does not continue the one before it"


class StatementOutOfSequence(DomainError):
    """The statement's number or days do not follow those of the one before it."""

    code, title = "ledger.statement_out_of_sequence", "The statement is out of sequence"


class BankAccountCodeTaken(Conflict):
    """There is a bank account with this code, or with this identification in the currency."""

    code, title = "ledger.bank_account_code_taken", "The bank account is declared already"


class AccountAlreadyReconciled(Conflict):
    """An account of the books lies on one bank account."""

    code, title = "ledger.account_already_reconciled", "The account belongs to a bank account already"


class SidesDiffer(DomainError):
    """The lines and entries to be matched do not have the same sum, and the difference is beyond the tolerance."""

    code, title = "ledger.sides_differ", "The two sides differ"


class ItemNotOpen(Conflict):
    """The line or entry is matched already, or belongs to another bank account."""

    code, title = "ledger.item_not_open", "The item is not open"


class MatchNotUndoable(Conflict):
    """A write-off is corrected by reversing its journal."""

    code, title = "ledger.match_not_undoable", "The match cannot be undone"


class DocumentTooLarge(Invalid):
    """A document of a break has 10 MB at most."""

    code, title = "ledger.document_too_large", "The document is too large"


class DocumentNotTaken(Invalid):
    """PDF, PNG, JPEG and plain text are taken, and what a document is, is told by its content."""

    code, title = "ledger.document_not_taken", "The document is of no kind that is taken"


class ContentDeleted(DomainError):
    """No law wanted it kept any more: what the bank's file or the document said is gone for good. Figures and digest stay."""

    code, status, title = "ledger.content_deleted", 410, "What it said was deleted"


class DocumentKnown(Conflict):
    """The break has this document, byte by byte, already."""

    code, title = "ledger.document_known", "The break has this document already"

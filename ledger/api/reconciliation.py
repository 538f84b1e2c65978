"""Bank statements and breaks of the partner's own bank accounts, read-only. An account shared with others is not shown to any."""

from typing import Any

from flowlet.api.endpoints import endpoint, example_id, page_example, paged
from flowlet.api.fields import moment, moment_or_null
from flowlet.api.paging import page
from flowlet.api.serializers import between
from flowlet.api.views import PartnerView
from flowlet.core.money import to_text
from ledger import errors
from ledger.api import serializers
from ledger.models import BankStatement, Break
from ledger.selectors import books
from ledger.selectors import reconciliation as questions

READ = {"GET": "ledger:read"}
STATEMENT = {
    "id": example_id("bst"),
    "bank_account_id": example_id("bac"),
    "format": "CSV",
    "sequence": None,
    "from": "2026-01-15",
    "to": "2026-01-15",
    "opening": {"amount": "0.00", "currency": "USD"},
    "closing": {"amount": "49976.50", "currency": "USD"},
    "lines": 2,
    "recorded_at": "2026-01-15T18:00:00Z",
}
BREAK = {
    "id": example_id("brk"),
    "bank_account_id": example_id("bac"),
    "type": "MISSING_OURS",
    "side": "THEIRS",
    "amount": {"amount": "-23.50", "currency": "USD"},
    "dated_on": "2026-01-15",
    "reference": "CHARGES-01",
    "journal_id": None,
    "status": "OPEN",
    "resolution": None,
    "due_on": "2026-01-17",
    "opened_at": "2026-01-15T18:00:00Z",
    "closed_at": None,
}


def statement_shown(statement: BankStatement) -> dict[str, Any]:
    """The JSON of a statement."""
    account = statement.bank_account
    return {
        "id": statement.public_id,
        "bank_account_id": account.public_id,
        "format": statement.format,
        "sequence": statement.sequence,
        "from": statement.from_on,
        "to": statement.to_on,
        "opening": _money(statement.opening, account.currency),
        "closing": _money(statement.closing, account.currency),
        "lines": statement.line_count,
        "recorded_at": moment(statement.recorded_at),
    }


def break_shown(row: Break) -> dict[str, Any]:
    """The JSON of a break."""
    return {
        "id": row.public_id,
        "bank_account_id": row.bank_account.public_id,
        "type": row.type,
        "side": row.side,
        "amount": _money(row.amount, row.bank_account.currency),
        "dated_on": row.dated_on,
        "reference": (row.item.reference or None) if row.item else None,
        "journal_id": row.item.journal.public_id if row.item and row.item.journal else None,
        "status": row.state,
        "resolution": row.resolution or None,
        "due_on": row.due_on,
        "opened_at": moment(row.opened_at),
        "closed_at": moment_or_null(row.closed_at),
    }


def _money(amount: Any, currency: str) -> dict[str, str] | None:
    return None if amount is None else {"amount": to_text(amount, currency), "currency": currency}


class BankStatementList(PartnerView):
    """All statements."""

    required_scopes = READ
    tag = "Ledger"

    @endpoint(
        summary="List bank statements",
        query=serializers.BankStatementFilters,
        response=paged(serializers.BankStatementOut),
        errors=(errors.BookNotFound,),
        query_example={"to[gte]": "2026-01-01"},
        example=page_example(STATEMENT),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """Statements of your own bank accounts, those imported last first. Without balances it is a notice that proves nothing."""
        accounts = questions.owned_by_book(book_id=books.of_partner(partner_id=request.caller.partner_id).pk)
        rows = BankStatement.objects.filter(bank_account__in=accounts).select_related("bank_account")
        return page(rows.filter(**between("to_on", request.query.get("to"))), request, render=statement_shown)


class BreakList(PartnerView):
    """All breaks."""

    required_scopes = READ
    tag = "Ledger"

    @endpoint(
        summary="List breaks",
        query=serializers.BreakFilters,
        response=paged(serializers.BreakOut),
        errors=(errors.BookNotFound,),
        query_example={"status": "OPEN"},
        example=page_example(BREAK),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """What reconciliation of your own bank accounts could not explain, newest first.

        A negative amount is money that left the bank account (`THEIRS`), or that the books say left it (`OURS`).
        """
        accounts = questions.owned_by_book(book_id=books.of_partner(partner_id=request.caller.partner_id).pk)
        rows = Break.objects.filter(bank_account__in=accounts).select_related("bank_account", "item__journal")
        if status := request.query.get("status"):
            rows = rows.filter(state=status)
        return page(rows, request, render=break_shown)

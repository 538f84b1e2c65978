"""Accounts under /v1/accounts: read-only, with balances on any day and statements."""

from datetime import date
from typing import Any
from uuid import UUID

from flowlet.api.endpoints import endpoint, example_id, page_example, paged
from flowlet.api.errors import MalformedCursor
from flowlet.api.fields import moment, moment_or_null
from flowlet.api.paging import page
from flowlet.api.views import PartnerView
from flowlet.core import clock
from flowlet.core.money import exact
from ledger import errors
from ledger.api import documents, serializers
from ledger.models import Account, Book
from ledger.selectors import balances, books, entries
from ledger.selectors.reports import account_statement, sheets
from ledger.selectors.reports.listing import Section

READ = {"GET": "ledger:read"}
PATH = {"account_id": Account.PREFIX}
ACCOUNT = {
    "id": example_id("acc"),
    "code": "1020",
    "name": "Operating bank accounts",
    "line": "1020",
    "type": "ASSET",
    "normal_side": "DEBIT",
    "currency": "USD",
    "mode": "DEFERRED",
    "status": "OPEN",
    "floor": None,
    "owner": None,
    "metadata": {},
    "created_at": "2026-01-15T09:30:00Z",
}
SECTION = {
    "account_id": example_id("acc"),
    "code": "1020",
    "name": "Operating bank accounts",
    "from": "2026-01-01",
    "to": "2026-01-31",
    "opening": {"amount": "0.00", "currency": "USD"},
    "debits": {"amount": "50000.00", "currency": "USD"},
    "credits": {"amount": "410.75", "currency": "USD"},
    "closing": {"amount": "49589.25", "currency": "USD"},
}
ENTRY = {
    "id": "2026-01-15.1042",
    "journal_id": example_id("jrn"),
    "kind": "supplier_invoice",
    "description": "Bank fees of January",
    "effective_on": "2026-01-15",
    "posted_at": "2026-01-15T09:30:00Z",
    "side": "CREDIT",
    "amount": {"amount": "410.75", "currency": "USD"},
    "balance": {"amount": "49589.25", "currency": "USD"},
}


def of(request: Any, account_id: UUID) -> Account:
    """The account of this id in the caller's book. Raises BookNotFound, AccountNotFound."""
    book = books.of_partner(partner_id=request.caller.partner_id)
    account = Account.objects.select_related("line", "book").filter(uid=account_id, book=book).first()
    if account is None:
        raise errors.AccountNotFound
    return account


def today(book: Book, at: Any) -> date:
    """The day that it is in the book's zone."""
    return clock.day_of(at, zone=book.time_zone)


def shown(account: Account) -> dict[str, Any]:
    """The JSON of an account."""
    return {
        "id": account.public_id,
        "code": account.code,
        "name": account.name,
        "line": account.line.code,
        "type": account.line.type,
        "normal_side": account.normal_side,
        "currency": account.currency,
        "mode": account.mode,
        "status": account.status,
        "floor": None if account.floor is None else exact(account.floor, account.currency),
        "owner": account.owner or None,
        "metadata": account.metadata,
        "created_at": moment(account.created_at),
    }


def section_shown(section: Section) -> dict[str, Any]:
    """The JSON of an account between two days."""
    account = section.account
    names = ("opening", "debits", "credits", "closing")
    return {
        "account_id": account.public_id,
        "code": account.code,
        "name": account.name,
        "from": section.first,
        "to": section.last,
        **{name: documents.amount(getattr(section, name), account.currency) for name in names},
    }


def place(text: str | None) -> entries.Place | None:
    """Where a page of entries goes on. Raises MalformedCursor."""
    if text is None:
        return None
    day, _, number = text.partition(".")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise MalformedCursor(param="starting_after")
    try:
        return date.fromisoformat(day), int(number)
    except ValueError:
        raise MalformedCursor(param="starting_after") from None


class AccountList(PartnerView):
    """The accounts of the book."""

    required_scopes = READ
    tag = "Ledger"

    @endpoint(
        summary="List accounts",
        query=serializers.AccountFilters,
        response=paged(serializers.AccountOut),
        errors=(errors.BookNotFound,),
        query_example={"line": "1020", "currency": "USD"},
        example=page_example(ACCOUNT),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The accounts of your book, newest first: the platform's own and those of your wallets."""
        book = books.of_partner(partner_id=request.caller.partner_id)
        rows = Account.objects.filter(book=book).select_related("line")
        names = {"line": "line__code", "currency": "currency", "code": "code", "owner": "owner"}
        rows = rows.filter(**{column: request.query[name] for name, column in names.items() if request.query.get(name)})
        return page(rows, request, render=shown, order="-uid")


class AccountDetail(PartnerView):
    """One account."""

    required_scopes = READ
    path_ids = PATH
    tag = "Ledger"

    @endpoint(
        summary="Read an account",
        response=serializers.AccountOut,
        errors=(errors.BookNotFound, errors.AccountNotFound),
        example=ACCOUNT,
    )
    def get(self, request: Any, account_id: UUID) -> dict[str, Any]:
        """The account as it is now."""
        return shown(of(request, account_id))


class AccountBalance(PartnerView):
    """An account's balance."""

    required_scopes = READ
    path_ids = PATH
    tag = "Ledger"

    @endpoint(
        summary="Read an account's balance on any day",
        query=serializers.BalanceFilters,
        response=serializers.BalanceOut,
        errors=(errors.BookNotFound, errors.AccountNotFound, errors.BeyondHorizon),
        query_example={"as_of": "2026-01-31"},
        example={
            "account_id": example_id("acc"),
            "as_of": "2026-01-31",
            "recorded_as_of": None,
            "balance": {"amount": "49589.25", "currency": "USD"},
            "debits": {"amount": "50000.00", "currency": "USD"},
            "credits": {"amount": "410.75", "currency": "USD"},
        },
    )
    def get(self, request: Any, account_id: UUID) -> dict[str, Any]:
        """The balance up to and including a day; with `recorded_as_of`, as the books stood at that moment."""
        account = of(request, account_id)
        day = request.query.get("as_of") or today(account.book, request.at)
        recorded = request.query.get("recorded_as_of")
        totals = balances.as_of(account_ids=[account.pk], on=day, recorded_at=recorded)[account.pk]
        return {
            "account_id": account.public_id,
            "as_of": day,
            "recorded_as_of": moment_or_null(recorded),
            "balance": documents.amount(totals.natural(account.normal_side), account.currency),
            "debits": documents.amount(totals.debits, account.currency),
            "credits": documents.amount(totals.credits, account.currency),
        }


class AccountStatement(PartnerView):
    """An account's entries."""

    required_scopes = READ
    path_ids = PATH
    tag = "Ledger"

    @endpoint(
        summary="Read an account's statement",
        query=serializers.StatementFilters,
        response=serializers.StatementOut,
        errors=(
            errors.BookNotFound,
            errors.AccountNotFound,
            errors.RangeOutOfOrder,
            errors.BeyondHorizon,
            errors.ReportTooLarge,
            MalformedCursor,
        ),
        query_example={"from": "2026-01-01", "to": "2026-01-31"},
        example={**SECTION, "data": [ENTRY], "has_more": False},
        produces=documents.PRODUCES,
    )
    def get(self, request: Any, account_id: UUID) -> Any:
        """Opening balance, entries in the order of their effective day, closing balance. Files hold every entry."""
        account = of(request, account_id)
        first, last = documents.span(request, account.book)
        recorded = request.query.get("recorded_as_of")
        after = place(request.query.get("starting_after"))
        with balances.one_picture(recorded):
            statement = account_statement(account=account, first=first, last=last, recorded_at=recorded)
            (section,) = statement.sections
            if (kind := documents.wanted(request)) != "json":
                counted = kind == "xlsx" and recorded is None
                least = entries.count(account=account, first=first, last=last) if counted else 0
                return documents.file_of(sheets.of_listing(statement, least=least), kind)
            found = section.page(limit=request.query["limit"], after=after)
        return {
            **section_shown(section),
            "data": [entry_shown(booked, account.currency) for booked in found.entries],
            "has_more": found.has_more,
        }


def entry_shown(booked: entries.Booked, currency: str) -> dict[str, Any]:
    """The JSON of an entry with the balance after it."""
    entry = booked.entry
    return {
        "id": f"{entry.effective_on}.{booked.place[1]}",
        "journal_id": entry.journal.public_id,
        "kind": entry.journal.kind,
        "description": entry.journal.description,
        "effective_on": entry.effective_on,
        "posted_at": moment(entry.posted_at),
        "side": entry.side,
        "amount": documents.amount(entry.amount, currency),
        "balance": documents.amount(booked.balance, currency),
    }

"""Reports under /v1/reports, as JSON, CSV or XLSX."""

from typing import Any

from flowlet.api.endpoints import endpoint, example_id
from flowlet.api.errors import MalformedCursor
from flowlet.api.views import PartnerView
from flowlet.core import ids
from flowlet.core.errors import DomainError
from ledger import errors
from ledger.api import accounts, documents, serializers
from ledger.models import Account, Book
from ledger.selectors import balances, books, entries, reports
from ledger.selectors.reports import sheets
from ledger.selectors.reports.general_ledger import Cursor, Part, frame, whole, with_entries
from ledger.selectors.reports.statement import Span

READ = {"GET": "ledger:read"}
REFUSALS = (errors.BookNotFound, errors.RangeOutOfOrder, errors.BeyondHorizon, errors.NoRate, errors.ReportTooLarge)


def _row(kind: str, key: str, label: str, section: str, *figures: str) -> dict[str, Any]:
    amounts = [{"amount": figure, "currency": "USD"} for figure in figures]
    return {"kind": kind, "key": key, "label": label, "section": section, "currency": "USD", "amounts": amounts}


def _example(
    report: str, title: str, columns: list[dict[str, Any]], *rows: dict[str, Any], notes: tuple[str, ...] = ()
) -> dict[str, Any]:
    return {
        "report": report,
        "book_id": example_id("bok"),
        "title": title,
        "translated_to": None,
        "recorded_as_of": None,
        "columns": columns,
        "rows": list(rows),
        "foots": True,
        "notes": list(notes),
    }


CAPITAL = {
    **accounts.ENTRY,
    "id": "2026-01-15.1041",
    "journal_id": example_id("jrn", 2),
    "description": "Bank fees of January",
    "side": "DEBIT",
    "amount": {"amount": "50000.00", "currency": "USD"},
    "balance": {"amount": "50000.00", "currency": "USD"},
}
ON = {"label": "2026-01-31", "from": None, "to": "2026-01-31"}
MONTH = {"key": "amount", "label": "2026-01-01 to 2026-01-31", "from": "2026-01-01", "to": "2026-01-31"}


def _common(request: Any, book: Book) -> dict[str, Any]:
    """What every statement is asked for."""
    query = request.query
    return {"book": book, "translated_to": query.get("translate_to"), "recorded_at": query.get("recorded_as_of")}


class TrialBalance(PartnerView):
    """Debits and credits of every line."""

    required_scopes = READ
    tag = "Reports"

    @endpoint(
        summary="Trial balance",
        query=serializers.TrialBalanceFilters,
        response=serializers.ReportOut,
        errors=REFUSALS,
        query_example={"as_of": "2026-01-31"},
        example=_example(
            "trial_balance",
            "Trial balance",
            [{**ON, "key": "debit", "label": "Debit 2026-01-31"}, {**ON, "key": "credit", "label": "Credit 2026-01-31"}],
            _row("LINE", "1020", "Operating bank accounts", "ASSET", "49589.25", "0.00"),
            _row("LINE", "3010", "Share capital", "EQUITY", "0.00", "50000.00"),
            _row("LINE", "5010", "Bank and provider costs", "EXPENSE", "410.75", "0.00"),
            _row("SUM", "total", "Total", "", "50000.00", "50000.00"),
        ),
        produces=documents.PRODUCES,
    )
    def get(self, request: Any) -> Any:
        """As of a day, or from a day on: opening, debits, credits and closing of every line. Debits equal credits."""
        book, query = books.of_partner(partner_id=request.caller.partner_id), request.query
        since = query.get("from")
        compared = documents.spans(query.get("compare")) if since else [Span(day) for day in documents.days(query.get("compare"))]
        report = reports.trial_balance(
            **_common(request, book),
            on=query.get("as_of") or accounts.today(book, request.at),
            since=since,
            compared=compared,
        )
        return documents.answer(request, report)


class BalanceSheet(PartnerView):
    """What the book owns and owes."""

    required_scopes = READ
    tag = "Reports"

    @endpoint(
        summary="Balance sheet",
        query=serializers.BalanceSheetFilters,
        response=serializers.ReportOut,
        errors=REFUSALS,
        query_example={"as_of": "2026-01-31", "compare": "2025-12-31"},
        example=_example(
            "balance_sheet",
            "Balance sheet",
            [{**ON, "key": "balance"}, {"key": "balance", "label": "2025-12-31", "from": None, "to": "2025-12-31"}],
            {**_row("HEADING", "asset", "Assets", "ASSET"), "amounts": []},
            _row("LINE", "1020", "Operating bank accounts", "ASSET", "49589.25", "0.00"),
            _row("SUM", "total_assets", "Total assets", "ASSET", "49589.25", "0.00"),
        ),
        produces=documents.PRODUCES,
    )
    def get(self, request: Any) -> Any:
        """As of any day: assets equal liabilities and equity, earnings that are not closed yet computed."""
        book, query = books.of_partner(partner_id=request.caller.partner_id), request.query
        report = reports.balance_sheet(
            **_common(request, book),
            on=query.get("as_of") or accounts.today(book, request.at),
            compared=documents.days(query.get("compare")),
        )
        return documents.answer(request, report)


class _SpanReport(PartnerView):
    """A report between two days."""

    required_scopes = READ
    tag = "Reports"

    def _answer(self, request: Any, make: Any) -> Any:
        book, query = books.of_partner(partner_id=request.caller.partner_id), request.query
        first, last = documents.span(request, book)
        report = make(
            **_common(request, book),
            first=first,
            last=last,
            compared=documents.spans(query.get("compare")),
        )
        return documents.answer(request, report)


class IncomeStatement(_SpanReport):
    """What was earned and spent."""

    @endpoint(
        summary="Income statement",
        query=serializers.SpanFilters,
        response=serializers.ReportOut,
        errors=REFUSALS,
        query_example={"from": "2026-01-01", "to": "2026-01-31"},
        example=_example(
            "income_statement",
            "Income statement",
            [MONTH],
            {**_row("HEADING", "expense", "Expenses", "EXPENSE"), "amounts": []},
            _row("LINE", "5010", "Bank and provider costs", "EXPENSE", "410.75"),
            _row("SUM", "total_expenses", "Total expenses", "EXPENSE", "410.75"),
            _row("SUM", "result", "Result", "", "-410.75"),
        ),
        produces=documents.PRODUCES,
    )
    def get(self, request: Any) -> Any:
        """From one day to another, the yearly closing left out."""
        return self._answer(request, reports.income_statement)


class CashFlow(_SpanReport):
    """Where cash came from and went."""

    @endpoint(
        summary="Cash flow statement",
        query=serializers.SpanFilters,
        response=serializers.ReportOut,
        errors=REFUSALS,
        query_example={"from": "2026-01-01", "to": "2026-01-31"},
        example=_example(
            "cash_flow",
            "Cash flow statement",
            [MONTH],
            {**_row("HEADING", "operating", "Operating activities", "OPERATING"), "amounts": []},
            _row("LINE", "result", "Result", "OPERATING", "-410.75"),
            _row("SUM", "net_operating", "Net cash from operating activities", "OPERATING", "-410.75"),
            _row("SUM", "net_change", "Net change in cash", "", "-410.75"),
            notes=("Indirect method.",),
        ),
        produces=documents.PRODUCES,
    )
    def get(self, request: Any) -> Any:
        """Indirect method: the result, the changes of what is not cash, and the change in cash they tie to."""
        return self._answer(request, reports.cash_flow)


class GeneralLedger(PartnerView):
    """Every account that moved or stands, with its entries."""

    required_scopes = READ
    tag = "Reports"

    @endpoint(
        summary="General ledger",
        query=serializers.GeneralLedgerFilters,
        response=serializers.GeneralLedgerOut,
        errors=(*REFUSALS, errors.AccountNotFound, errors.UnknownChartLine, MalformedCursor),
        query_example={"from": "2026-01-01", "to": "2026-01-31", "line": "1020"},
        example={
            "data": [
                {
                    **accounts.SECTION,
                    "brought_forward": accounts.SECTION["opening"],
                    "entries": [CAPITAL, accounts.ENTRY],
                    "carried_forward": accounts.SECTION["closing"],
                }
            ],
            "has_more": False,
            "next_cursor": None,
        },
        produces=documents.PRODUCES,
    )
    def get(self, request: Any) -> Any:
        """Account by account: opening, debits, credits and closing of the days, and every entry, page by page.

        An account whose entries fill more than a page stands on several, each time with its figures of all the days. On every
        page its entries lead from `brought_forward` to `carried_forward`; the first page brings the opening forward, the last one
        carries the closing. Hand `next_cursor` on as `starting_after`. Who pages while others post gives every page the same
        `recorded_as_of`. CSV and XLSX hold everything at once.
        """
        book, query = books.of_partner(partner_id=request.caller.partner_id), request.query
        first, last = documents.span(request, book)
        days = {"book": book, "first": first, "last": last}
        only = {"line": query.get("line", ""), "currency": query.get("currency", "")}
        recorded = query.get("recorded_as_of")
        if (kind := documents.wanted(request)) != "json":
            with balances.one_picture(recorded):
                least = entries.count(**days, **only) if kind == "xlsx" and recorded is None else 0
                everything = whole(**days, **only, recorded_at=recorded)
                return documents.file_of(sheets.of_listing(frame(**days, recorded_at=recorded), everything, least=least), kind)
        after = _cursor(query.get("starting_after"), book)
        page = with_entries(**days, **only, after=after, limit=query["limit"], recorded_at=recorded)
        return {
            "data": [_part(part) for part in page.parts],
            "has_more": page.next is not None,
            "next_cursor": None if page.next is None else _cursor_text(page.parts[-1], page.next),
        }


def _part(part: Part) -> dict[str, Any]:
    """The JSON of an account on a page."""
    currency = part.section.account.currency
    return {
        **accounts.section_shown(part.section),
        "brought_forward": documents.amount(part.brought_forward, currency),
        "entries": [accounts.entry_shown(booked, currency) for booked in part.page.entries],
        "carried_forward": documents.amount(part.carried_forward, currency),
    }


def _cursor_text(part: Part, cursor: Cursor) -> str:
    """``acc_….2026-01-15.1042`` within an account, ``acc_…`` after its end."""
    place = cursor[1]
    return part.section.account.public_id + ("" if place is None else f".{place[0]}.{place[1]}")


def _cursor(text: str | None, book: Book) -> Cursor:
    """Where a page goes on. Raises MalformedCursor, AccountNotFound."""
    if text is None:
        return 0, None
    name, dot, place = text.partition(".")
    try:
        uid = ids.parse(Account.PREFIX, name)
    except DomainError:
        raise MalformedCursor(param="starting_after") from None
    key = Account.objects.filter(uid=uid, book=book).values_list("pk", flat=True).first()
    if key is None:
        raise errors.AccountNotFound(param="starting_after")
    return key, accounts.place(place if dot else None)

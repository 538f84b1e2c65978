"""Reports under /v1/reports, as JSON, CSV or XLSX."""

from typing import Any

from flowlet.api.endpoints import endpoint, example_id
from flowlet.api.views import PartnerView
from ledger import errors
from ledger.api import accounts, documents, serializers
from ledger.models import Account
from ledger.selectors import books, reports
from ledger.selectors.reports.general_ledger import whole as all_sections
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


ON = {"label": "2026-01-31", "from": None, "to": "2026-01-31"}
MONTH = {"key": "amount", "label": "2026-01-01 to 2026-01-31", "from": "2026-01-01", "to": "2026-01-31"}


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
            book=book,
            on=query.get("as_of") or accounts.today(book, request.at),
            since=since,
            compared=compared,
            translated_to=query.get("translate_to"),
            recorded_at=query.get("recorded_as_of"),
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
            book=book,
            on=query.get("as_of") or accounts.today(book, request.at),
            compared=documents.days(query.get("compare")),
            translated_to=query.get("translate_to"),
            recorded_at=query.get("recorded_as_of"),
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
            book=book,
            first=first,
            last=last,
            compared=documents.spans(query.get("compare")),
            translated_to=query.get("translate_to"),
            recorded_at=query.get("recorded_as_of"),
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
    """Every account that moved or stands."""

    required_scopes = READ
    tag = "Reports"

    @endpoint(
        summary="General ledger",
        query=serializers.GeneralLedgerFilters,
        response=serializers.GeneralLedgerOut,
        errors=(*REFUSALS, errors.AccountNotFound),
        query_example={"from": "2026-01-01", "to": "2026-01-31"},
        example={"data": [accounts.SECTION], "has_more": False},
        produces=documents.PRODUCES,
    )
    def get(self, request: Any) -> Any:
        """Account by account: opening, debits, credits, closing. CSV and XLSX list every entry as well."""
        book, query = books.of_partner(partner_id=request.caller.partner_id), request.query
        first, last = documents.span(request, book)
        asked = {
            "book": book,
            "first": first,
            "last": last,
            "line": query.get("line", ""),
            "currency": query.get("currency", ""),
            "recorded_at": query.get("recorded_as_of"),
        }
        if (kind := documents.wanted(request)) != "json":
            frame = reports.general_ledger(**asked, limit=1)
            return documents.file_of_listing(frame, kind, all_sections(**asked))
        after = 0
        if query.get("starting_after"):
            found = Account.objects.filter(uid=query["starting_after"], book=book).values_list("pk", flat=True).first()
            if found is None:
                raise errors.AccountNotFound(param="starting_after")
            after = found
        page = reports.general_ledger(**asked, after_account=after, limit=query["limit"])
        return {"data": [accounts.section_shown(section) for section in page.sections], "has_more": page.has_more}

"""Answers that are reports: JSON, or a file as CSV or XLSX by ``format`` or by the ``Accept`` header."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponseBase

from flowlet.api.fields import moment_or_null
from flowlet.core import clock
from flowlet.core.errors import Invalid
from flowlet.core.http import attachment
from flowlet.core.money import to_text
from ledger.models import Book
from ledger.selectors.reports import Report, Span, sheets
from ledger.selectors.reports.sheets import Sheet

CSV, XLSX = "text/csv", sheets.XLSX_TYPE
PRODUCES = ("application/json", CSV, XLSX)


def wanted(request: Any) -> str:
    """``json``, ``csv`` or ``xlsx``."""
    if found := request.query.get("format"):
        return found
    for part in request.META.get("HTTP_ACCEPT", "").split(","):
        kind = part.partition(";")[0].strip().lower()
        if kind in ("application/json", "*/*", "application/*"):
            return "json"
        if kind in (CSV, "text/*"):
            return "csv"
        if kind == XLSX:
            return "xlsx"
    return "json"


def span(request: Any, book: Book) -> tuple[date, date]:
    """The days asked for: by default the month until today, in the book's zone."""
    last = request.query.get("to") or clock.day_of(request.at, zone=book.time_zone)
    return request.query.get("from") or last.replace(day=1), last


def days(text: str | None) -> list[date]:
    """``2025-12-31,2024-12-31``. Raises Invalid."""
    return [_day(part) for part in text.split(",")] if text else []


def spans(text: str | None) -> list[Span]:
    """``2025-01-01..2025-12-31,…``. Raises Invalid."""
    found = []
    for part in text.split(",") if text else []:
        first, dots, last = part.partition("..")
        if not dots:
            raise Invalid("A span is two days with two dots between them, such as 2025-01-01..2025-12-31.", param="compare")
        found.append(Span(_day(last), _day(first)))
    return found


def amount(value: Decimal, currency: str) -> dict[str, str]:
    """The JSON of a figure."""
    return {"amount": to_text(value, currency), "currency": currency}


def shown(report: Report) -> dict[str, Any]:
    """The JSON of a report."""
    return {
        "report": report.name,
        "book_id": report.book.public_id,
        "title": report.title,
        "translated_to": report.translated_to or None,
        "recorded_as_of": moment_or_null(report.recorded_at),
        "columns": [
            {"key": column.key, "label": column.label, "from": column.span.first, "to": column.span.last}
            for column in report.columns
        ],
        "rows": [
            {
                "kind": str(row.kind),
                "key": row.key,
                "label": row.label,
                "section": str(row.section),
                "currency": row.currency,
                "amounts": [None if figure is None else amount(figure, row.currency) for figure in row.amounts],
            }
            for row in report.rows
        ],
        "foots": report.foots,
        "notes": list(report.notes),
    }


def answer(request: Any, report: Report) -> Any:
    """The report in the form asked for. Raises ReportTooLarge."""
    kind = wanted(request)
    return shown(report) if kind == "json" else file_of(sheets.of_report(report), kind)


def file_of(sheet: Sheet, kind: str) -> HttpResponseBase:
    """The sheet as CSV or as a workbook. Raises ReportTooLarge."""
    return attachment(sheets.as_file(sheet, kind), name=f"{sheet.name}.{kind}", media=sheets.TYPES[kind])


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(f"{text[:20]!r} is not a day such as 2025-12-31.", param="compare") from None
    if not date(1900, 1, 1) <= found <= date(9999, 12, 30):
        raise Invalid("Use a day from 1900-01-01 to 9999-12-30.", param="compare")
    return found

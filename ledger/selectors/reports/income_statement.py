"""Income statement (profit or loss, IAS 1 §82): what was earned and spent from one day to another, the yearly closing left out."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from ledger.choices import AccountType
from ledger.models import Book
from ledger.selectors.reports import figures
from ledger.selectors.reports.statement import (
    ZERO,
    Column,
    Report,
    Row,
    RowKind,
    Span,
    Translation,
    check_compared,
    check_span,
    of_one_picture,
    titled,
)

AT_EACH_DAY = "at the rates of the days on which it arose (IAS 21 §39 b)"
SECTIONS = (AccountType.INCOME, AccountType.EXPENSE)
TOTALS = {
    AccountType.INCOME: ("total_income", "Total income"),
    AccountType.EXPENSE: ("total_expenses", "Total expenses"),
}


@of_one_picture
def income_statement(
    *,
    book: Book,
    first: date,
    last: date,
    compared: Sequence[Span] = (),
    translated_to: str | None = None,
    recorded_at: datetime | None = None,
) -> Report:
    """What was earned and spent from ``first`` to ``last``, with columns for the spans in ``compared``.

    Raises NoRate, RangeOutOfOrder, BeyondHorizon.
    """
    spans = [check_span(book, span) for span in (Span(last, first), *compared)]
    check_compared(compared)
    chart, translation = figures.chart(book), Translation(translated_to)
    flows = [figures.flow(book, span, chart.of(*SECTIONS), translation, recorded_at) for span in spans]
    lines = {line.pk: [figures.natural_of(line, flow.of(line)) for flow in flows] for line in chart.of(*SECTIONS)}
    results = [flow.of(*chart.of(*SECTIONS)) for flow in flows]
    currencies = sorted({c for columns in (results, *lines.values()) for figure in columns for c in figure})
    rows: list[Row] = []
    for currency in currencies:
        totals: dict[str, list[Decimal]] = {}
        block: list[Row] = []
        for section in SECTIONS:
            body = [
                Row(
                    RowKind.LINE,
                    line.code,
                    line.name,
                    currency,
                    tuple(figure.get(currency, ZERO) for figure in lines[line.pk]),
                    section,
                )
                for line in chart.of(section)
            ]
            body = [row for row in body if any(row.amounts)]
            titled_rows, totals[section] = titled(section, body, TOTALS[section], currency, len(spans))
            block += titled_rows
        result = [figure.get(currency, ZERO) for figure in results]
        gap = [result[n] - totals[AccountType.INCOME][n] + totals[AccountType.EXPENSE][n] for n in range(len(spans))]
        if any(gap):  # only after translation: untranslated figures add up exactly
            label = "Translation difference (rounding)"
            block.append(Row(RowKind.DIFFERENCE, "translation_difference", label, currency, tuple(gap)))
        block.append(Row(RowKind.SUM, "result", "Result", currency, tuple(result)))
        if any(result) or any(any(total) for total in totals.values()):
            rows += block
    return Report(
        name="income_statement",
        title="Income statement",
        book=book,
        columns=tuple(Column("amount", span.label, span) for span in spans),
        rows=tuple(rows),
        translated_to=translation.to,
        recorded_at=recorded_at,
        notes=tuple(filter(None, [translation.note(AT_EACH_DAY)])),
    )

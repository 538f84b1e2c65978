"""Trial balance: what stands on every line of the chart, debits and credits that must be equal.

As of a day, one pair of columns (debit, credit) with each line's balance on its side; between two days, opening, debits, credits
and closing (debits positive).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledger.models import Book
from ledger.selectors.reports import figures
from ledger.selectors.reports.statement import (
    Column,
    Report,
    Row,
    RowKind,
    Span,
    Translation,
    check_compared,
    check_span,
    of_one_picture,
)

ZERO = Decimal(0)
Figures = tuple[dict[str, Decimal], ...]


@of_one_picture
def trial_balance(
    *,
    book: Book,
    on: date,
    since: date | None = None,
    compared: Sequence[Span] = (),
    translated_to: str | None = None,
    recorded_at: datetime | None = None,
) -> Report:
    """The trial balance as of ``on``, or from ``since`` to ``on``; ``compared`` adds columns for other spans of the same form.

    Raises NoRate, RangeOutOfOrder, BeyondHorizon.
    """
    spans = [check_span(book, span) for span in (Span(on, since), *compared)]
    check_compared(compared)
    chart = figures.chart(book)
    translation = Translation(translated_to)
    readings = [(_read_range if span.first else _read_day)(book, span, recorded_at) for span in spans]
    columns: list[Column] = []
    for span in spans:
        names = ("opening", "debits", "credits", "closing") if span.first else ("debit", "credit")
        columns += [Column(name, f"{name.capitalize()} {span.label}", span) for name in names]
    rows: list[Row] = []
    gaps: list[str] = []
    per_line = [(line, _translated(readings, spans, line.pk, translation)) for line in chart.lines]
    currencies = sorted({currency for _, columns_of in per_line for figure in columns_of for currency in figure})
    for currency in currencies:
        lines = []
        for line, columns_of in per_line:
            amounts = tuple(figure.get(currency, ZERO) for figure in columns_of)
            if any(amounts):
                lines.append(Row(RowKind.LINE, line.code, line.name, currency, amounts, section=line.type))
        if not lines:
            continue
        sums = [sum((row.amounts[n] or ZERO for row in lines), ZERO) for n in range(len(columns))]
        rows += lines
        if translation.to:
            fill = _difference(columns, sums)
            if any(fill):
                rows.append(
                    Row(RowKind.DIFFERENCE, "translation_difference", "Translation difference (rounding)", currency, tuple(fill))
                )
                sums = [total + extra for total, extra in zip(sums, fill, strict=True)]
        rows.append(Row(RowKind.SUM, "total", "Total", currency, tuple(sums)))
        if any(_difference(columns, sums)):
            gaps.append(f"{currency}: debits and credits differ")
    return Report(
        name="trial_balance",
        title="Trial balance",
        book=book,
        columns=tuple(columns),
        rows=tuple(rows),
        gaps=tuple(gaps),
        translated_to=translation.to,
        recorded_at=recorded_at,
        notes=tuple(filter(None, [translation.note("at the rates of each column's last day")])),
    )


def _read_day(book: Book, span: Span, recorded_at: datetime | None) -> dict[tuple[int, str], tuple[Decimal, ...]]:
    cells = figures.at(book, span.last, recorded_at)
    nets = {cell: totals.debits - totals.credits for cell, totals in cells.items()}
    return {cell: (net, ZERO) if net >= 0 else (ZERO, -net) for cell, net in nets.items()}


def _read_range(book: Book, span: Span, recorded_at: datetime | None) -> dict[tuple[int, str], tuple[Decimal, ...]]:
    opening = figures.at(book, (span.first or span.last) - timedelta(days=1), recorded_at)
    closing = figures.at(book, span.last, recorded_at)
    answer = {}
    for cell, moved in figures.less(closing, opening).items():
        before, after = opening.get(cell, figures.ZERO), closing.get(cell, figures.ZERO)
        answer[cell] = (before.debits - before.credits, moved.debits, moved.credits, after.debits - after.credits)
    return answer


def _translated(
    readings: Sequence[dict[tuple[int, str], tuple[Decimal, ...]]], spans: Sequence[Span], line_id: int, translation: Translation
) -> list[dict[str, Decimal]]:
    """The line's figures, column by column, each per currency."""
    answer = []
    for cells, span in zip(readings, spans, strict=True):
        mine = {currency: amounts for (line, currency), amounts in cells.items() if line == line_id}
        if translation.to and not span.first:  # one side only, after translation
            net = translation.one({currency: debit - credit for currency, (debit, credit) in mine.items()}, span.last)
            answer += [{currency: max(amount, ZERO) for currency, amount in net.items()}]
            answer += [{currency: max(-amount, ZERO) for currency, amount in net.items()}]
            continue
        for n in range(4 if span.first else 2):
            answer.append(translation.one({currency: amounts[n] for currency, amounts in mine.items()}, span.last))
    return answer


def _difference(columns: Sequence[Column], sums: Sequence[Decimal]) -> list[Decimal]:
    """What each column lacks so that debits equal credits (and opening and closing are nil)."""
    lacking = [ZERO] * len(columns)
    for n, column in enumerate(columns):
        if column.key in ("opening", "closing"):
            lacking[n] = -sums[n]
        elif column.key in ("debit", "debits"):
            gap = sums[n] - sums[n + 1]
            lacking[n], lacking[n + 1] = max(-gap, ZERO), max(gap, ZERO)
    return lacking

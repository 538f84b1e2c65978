"""Cash flow statement by the indirect method (IAS 7 §18 b, §20): result, changes of what is not cash, change in cash.

Every journal balances per currency, so what cash gained is what all other lines gave: the statement ties to the change in cash by
construction, without looking at a single entry. The direct method would have to read every journal that touches cash. Each line
of the chart stands under its own class (operating, investing, financing). Journals that touch no cash but two classes show in
both (IAS 7 §43 would leave them to the notes). Translated, every flow is taken at the rate of its day (IAS 7 §25), opening cash at
that of the day before and closing cash at the last day's; the effect of the change in rates on cash has its own line (IAS 7 §28).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledger.choices import CashFlow
from ledger.models import Book, ChartLine
from ledger.selectors.reports import figures
from ledger.selectors.reports.figures import Figure
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

AT_EACH_DAY = "at the rates of the days on which it flowed, cash at those of its own day (IAS 7 §25, §28)"
ACTIVITIES = (CashFlow.OPERATING, CashFlow.INVESTING, CashFlow.FINANCING)


@dataclass(frozen=True, slots=True)
class _Flows:
    """What one column needs, each per currency and translated if asked for."""

    result: Figure
    lines: dict[int, Figure]
    opening: Figure
    closing: Figure


@of_one_picture
def cash_flow(
    *,
    book: Book,
    first: date,
    last: date,
    compared: Sequence[Span] = (),
    translated_to: str | None = None,
    recorded_at: datetime | None = None,
) -> Report:
    """Where cash came from and went, from ``first`` to ``last``, with columns for the spans in ``compared``.

    Raises NoRate, RangeOutOfOrder, BeyondHorizon.
    """
    spans = [check_span(book, span) for span in (Span(last, first), *compared)]
    check_compared(compared)
    chart, translation = figures.chart(book), Translation(translated_to)
    flows = [_read(book, chart, span, translation, recorded_at) for span in spans]
    currencies = sorted(
        {c for flow in flows for figure in (flow.result, flow.opening, flow.closing, *flow.lines.values()) for c in figure}
    )
    rows: list[Row] = []
    gaps: list[str] = []
    for currency in currencies:
        block, gap = _block(chart, flows, currency, translation.to)
        if any(any(row.amounts) for row in block):
            rows += block
        if gap:
            gaps.append(f"{currency}: activities and change in cash differ by {gap}")
    return Report(
        name="cash_flow",
        title="Cash flow statement",
        book=book,
        columns=tuple(Column("amount", span.label, span) for span in spans),
        rows=tuple(rows),
        gaps=tuple(gaps),
        translated_to=translation.to,
        recorded_at=recorded_at,
        notes=tuple(filter(None, ["Indirect method.", translation.note(AT_EACH_DAY)])),
    )


def _read(book: Book, chart: figures.Chart, span: Span, translation: Translation, recorded_at: datetime | None) -> _Flows:
    before = (span.first or span.last) - timedelta(days=1)
    flow = figures.flow(book, span, [*chart.of(*figures.RESULT), *_others(chart)], translation, recorded_at)
    opening, closing = figures.at(book, before, recorded_at), figures.at(book, span.last, recorded_at)
    cash = [line.pk for line in chart.lines if line.cash_flow == CashFlow.CASH]
    return _Flows(
        result=flow.of(*chart.of(*figures.RESULT)),
        lines={line.pk: flow.of(line) for line in _others(chart)},
        opening=translation.one(_cash(opening, cash), before),
        closing=translation.one(_cash(closing, cash), span.last),
    )


def _others(chart: figures.Chart) -> list[ChartLine]:
    """The lines that are neither cash nor part of the result."""
    return [line for line in chart.lines if line.cash_flow != CashFlow.CASH and line.type not in figures.RESULT]


def _cash(cells: figures.Cells, lines: list[int]) -> Figure:
    found: Figure = {}
    for (line_id, currency), totals in cells.items():
        if line_id in lines:
            found[currency] = found.get(currency, ZERO) + totals.debits - totals.credits
    return found


def _block(chart: figures.Chart, flows: list[_Flows], currency: str, to: str) -> tuple[list[Row], Decimal]:
    """The rows of one currency, and by how much they do not tie."""
    width = len(flows)
    rows: list[Row] = []
    net = [ZERO] * width
    for activity in ACTIVITIES:
        body: list[Row] = []
        if activity == CashFlow.OPERATING:
            body.append(
                Row(RowKind.LINE, "result", "Result", currency, tuple(f.result.get(currency, ZERO) for f in flows), activity)
            )
        for line in _others(chart):
            amounts = tuple(flow.lines[line.pk].get(currency, ZERO) for flow in flows)
            if line.cash_flow == activity and any(amounts):
                label = f"Change in {line.name[:1].lower()}{line.name[1:]}"
                body.append(Row(RowKind.LINE, line.code, label, currency, amounts, activity))
        total = f"net_{activity.lower()}", f"Net cash from {activity.label.lower()}"
        block, sums = titled(activity, body, total, currency, width)
        net = [a + b for a, b in zip(net, sums, strict=True)]
        rows += block
    opening = [flow.opening.get(currency, ZERO) for flow in flows]
    closing = [flow.closing.get(currency, ZERO) for flow in flows]
    effect = [closing[n] - opening[n] - net[n] for n in range(width)]
    rows.append(Row(RowKind.SUM, "net_change", "Net change in cash", currency, tuple(net)))
    rows.append(Row(RowKind.LINE, "opening_cash", "Cash at the beginning", currency, tuple(opening)))
    if to and any(effect):
        label = "Effect of exchange rates and rounding on cash"
        rows.append(Row(RowKind.DIFFERENCE, "translation_difference", label, currency, tuple(effect)))
    rows.append(Row(RowKind.SUM, "closing_cash", "Cash at the end", currency, tuple(closing)))
    return rows, ZERO if to else next((gap for gap in effect if gap), ZERO)

"""Balance sheet (statement of financial position, IAS 1 §54): assets = liabilities + equity + earnings not yet carried to equity.

Income less expenses is computed until the yearly closing journal moves it to retained earnings: the current year's on one line,
what is left of earlier years on another. Translated, the earnings of the year are the result of the income statement, each day's at
that day's rate; everything else is taken at the closing rate, and what then lacks has a line of its own in equity (IAS 21 §39, §41).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from ledger.choices import AccountType
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
    of_one_picture,
    titled,
)

RATES = "at the rates of each column's last day, earnings of the year at those of the days on which they arose (IAS 21 §39)"
TOTALS = {
    AccountType.ASSET: ("total_assets", "Total assets"),
    AccountType.LIABILITY: ("total_liabilities", "Total liabilities"),
    AccountType.EQUITY: ("total_equity", "Total equity"),
}
SECTIONS = tuple(TOTALS)


@of_one_picture
def balance_sheet(
    *,
    book: Book,
    on: date,
    compared: Sequence[date] = (),
    translated_to: str | None = None,
    recorded_at: datetime | None = None,
) -> Report:
    """The balance sheet as of ``on``, with columns for the days in ``compared``.

    Raises NoRate, RangeOutOfOrder, BeyondHorizon.
    """
    spans = [Span(day) for day in (on, *compared)]
    check_compared(spans[1:])
    chart, translation = figures.chart(book), Translation(translated_to)
    readings = [figures.at(book, span.last, recorded_at) for span in spans]
    earnings, earlier = [], []
    for span, cells in zip(spans, readings, strict=True):
        this_year, before = _earnings(book, chart, span.last, cells, translation, recorded_at)
        earnings.append(this_year)
        earlier.append(before)
    lines = {
        line.pk: [translation.one(figures.natural(cells, line), span.last) for span, cells in zip(spans, readings, strict=True)]
        for line in chart.of(*SECTIONS)
    }
    currencies = sorted({c for columns in (earnings, earlier, *lines.values()) for figure in columns for c in figure})
    rows: list[Row] = []
    gaps: list[str] = []
    for currency in currencies:
        block, gap = _block(chart, lines, earnings, earlier, currency, translation.to)
        rows += block
        if gap:
            gaps.append(f"{currency}: assets differ from liabilities and equity by {gap}")
    return Report(
        name="balance_sheet",
        title="Balance sheet",
        book=book,
        columns=tuple(Column("balance", span.label, span) for span in spans),
        rows=tuple(rows),
        gaps=tuple(gaps),
        translated_to=translation.to,
        recorded_at=recorded_at,
        notes=tuple(filter(None, [translation.note(RATES)])),
    )


def _earnings(
    book: Book, chart: figures.Chart, on: date, cells: figures.Cells, translation: Translation, recorded_at: datetime | None
) -> tuple[Figure, Figure]:
    """What was earned in the year of ``on`` and is not carried to equity yet, and what is left of earlier years.

    A closing of an earlier year that was undone in this one gives back earnings of that year.
    """
    new_year = date(on.year, 1, 1)
    all_years = figures.earnings(cells, chart)
    before = figures.earnings(figures.at(book, new_year - timedelta(days=1), recorded_at), chart)
    this_year = {c: all_years.get(c, ZERO) - before.get(c, ZERO) for c in all_years.keys() | before.keys()}
    closed = figures.closings(book, new_year, on, recorded_at)
    own = figures.closings(book, new_year, on, recorded_at, years=[on.year]) if closed else {}
    carried = figures.Flow(own, Translation(None)).of(*chart.of(*figures.RESULT))
    undone = figures.Flow(closed, Translation(None)).of(*chart.of(*figures.RESULT))
    this_year = {c: amount - undone.get(c, ZERO) + carried.get(c, ZERO) for c, amount in this_year.items()}
    earlier = translation.one({c: amount - this_year.get(c, ZERO) for c, amount in all_years.items()}, on)
    if not translation.to:
        return this_year, earlier
    if any(carried.values()):  # as retained earnings, where most of it stands already
        return translation.one(this_year, on), earlier
    year = Span(on, new_year)
    return figures.flow(book, year, chart.of(*figures.RESULT), translation, recorded_at).of(*chart.of(*figures.RESULT)), earlier


def _block(
    chart: figures.Chart, lines: dict[int, list[Figure]], earnings: list[Figure], earlier: list[Figure], currency: str, to: str
) -> tuple[list[Row], Decimal]:
    """The rows of one currency, and by how much they do not foot."""
    rows: list[Row] = []
    width = len(earnings)
    totals: dict[str, list[Decimal]] = {}
    for section in SECTIONS:
        body = [_line_row(line, lines[line.pk], currency) for line in chart.of(section)]
        body = [row for row in body if any(row.amounts)]
        if section == AccountType.EQUITY:
            for key, label, source in (
                ("earnings_of_the_year", "Earnings of the year", earnings),
                ("earnings_of_earlier_years", "Earnings of earlier years, not yet closed", earlier),
            ):
                amounts = tuple(figure.get(currency, ZERO) for figure in source)
                if any(amounts) or key == "earnings_of_the_year":
                    body.append(Row(RowKind.LINE, key, label, currency, amounts, section))
        if section == AccountType.EQUITY and to:
            equity = [sum((row.amounts[n] or ZERO for row in body), ZERO) for n in range(width)]
            gap = [totals[AccountType.ASSET][n] - totals[AccountType.LIABILITY][n] - equity[n] for n in range(width)]
            if any(gap):
                label = "Translation difference"
                body.append(Row(RowKind.DIFFERENCE, "translation_difference", label, currency, tuple(gap), section))
        block, totals[section] = titled(section, body, TOTALS[section], currency, width)
        rows += block
    both = [totals[AccountType.LIABILITY][n] + totals[AccountType.EQUITY][n] for n in range(width)]
    rows.append(Row(RowKind.SUM, "total_liabilities_and_equity", "Total liabilities and equity", currency, tuple(both)))
    gaps = [totals[AccountType.ASSET][n] - both[n] for n in range(width)]
    return rows, next((gap for gap in gaps if gap), ZERO)


def _line_row(line: ChartLine, columns: list[Figure], currency: str) -> Row:
    return Row(RowKind.LINE, line.code, line.name, currency, tuple(figure.get(currency, ZERO) for figure in columns), line.type)

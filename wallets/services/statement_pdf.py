"""A statement on paper, by ReportLab: A4, one table over as many pages as it needs, the figures repeated on none."""

import io
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle, getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from flowlet.core import money
from wallets.services.statements import Statement

INK, FAINT, RULE = colors.HexColor("#1f2937"), colors.HexColor("#6b7280"), colors.HexColor("#d1d5db")
_FONTS = (("Helvetica", "cp1252"), ("HeiseiKakuGo-W5", "cp932"), ("STSong-Light", "gbk"), ("HYSMyeongJo-Medium", "cp949"))
_WITH_SQUARE = "HeiseiKakuGo-W5"
WIDTHS = [20 * mm, 24 * mm, 78 * mm, 27 * mm, 29 * mm]
_SHEET = getSampleStyleSheet()
_SMALL = ParagraphStyle("small", parent=_SHEET["Normal"], fontSize=8, leading=10, textColor=INK)
_TITLE = ParagraphStyle("title", parent=_SHEET["Heading1"], fontSize=16, spaceAfter=2, textColor=INK)


def draw(statement: Statement) -> bytes:
    """The bytes of the PDF."""
    buffer = io.BytesIO()
    wallet = statement.wallet
    paper = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=16 * mm,
        rightMargin=16 * mm,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=f"Statement {statement.first:%B %Y}",
        author=statement.partner_name,
        subject=wallet.public_id,
    )
    footer = _footer(statement)
    paper.build(
        [
            Paragraph(f"Statement {statement.first:%B %Y}", _TITLE),
            _text(f"{statement.partner_name} · wallet {wallet.public_id}" + (f" · {wallet.name}" if wallet.name else "")),
            _text(f"{statement.first} to {statement.through}" + ("" if statement.is_final else " (the month is not over)")),
            Spacer(1, 5 * mm),
            _summary(statement),
            Spacer(1, 6 * mm),
            _movements(statement),
        ],
        onFirstPage=footer,
        onLaterPages=footer,
    )
    return buffer.getvalue()


def _summary(statement: Statement) -> Table:
    rows = [
        ["Opening balance", "Money in", "Money out", "Closing balance"],
        [_figure(value) for value in (statement.opening, statement.incoming, statement.outgoing, statement.closing)],
    ]
    table = Table(rows, colWidths=[44.5 * mm] * 4)
    table.setStyle(
        TableStyle(
            [
                ("FONTSIZE", (0, 0), (-1, 0), 8),
                ("TEXTCOLOR", (0, 0), (-1, 0), FAINT),
                ("FONT", (0, 1), (-1, 1), "Helvetica-Bold", 11),
                ("TEXTCOLOR", (0, 1), (-1, 1), INK),
                ("BOX", (0, 0), (-1, -1), 0.5, RULE),
                ("INNERGRID", (0, 0), (-1, -1), 0.5, RULE),
                ("TOPPADDING", (0, 1), (-1, 1), 0),
                ("LINEBELOW", (0, 0), (-1, 0), 0, colors.white),
            ]
        )
    )
    return table


def _movements(statement: Statement) -> LongTable:
    rows: list[list[Any]] = [["Day", "Type", "Details", "Amount", "Balance"]]
    rows.append([statement.first.isoformat(), "Opening", "", "", _number(statement.opening)])
    for line in statement.lines:
        one = line.transaction
        details = " · ".join(filter(None, [one.description, one.counterparty, one.external_id]))
        rows.append([one.effective_on.isoformat(), one.label, _text(details), _number(one.signed), _number(line.balance)])
    rows.append([statement.through.isoformat(), "Closing", "", "", _number(statement.closing)])
    table = LongTable(rows, colWidths=WIDTHS, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONTSIZE", (0, 0), (-1, -1), 8),
                ("TEXTCOLOR", (0, 0), (-1, -1), INK),
                ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 8),
                ("FONT", (0, 1), (-1, 1), "Helvetica-Bold", 8),
                ("FONT", (0, -1), (-1, -1), "Helvetica-Bold", 8),
                ("ALIGN", (3, 0), (4, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.25, RULE),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table


def _footer(statement: Statement) -> Any:
    def draw_footer(canvas: Any, document: Any) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica", 7)
        canvas.setFillColor(FAINT)
        name = f"{statement.wallet.public_id} · {statement.first:%Y-%m} · amounts in {statement.wallet.currency}"
        canvas.drawString(16 * mm, 10 * mm, name)
        canvas.drawRightString(A4[0] - 16 * mm, 10 * mm, f"Page {document.page}")
        canvas.restoreState()

    return draw_footer


def _text(text: str) -> Paragraph:
    """A wrapped text."""
    return Paragraph(marked(text), _SMALL)


def marked(text: str) -> str:
    """The text for ReportLab, each run in a font that can write it; a square for what none can (the other forms hold the text).

    Helvetica and Adobe's Asian fonts are brought along by the reader, so the file stays small.
    """
    runs: list[tuple[str, str]] = []
    for character in text:
        font = next((name for name, codec in _FONTS if _has(codec, character)), "")
        shown = character if font else "□"
        font = font or _WITH_SQUARE
        if runs and (runs[-1][0] == font or shown == " "):
            runs[-1] = runs[-1][0], runs[-1][1] + shown
        else:
            runs.append((font, shown))
    return "".join(
        escape(run) if font == _FONTS[0][0] else f'<font name="{_registered(font)}">{escape(run)}</font>' for font, run in runs
    )


def _has(codec: str, character: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _registered(name: str) -> str:
    if name not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return name


def _number(value: money.Money) -> str:
    code = value.currency.code
    return f"{value.amount:,.{money.exponent(code)}f}"


def _figure(value: money.Money) -> str:
    return f"{_number(value)} {value.currency.code}"

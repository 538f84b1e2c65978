"""Reports as CSV and XLSX.

CSV carries amounts as exact text with the currency's own decimals; XLSX carries them as numbers with that many decimals (as text
where a figure has more than the fifteen digits that a spreadsheet can hold). A text that a spreadsheet would take for a formula
is defused in both (OWASP: CSV injection). A file is finished before any of it is handed out: who reads slowly keeps no
transaction open, and what fails half-way is an error and not a shorter file. CSV of any length takes little memory.
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from flowlet.core import money
from ledger import errors
from ledger.selectors.reports.listing import Listing, Section
from ledger.selectors.reports.statement import Report, RowKind

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"csv": CSV_TYPE, "xlsx": XLSX_TYPE}
DIGITS = 15
MAX_ROWS = 200_000
IN_MEMORY = 1 << 20
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_STRONG = Font(bold=True)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure of a cell."""

    value: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet; a strong one is a sum or a heading."""

    cells: tuple[Any, ...]
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its title, ready to be written; ``lines`` are walked once. ``least`` is how many there are at least, if known."""

    name: str
    title: str
    facts: tuple[str, ...]
    header: tuple[str, ...]
    lines: Iterable[Line]
    least: int = 0


def of_report(report: Report) -> Sheet:
    """A statement as a table: key, label, currency, one column per figure."""
    return Sheet(
        name=report.name,
        title=f"{report.title}, {report.book.name}",
        facts=tuple(
            filter(None, [f"As recorded at {report.recorded_at.isoformat()}." if report.recorded_at else "", *report.notes])
        ),
        header=("Code", "Name", "Currency", *(column.label for column in report.columns)),
        lines=(
            Line(
                (
                    row.key if row.kind == RowKind.LINE and row.key[:1].isdigit() else "",
                    row.label,
                    row.currency,
                    *("" if amount is None else Amount(amount, row.currency) for amount in row.amounts),
                ),
                is_strong=row.kind in (RowKind.HEADING, RowKind.SUM),
            )
            for row in report.rows
        ),
    )


def of_listing(listing: Listing, sections: Iterable[Section] | None = None, *, least: int = 0) -> Sheet:
    """A list of entries as a table; ``sections`` may be a stream that replaces the listing's own, ``least`` the number of entries."""
    return Sheet(
        name=listing.name,
        title=f"{listing.title}, {listing.book.name}, {listing.first} to {listing.last}",
        facts=(f"As recorded at {listing.recorded_at.isoformat()}.",) if listing.recorded_at else (),
        header=("Account", "Name", "Currency", "Day", "Journal", "Kind", "Text", "Debit", "Credit", "Balance"),
        lines=_entry_lines(listing.sections if sections is None else sections),
        least=least,
    )


def _entry_lines(sections: Iterable[Section]) -> Iterator[Line]:
    for section in sections:
        account = section.account
        head = (account.code, account.name, account.currency)
        yield Line((*head, section.first, "", "", "Opening balance", "", "", Amount(section.opening, account.currency)), True)
        for booked in section.entries():
            entry = booked.entry
            amount = Amount(entry.amount, account.currency)
            sides = (amount, "") if entry.side == "DEBIT" else ("", amount)
            journal = entry.journal
            text = (journal.public_id, journal.kind, journal.text)
            yield Line((*head, entry.effective_on, *text, *sides, Amount(booked.balance, account.currency)))
        sums = (Amount(section.debits, account.currency), Amount(section.credits, account.currency))
        yield Line((*head, section.last, "", "", "Closing balance", *sums, Amount(section.closing, account.currency)), True)


class _Echo:
    """A file that gives back what is written to it."""

    @staticmethod
    def write(text: str) -> str:
        """The text itself."""
        return text


def as_file(sheet: Sheet, kind: str) -> IO[bytes]:
    """The whole table as a file, ``csv`` or ``xlsx``, on disk if it is large. Raises ReportTooLarge (``xlsx`` only)."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - it is handed on
    if kind == "xlsx":
        file.write(as_xlsx(sheet))
    else:
        for line in as_csv(sheet):
            file.write(line.encode())
    file.seek(0)
    return file


def as_csv(sheet: Sheet) -> Iterator[str]:
    """The table line by line (RFC 4180): header and lines, exact amounts."""
    writer = csv.writer(_Echo())
    yield writer.writerow([defused(name) for name in sheet.header])
    for line in sheet.lines:
        yield writer.writerow([_text(cell) for cell in line.cells])


def as_xlsx(sheet: Sheet) -> bytes:
    """A workbook with one sheet: title, facts, header, lines. Raises ReportTooLarge beyond 200,000 lines."""
    if sheet.least > MAX_ROWS:  # said before the work, not after it
        raise _too_large()
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.name[:31])
    for n in range(len(sheet.header)):
        page.column_dimensions[get_column_letter(n + 1)].width = 34 if n == 1 else 18
    page.freeze_panes = f"A{len(sheet.facts) + 4}"
    page.append([_cell(page, sheet.title, True)])
    for fact in sheet.facts:
        page.append([_cell(page, fact, False)])
    page.append([])
    page.append([_cell(page, name, True) for name in sheet.header])
    for number, line in enumerate(sheet.lines):
        if number == MAX_ROWS:
            raise _too_large()
        page.append([_cell(page, cell, line.is_strong) for cell in line.cells])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _too_large() -> errors.ReportTooLarge:
    return errors.ReportTooLarge(
        f"The report has more than the {MAX_ROWS:,} lines that a workbook holds. Ask for CSV, which has no such limit, or for"
        " fewer days.",
        lines=MAX_ROWS,
    )


def defused(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet would compute it."""
    return f"'{text}" if text.startswith(_STARTS_FORMULA) else text


def _text(cell: Any) -> str:
    if isinstance(cell, Amount):
        return money.to_text(cell.value, cell.currency)
    return cell.isoformat() if isinstance(cell, date) else defused(str(cell))


def _cell(page: Any, cell: Any, is_strong: bool) -> Any:
    if isinstance(cell, Amount):
        places = money.exponent(cell.currency)
        scaled = cell.value.quantize(Decimal(1).scaleb(-places))
        if len(scaled.as_tuple().digits) > DIGITS:
            made = WriteOnlyCell(page, value=f"{scaled:f}")
            made.alignment = Alignment(horizontal="right")
        else:
            made = WriteOnlyCell(page, value=scaled)
            made.number_format = "#,##0" + ("." + "0" * places if places else "")
    elif isinstance(cell, date):
        made = WriteOnlyCell(page, value=cell)
        made.number_format = "yyyy-mm-dd"
    else:
        text = _NOT_XML.sub("", defused(str(cell)))[:32_000]
        if not text or not (is_strong or text.startswith("#")):  # a cell that only holds a text needs no object; #N/A is no error
            return text or None
        made = WriteOnlyCell(page, value=text)
        made.data_type = "s"
    if is_strong:
        made.font = _STRONG
    return made

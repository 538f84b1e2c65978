"""SWIFT MT940, the customer statement, on the library mt-940.

Reversals are signed as they move the account (RC takes money out, RD brings it back). Banks' dialects are many, so what the library
made of the file is counted against the file: a line (``:61:``) that it did not understand is a refusal and never left out.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import mt940

from ledger.errors import UnreadableStatement
from ledger.providers.statements import records
from ledger.providers.statements.records import Line, Party, Statement

FORMAT = "MT940"
_LINES = re.compile(r"(?m)^:61:")
_BLOCK = re.compile(r"(?m)^(?=:20:)")
_ENVELOPE = re.compile(r"(?m)^(\{[1-5]:.*|-\}?)\s*$|\{1:[^{}]*\}|\{2:[^{}]*\}|\{4:\s*")
# It writes what it cannot parse to the log, names and accounts included.
logging.getLogger("mt940").setLevel(logging.CRITICAL + 1)


def read(content: bytes) -> Iterator[Statement]:
    """The statements of a file. Raises UnreadableStatement."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    text = _ENVELOPE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    blocks = [block for block in _BLOCK.split(text) if block.startswith(":20:")]
    if not blocks:
        raise UnreadableStatement("The file has no statement (:20:).", param="file")
    waiting: Statement | None = None
    for number, block in enumerate(blocks, 1):
        statement, is_continued = _statement(block, number)
        if waiting is not None:
            statement = _joined(waiting, statement, number)
        if is_continued:
            waiting = statement
            continue
        waiting = None
        yield statement
    if waiting is not None:
        raise UnreadableStatement("The file ends in the middle of a statement: a page with :62M: has to be followed by the next.")


def _joined(first: Statement, page: Statement, number: int) -> Statement:
    """Two pages of one statement (:62M: of the first is :60M: of the next)."""
    if (first.account, first.sequence, first.closing) != (page.account, page.sequence, page.opening):
        raise UnreadableStatement(f"Statement {number} does not continue the page before it.", statement=number, field="60M")
    lines = [*first.lines, *(replace(line, number=len(first.lines) + line.number) for line in page.lines)]
    return replace(page, opening=first.opening, from_on=min(first.from_on, page.from_on), lines=lines)


def _statement(block: str, number: int) -> tuple[Statement, bool]:
    """A block, and whether it is a page that is not the last."""
    try:
        found = mt940.parse_statements(block, options=mt940.Options.all())[0]
    except Exception:  # the library raises RuntimeError, ValueError, KeyError and decimal's own
        raise UnreadableStatement(f"Statement {number} of the file is not MT940 as it is specified.", statement=number) from None
    data = found.data
    opening = data.get("final_opening_balance") or data.get("intermediate_opening_balance")
    closing = data.get("final_closing_balance") or data.get("intermediate_closing_balance")
    if opening is None or closing is None:
        raise UnreadableStatement(f"Statement {number} has no opening (:60F:) or closing balance (:62F:).", statement=number)
    currency = str(opening.amount.currency or "")
    rows = [transaction.data for transaction in found]
    if len(rows) != len(_LINES.findall(block)):
        raise UnreadableStatement(f"Statement {number}: not every line (:61:) could be read.", statement=number, field="61")
    lines = [_line(row, place, currency) for place, row in enumerate(rows, 1)]
    sequence = str(data.get("statement_number") or "")
    is_continued = "final_closing_balance" not in data
    return Statement(
        format=FORMAT,
        reference=str(data.get("transaction_reference") or ""),
        account=records.plain_account(str(data.get("account_identification") or "")),
        currency=currency,
        is_proof=True,
        opening=opening.amount.amount,
        closing=closing.amount.amount,
        from_on=min([_day(closing.date), *(line.booked_on for line in lines)]),
        to_on=_day(closing.date),
        lines=lines,
        sequence=int(sequence) if sequence.isdecimal() and int(sequence) else None,
    ), is_continued


def _line(row: dict[str, Any], number: int, currency: str) -> Line:
    words = [row.get(name) for name in ("purpose", "additional_purpose", "transaction_details", "extra_details", "posting_text")]
    names = [row.get("applicant_name"), row.get("recipient_name")]
    amount: Decimal = row["amount"].amount
    return Line(
        number=number,
        amount=amount,
        currency=str(row.get("currency") or currency),
        booked_on=_day(row.get("entry_date") or row["date"]),
        value_on=_day(row["date"]),
        references=records.kept(
            {
                records.END_TO_END: [row.get("end_to_end_reference") or ""],
                records.TRANSACTION: [row.get("customer_reference") or ""],
                records.BANK: [row.get("bank_reference") or ""],
            }
        ),
        code=str(row.get("id") or ""),
        is_reversal=str(row.get("status") or "").upper().startswith("R"),
        party=Party(" ".join(filter(None, names)), records.plain_account(str(row.get("applicant_iban") or ""))),
        text=" ".join(str(word).replace("\n", " ") for word in words if word),
    )


def _day(found: date) -> date:
    """A plain day: the library has a kind of its own, which not everything takes."""
    return date(found.year, found.month, found.day)

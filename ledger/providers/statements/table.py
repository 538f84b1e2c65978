"""A bank's or provider's CSV, read by a declared mapping: which column is what, how days and amounts are written, what is money in.

A mapping in JSON::

    {"columns": {"booked_on": "Date", "amount": "Amount", "reference": "Reference", "balance": "Balance"},
     "delimiter": ";", "date_format": "%d.%m.%Y", "decimal_mark": ",", "sign": "as_written"}

``sign``: ``as_written`` (negative is money out), ``inverted`` (positive is money out: how card providers write), ``columns`` (columns
``credit`` and ``debit`` instead of ``amount``) or ``mark`` (a column ``mark`` that holds one of ``credit_marks`` or ``debit_marks``).
A statement proves something only with its balances: either a column ``balance`` (the account after each line, by which the order of
the lines is checked too) or ``opening`` and ``closing`` handed in beside the file.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from ledger.errors import MalformedMapping, UnreadableStatement
from ledger.providers.statements import records
from ledger.providers.statements.records import Line, Party, Statement

FORMAT = "CSV"
AS_WRITTEN, INVERTED, COLUMNS, MARK = "as_written", "inverted", "columns", "mark"
SIGNS: Final = (AS_WRITTEN, INVERTED, COLUMNS, MARK)
FIELDS: Final = frozenset(
    {
        *("account", "amount", "balance", "bank_reference", "batch", "booked_on", "code", "counterparty", "counterparty_account"),
        *("credit", "currency", "debit", "end_to_end_id", "mark", "reference", "text", "value_on"),
    }
)
_MARKS: Final = (".", ",", " ", "'", "’", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """What a CSV file's columns mean; see the module. ``columns`` maps our fields to the file's headings."""

    columns: dict[str, str]
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    skip_lines: int = 0
    date_format: str = "%Y-%m-%d"
    decimal_mark: str = "."
    thousands_mark: str = ""
    sign: str = AS_WRITTEN
    credit_marks: tuple[str, ...] = ("C", "CR", "CRDT", "CREDIT", "+")
    debit_marks: tuple[str, ...] = ("D", "DR", "DBIT", "DEBIT", "-")
    newest_first: bool = False
    currency: str = ""
    account: str = ""
    opening: str = ""
    closing: str = ""
    through_on: str = field(default="", metadata={"help": "the statement's last day, where it lies after the last line"})


def mapping_from(declared: Any) -> Mapping:
    """The mapping that a JSON object declares. Raises MalformedMapping, which names what is wrong."""
    if not isinstance(declared, dict):
        raise MalformedMapping("A mapping is a JSON object.")
    known = {one.name: one for one in fields(Mapping)}
    for name, value in declared.items():
        if name not in known:
            raise MalformedMapping(f"{name!r} is none of {', '.join(sorted(known))}.", param=name)
        kind = {"columns": dict, "skip_lines": int, "newest_first": bool, "credit_marks": list, "debit_marks": list}.get(
            name, str
        )
        if not isinstance(value, kind):
            raise MalformedMapping(f"{name} is a {kind.__name__}.", param=name)
    columns = declared.get("columns") or {}
    if unknown := sorted(set(columns) - FIELDS):
        raise MalformedMapping(f"{unknown[0]!r} is none of {', '.join(sorted(FIELDS))}.", param="columns")
    if not all(isinstance(value, str) for value in columns.values()):
        raise MalformedMapping("A column is named by its heading, a text.", param="columns")
    made = Mapping(**{name: tuple(value) if isinstance(value, list) else value for name, value in declared.items()})
    needed = {COLUMNS: {"credit", "debit"}, MARK: {"amount", "mark"}}.get(made.sign, {"amount"}) | {"booked_on"}
    if made.sign not in SIGNS:
        raise MalformedMapping(f"sign is one of {', '.join(SIGNS)}.", param="sign")
    if missing := sorted(needed - set(columns)):
        raise MalformedMapping(f"columns does not say where {missing[0]} stands.", param="columns")
    if len(made.delimiter) != 1 or made.decimal_mark not in (".", ",") or made.thousands_mark not in _MARKS:
        raise MalformedMapping("The delimiter is one character, the decimal mark a dot or a comma.", param="delimiter")
    if made.thousands_mark == made.decimal_mark or made.skip_lines < 0:
        raise MalformedMapping("The marks for decimals and thousands differ.", param="thousands_mark")
    return made


def read(content: bytes, *, mapping: Mapping) -> Iterator[Statement]:
    """The one statement of a CSV file. Raises UnreadableStatement with line and column."""
    try:
        text = content.decode(mapping.encoding)
    except (UnicodeDecodeError, LookupError):
        raise UnreadableStatement(f"The file is not in {mapping.encoding}.", field="encoding") from None
    source = io.StringIO(text, newline="")
    for _ in range(mapping.skip_lines):
        source.readline()
    reader = csv.DictReader(source, delimiter=mapping.delimiter)
    headings = [heading.strip() for heading in reader.fieldnames or []]
    reader.fieldnames = headings
    if missing := sorted(heading for heading in mapping.columns.values() if heading not in headings):
        raise UnreadableStatement(f"The file has no column {missing[0]!r}.", line=mapping.skip_lines + 1, field=missing[0])
    try:
        numbered = [(mapping.skip_lines + reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UnreadableStatement(f"Line {mapping.skip_lines + reader.line_num}: {error}.", line=reader.line_num) from None
    rows = [(number, row) for number, row in numbered if any(isinstance(cell, str) and cell.strip() for cell in row.values())]
    if mapping.newest_first:
        rows.reverse()
    yield _statement([_Row(number, row, mapping) for number, row in rows], mapping)


def _statement(rows: Sequence["_Row"], mapping: Mapping) -> Statement:
    accounts = {records.plain_account(row.text("account")) for row in rows} - {""} or {records.plain_account(mapping.account)}
    currencies = {row.text("currency").upper() for row in rows} - {""} or {mapping.currency}
    for name, values in (("account", accounts), ("currency", currencies)):
        if len(values) > 1:
            raise UnreadableStatement(f"The file has more than one {name}: {', '.join(sorted(values))}.", field=name)
    currency = next(iter(currencies))
    lines = [replace(row.line(currency), number=number) for number, row in enumerate(rows, 1)]
    opening, closing = _balances(rows, lines, mapping)
    days = [line.booked_on for line in lines]
    if mapping.through_on:
        days.append(_day(mapping.through_on, "%Y-%m-%d", 0, "through_on"))
    if not days:
        raise UnreadableStatement("The file has no lines, and nobody says for which day it is.", field="through_on")
    return Statement(
        format=FORMAT,
        reference="",
        account=next(iter(accounts)),
        currency=currency,
        is_proof=True,
        opening=opening,
        closing=closing,
        from_on=min(days),
        to_on=max(days),
        lines=lines,
    )


def _balances(rows: Sequence["_Row"], lines: Sequence[Line], mapping: Mapping) -> tuple[Decimal | None, Decimal | None]:
    opening = _number(mapping.opening, mapping, 0, "opening") if mapping.opening else None
    closing = _number(mapping.closing, mapping, 0, "closing") if mapping.closing else None
    if "balance" not in mapping.columns or not rows:
        return opening, closing
    after = [row.number_in("balance") for row in rows]
    for (before, here), row, line in zip(pairwise(after), rows[1:], lines[1:], strict=True):
        if before + line.amount != here:
            raise UnreadableStatement(
                f"Line {row.number}: the balance should be {before + line.amount} and is {here}.",
                line=row.number,
                field="balance",
            )
    return (after[0] - lines[0].amount if opening is None else opening), (after[-1] if closing is None else closing)


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    values: dict[str, str]
    mapping: Mapping

    def text(self, name: str) -> str:
        heading = self.mapping.columns.get(name)
        return (self.values.get(heading) or "").strip() if heading else ""

    def number_in(self, name: str) -> Decimal:
        return _number(self.text(name), self.mapping, self.number, name)

    def line(self, currency: str) -> Line:
        booked_on = _day(self.text("booked_on"), self.mapping.date_format, self.number, "booked_on")
        value_on = self.text("value_on")
        return Line(
            number=self.number,
            amount=self.amount(),
            currency=currency,
            booked_on=booked_on,
            value_on=_day(value_on, self.mapping.date_format, self.number, "value_on") if value_on else None,
            references=records.kept(
                {
                    records.END_TO_END: [self.text("end_to_end_id")],
                    records.TRANSACTION: [self.text("reference")],
                    records.BATCH: [self.text("batch")],
                    records.BANK: [self.text("bank_reference")],
                }
            ),
            code=self.text("code")[:40],
            party=Party(self.text("counterparty"), records.plain_account(self.text("counterparty_account"))),
            text=self.text("text"),
        )

    def amount(self) -> Decimal:
        mapping = self.mapping
        if mapping.sign == COLUMNS:
            credit, debit = self.text("credit"), self.text("debit")
            figures = [self.number_in(name) if given else Decimal(0) for name, given in (("credit", credit), ("debit", debit))]
            if not (credit or debit) or all(figures):
                raise UnreadableStatement(
                    f"Line {self.number}: give credit or debit, one of them.", line=self.number, field="credit"
                )
            return abs(figures[0]) - abs(figures[1])
        amount = self.number_in("amount")
        if mapping.sign == INVERTED:
            return -amount
        if mapping.sign == MARK:
            mark = self.text("mark").upper()
            if mark not in mapping.credit_marks + mapping.debit_marks or amount < 0:
                raise UnreadableStatement(
                    f"Line {self.number}: {mark!r} is no mark for in or out.", line=self.number, field="mark"
                )
            return amount if mark in mapping.credit_marks else -amount
        return amount


def _number(text: str, mapping: Mapping, line: int, name: str) -> Decimal:
    plain = text.replace("\u00a0", " ").strip()
    if not _form(mapping.thousands_mark, mapping.decimal_mark).fullmatch(plain):
        raise UnreadableStatement(f"Line {line}: {text!r} in {name} is no amount.", line=line, field=name)
    if mapping.thousands_mark:
        plain = plain.replace(mapping.thousands_mark, "")
    return Decimal(plain.replace(mapping.decimal_mark, "."))


@lru_cache(maxsize=16)
def _form(thousands: str, decimal: str) -> re.Pattern[str]:
    """Digits, in groups of three or in none, and decimals: a mark at another place is a mark that was misunderstood."""
    whole = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|\d+" if thousands else r"\d+"
    return re.compile(rf"[+-]?(?:{whole})(?:{re.escape(decimal)}\d+)?", re.ASCII)


def _day(text: str, form: str, line: int, name: str) -> date:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise UnreadableStatement(f"Line {line}: {text!r} in {name} is no day like {form}.", line=line, field=name) from None

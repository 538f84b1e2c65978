"""Bank statements come in: read, checked against the statement before, kept for good.

What is kept: the file as it came (sealed), statements, lines and the payments inside lines. Names, accounts and texts are sealed;
what is compared of them is a keyed digest.
"""

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction

from flowlet.audit.services import log
from flowlet.core import crypto, ids, masking, money
from flowlet.core.actors import Actor
from flowlet.events.services import outbox
from ledger import errors, events
from ledger.models import BankAccount, BankStatement, StatementFile, StatementLine
from ledger.providers.statements import reading
from ledger.providers.statements.records import Detail, Line, Party, Statement
from ledger.providers.statements.table import Mapping, mapping_from
from ledger.selectors.reconciliation import counterparty_key
from ledger.services import bank_accounts
from ledger.services.matching import references

CHUNK = 5000
FORMATS = reading.FORMATS
__all__ = ["FORMATS", "Imported", "Mapping", "mapping_from", "opened_party", "take_in"]

_LINES = """
INSERT INTO ledger_statementline (id, statement_id, number, amount, booked_on, value_on, "references", code, return_code, is_reversal,
    party_key, party_hint, personal)
SELECT id, statement_id, number, amount, booked_on, value_on, refs, code, return_code, is_reversal, party_key, party_hint, personal
FROM jsonb_to_recordset(%s) AS line (id uuid, statement_id uuid, number int, amount numeric, booked_on date, value_on date, refs jsonb,
    code text, return_code text, is_reversal boolean, party_key text, party_hint text, personal bytea)"""
_DETAILS = """
INSERT INTO ledger_statementdetail (line_id, number, amount, "references", return_code, party_key, party_hint, personal)
SELECT line_id, number, amount, refs, return_code, party_key, party_hint, personal
FROM jsonb_to_recordset(%s) AS detail (line_id uuid, number int, amount numeric, refs jsonb, return_code text, party_key text,
    party_hint text, personal bytea)"""


_ITEMS = """
INSERT INTO ledger_reconciliationitem (bank_account_id, side, line_id, amount, dated_on, reference, state, candidates)
SELECT %s, 'THEIRS', id, amount, booked_on, reference, 'UNMATCHED_THEIRS', '{}'
FROM jsonb_to_recordset(%s) AS item (id uuid, amount numeric, booked_on date, reference text)"""


class _DryRun(Exception):
    """Leaves the transaction of a dry run."""


@dataclass(slots=True)
class Imported:
    """What came in: the file, its statements, and how many lines were only announced and left out."""

    file: StatementFile
    statements: list[BankStatement] = field(default_factory=list)
    lines: int = 0
    details: int = 0
    announced: int = 0


def take_in(
    *,
    content: bytes,
    name: str,
    actor: Actor,
    at: datetime,
    bank_account_id: int | None = None,
    format: str = "",
    mapping: Mapping | None = None,
    dry_run: bool = False,
) -> Imported:
    """Take a bank's file in, whole or not at all.

    Without ``bank_account_id`` each statement finds its bank account by identification and currency. With ``dry_run`` everything is
    checked and nothing stays.

    Raises UnreadableStatement, DuplicateStatementFile, UnknownBankAccount, StatementOfAnotherAccount, StatementWithoutBalances,
    StatementDoesNotAdd, StatementNotContinuous, StatementOutOfSequence, and TooPrecise for amounts finer than the currency.
    """
    digest = hashlib.sha256(content).hexdigest()
    _check_is_new(digest)
    format = format or reading.recognised(content)
    read = list(reading.read(content, format=format, mapping=mapping))
    try:
        with transaction.atomic():
            imported = _taken_in(read, content, digest, format, name, bank_account_id, actor, at)
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    except IntegrityError as error:
        if "sha256" not in str(error):
            raise
        raise errors.DuplicateStatementFile(param="file") from None
    return imported


def _taken_in(
    read: Sequence[Statement],
    content: bytes,
    digest: str,
    format: str,
    name: str,
    bank_account_id: int | None,
    actor: Actor,
    at: datetime,
) -> Imported:
    found = [(_account_of(statement, bank_account_id), statement) for statement in read]
    accounts = {pk: bank_accounts.locked(pk) for pk in sorted({account.pk for account, _ in found})}
    file_id = ids.uuid7()
    file = StatementFile.objects.create(
        id=file_id,
        name=PurePath(name).name[:200],
        format=format,
        sha256=digest,
        size=len(content),
        content=crypto.seal(zlib.compress(content), aad=_aad(file_id, "file")),
        received_at=at,
        received_by=str(actor),
    )
    imported = Imported(file)
    # A bank may put several days into a file, in any order; they are a chain by their days.
    for account, statement in sorted(found, key=lambda one: (one[0].pk, one[1].to_on, one[1].from_on, one[1].sequence or 0)):
        _store(accounts[account.pk], statement, imported, actor, at)
    return imported


def _check_is_new(digest: str) -> None:
    known = StatementFile.objects.filter(sha256=digest).values_list("received_at", flat=True).first()
    if known is not None:
        raise errors.DuplicateStatementFile(f"The file came in on {known:%Y-%m-%d %H:%M} UTC already.", param="file")


def _account_of(statement: Statement, bank_account_id: int | None) -> BankAccount:
    named = statement.account or "an account without a number"
    if bank_account_id is None:
        found = BankAccount.objects.filter(identification=statement.account, currency=statement.currency).exclude(
            identification=""
        )
        account = found.first()
        if account is None:
            raise errors.UnknownBankAccount(f"No bank account is declared as {named} in {statement.currency}.", param="account")
        return account
    account = BankAccount.objects.filter(pk=bank_account_id).first()
    if account is None:
        raise errors.UnknownBankAccount
    if statement.account and account.identification and statement.account != account.identification:
        raise errors.StatementOfAnotherAccount(f"The statement is of {named}, not of {account.identification}.", param="account")
    if statement.currency and statement.currency != account.currency:
        raise errors.StatementOfAnotherAccount(
            f"The statement is in {statement.currency}, the account in {account.currency}.", param="currency"
        )
    return account


def _store(account: BankAccount, statement: Statement, imported: Imported, actor: Actor, at: datetime) -> None:
    booked = statement.booked
    for line in booked:
        money.exact(line.amount, account.currency, param=f"line {line.number}")
        if statement.is_proof and not statement.from_on <= line.booked_on <= statement.to_on:
            raise errors.UnreadableStatement(
                f"Line {line.number} is booked on {line.booked_on}, outside the statement's days.",
                line=line.number,
                field="BookgDt",
            )
    previous = _checked(account, statement, booked) if statement.is_proof else None
    kept = BankStatement.objects.create(
        file=imported.file,
        bank_account=account,
        previous=previous,
        format=statement.format,
        reference=statement.reference[:80],
        sequence=statement.sequence,
        from_on=statement.from_on,
        to_on=statement.to_on,
        opening=statement.opening,
        closing=statement.closing,
        is_proof=statement.is_proof,
        line_count=len(booked),
        recorded_at=at,
    )
    details = _store_lines(kept, booked)
    imported.statements.append(kept)
    imported.lines += len(booked)
    imported.details += details
    imported.announced += len(statement.lines) - len(booked)
    currency = account.currency
    told = {
        "id": kept.public_id,
        "bank_account": account.public_id,
        "format": kept.format,
        "from_on": str(kept.from_on),
        "to_on": str(kept.to_on),
        "closing": None if kept.closing is None else {"amount": money.to_text(kept.closing, currency), "currency": currency},
        "lines": kept.line_count,
    }
    log.record(
        action=events.STATEMENT_IMPORTED,
        actor=actor,
        at=at,
        target=kept.public_id,
        after={**told, "file": imported.file.public_id, "sha256": imported.file.sha256},
    )
    outbox.publish(type=events.STATEMENT_IMPORTED, partner_id=None, subject=kept.public_id, data=told, at=at)


def _checked(account: BankAccount, statement: Statement, booked: Iterable[Line]) -> BankStatement | None:
    """The statement before this one, when this one adds up and continues it."""
    if statement.opening is None or statement.closing is None:
        raise errors.StatementWithoutBalances(
            f"Statement {statement.reference or statement.to_on} gives no opening or closing balance."
        )
    currency = account.currency
    for balance in (statement.opening, statement.closing):
        money.exact(balance, currency, param="balance")
    gap = statement.opening + sum((line.amount for line in booked), Decimal(0)) - statement.closing
    if gap:
        raise errors.StatementDoesNotAdd(
            f"Opening balance and lines come to {money.to_text(abs(gap), currency)} {currency} "
            f"{'more' if gap > 0 else 'less'} than the closing balance.",
            difference=money.to_text(gap, currency),
        )
    previous = BankStatement.objects.filter(bank_account=account, is_proof=True).order_by("-to_on", "-recorded_at", "-id").first()
    if previous is None:
        if statement.from_on < account.starts_on:
            raise errors.StatementOutOfSequence(
                f"The account is reconciled from {account.starts_on} on.", starts_on=str(account.starts_on)
            )
        return None
    _check_follows(previous, statement)
    if statement.opening != previous.closing:
        raise errors.StatementNotContinuous(
            f"It opens with {money.to_text(statement.opening, currency)}; the one of {previous.to_on} closed with "
            f"{money.to_text(previous.closing, currency)} {currency}. One between them may be missing.",
            opening=money.to_text(statement.opening, currency),
            closing=money.to_text(previous.closing, currency),
        )
    return previous


def _check_follows(previous: BankStatement, statement: Statement) -> None:
    if statement.from_on < previous.to_on or statement.to_on < previous.to_on:
        raise errors.StatementOutOfSequence(f"Statements are there until {previous.to_on} already.", until=str(previous.to_on))
    if statement.sequence is None or previous.sequence is None or statement.sequence == previous.sequence + 1:
        return
    if statement.sequence == 1 and statement.to_on.year > previous.to_on.year:  # numbers begin anew with the year
        return
    raise errors.StatementOutOfSequence(
        f"Statement {previous.sequence + 1} was expected, this is {statement.sequence}.",
        expected=previous.sequence + 1,
        sequence=statement.sequence,
    )


def _store_lines(statement: BankStatement, lines: Sequence[Line]) -> int:
    count = 0
    for start in range(0, len(lines), CHUNK):
        rows, details = [], []
        for line in lines[start : start + CHUNK]:
            line_id = ids.uuid7()
            rows.append(
                {
                    "id": line_id,
                    "statement_id": statement.pk,
                    "number": line.number,
                    "amount": str(line.amount),
                    "booked_on": line.booked_on,
                    "value_on": line.value_on,
                    "code": line.code[:40],
                    "is_reversal": line.is_reversal,
                    "reference": references.strongest(line.references),
                    **_shared(line, line_id, "line"),
                }
            )
            for number, detail in enumerate(line.details, 1):
                details.append(
                    {
                        "line_id": line_id,
                        "number": number,
                        "amount": None if detail.amount is None else str(detail.amount),
                        **_shared(detail, line_id, f"detail {number}"),
                    }
                )
        with connection.cursor() as cursor:
            written = orjson.dumps(rows).decode()
            cursor.execute(_LINES, [written])
            if statement.is_proof:  # what only tells more of other lines is not reconciled itself
                cursor.execute(_ITEMS, [statement.bank_account_id, written])
            if details:
                cursor.execute(_DETAILS, [orjson.dumps(details).decode()])
        count += len(details)
    return count


def _shared(source: Line | Detail, line_id: UUID, place: str) -> dict[str, Any]:
    """What lines and the payments inside them have in common, as columns."""
    party = source.party
    named = masking.text(party.name)[:100] if party.name else ""
    hint = " ".join(filter(None, (named, masking.tail(party.account) if party.account else "")))
    personal = None
    if party.name or party.account or source.text:
        token = crypto.seal(orjson.dumps([party.name, party.account, source.text]), aad=_aad(line_id, place))
        personal = "\\x" + token.hex()
    return {
        "refs": {kind: list(values) for kind, values in source.references.items()},
        "return_code": source.return_code[:10],
        "party_key": counterparty_key(account=party.account, name=party.name),
        "party_hint": hint,
        "personal": personal,
    }


def opened_party(*, token: bytes | None, line_id: UUID, place: str = "line") -> tuple[Party, str]:
    """The party and the bank's text of a line (or of ``detail 1`` …), unsealed; empty where the bank gave none, and once it was deleted.
    Personal data.
    """
    if token is None:
        return Party(), ""
    name, account, text = orjson.loads(crypto.open_sealed(bytes(token), aad=_aad(line_id, place)))
    return Party(name, account), text


def content_of(file: StatementFile) -> bytes:
    """The file as it came. Personal data. Raises ContentDeleted."""
    if file.content is None:
        raise errors.ContentDeleted
    return zlib.decompress(crypto.open_sealed(bytes(file.content), aad=_aad(file.pk, "file")))


def _aad(key: UUID, place: str) -> str:
    return f"ledger.statement:{key}:{place}"


def reveal(*, line: StatementLine) -> dict[str, str]:
    """Who the other side of a line is and what the bank wrote. Personal data: the caller records that it was looked at.

    Raises ContentDeleted.
    """
    if line.personal is None and StatementFile.objects.filter(statements__lines=line, content=None).exists():
        raise errors.ContentDeleted
    party, text = opened_party(token=line.personal, line_id=line.pk)
    return {"Name": party.name, "Account": party.account, "Text": text}

"""The sandbox bank's statement of a partner's safeguarding account: made of the books, with differences planted on demand, and taken in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from accounts.services import partners
from flowlet.core import clock, money
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from flowlet.core.money import Money
from ledger.models import Account, BankAccount, BankStatement, Book, Entry, StatementLine
from ledger.selectors import reconciliation
from ledger.services import accounts, bank_accounts, bank_statements, books, charts
from ledger.services import reconciliation as reconciling
from ledger.services.reconciliation import Result
from payments import errors
from payments.providers.sandbox_statement import SandboxLine, sandbox_write_statement
from payments.selectors.payments import is_sandbox
from wallets.selectors import words


@dataclass(frozen=True, slots=True)
class Stated:
    """The statement that was taken in, and what reconciling it made of it."""

    statement: BankStatement
    lines: int
    result: Result


@transaction.atomic
def state(
    *,
    partner_id: UUID,
    currency: str,
    on: date | None = None,
    left_out: int = 0,
    extra: Sequence[tuple[Money, str]] = (),
    actor: Actor,
    at: datetime,
) -> Stated:
    """Let the sandbox bank state what moved on the safeguarding account since its last statement, take it in, and reconcile.

    ``left_out`` of the newest bookings are missing in it (the bank is late); ``extra`` are bookings that the books do not know (negative:
    out). Raises SandboxOnly, Invalid, and what the ledger refuses of statements.
    """
    if not is_sandbox(partner_id):
        raise errors.SandboxOnly()
    money.exponent(currency)
    book = books.create(partner=partners.get(partner_id), actor=actor, at=at)
    today = clock.day_of(at, zone=book.time_zone)
    day = on or today
    if not book.opened_on <= day <= today:
        raise Invalid(f"A statement is of a day from {book.opened_on} to {today}.", param="on")
    nostro = accounts.system_account(book_id=book.pk, line=charts.SAFEGUARDING, currency=currency, actor=actor, at=at)
    bank = reconciliation.of_account(account=nostro) or _declared(book, nostro, actor=actor, at=at)
    bank_accounts.locked(bank.pk)
    newest = reconciliation.newest_statement(bank_account=bank)
    entries = _untold(bank, nostro, day)
    written = words.of(entry.journal for entry in entries)
    lines = [
        SandboxLine(
            amount=money.exact(entry.amount if entry.side == "DEBIT" else -entry.amount, currency).amount,
            bank_reference=f"SBX-{entry.id}",
            end_to_end_id=str(entry.journal.metadata.get("reference") or entry.journal.cause or ""),
            text=written[entry.journal_id].description,
        )
        for entry in (entries[:-left_out] if left_out else entries)
    ]
    sequence = (newest.sequence or 0) + 1 if newest else 1
    for number, (amount, text) in enumerate(extra, 1):
        if amount.currency.code != currency:
            raise Invalid(f"The statement is in {currency}.", param="extra")
        lines.append(SandboxLine(amount=amount.amount, bank_reference=f"SBX-X{sequence}-{number}", text=text))
    content = sandbox_write_statement(
        account=bank.identification,
        currency=currency,
        sequence=sequence,
        day=day,
        opening=newest.closing if newest and newest.closing is not None else Decimal(0),
        lines=lines,
    )
    name = f"sandbox-{bank.code}-{day:%Y%m%d}-{sequence}.xml"
    bank_statements.take_in(content=content, name=name, actor=actor, at=at, bank_account_id=bank.pk)
    result = reconciling.run(bank_account_id=bank.pk, actor=actor, at=at)
    statement = reconciliation.newest_statement(bank_account=bank)
    if statement is None:
        raise RuntimeError("The statement that was just taken in is not there.")
    return Stated(statement, len(lines), result)


def _declared(book: Book, nostro: Account, *, actor: Actor, at: datetime) -> BankAccount:
    return bank_accounts.declare(
        code=f"SBX-{book.public_id[4:]}-{nostro.currency}"[:40],
        name=f"Sandbox bank, {nostro.currency}",
        identification=f"SBX{book.pk:08d}{nostro.currency}",
        account_ids=[nostro.pk],
        starts_on=book.opened_on,
        has_weekend_statements=True,
        actor=actor,
        at=at,
    )


def _untold(bank: BankAccount, nostro: Account, day: date) -> list[Entry]:
    """Entries of days up to ``day`` that no statement of the sandbox bank has told yet, in their order."""
    told = {
        int(name[4:])
        for names in StatementLine.objects.filter(statement__bank_account=bank).values_list("references", flat=True)
        for name in names.get("bank", ())
        if name.startswith("SBX-") and name[4:].isdecimal()
    }
    rows = Entry.objects.filter(account=nostro, effective_on__lte=day, effective_on__gte=bank.starts_on)
    return [entry for entry in rows.select_related("journal").order_by("id") if entry.id not in told]

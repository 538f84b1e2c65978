"""The monthly statement of a wallet: opening balance, movements, closing balance, in one snapshot of the database.

It foots, or is refused: what the movements add up to is compared with the balance that the books give for the last day.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import Partner
from flowlet.core import clock, money
from flowlet.core.money import Money
from flowlet.db.transactions import one_snapshot
from ledger.selectors import entries
from ledger.selectors.reports.sheets import defused
from wallets import errors
from wallets.models import Wallet
from wallets.selectors import balances, transactions
from wallets.selectors.transactions import Transaction

PDF_LIMIT = 5_000


class DoesNotFoot(RuntimeError):
    """Opening and movements do not make the closing balance: a defect, never shown as a statement."""


@dataclass(frozen=True, slots=True)
class Line:
    """One movement and the balance after it, in the statement's order (effective day, then recording)."""

    transaction: Transaction
    balance: Money


@dataclass(frozen=True, slots=True)
class Statement:
    """One wallet, one calendar month of the book's zone. A month that is not over is a statement up to ``through``."""

    wallet: Wallet
    partner_name: str
    first: date
    last: date
    through: date
    is_final: bool
    opening: Money
    incoming: Money
    outgoing: Money
    closing: Money
    lines: list[Line]


def of_month(wallet: Wallet, *, month: date, at: datetime) -> Statement:
    """The statement of the month that ``month`` lies in. Raises StatementOutOfRange for one that has not begun or before the books."""
    first = month.replace(day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    with one_snapshot():
        book = balances.book_of(wallet)
        today = clock.day_of(at, zone=book.time_zone)
        if first > today or last < book.opened_on:
            raise errors.StatementOutOfRange(f"Ask for a month from {book.opened_on:%Y-%m} to {today:%Y-%m}.", param="month")
        account = wallet.account_id
        before = balances.totals([account], on=first - timedelta(days=1))[account]
        after = balances.totals([account], on=last)[account]
        booked = entries.walk(account=wallet.account, first=first, last=last)
        read = transactions.read([one.entry for one in booked], wallet=wallet)
        partner = Partner.objects.only("name").get(pk=wallet.partner_id)
    currency, running = wallet.currency, Money(before, wallet.currency)
    opening, nothing = running, Money(Decimal(0), currency)
    lines, incoming, outgoing = [], nothing, nothing
    for one in read:
        running += one.signed
        incoming, outgoing = (incoming + one.amount, outgoing) if one.signed > nothing else (incoming, outgoing + one.amount)
        lines.append(Line(one, running))
    closing = Money(after, currency)
    if running != closing or opening + incoming - outgoing != closing:
        raise DoesNotFoot(f"{wallet.public_id} {first:%Y-%m}: {opening} and movements make {running}, the books say {closing}")
    return Statement(
        wallet=wallet,
        partner_name=partner.name,
        first=first,
        last=last,
        through=min(last, today),
        is_final=last < today,
        opening=opening,
        incoming=incoming,
        outgoing=outgoing,
        closing=closing,
        lines=lines,
    )


def as_csv(statement: Statement) -> bytes:
    """The statement as CSV (RFC 4180, UTF-8): a row for the opening balance, one per movement, one for the closing balance."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(
        ["day", "type", "label", "direction", "amount", "balance", "currency", "counterparty_wallet_id", "description", "external_id",
         "transaction_id", "cause_id", "recorded_at"]
    )  # fmt: skip
    currency = statement.wallet.currency
    writer.writerow([statement.first, "OPENING", "Opening balance", "", "", _text(statement.opening), currency, *[""] * 6])
    for line in statement.lines:
        one = line.transaction
        writer.writerow(
            [
                one.effective_on,
                one.type.value,
                one.label,
                one.direction.value,
                _text(one.signed),
                _text(line.balance),
                currency,
                one.counterparty,
                defused(one.description),
                defused(one.external_id),
                one.id,
                one.cause,
                one.posted_at.isoformat(),
            ]
        )
    writer.writerow([statement.through, "CLOSING", "Closing balance", "", "", _text(statement.closing), currency, *[""] * 6])
    return buffer.getvalue().encode()


def as_pdf(statement: Statement) -> bytes:
    """The statement as PDF, A4. Raises StatementTooLong beyond 5,000 movements."""
    if len(statement.lines) > PDF_LIMIT:
        raise errors.StatementTooLong(
            f"{len(statement.lines)} movements; a PDF holds {PDF_LIMIT}.", movements=len(statement.lines)
        )
    from wallets.services import statement_pdf

    return statement_pdf.draw(statement)


def file_name(statement: Statement, kind: str) -> str:
    """What the file is called."""
    return f"statement-{statement.wallet.public_id}-{statement.first:%Y-%m}.{kind}"


def _text(value: Money) -> str:
    return money.to_text(value.amount, value.currency.code)

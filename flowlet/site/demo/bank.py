"""The bank of a company's LIVE side: its accounts, declared as operations would, and its statement of the story's last week.

Everything that moved is on the statement under the reference that the books have, so the last day can be closed by command. Of later
days the bank says nothing by itself: the next statement is imported, as in real life.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal

from flowlet.core import money
from flowlet.core.actors import Actor
from flowlet.site.demo.companies import Side
from ledger.models import Account, BankAccount, Entry
from ledger.selectors import balances
from ledger.services import bank_accounts, bank_statements, charts, reconciliation
from wallets.selectors import words

DAYS = 7
LINES = {charts.SAFEGUARDING: "clients", charts.OPERATING_BANK: "own"}


def state(side: Side, *, last: date, officer: Actor, at: datetime) -> list[BankAccount]:
    """Declare the side's accounts at its bank, take the bank's statement of the week up to ``last`` in, and reconcile it."""
    first = last - timedelta(days=DAYS - 1)
    accounts = (
        Account.objects.filter(book=side.book, line__code__in=LINES).select_related("line").order_by("line__code", "currency")
    )
    made = []
    for number, account in enumerate(accounts, 1):
        bank = bank_accounts.declare(
            code=f"{side.partner.name.split()[0].lower()}-{LINES[account.line.code]}-{account.currency.lower()}",
            name=f"{side.partner.name}, {LINES[account.line.code]}, {account.currency}",
            identification=f"{side.book.pk:06d}{number:04d}",
            account_ids=[account.pk],
            starts_on=first,
            actor=officer,
            at=at,
        )
        content = statement(account, identification=bank.identification, first=first, last=last)
        bank_statements.take_in(
            content=content, name=f"{bank.code}-{last:%Y%m%d}.sta", bank_account_id=bank.pk, actor=officer, at=at
        )
        reconciliation.run(bank_account_id=bank.pk, actor=officer, at=at)
        made.append(bank)
    return made


def statement(account: Account, *, identification: str, first: date, last: date) -> bytes:
    """What moved on the account in these days, as MT940."""
    total = balances.as_of(account_ids=[account.pk], on=last).get(account.pk)
    closing = total.debits - total.credits if total else Decimal(0)
    found = Entry.objects.filter(account=account, effective_on__gte=first, effective_on__lte=last)
    entries = list(found.select_related("journal").order_by("effective_on", "id"))
    moved = [entry.amount if entry.side == "DEBIT" else -entry.amount for entry in entries]
    written = words.of(entry.journal for entry in entries)
    lines = [
        f":20:DEMO{last:%y%m%d}",
        f":25:{identification}",
        ":28C:1/1",
        _balance("60F", closing - sum(moved, Decimal(0)), account.currency, first - timedelta(days=1)),
    ]
    for number, (entry, amount) in enumerate(zip(entries, moved, strict=True), 1):
        day = entry.effective_on
        mark = "C" if amount > 0 else "D"
        reference = entry.journal.metadata.get("reference", "NONREF")
        lines.append(f":61:{day:%y%m%d%m%d}{mark}{_amount(amount, account.currency)}NTRF{reference}//D{day:%y%m%d}{number:05d}")
        lines.append(f":86:{written[entry.journal_id].description[:65]}")
    lines.append(_balance("62F", closing, account.currency, last))
    return "\r\n".join([*lines, "-", ""]).encode("ascii", "replace")


def _balance(tag: str, amount: Decimal, currency: str, day: date) -> str:
    return f":{tag}:{'D' if amount < 0 else 'C'}{day:%y%m%d}{currency}{_amount(amount, currency)}"


def _amount(amount: Decimal, currency: str) -> str:
    text = money.to_text(abs(amount), currency).replace(".", ",")
    return text if "," in text else f"{text},"

"""bank_account: bank accounts that are reconciled, as on their page, from the command line."""

from argparse import BooleanOptionalAction
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.core.management.base import CommandError

from accounts.management import arguments
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from flowlet.core import clock
from flowlet.core.actors import Actor
from ledger.models import Account, BankAccount, Book
from ledger.services import bank_accounts, charts

MANAGE = "ledger.manage_bank_account"
RULES = (
    option("--tolerance", keyword="tolerance_amount", type=arguments.amount, help="differences up to this amount are booked"),
    option("--tolerance-percent", type=arguments.amount, help="and up to so many percent of our amount"),
    option("--tolerance-line", help=f"chart line that takes them (first: {charts.PROVIDER_COSTS})"),
    option("--write-off-line", help=f"chart line that takes write-offs (first: {charts.LOSSES})"),
    option("--window-days", type=int, help="how far days may lie apart where only amounts agree (first: 3)"),
    option("--transit-days", type=int, help="after so many days what the bank does not show is a break (first: 3)"),
    option("--weekend-statements", keyword="has_weekend_statements", action=BooleanOptionalAction),
)


def declare(
    *,
    code: str,
    accounts: Sequence[str],
    book: str,
    chart_line: str,
    currency: str,
    starts_on: date | None,
    identification: str,
    actor: Actor,
    at: datetime,
    **rules: Any,
) -> BankAccount:
    """Rules that are not named are the service's."""
    found = [Account.fetch(public_id) for public_id in accounts] or _of_book(book, chart_line, currency)
    return bank_accounts.declare(
        code=code,
        account_ids=[account.pk for account in found],
        starts_on=starts_on or clock.day_of(at, zone=found[0].book.time_zone),
        identification=identification,
        **{name: value for name, value in rules.items() if value is not None},
        actor=actor,
        at=at,
    )


def change_rules(*, bank_account_id: int, reason: str, actor: Actor, at: datetime, **rules: Any) -> BankAccount:
    """Rules that are not named stay."""
    row = BankAccount.objects.get(pk=bank_account_id)
    wanted = {name: getattr(row, name) if value is None else value for name, value in rules.items()}
    return bank_accounts.change(bank_account_id=bank_account_id, **wanted, reason=reason, actor=actor, at=at)


def add_member(*, bank_account_id: int, account: str, actor: Actor, at: datetime) -> Any:
    """One more account of the books."""
    return bank_accounts.add_member(bank_account_id=bank_account_id, account_id=Account.fetch(account).pk, actor=actor, at=at)


def _of_book(book: str, chart_line: str, currency: str) -> list[Account]:
    if not book or not currency:
        raise CommandError("Give --account, or --book and --currency.")
    row = Book.fetch(book)
    found = list(Account.objects.filter(book=row, code=chart_line, currency=currency).select_related("book"))
    if not found:
        raise CommandError(f"{row} has no account {chart_line} in {currency} yet.")
    return found


class Command(DeedCommand):
    help = (
        "List bank accounts that are reconciled with their statements, declare one by naming the accounts of the books that lie on it, "
        "change its rules, add an account of the books."
    )
    shows = BankAccount
    deeds = (
        Deed(
            name="declare",
            permission=MANAGE,
            service=declare,
            options=(
                option("code", help="a new code, such as main-eur"),
                option("--account", keyword="accounts", action="append", default=[], metavar="acc_…", help="repeatable"),
                option("--book", default="", metavar="bok_…", help="with --line and --currency instead of --account"),
                option("--line", keyword="chart_line", default=charts.SAFEGUARDING, help="code of the account in the book"),
                option("--currency", default="", type=str.upper),
                option("--iban", keyword="identification", default="", help="IBAN or number, as statements name it"),
                option(
                    "--starts-on", type=arguments.day, metavar="DAY", help="the first day that is reconciled (default: today)"
                ),
                *RULES,
            ),
            told=lambda made: f"{made.public_id} {made} is reconciled from {made.starts_on} on.",
            help="say which accounts of the books lie on a bank account",
        ),
        Deed(
            name="change-rules",
            model=BankAccount,
            permission=MANAGE,
            service=change_rules,
            subject="bank_account_id",
            reason=REQUIRED,
            options=RULES,
            told=lambda row: f"{row.public_id} {row}: changed.",
            help="by which it is reconciled from the next run on; what is not named stays",
        ),
        Deed(
            name="add-member",
            model=BankAccount,
            permission=MANAGE,
            service=add_member,
            subject="bank_account_id",
            options=(option("account", metavar="acc_…"),),
            told=lambda made: f"{made.account.public_id} lies on {made.bank_account.public_id}.",
            help="one more account of the books",
        ),
    )

    def listed(self) -> Iterable[str]:
        """By code."""
        for row in BankAccount.objects.order_by("code"):
            yield line(row.code, row.public_id, f"{row.name}, {row.currency}", f"from {row.starts_on}")

    def described(self, row: BankAccount) -> Iterable[tuple[str, Any]]:
        """With its rules and the accounts of the books."""
        yield from (
            ("Bank account", row.public_id),
            ("Code", row.code),
            ("Name", row.name),
            ("Currency", row.currency),
            ("IBAN or number", row.identification),
            ("Reconciled from", row.starts_on),
            ("Tolerance", row.tolerance_amount),
            ("Tolerance, percent", row.tolerance_percent),
            ("Tolerance line", row.tolerance_line),
            ("Write-off line", row.write_off_line),
            ("Window, days", row.window_days),
            ("Transit, days", row.transit_days),
            ("Weekend statements", "yes" if row.has_weekend_statements else "no"),
        )
        for member in row.members.select_related("account__book").order_by("account_id"):
            yield "Account", line(member.account.public_id, member.account, member.account.book)

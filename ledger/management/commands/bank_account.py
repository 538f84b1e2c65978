"""Declare a bank account that is reconciled, or list them."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from flowlet.core import actors, clock
from flowlet.core.errors import DomainError
from ledger.models import Account, BankAccount, Book
from ledger.services import bank_accounts, charts


class Command(BaseCommand):
    help = (
        "Say which accounts of the books lie on a bank account and are reconciled with its statements; without a code, list them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", nargs="?", help="a new code, such as main-eur")
        parser.add_argument(
            "--account", action="append", default=[], help="public id of an account of the books, acc_… (repeatable)"
        )
        parser.add_argument("--book", default="", help="public id, bok_…: with --line and --currency instead of --account")
        parser.add_argument("--line", default=charts.SAFEGUARDING, help="code of the account in the book")
        parser.add_argument("--currency", default="")
        parser.add_argument("--iban", default="", help="IBAN or number, as statements name it")
        parser.add_argument("--starts-on", default="", metavar="DAY", help="YYYY-MM-DD: the first day that is reconciled")
        parser.add_argument("--tolerance", default="", help="differences up to this amount are booked")
        parser.add_argument("--tolerance-percent", default="", help="and up to so many percent of our amount")
        parser.add_argument("--tolerance-line", default=charts.PROVIDER_COSTS, help="chart line that takes them")
        parser.add_argument("--window-days", type=int, default=3)
        parser.add_argument("--transit-days", type=int, default=3)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["code"]:
            for account in BankAccount.objects.order_by("code"):
                self.stdout.write(
                    f"{account.code}  {account.public_id}  {account.name}, {account.currency}, from {account.starts_on}"
                )
            return
        try:
            made = bank_accounts.declare(
                code=options["code"],
                account_ids=[account.pk for account in self._accounts(options)],
                starts_on=date.fromisoformat(options["starts_on"]) if options["starts_on"] else clock.now().date(),
                identification=options["iban"],
                tolerance_amount=Decimal(options["tolerance"]) if options["tolerance"] else None,
                tolerance_percent=Decimal(options["tolerance_percent"]) if options["tolerance_percent"] else None,
                tolerance_line=options["tolerance_line"],
                window_days=options["window_days"],
                transit_days=options["transit_days"],
                actor=actors.system("bank_account"),
                at=clock.now(),
            )
        except (ValueError, InvalidOperation):
            raise CommandError("Write days as 2026-03-31 and amounts as 0.50.") from None
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        self.stdout.write(f"{made.public_id} {made} is reconciled from {made.starts_on} on.")

    def _accounts(self, options: dict[str, Any]) -> list[Account]:
        if options["account"]:
            return [Account.fetch(public_id) for public_id in options["account"]]
        book = Book.fetch(options["book"]) if options["book"] else None
        if book is None or not options["currency"]:
            raise CommandError("Give --account, or --book and --currency.")
        found = Account.objects.filter(book=book, code=options["line"], currency=options["currency"])
        if not found:
            raise CommandError(f"{book} has no account {options['line']} in {options['currency']} yet.")
        return list(found)

"""Close the months and years of a book."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from accounts.management import arguments
from accounts.management.deeds import ActingCommand
from flowlet.core import clock
from flowlet.core.errors import DomainError
from flowlet.core.money import to_text
from ledger.models import Book, Period
from ledger.services import periods


class _DryRun(Exception):
    """Leaves the transaction of a dry run."""


class Command(ActingCommand):
    permission = "ledger.close_period"
    help = "Close, soft-close or reopen the periods of a book (monthly, defined when needed), or carry a year's earnings over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("book", help="public id, bok_…")
        parser.add_argument("--through", type=arguments.day, metavar="DAY", help="YYYY-MM-DD: every period that ends by this day")
        parser.add_argument("--period", help="public id of one period, per_…")
        parser.add_argument("--soft", action="store_true", help="adjustments by finance stay possible, and it can be reopened")
        parser.add_argument("--reopen", action="store_true", help="take postings for a soft-closed --period again")
        parser.add_argument("--year", type=int, help="post the closing journal of this year (before its December is closed)")
        parser.add_argument("--reason", default="", help="kept in the audit")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if sum(1 for name in ("through", "period", "year") if options[name]) != 1:
            raise CommandError("Give one of --through, --period and --year.")
        if options["year"] and not 1900 <= options["year"] <= 9998:
            raise CommandError("--year has four digits, such as 2026.")
        if options["reopen"] and (not options["period"] or options["soft"]):
            raise CommandError("--reopen goes with --period, without --soft.")
        try:
            book = Book.fetch(options["book"])
            with transaction.atomic():
                self._do(book, options)
                if options["dry_run"]:
                    raise _DryRun
        except _DryRun:
            self.stdout.write("Dry run: nothing was changed.")
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None

    def _do(self, book: Book, options: dict[str, Any]) -> None:
        actor = self.actor(options, permission="ledger.reopen_period" if options["reopen"] else "")
        at = clock.now()
        if options["year"]:
            closed = periods.close_year(book_id=book.pk, year=options["year"], actor=actor, at=at, dry_run=options["dry_run"])
            for currency, result in sorted(closed.results.items()):
                self.stdout.write(f"{closed.year}: {to_text(result, currency)} {currency} to retained earnings")
            if closed.posted:
                self.stdout.write(f"Posted as {closed.posted.public_id}.")
            return
        if options["period"]:
            period = Period.fetch(options["period"], book=book)
            deed = periods.reopen if options["reopen"] else periods.soft_close if options["soft"] else periods.close
            self._say([deed(period_id=period.pk, actor=actor, at=at, reason=options["reason"])])
            return
        periods.define_months(book_id=book.pk, through=options["through"], actor=actor, at=at)
        self._say(periods.close_through(book_id=book.pk, through=options["through"], soft=options["soft"], actor=actor, at=at))

    def _say(self, done: list[Period]) -> None:
        for period in done:
            self.stdout.write(f"{period.public_id} {period}: {period.get_status_display().lower()}")
        if not done:
            self.stdout.write("Nothing to close.")

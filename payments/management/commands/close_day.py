"""close_day: close a business day of a book."""

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management import arguments
from accounts.management.deeds import ActingCommand
from flowlet.core import clock
from flowlet.core.errors import DomainError
from ledger.models import Book
from payments import errors
from payments.services import days


class Command(ActingCommand):
    permission = "payments.close_day"
    help = (
        "Close a business day: settle, reconcile, prove, revalue, add up, verify, seal. Refused, saying what is missing, "
        "while a bank account is unproven or a break has no owner; exit code 1 then. Can be interrupted and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("book", nargs="?", metavar="BOOK", help="bok_…; default: every book")
        parser.add_argument("--date", type=arguments.day, help="the day (default: yesterday in the book's zone)")
        parser.add_argument("--json", action="store_true", help="answer as JSON")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor, at = self.actor(options), clock.now()
        try:
            books = [Book.fetch(options["book"])] if options["book"] else list(Book.objects.order_by("pk"))
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        told, is_refused = [], False
        with tqdm(
            total=len(books) * len(days.STEPS), unit=" steps", desc="Closing", disable=True if options["json"] else None
        ) as bar:
            for book in books:
                day = options["date"] or clock.day_of(at, zone=book.time_zone) - timedelta(days=1)
                line: dict[str, Any] = {"book": book.public_id, "day": str(day)}
                try:
                    row = days.close(book_id=book.pk, day=day, actor=actor, at=at, told=lambda step: bar.update())
                    line |= {"status": row.status, "head": row.head, "steps": row.steps, "missing": []}
                except errors.DayNotReady as refusal:
                    is_refused = True
                    line |= {"status": "OPEN", "missing": refusal.details["missing"]}
                except DomainError as refusal:
                    is_refused = True
                    line |= {"status": "OPEN", "missing": [f"{refusal.message} ({refusal.code})"]}
                told.append(line)
        if options["json"]:
            self.stdout.write(json.dumps({"days": told}))
        else:
            for line in told:
                self.stdout.write(f"{line['book']}  {line['day']}  {line['status']}")
                for words in line["missing"]:
                    self.stdout.write(f"  missing: {words}")
        if is_refused:
            raise SystemExit(1)

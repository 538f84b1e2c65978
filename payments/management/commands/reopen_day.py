"""reopen_day: ask for a closed business day to be open again."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management import arguments
from accounts.management.deeds import ActingCommand
from flowlet.core import clock
from flowlet.core.errors import DomainError
from ledger.models import Book
from payments.models import BusinessDay
from payments.services import days


class Command(ActingCommand):
    permission, needs_person = "payments.request_day_reopening", True
    help = (
        "Ask, in the name of a member of staff, for the newest closed day of a book to be open again; "
        "another person approves in the back office."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("book", metavar="BOOK", help="bok_…")
        parser.add_argument("date", type=arguments.day, help="the day")
        parser.add_argument("--reason", required=True, help="kept in the audit")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self.actor(options)
        try:
            book = Book.fetch(options["book"])
            row = BusinessDay.objects.filter(book=book, day=options["date"]).first()
            if row is None:
                raise CommandError(f"{options['date']} was never closed.")
            approval = days.request_reopening(day_id=row.pk, reason=options["reason"], actor=actor, at=clock.now())
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        self.stdout.write(f"{approval.public_id} waits for another person.")

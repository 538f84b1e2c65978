"""reopen_day: ask for a closed business day to be open again."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import DomainError
from ledger.models import Book
from payments.models import BusinessDay
from payments.services import days


class Command(BaseCommand):
    help = (
        "Ask, in the name of a member of staff, for the newest closed day of a book to be open again; "
        "another person approves in the back office."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("book", metavar="BOOK", help="bok_…")
        parser.add_argument("date", type=date.fromisoformat, help="the day")
        parser.add_argument("--by", required=True, metavar="EMAIL", help="who asks; needs the right to")
        parser.add_argument("--reason", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            book = Book.fetch(options["book"])
            user = User.objects.filter(email__iexact=options["by"], is_staff=True, is_active=True).first()
            row = BusinessDay.objects.filter(book=book, day=options["date"]).first()
            if user is None:
                raise CommandError(f"{options['by']} is no active member of staff.")
            if row is None:
                raise CommandError(f"{options['date']} was never closed.")
            approval = days.request_reopening(
                day_id=row.pk,
                reason=options["reason"],
                actor=Actor(kind=ActorKind.STAFF, id=user.public_id, label="command"),
                at=clock.now(),
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        self.stdout.write(f"{approval.public_id} waits for another person.")

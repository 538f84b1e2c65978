"""revalue_fx: bring the books to the worth of their foreign exchange positions."""

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management import arguments
from accounts.management.deeds import ActingCommand
from flowlet.core import clock
from flowlet.core.errors import DomainError
from flowlet.core.money import Money, to_text
from ledger.models import Book
from ledger.selectors.fx_positions import POSITION
from ledger.services import revaluation
from ledger.services.revaluation import Revaluation


class Command(ActingCommand):
    """Posts what each position has gained or lost since the last time, per book. Can be repeated: the second run posts nothing.

    Exit code 1 if a book was refused, for want of a rate or because its period is closed; the other books are revalued.
    """

    help = __doc__
    permission = "ledger.revalue_positions"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--date", type=arguments.day, metavar="DAY", help="YYYY-MM-DD (default: today in each book's zone)")
        parser.add_argument("--book", help="public id, bok_… (default: every book that has positions)")
        parser.add_argument("--dry-run", action="store_true", help="say what would be posted, post nothing")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor, at, revalued, refused = self.actor(options), clock.now(), 0, 0
        if options["book"]:
            try:
                books = [Book.fetch(options["book"])]
            except DomainError as refusal:
                raise CommandError(f"{refusal.message} ({refusal.code})") from None
        else:
            books = list(Book.objects.filter(accounts__line__code=POSITION).distinct().order_by("pk"))
        for book in tqdm(books, unit=" books", desc="Revaluing", disable=None):
            try:
                found = revaluation.revalue(book_id=book.pk, on=options["date"], actor=actor, at=at, dry_run=options["dry_run"])
            except DomainError as refusal:
                refused += 1
                self.stderr.write(f"{book.public_id} {book.name}: {refusal.message} ({refusal.code})")
                continue
            revalued += bool(found.due)
            self._tell(found)
        verb = "would be revalued" if options["dry_run"] else "revalued"
        self.stdout.write(f"{revalued} of {len(books)} books {verb}, {refused} refused.")
        if refused:
            sys.exit(1)

    def _tell(self, found: Revaluation) -> None:
        journal = f"journal {found.posted.public_id}" if found.posted else "nothing posted"
        self.stdout.write(f"{found.book.public_id} {found.book.name} on {found.on}: {journal}")
        for position in found.positions:
            value, due = position.value, position.due
            self.stdout.write(
                f"  {_text(position.amount):>24}  cost {_text(position.cost):>20}"
                f"  worth {_text(value) if value is not None else '?':>20}  due {_text(due) if due is not None else '?':>18}"
            )


def _text(value: Money) -> str:
    code = value.currency.code
    return f"{to_text(value.amount, code)} {code}"

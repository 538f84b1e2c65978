"""Write a whole book to files."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from flowlet.core.errors import DomainError
from flowlet.db.counts import estimated
from ledger.models import Book, Journal
from ledger.services import exports


class Command(BaseCommand):
    help = (
        "Export a book: accounts, journals, entries, remarks, exchange rates and seals as JSON lines or CSV, with a manifest."
        " A broken run is continued."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("book", help="public id, bok_…")
        parser.add_argument("directory", type=Path, help="a new directory, or one in which an export broke off")
        parser.add_argument("--format", choices=exports.FORMATS, default="jsonl")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            book = Book.fetch(options["book"])
            total = estimated(Journal.objects.filter(book=book))
            with tqdm(total=total, unit=" journals", desc="Exporting", disable=None) as bar:
                manifest = exports.export(
                    book=book, directory=options["directory"], format=options["format"], progress=bar.update
                )
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        except OSError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{manifest['journals']} journals in {options['directory']}.")
        head = manifest["seal_head"]
        self.stdout.write(f"Seal head: {head['number']}:{head['hash']}" if head else "Nothing is sealed yet.")

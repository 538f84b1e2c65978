"""Post journals from a file."""

import csv
import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management.deeds import ActingCommand
from flowlet.core.errors import DomainError
from ledger.models import Book
from ledger.selectors.reports.sheets import defused
from ledger.services import imports

SHOWN = 50


class Command(ActingCommand):
    permission = "ledger.post_manual_journal"
    help = (
        "Post journals from CSV (one leg a line: external_id, kind, effective_on, description, account, side, amount, currency) or JSON "
        "(a list, or one journal a line). Can be repeated: what is in the book already is left alone. Exit code 1 if anything was refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--book", required=True, help="public id, bok_…")
        parser.add_argument("--atomic", action="store_true", help="the whole file or nothing (default: each journal on its own)")
        parser.add_argument("--dry-run", action="store_true", help="check everything, keep nothing")
        parser.add_argument("--refused", type=Path, help="write every refused journal to this CSV file")
        parser.add_argument("--allow-owned", action="store_true", help="also post on accounts that belong to a wallet or product")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        actor = self.actor(options)
        kinds = {".csv": imports.read_csv, ".json": imports.read_json, ".jsonl": imports.read_json}
        reader = kinds.get(path.suffix.lower())
        if reader is None:
            raise CommandError("The file is .csv, .json or .jsonl.")
        try:
            book = Book.fetch(options["book"])
            if options["refused"]:  # before anything is posted: a report that cannot be written comes too late afterwards
                options["refused"].open("w", encoding="utf-8").close()
            with (
                path.open(encoding="utf-8-sig", newline="") as file,
                tqdm(total=os.path.getsize(path), unit="B", unit_scale=True, desc="Posting", disable=None) as bar,
            ):
                outcome = imports.post(
                    book=book,
                    rows=reader(file),
                    actor=actor,
                    atomic=options["atomic"],
                    dry_run=options["dry_run"],
                    allow_owned=options["allow_owned"],
                    progress=lambda _: bar.update(max(file.buffer.tell() - bar.n, 0)),
                )
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(
                f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else f"{path}: {error}"
            ) from None
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        self._tell(outcome, options)

    def _tell(self, outcome: imports.Outcome, options: dict[str, Any]) -> None:
        for refused in outcome.refused[:SHOWN]:
            self.stderr.write(f"line {refused.line}: {refused.external_id or '?'}: {refused.reason} ({refused.code})")
        if len(outcome.refused) > SHOWN:
            self.stderr.write(f"… and {len(outcome.refused) - SHOWN} more; --refused FILE writes all of them.")
        if options["refused"]:
            with options["refused"].open("w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["line", "external_id", "code", "reason"])
                writer.writerows(
                    (found.line, defused(found.external_id), found.code, defused(found.reason)) for found in outcome.refused
                )
        verb = "posted" if outcome.is_kept else "could be posted" if options["dry_run"] else "rolled back"
        self.stdout.write(f"{outcome.posted} {verb}, {outcome.known} known already, {len(outcome.refused)} refused.")
        if outcome.refused:
            sys.exit(1)

"""import_bank_file: take in what a bank says about our payments."""

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from accounts.management.deeds import ActingCommand
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from payments import errors
from payments.choices import InboundFormat, InboundState
from payments.models import InboundFile, InboundItem
from payments.services import inbound_files


class Command(ActingCommand):
    permission = "payments.take_bank_file"
    help = (
        "Take in a bank's file about our payments: ACH returns and notifications of change, pain.002, pacs.002, pacs.004. Each item is "
        "handled once; what finds nothing of ours or needs a person stays in a queue and is tried again when the same file is given "
        "again. Can be interrupted and run again. Exit code 1 when something was left over."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--format", choices=InboundFormat.values, help="found out by the file's beginning unless given")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done and do nothing")
        parser.add_argument("--json", action="store_true", help="answer as JSON")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        path, actor = options["file"], self.actor(options)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from None
        try:
            with transaction.atomic() if options["dry_run"] else nullcontext():
                file, tally = self._import(path.name, content, options, actor)
                left = self._left(file)
                if options["dry_run"]:
                    transaction.set_rollback(True)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        if options["json"]:
            told = {"file": file.public_id, "format": file.format, "count": file.count, "is_dry_run": options["dry_run"]}
            self.stdout.write(json.dumps({**told, **asdict(tally), "left": left}))
        else:
            for line in left:
                self.stdout.write("  ".join(str(value) for value in line.values() if value))
            counted = ", ".join(f"{count} {state}" for state, count in asdict(tally).items() if count)
            self.stdout.write(f"{file.public_id}  {file.get_format_display()}: {counted or 'nothing in it'}.")
            if options["dry_run"]:
                self.stdout.write("Nothing was done.")
        if tally.left:
            raise SystemExit(1)

    def _import(
        self, name: str, content: bytes, options: dict[str, Any], actor: Actor
    ) -> tuple[InboundFile, inbound_files.Tally]:
        """Take the file, or go on with what it left over."""
        at = clock.now()
        try:
            file = inbound_files.take(name=name, content=content, format=options["format"], actor=actor, at=at)
        except errors.InboundFileKnown as known:
            file = inbound_files.get(InboundFile.key(known.details["file"]))
            if not inbound_files.tally(file).left:
                raise
        with tqdm(total=file.count, unit=" items", desc="Importing", disable=True if options["json"] else None) as bar:
            tally = inbound_files.handle(file_id=file.pk, actor=actor, at=at, told=lambda _: bar.update())
        return file, tally

    @staticmethod
    def _left(file: InboundFile) -> list[dict[str, Any]]:
        rows = InboundItem.objects.filter(file=file, state__in=[InboundState.UNMATCHED, InboundState.REFUSED])
        return [
            {
                "item": row.public_id,
                "state": row.state,
                "kind": row.kind,
                "code": row.code,
                "cause": row.cause,
                "reference": row.reference,
                "reason": row.reason,
            }
            for row in rows.order_by("ordinal")
        ]

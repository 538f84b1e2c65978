"""Take a bank's file in."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.deeds import ActingCommand
from flowlet.core import clock
from flowlet.core.errors import DomainError
from flowlet.core.money import to_text
from ledger.models import BankAccount
from ledger.services import bank_statements


class Command(ActingCommand):
    permission = "ledger.import_statement"
    help = (
        "Import bank statements: camt.053, camt.052, camt.054, MT940, or CSV by a mapping. The whole file or nothing; the same file comes "
        "in once. Without --account each statement finds its bank account by IBAN or number."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--account", default="", help="code of the bank account the file has to be of")
        parser.add_argument("--format", choices=bank_statements.FORMATS, default="", help="default: what the file looks like")
        parser.add_argument("--mapping", type=Path, help="JSON file that says what the columns of a CSV file are")
        parser.add_argument("--opening", default="", help="CSV without balances: the opening balance, as the file writes amounts")
        parser.add_argument("--closing", default="", help="and the closing balance")
        parser.add_argument("--dry-run", action="store_true", help="check everything, keep nothing")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self.actor(options)
        try:
            account = None
            if options["account"]:
                account = BankAccount.objects.filter(code=options["account"]).first()
                if account is None:
                    raise CommandError(f"There is no bank account {options['account']!r}.")
            imported = bank_statements.take_in(
                content=options["file"].read_bytes(),
                name=options["file"].name,
                bank_account_id=account.pk if account else None,
                format=options["format"],
                mapping=self._mapping(options),
                actor=actor,
                at=clock.now(),
                dry_run=options["dry_run"],
            )
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from None
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        for statement in imported.statements:
            closing = (
                "" if statement.closing is None else f", closing {to_text(statement.closing, statement.bank_account.currency)}"
            )
            self.stdout.write(
                f"{statement.public_id} {statement.bank_account.code} {statement}: {statement.line_count} lines{closing}"
            )
        if imported.announced:
            self.stdout.write(f"{imported.announced} lines are only announced and were left out.")
        verb = "could be imported" if options["dry_run"] else "imported"
        self.stdout.write(f"{imported.lines} lines with {imported.details} payments inside {verb}.")

    def _mapping(self, options: dict[str, Any]) -> bank_statements.Mapping | None:
        if options["mapping"] is None:
            return None
        made = bank_statements.mapping_from(json.loads(options["mapping"].read_text(encoding="utf-8")))
        given = {name: options[name] for name in ("opening", "closing") if options[name]}
        return replace(made, **given)

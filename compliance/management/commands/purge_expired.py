"""purge_expired: delete customers' data that no law and no hold keeps any more."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management.deeds import ActingCommand
from compliance.services import retention
from flowlet.core import clock
from flowlet.core.errors import DomainError


class Command(ActingCommand):
    help = (
        "Delete the personal data of closed customers once every clock of the law has ended (BSA 5 years, OFAC 10, EU 5 and then"
        " deletion) and no legal hold stands, and certify it; then what officers wrote, and what files of banks said five years ago."
        " --dry-run says what would go and what keeps the rest. Each 200 customers are a transaction, so it can be interrupted and run"
        " again."
    )
    permission = "compliance.purge_expired"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--dry-run", action="store_true", help="delete nothing, say what would go")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self.actor(options)
        with tqdm(unit=" customers", desc="Deleting", disable=True if options["json"] else None) as bar:

            def step(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                outcome = retention.purge(actor=actor, at=clock.now(), dry_run=options["dry_run"], told=step)
            except DomainError as refusal:
                raise CommandError(f"{refusal.message} ({refusal.code})") from None
        found = {
            "deleted": outcome.deleted,
            "records": dict(sorted(outcome.counts.items())),
            "kept_by": dict(sorted(outcome.kept.items())),
            "certificates": outcome.certificates,
        }
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        verb = "would be deleted" if options["dry_run"] else "deleted"
        self.stdout.write(f"{outcome.deleted:,} customers {verb}.")
        for title in ("records", "kept_by"):
            for name, count in found[title].items():
                self.stdout.write(f"  {title.replace('_', ' ')} {name}: {count:,}")
        for name in outcome.certificates:
            self.stdout.write(f"  certificate {name}")

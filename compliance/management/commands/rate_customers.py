"""rate_customers: rate whoever has no rating, and whoever is to be rated again."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management.deeds import ActingCommand
from compliance.choices import RatingCause, RiskBand
from compliance.services import rating_runs
from flowlet.core import clock
from flowlet.core.errors import DomainError


class Command(ActingCommand):
    help = (
        "Rate customers: those without a rating; those whose country came onto a list or left one; those rated by an older model; those"
        " whose override has ended; and those nobody looked at for thirty days. Whoever is done is not looked at again, so it can be"
        " interrupted and run again."
    )
    permission = "compliance.rate_customer"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--all", action="store_true", help="everybody who is open")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self.actor(options)
        with tqdm(unit=" customers", desc="Rating", disable=True if options["json"] else None) as bar:

            def step(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                outcome = rating_runs.run(actor=actor, at=clock.now(), everybody=options["all"], told=step)
            except DomainError as refusal:
                raise CommandError(f"{refusal.message} ({refusal.code})") from None
        if options["json"]:
            self.stdout.write(json.dumps({"looked_at": dict(outcome.looked_at), "made": dict(outcome.made)}))
            return
        self.stdout.write(f"{outcome.looked_at.total():,} customers looked at, {outcome.made.total():,} new ratings.")
        for cause, count in outcome.looked_at.items():
            self.stdout.write(f"  {RatingCause(cause).label}: {count:,}")
        for band in RiskBand:
            if outcome.made[band]:
                self.stdout.write(f"  now {band.label.lower()}: {outcome.made[band]:,}")

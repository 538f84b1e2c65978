"""rescreen: hold everybody against all lists once more."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management.deeds import ActingCommand
from compliance.services import screening_runs, standing_index
from flowlet.core import clock
from flowlet.core.errors import DomainError


class Command(ActingCommand):
    help = (
        "Look back over all: everybody who is screened is held against everything in force; customers, owners and counterparties who never"
        " were become subjects first. Nothing is told of hits that are known. Can be interrupted: the next call goes on where it stopped,"
        " unless --anew."
    )
    permission = "compliance.decide_hit"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--anew", action="store_true", help="begin again, though an earlier look-back was interrupted")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self.actor(options)
        interrupted = None if options["anew"] else screening_runs.interrupted()
        standing = standing_index.current()
        if not options["json"]:
            self.stdout.write(f"{len(standing.index):,} names in force: {standing.version or 'no list'}")
            if interrupted is not None:
                self.stdout.write(f"Going on with {interrupted.public_id} after {interrupted.screened:,} subjects.")
        with tqdm(unit=" subjects", desc="Screening", disable=True if options["json"] else None) as bar:

            def step(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                run = screening_runs.look_back(run=interrupted, actor=actor, at=clock.now(), told=step)
            except DomainError as refusal:
                raise CommandError(f"{refusal.message} ({refusal.code})") from None
        figures = {name: getattr(run, name) for name in ("screened", "found", "reopened", "lapsed")}
        if options["json"]:
            self.stdout.write(json.dumps({"run": run.public_id, "versions": run.versions, **figures}))
        else:
            said = ", ".join(f"{count:,} {name}" for name, count in figures.items() if name != "screened")
            self.stdout.write(f"{run.public_id}: {run.screened:,} subjects screened; hits: {said}.")

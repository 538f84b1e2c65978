"""import_fx_rates: bring in the European Central Bank's reference rates."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from accounts.management.deeds import ActingCommand
from flowlet.core import clock
from flowlet.core.errors import DomainError
from ledger.services import rate_imports

SHOWN = 50


class Command(ActingCommand):
    """Reads the ECB's history or daily file (CSV, zip or XML). Can be repeated: what is known already is left alone.

    Exit code 1 if anything was refused, or is known with another value.
    """

    help = __doc__
    permission = "ledger.set_rate"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="such as eurofxref-hist.zip")
        parser.add_argument("--fetch", action="store_true", help="the day's file from FLOWLET_FX_RATES_URL instead")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["file"]) == options["fetch"]:
            raise CommandError("Give a file or --fetch.")
        actor, at = self.actor(options), clock.now()
        try:
            if options["fetch"]:
                outcome = rate_imports.fetch_ecb(actor=actor, at=at)
            else:
                content = options["file"].read_bytes()
                with tqdm(unit=" rates", unit_scale=True, desc="Importing", disable=None) as bar:

                    def step(done: int, total: int) -> None:
                        bar.total = total
                        bar.update(done - bar.n)

                    outcome = rate_imports.bring_in_ecb(content=content, actor=actor, at=at, progress=step)
        except OSError as error:
            raise CommandError(f"{error.strerror}: {error.filename}") from None
        except (DomainError, ValueError) as refusal:
            code = getattr(refusal, "code", "")
            raise CommandError(f"{refusal} ({code})" if code else str(refusal)) from None
        self._tell(outcome)

    def _tell(self, outcome: rate_imports.Outcome) -> None:
        lines = [f"line {found.line}: {found.text!r} {found.reason}" for found in outcome.refused]
        lines += [
            f"{found.day}: {found.currency} is known as {found.known.normalize():f}, the file says {found.given:f}; it stays"
            for found in outcome.differing
        ]
        for line in lines[:SHOWN]:
            self.stderr.write(line)
        if len(lines) > SHOWN:
            self.stderr.write(f"… and {len(lines) - SHOWN} more.")
        if outcome.unknown:
            count = sum(outcome.unknown.values())
            self.stdout.write(
                f"{count} rates of currencies that cannot be held as money were left out: {', '.join(outcome.unknown)}."
            )
        newest = f", newest {outcome.newest}" if outcome.newest else ""
        self.stdout.write(f"{outcome.added} rates added, {outcome.known} known already, {len(lines)} refused{newest}.")
        if lines:
            sys.exit(1)

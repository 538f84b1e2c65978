"""generate_aml_scenarios: plant launderers and decoys into a sandbox, with the truth about them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from accounts.management import arguments
from accounts.management.deeds import write_new
from accounts.models import Partner
from compliance.services.planted import generating
from flowlet.core import actors, clock
from flowlet.core.errors import DomainError

MOST = 200


class Command(BaseCommand):
    help = (
        "Plant the patterns of every shipped scenario, decoys that look like them and ordinary lives, as facts of monitoring of a sandbox,"
        " and write who is what as CSV, for monitor --truth to score against. Refuses in production."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("truth", type=Path, help="a CSV file that is not there yet")
        parser.add_argument("--on", type=arguments.day, metavar="DAY", help="when it is to be found (default: yesterday, UTC)")
        parser.add_argument("--seed", type=int, default=1, help="another seed, other people (default 1)")
        parser.add_argument("--scale", type=int, default=1, help=f"how many times everything is planted (1 to {MOST}; default 1)")
        parser.add_argument("--partner", metavar="ID", help="a sandbox side, par_… (default: a new company's)")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT == "production":
            raise CommandError("generate_aml_scenarios invents customers and what they did: not in production.")
        if not 1 <= options["scale"] <= MOST:
            raise CommandError(f"--scale is between 1 and {MOST}.")
        if options["truth"].exists():
            raise CommandError(f"{options['truth']} is there already.")
        at, actor = clock.now(), actors.system("generate_aml_scenarios")
        on = options["on"] or at.date() - timedelta(days=1)
        of = sum(len(plants) for both in generating.SCENARIOS.values() for plants in both) * options["scale"]
        try:
            with transaction.atomic(), tqdm(total=of, unit=" patterns", disable=None) as bar:
                side = Partner.fetch(options["partner"]) if options["partner"] else generating.company(actor=actor, at=at)
                rows = generating.generate(
                    partner=side,
                    on=on,
                    seed=options["seed"],
                    scale=options["scale"],
                    actor=actor,
                    progress=lambda name: bar.update() and None,
                )
                self.stdout.write(write_new(options["truth"], generating.written(rows).encode()))
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        self.stdout.write(
            f"{side.public_id}: {len(rows):,} customers, {of} patterns and decoys of {len(generating.SCENARIOS)} scenarios on {on}."
        )

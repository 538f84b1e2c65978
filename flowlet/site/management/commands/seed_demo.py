"""seed_demo: two companies and a month of their customers' lives."""

import shutil
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import Partner
from flowlet.runtime.demo import write_private
from flowlet.site.demo import ending, seed, side_by_side


class Command(BaseCommand):
    """Fills an empty database with the demo; refuses in production and where partners exist. Scale 1 is about 20,000 journals."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scale", type=float, default=1.0, help="how many times 20,000 journals (0.05 to 200; default 1)")
        parser.add_argument(
            "--processes",
            type=int,
            choices=(1, 2),
            help="how many processes tell the companies' stories (default: 2 where there are processors)",
        )
        parser.add_argument("--credentials", type=Path, help="write users and API keys to this file (mode 0600)")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT == "production":
            raise CommandError("seed_demo makes known passwords and invented money: not in production.")
        if Partner.objects.exists():
            raise CommandError("There are partners already; the demo needs an empty database.")
        if not 0.05 <= options["scale"] <= 200:
            raise CommandError("--scale is between 0.05 and 200.")
        processes = side_by_side.is_possible() if options["processes"] is None else options["processes"] > 1
        began = time.monotonic()
        with _Bars() as bars:
            try:
                told = seed.run(scale=options["scale"], progress=bars, processes=processes)
            except ending.NotProven as error:
                raise CommandError(f"The books of the demo do not verify: {error}") from error
        credentials = told.credentials()
        if options["credentials"]:
            write_private(options["credentials"], credentials)
        else:
            for user in credentials["users"]:
                self.stdout.write(f"{user['email']}  {user['password']}  {user['totp_secret']}  {user['role']}")
            for partner in credentials["partners"]:
                self.stdout.write(
                    f"{partner['name']}  live {partner['live']['api_key']}  sandbox {partner['sandbox']['api_key']}"
                )
        made = ", ".join(f"{count:,} {name}" for name, count in told.counts.items())
        self.stdout.write(self.style.SUCCESS(f"{made} in {time.monotonic() - began:.1f} s; rolled up, sealed, verified clean."))


class _Bars:
    """One progress bar per phase."""

    def __init__(self) -> None:
        self.bar: Any = None
        self.phase = ""

    def __enter__(self) -> "_Bars":
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def __call__(self, phase: str, done: int, total: int) -> None:
        if phase != self.phase:
            if self.bar is not None:
                self.bar.close()
            # A terminal that a script made may say that it has no room at all; tqdm would then draw nothing.
            room = shutil.get_terminal_size()
            size = {"ncols": room.columns, "nrows": room.lines}
            self.phase, self.bar = phase, tqdm(desc=phase, total=total or None, unit="", disable=None, **size)
        self.bar.total = total or None
        self.bar.update(done)

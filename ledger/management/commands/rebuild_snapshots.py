"""rebuild_snapshots: derive the daily totals again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ledger.services import snapshots


class Command(BaseCommand):
    """Forgets all snapshots and derives them from the entries, in one transaction; with --tail only takes in what is new."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--tail", action="store_true", help="only take the tail into the snapshots")

    def handle(self, *args: Any, **options: Any) -> None:
        taken = snapshots.roll_up() if options["tail"] else snapshots.rebuild()
        self.stdout.write(f"{taken} entries taken into the snapshots.")

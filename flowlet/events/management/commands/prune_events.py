"""Forget old events."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from flowlet.core import clock
from flowlet.events.selectors import RETENTION
from flowlet.events.services import retention


class Command(BaseCommand):
    help = "Delete events older than --days that every handler has seen. Can be stopped and started again at any time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=RETENTION.days, help="keep so many days (default and least: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < RETENTION.days:
            raise CommandError(f"--days is at least {RETENTION.days}: partners read their events for so long.")
        count = 0
        with tqdm(unit=" events", desc="Pruning", disable=None) as bar:
            for size in retention.prune(at=clock.now(), older_than=timedelta(days=options["days"])):
                count += size
                bar.update(size)
        self.stdout.write(f"{count} events forgotten.")

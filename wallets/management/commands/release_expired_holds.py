"""``manage.py release_expired_holds``: what the sweeper does every minute, now."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from flowlet.core import clock
from wallets.services import lapses


class Command(BaseCommand):
    help = "End the holds whose time is over, and give their money back to the wallets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--limit", type=int, default=10_000, help="how many holds at most (default: 10,000)")

    def handle(self, *args: Any, **options: Any) -> None:
        ended = lapses.sweep(at=clock.now(), limit=options["limit"])
        self.stdout.write(f"{ended} expired holds ended.")

"""Make a partner: its LIVE and its SANDBOX side."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services import partners
from flowlet.core import actors, clock
from flowlet.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Make a partner: a SANDBOX side that works at once, and a LIVE side that waits until one person asks for its activation "
        "in the back office and another approves it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the company's name")
        parser.add_argument("--country", required=True, help="ISO 3166-1 alpha-2, such as DE")
        parser.add_argument("--time-zone", default="UTC", help="IANA name; the days of the books are days of this zone")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            pair = partners.create(
                name=options["name"],
                country=options["country"],
                time_zone=options["time_zone"],
                actor=actors.system("create_partner"),
                at=clock.now(),
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        if options["json"]:
            sides = {"live": pair.live, "sandbox": pair.sandbox}
            self.stdout.write(json.dumps({side: {"id": row.public_id, "status": row.status} for side, row in sides.items()}))
            return
        self.stdout.write(f"{pair.live.name}")
        self.stdout.write(f"  live     {pair.live.public_id}  waits for activation")
        self.stdout.write(f"  sandbox  {pair.sandbox.public_id}  active")

"""Issue an API key and show it once."""

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.choices import Scope
from accounts.models import Partner
from accounts.services import api_keys
from flowlet.core import actors, clock
from flowlet.core.errors import DomainError

LONGEST_DAYS = 3650


class Command(BaseCommand):
    help = "Issue an API key for one side of a partner (par_…: live and sandbox have ids of their own). It is shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="the partner's id, par_…")
        parser.add_argument("--name", required=True, help="what the key is for")
        parser.add_argument(
            "--scope",
            action="append",
            default=[],
            metavar="SCOPE",
            help=f"may be repeated; all of the side's without it: {', '.join(Scope.values)}",
        )
        parser.add_argument(
            "--network", action="append", default=[], metavar="CIDR", help="may be repeated; every address is allowed without it"
        )
        parser.add_argument("--expires-in-days", type=int, metavar="DAYS", help=f"1 to {LONGEST_DAYS}; never without it")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        at, days = clock.now(), options["expires_in_days"]
        if days is not None and not 1 <= days <= LONGEST_DAYS:
            raise CommandError(f"--expires-in-days: use 1 to {LONGEST_DAYS}.")
        try:
            partner = Partner.fetch(options["partner"])
            issued = api_keys.issue(
                partner_id=partner.pk,
                name=options["name"],
                scopes=options["scope"] or api_keys.scopes_for(partner),
                allowed_networks=options["network"],
                expires_at=None if days is None else at + timedelta(days=days),
                actor=actors.system("issue_api_key"),
                at=at,
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        key = issued.key
        if options["json"]:
            found = {"id": key.public_id, "secret": issued.secret, "scopes": key.scopes, "mode": partner.mode}
            self.stdout.write(json.dumps(found))
            return
        self.stdout.write(f"{key.public_id}  {key.name}  for {partner}")
        self.stdout.write(f"  {issued.secret}")
        self.stdout.write("This is the only time it is shown.")

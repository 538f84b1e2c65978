"""Revoke an API key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import ApiKey
from accounts.services import api_keys
from flowlet.core import actors, clock
from flowlet.core.errors import DomainError


class Command(BaseCommand):
    help = "Revoke an API key: it is refused from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="the key's id, key_… (not the secret)")
        parser.add_argument("--reason", required=True, help="kept in the audit")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = api_keys.revoke(
                key_id=ApiKey.key(options["key"]),
                reason=options["reason"],
                actor=actors.system("revoke_api_key"),
                at=clock.now(),
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        self.stdout.write(f"{key.public_id}  {key.name} ({key.hint}) is revoked.")

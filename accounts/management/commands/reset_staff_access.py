"""Give somebody a new password, authenticator secret and backup codes."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.access import show
from accounts.services import staff
from flowlet.core import actors, clock
from flowlet.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Give somebody a new password, authenticator secret and backup codes, shown once. The old ones stop working, open "
        "sessions end, and a lockout is lifted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the login")
        parser.add_argument("--reason", required=True, help="kept in the audit")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            access = staff.reset_access(
                user_id=staff.by_email(options["email"]).pk,
                reason=options["reason"],
                actor=actors.system("reset_staff_access"),
                at=clock.now(),
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        show(self.stdout, access, as_json=options["json"])

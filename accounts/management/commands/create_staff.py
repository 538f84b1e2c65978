"""Make a member of staff and show their access once."""

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management.access import show
from accounts.services import staff
from flowlet.core import actors, clock
from flowlet.core.errors import DomainError


class Command(BaseCommand):
    help = "Make a member of staff. Password, authenticator secret and backup codes are shown once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the login")
        parser.add_argument("--name", required=True)
        parser.add_argument(
            "--role", action="append", required=True, metavar="ROLE", help=f"may be repeated: {', '.join(staff.STAFF_ROLES)}"
        )
        parser.add_argument("--ask-password", action="store_true", help="read the password from the terminal or standard input")
        parser.add_argument("--json", action="store_true", help="answer as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        password = None
        if options["ask_password"]:
            password = getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
        try:
            access = staff.create_staff(
                email=options["email"],
                name=options["name"],
                roles=[role.upper().replace("-", "_") for role in options["role"]],
                password=password,
                actor=actors.system("create_staff"),
                at=clock.now(),
            )
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        show(self.stdout, access, as_json=options["json"])

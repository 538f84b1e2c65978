"""assign_virtual_account: say which wallet a virtual account of the bank's belongs to."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.deeds import ActingCommand
from flowlet.core import clock
from flowlet.core.errors import DomainError
from payments.services import deposit_instructions
from wallets.models import Wallet


class Command(ActingCommand):
    permission = "payments.manage_deposit_instructions"
    help = (
        "Give a wallet the virtual account (IBAN or number) that the bank opened for it. What comes in there is booked to the wallet. "
        "It stays the wallet's for good; said again, nothing happens."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("wallet", metavar="WALLET", help="such as wal_…")
        parser.add_argument("number", metavar="NUMBER", help="IBAN or account number, as the bank writes it in its notices")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        actor, at = self.actor(options), clock.now()
        try:
            wallet = Wallet.fetch(options["wallet"])
            row = deposit_instructions.issue(wallet_id=wallet.pk, partner_id=wallet.partner_id, actor=actor, at=at)
            row = deposit_instructions.assign_number(instruction_id=row.pk, number=options["number"], actor=actor, at=at)
        except DomainError as refusal:
            raise CommandError(f"{refusal.message} ({refusal.code})") from None
        self.stdout.write(f"{wallet.public_id}  {row.reference}  virtual account ending in {row.last_four}")

"""deposit_instructions: by what money finds which wallet, as on its pages, from the command line."""

from collections.abc import Iterable
from typing import Any

from accounts.choices import Mode
from accounts.management.deeds import REQUIRED, Deed, DeedCommand, line, option
from payments.choices import DepositInstructionStatus
from payments.models import DepositInstruction
from payments.policies import deposit_instructions as policies
from payments.selectors import payments as payment_selectors
from payments.services import deposit_instructions

MANAGE = "payments.manage_deposit_instructions"


def _deed(name: str, service: Any, policy: Any, text: str, **more: Any) -> Deed:
    return Deed(
        name=name,
        model=DepositInstruction,
        permission=MANAGE,
        service=service,
        subject="instruction_id",
        policy=policy,
        help=text,
        **more,
    )


class Command(DeedCommand):
    help = (
        "List deposit instructions, numbers masked; give one the virtual account that the bank opened for its wallet; close one, so that "
        "money that names it lies in suspense, or open it again."
    )
    shows = DepositInstruction
    list_options = (
        option("--mode", choices=Mode.values, type=str.upper, default=Mode.LIVE.value, help="default: LIVE"),
        option("--status", choices=DepositInstructionStatus.values, type=str.upper),
        option("--limit", type=int, default=100),
    )
    deeds = (
        _deed(
            "assign-number",
            deposit_instructions.assign_number,
            policies.check_can_assign_number,
            "the virtual account of the bank's, for good",
            options=(option("--number", required=True, help="IBAN or account number, as the bank writes it in its notices"),),
        ),
        _deed(
            "close",
            deposit_instructions.close,
            policies.check_can_close,
            "what names it lies in suspense from now on",
            reason=REQUIRED,
        ),
        _deed(
            "reopen",
            deposit_instructions.reopen,
            policies.check_can_reopen,
            "what names it is the wallet's again",
            reason=REQUIRED,
        ),
    )

    def listed(self, *, mode: str, status: str | None, limit: int) -> Iterable[str]:
        """The newest first; numbers masked."""
        rows = DepositInstruction.objects.filter(partner__mode=mode).select_related("partner", "wallet").order_by("-pk")
        for row in (rows.filter(status=status) if status else rows)[:limit]:
            yield line(
                row.public_id,
                row.reference,
                f"••••{row.last_four}" if row.number_index else "",
                row.wallet.public_id,
                row.wallet.currency,
                row.get_status_display().lower(),
                row.partner,
            )

    def described(self, row: DepositInstruction) -> Iterable[tuple[str, Any]]:
        """As on the page; the number masked."""
        yield from (
            ("Instruction", row.public_id),
            ("Reference", row.reference),
            ("Virtual account", f"••••{row.last_four}" if row.number_index else "none"),
            ("Wallet", f"{row.wallet.public_id}, {row.wallet.currency}, {row.wallet.get_status_display().lower()}"),
            ("Partner", row.partner),
            ("State", row.get_status_display()),
            ("Closed", f"{row.closed_at:%Y-%m-%d %H:%M}: {row.close_reason}" if row.closed_at else ""),
        )
        for one in payment_selectors.deposits_told_by_banks(row.wallet_id)[:20]:
            figure = f"{one.amount.normalize():f} {one.currency}"
            yield f"{one.created_at:%Y-%m-%d %H:%M}", line(one.public_id, figure, one.get_status_display().lower())

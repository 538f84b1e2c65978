"""What a person may do with a deposit instruction."""

from flowlet.core.actors import Actor
from flowlet.core.states import check_move
from payments import errors
from payments.choices import DepositInstructionStatus as Status
from payments.models import DepositInstruction
from payments.states import DEPOSIT_INSTRUCTION_MOVES
from wallets import errors as wallet_errors
from wallets.choices import WalletStatus


def check_can_close(row: DepositInstruction, actor: Actor) -> None:
    """Raises IllegalMove."""
    check_move(DEPOSIT_INSTRUCTION_MOVES, Status(row.status), Status.CLOSED)


def check_can_reopen(row: DepositInstruction, actor: Actor) -> None:
    """Raises IllegalMove, WalletClosed."""
    check_move(DEPOSIT_INSTRUCTION_MOVES, Status(row.status), Status.ACTIVE)
    if row.wallet.status == WalletStatus.CLOSED:
        raise wallet_errors.WalletClosed(f"{row.wallet.public_id} is closed.")


def check_can_assign_number(row: DepositInstruction, actor: Actor) -> None:
    """Raises VirtualAccountGiven."""
    if row.number_index:
        raise errors.VirtualAccountGiven(param="number")

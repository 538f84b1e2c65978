"""Which state leads to which."""

from wallets.choices import HoldStatus, TransferStatus, WalletStatus

WALLET_MOVES = {
    WalletStatus.OPEN: {WalletStatus.FROZEN, WalletStatus.CLOSED},
    WalletStatus.FROZEN: {WalletStatus.OPEN},
    WalletStatus.CLOSED: frozenset(),
}

HOLD_MOVES = {
    HoldStatus.OPEN: {HoldStatus.CAPTURED, HoldStatus.RELEASED, HoldStatus.EXPIRED},
    HoldStatus.CAPTURED: frozenset(),
    HoldStatus.RELEASED: frozenset(),
    HoldStatus.EXPIRED: frozenset(),
}

# An authorised transfer of which a part was captured ends as COMPLETED, whatever becomes of the rest.
TRANSFER_MOVES = {
    TransferStatus.AUTHORIZED: {TransferStatus.COMPLETED, TransferStatus.VOIDED, TransferStatus.EXPIRED},
    TransferStatus.COMPLETED: frozenset(),
    TransferStatus.VOIDED: frozenset(),
    TransferStatus.EXPIRED: frozenset(),
}

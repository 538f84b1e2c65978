"""Events of the app; the audit uses the same words. ``data`` holds ids, states and amounts, never personal data."""

from typing import Final

WALLET_CREATED = "wallet.created"
WALLET_UPDATED = "wallet.updated"
WALLET_FROZEN = "wallet.frozen"
WALLET_UNFROZEN = "wallet.unfrozen"
WALLET_CLOSED = "wallet.closed"
WALLET_TOPPED_UP = "wallet.topped_up"
HOLD_PLACED = "hold.placed"
HOLD_CAPTURED = "hold.captured"
HOLD_RELEASED = "hold.released"
HOLD_EXPIRED = "hold.expired"
TRANSFER_AUTHORIZED = "transfer.authorized"
TRANSFER_CAPTURED = "transfer.captured"
TRANSFER_COMPLETED = "transfer.completed"
TRANSFER_VOIDED = "transfer.voided"
TRANSFER_EXPIRED = "transfer.expired"
TRANSFER_REFUNDED = "transfer.refunded"
FX_QUOTE_CREATED = "fx_quote.created"
CONVERSION_COMPLETED = "conversion.completed"
SPREAD_CHANGED = "wallets.spread_changed"
LIMIT_CHANGED = "wallets.limit_changed"

# All of them reach the partner.
FOR_PARTNERS: Final = frozenset(word for name, word in dict(globals()).items() if name.isupper())
# In the audit only.
WALLETS_FORGOTTEN: Final = "wallets.forgotten"

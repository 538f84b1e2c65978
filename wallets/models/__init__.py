"""Rows of the app."""

from wallets.models.exchange import Conversion, FxQuote, FxSpread
from wallets.models.hold import Hold
from wallets.models.limit import Allowance, TierLimit, Usage
from wallets.models.top_up import TopUp
from wallets.models.transfer import Refund, Transfer
from wallets.models.wallet import Wallet

__all__ = [
    "Allowance",
    "Conversion",
    "FxQuote",
    "FxSpread",
    "Hold",
    "Refund",
    "TierLimit",
    "TopUp",
    "Transfer",
    "Usage",
    "Wallet",
]

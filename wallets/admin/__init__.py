"""Pages of the back office."""

from wallets.admin import conversions, holds, limits, transfers, wallets

__all__ = ["conversions", "holds", "limits", "transfers", "wallets"]

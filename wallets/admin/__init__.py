"""Pages of the back office."""

from wallets.admin import holds, limits, transfers, wallets

__all__ = ["holds", "limits", "transfers", "wallets"]

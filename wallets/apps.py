"""App configuration."""

from django.apps import AppConfig


class WalletsConfig(AppConfig):
    """Customers' money."""

    name = "wallets"
    label = "wallets"
    append_only = ("wallets_refund", "wallets_topup", "wallets_fxquote", "wallets_conversion")
    emptied = {
        "wallets_refund": ("reason", "external_id", "metadata"),
        "wallets_topup": ("external_id", "metadata"),
        "wallets_conversion": ("description", "external_id", "metadata"),
    }

    def ready(self) -> None:
        """Say what can be asked for, and what the checks of the books look at here."""
        from flowlet.approvals import registry
        from wallets.services import checks, holdings, limits, spreads

        checks.register()
        holdings.register()
        registry.kind(
            limits.CHANGE,
            label="Change limits",
            maker_permission="wallets.request_limit_change",
            checker_permission="wallets.approve_limit_change",
            execute=limits.execute_change,
            describe=limits.describe_change,
        )
        registry.kind(
            spreads.CHANGE,
            label="Change an exchange spread",
            maker_permission="wallets.request_spread_change",
            checker_permission="wallets.approve_spread_change",
            execute=spreads.execute_change,
            describe=spreads.describe_change,
        )

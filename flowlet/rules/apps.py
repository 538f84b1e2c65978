"""App configuration."""

from django.apps import AppConfig


class RulesConfig(AppConfig):
    """Conditions over declared facts, the same live and in backtests."""

    name = "flowlet.rules"
    label = "flowlet_rules"
    verbose_name = "Rules"
    append_only = ("flowlet_rules_backtest",)  # sets are by trigger alone: whoever locks a row needs the right to change it

    def ready(self) -> None:
        """Have sets and versions compared with the audit."""
        from flowlet.audit import witnesses
        from flowlet.rules.services import version_proofs

        witnesses.register("rules", version_proofs.differences)

"""App configuration."""

from django.apps import AppConfig


class RulesConfig(AppConfig):
    """Conditions over declared facts, the same live and in backtests."""

    name = "flowlet.rules"
    label = "flowlet_rules"
    verbose_name = "Rules"

"""App configuration."""

from django.apps import AppConfig


class WalletsConfig(AppConfig):
    """Customers' money."""

    name = "wallets"
    label = "wallets"

"""App configuration."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Partners, keys, staff, customers."""

    name = "accounts"
    label = "accounts"

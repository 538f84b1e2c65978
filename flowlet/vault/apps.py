"""App configuration."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Keys per subject for personal data."""

    name = "flowlet.vault"
    label = "flowlet_vault"

"""App configuration."""

from django.apps import AppConfig


class VaultConfig(AppConfig):
    """Keys per subject for personal data."""

    name = "flowlet.vault"
    label = "flowlet_vault"

    def ready(self) -> None:
        """Refuse to start on a malformed keyring rather than fail on the first customer."""
        from flowlet.core import crypto

        crypto.check_settings()

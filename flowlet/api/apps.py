"""App configuration."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The toolkit of the partner API."""

    name = "flowlet.api"
    label = "flowlet_api"

    def ready(self) -> None:
        """Let a rotation of the encryption keys reach the recorded answers."""
        from flowlet.api import idempotency
        from flowlet.api.models import IdempotencyRecord
        from flowlet.vault import columns

        columns.register(
            IdempotencyRecord,
            "sealed",
            needs=("partner_id", "key"),
            aad=lambda row: idempotency.sealed_aad(row.partner_id, row.key),
        )

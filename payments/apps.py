"""App configuration."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Money in and out over the rails."""

    name = "payments"
    label = "payments"

    def ready(self) -> None:
        """Say what can be asked for."""
        from flowlet.approvals import registry
        from payments.services import verifications

        registry.kind(
            verifications.MANUAL,
            label="Verify an external account",
            maker_permission="payments.request_account_verification",
            checker_permission="payments.approve_account_verification",
            execute=verifications.execute_manual,
            describe=verifications.describe_manual,
        )

"""App configuration."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Requests that wait for a second pair of eyes."""

    name = "flowlet.approvals"
    label = "flowlet_approvals"
    verbose_name = "Approvals"

    def ready(self) -> None:
        """Have requests compared with the audit."""
        from flowlet.approvals.services import request_proofs
        from flowlet.audit import witnesses

        witnesses.register("requests", request_proofs.differences)

"""App configuration."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """The compliance officer's workbench."""

    name = "compliance"
    label = "compliance"
    append_only = (
        "compliance_watchlistversion",
        "compliance_watchlistfile",
        "compliance_watchlistversionfile",
        "compliance_watchlistentry",
        "compliance_refusedrow",
    )

    def ready(self) -> None:
        """Say what can be asked for."""
        from compliance.services import rule_releases

        rule_releases.register()

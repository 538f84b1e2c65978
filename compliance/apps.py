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

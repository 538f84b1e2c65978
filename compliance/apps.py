"""App configuration."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """The compliance officer's workbench."""

    name = "compliance"
    label = "compliance"

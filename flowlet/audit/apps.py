"""App configuration."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Who did what."""

    name = "flowlet.audit"
    label = "flowlet_audit"

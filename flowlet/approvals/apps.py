"""App configuration."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Maker and checker."""

    name = "flowlet.approvals"
    label = "flowlet_approvals"

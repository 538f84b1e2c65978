"""App configuration."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Requests that wait for a second pair of eyes."""

    name = "flowlet.approvals"
    label = "flowlet_approvals"
    verbose_name = "Approvals"

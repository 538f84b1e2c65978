"""App configuration."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Money in and out over the rails."""

    name = "payments"
    label = "payments"

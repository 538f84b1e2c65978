"""App configuration."""

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    """The toolkit of the back office."""

    name = "flowlet.backoffice"
    label = "flowlet_backoffice"

"""App configuration."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The toolkit of the partner API."""

    name = "flowlet.api"
    label = "flowlet_api"

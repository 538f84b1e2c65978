"""App configuration."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The roof."""

    name = "flowlet.site"
    label = "flowlet_site"

"""App configuration."""

from importlib import import_module

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The roof."""

    name = "flowlet.site"
    label = "flowlet_site"

    def ready(self) -> None:
        """Make our Celery application the one that ``shared_task`` binds to, in every process."""
        import_module("flowlet.celery")

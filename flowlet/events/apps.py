"""App configuration."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class EventsConfig(AppConfig):
    """Loads the ``handlers`` module of every app, so that each can register what it listens to."""

    name = "flowlet.events"
    label = "flowlet_events"
    verbose_name = "Events"

    def ready(self) -> None:
        """Find the handlers."""
        autodiscover_modules("handlers")

"""App configuration."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The outbox."""

    name = "flowlet.events"
    label = "flowlet_events"

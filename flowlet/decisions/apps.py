"""App configuration."""

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    """Verdicts of upper apps on what lower apps are about to do."""

    name = "flowlet.decisions"
    label = "decisions"

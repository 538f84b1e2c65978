"""App configuration."""

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    """Verdicts of upper apps on what lower apps are about to do; what was once decided stays as it was decided."""

    name = "flowlet.decisions"
    label = "flowlet_decisions"
    verbose_name = "Decisions"
    append_only = ("flowlet_decisions_verdict",)

    def ready(self) -> None:
        """Make missing deciders an error of the system check."""
        from flowlet.decisions import checks  # noqa: F401

"""Words of monitoring and of rules that are tried."""

from django.db.models import TextChoices


class TrialState(TextChoices):
    """Where a backtest that somebody asked for stands."""

    WAITING = "WAITING", "Waits"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    FAILED = "FAILED", "Failed"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return {"WAITING": "neutral", "RUNNING": "info", "DONE": "good", "FAILED": "bad"}[self.value]

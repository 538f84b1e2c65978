"""Words of the app."""

from django.db import models


class RuleStatus(models.TextChoices):
    """How far a version of a rule has come."""

    DRAFT = "DRAFT", "Draft"
    BACKTESTED = "BACKTESTED", "Backtested"
    SHADOW = "SHADOW", "In shadow"
    LIVE = "LIVE", "Live"
    RETIRED = "RETIRED", "Retired"

    @property
    def tone(self) -> str:
        """The colour of the badge."""
        return {"DRAFT": "neutral", "BACKTESTED": "info", "SHADOW": "warn", "LIVE": "good", "RETIRED": "neutral"}[self.value]

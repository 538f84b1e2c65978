"""Vocabulary of receivables."""

from django.db.models import TextChoices


class ReceivableState(TextChoices):
    """How what a customer owes stands."""

    OPEN = "OPEN", "Owed"
    RECOVERED = "RECOVERED", "Recovered"
    WRITTEN_OFF = "WRITTEN_OFF", "Written off"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "warn", "RECOVERED": "good"}.get(self.value, "neutral")

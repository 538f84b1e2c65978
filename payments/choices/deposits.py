"""Vocabulary of deposit instructions."""

from django.db.models import TextChoices


class DepositInstructionStatus(TextChoices):
    """Whether money finds its wallet by it."""

    ACTIVE = "ACTIVE", "Active"
    CLOSED = "CLOSED", "Closed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"ACTIVE": "good"}.get(self.value, "neutral")

"""Cases: where they stand, and how they end."""

from django.db.models import TextChoices


class CaseState(TextChoices):
    """Where a case stands. PROPOSED is an end that a second person has not confirmed yet."""

    OPEN = "OPEN", "Open"
    ESCALATED = "ESCALATED", "Escalated"
    PROPOSED = "PROPOSED", "Waits for the second person"
    CLOSED = "CLOSED", "Closed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "info", "ESCALATED": "bad", "PROPOSED": "warn"}.get(self.value, "neutral")


class CaseOutcome(TextChoices):
    """How a case ends. With a report it takes two people."""

    NO_SUSPICION = "NO_SUSPICION", "No suspicion left"
    WATCHED = "WATCHED", "Watched more closely"
    ENDED = "ENDED", "Relationship to be ended"
    REPORT = "REPORT", "Report to the authority"

"""How long records are kept, and what persons may ask for."""

from django.db.models import TextChoices


class Regime(TextChoices):
    """Whose clock it is."""

    BSA = "BSA", "Bank Secrecy Act, 5 years"
    OFAC = "OFAC", "OFAC, 10 years"
    AMLR = "AMLR", "EU anti-money-laundering law, 5 years, then deletion"
    HOLD = "HOLD", "Legal hold"


class ClockStart(TextChoices):
    """When a clock begins."""

    RELATIONSHIP_END = "RELATIONSHIP_END", "End of the relationship"
    RECORD_MADE = "RECORD_MADE", "The newest record"


class RightKind(TextChoices):
    """What a person asks for."""

    ACCESS = "ACCESS", "Access: a copy of the data (GDPR Art. 15 and 20)"
    ERASURE = "ERASURE", "Erasure (GDPR Art. 17)"


class RightState(TextChoices):
    """Where a request stands."""

    OPEN = "OPEN", "Open"
    ANSWERED = "ANSWERED", "Answered"
    WITHDRAWN = "WITHDRAWN", "Withdrawn"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "warn", "ANSWERED": "good"}.get(self.value, "neutral")

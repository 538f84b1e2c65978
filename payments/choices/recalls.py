"""Vocabulary of recalls."""

from django.db.models import TextChoices


class RecallReason(TextChoices):
    """Why money is asked back (ISO 20022, ExternalCancellationReason1Code, as SEPA and Fedwire use them)."""

    DUPL = "DUPL", "It was sent twice"
    TECH = "TECH", "A technical problem led to a wrong payment"
    FRAD = "FRAD", "It was fraudulent"
    CUST = "CUST", "The payer asks for it"


class RecallAnswer(TextChoices):
    """What the sandbox's bank makes of a recall."""

    GRANT = "GRANT", "The money comes back"
    REFUSE = "REFUSE", "It does not come back"
    NO_ANSWER = "NO_ANSWER", "Nobody answers until the time is over"


class RecallState(TextChoices):
    """How a recall stands."""

    REQUESTED = "REQUESTED", "To be sent"
    SENT = "SENT", "Waits for the other bank"
    RECEIVED = "RECEIVED", "Waits for our answer"
    ACCEPTED = "ACCEPTED", "The money goes back"
    REFUSED = "REFUSED", "The money stays"
    LAPSED = "LAPSED", "Not answered in time"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"REQUESTED": "info", "SENT": "info", "RECEIVED": "bad", "ACCEPTED": "good", "LAPSED": "warn"}.get(
            self.value, "neutral"
        )

"""Files to and from banks, and business days."""

from django.db.models import TextChoices


class BatchStatus(TextChoices):
    """How a settlement batch and its file stand."""

    GATHERED = "GATHERED", "Gathered"
    BUILT = "BUILT", "File built"
    RELEASED = "RELEASED", "Released"
    DELIVERED = "DELIVERED", "Delivered"
    ACKNOWLEDGED = "ACKNOWLEDGED", "Acknowledged"
    REJECTED = "REJECTED", "Rejected by the bank"
    CANCELED = "CANCELED", "Canceled"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {
            "GATHERED": "info",
            "BUILT": "warn",
            "RELEASED": "info",
            "DELIVERED": "info",
            "ACKNOWLEDGED": "good",
            "REJECTED": "bad",
        }.get(self.value, "neutral")


class InboundFormat(TextChoices):
    """What a file from a bank is written in."""

    NACHA = "nacha", "ACH returns and notifications of change"
    PAIN_002 = "pain.002", "Status of a file of ours (pain.002)"
    PACS_002 = "pacs.002", "Status of a wire (pacs.002)"
    PACS_004 = "pacs.004", "Returned payments (pacs.004)"
    PACS_008 = "pacs.008", "Wires to us (pacs.008)"
    CAMT_029 = "camt.029", "Answer to a request to send money back (camt.029)"
    CAMT_052 = "camt.052", "Report on an account (camt.052)"
    CAMT_054 = "camt.054", "Notice of bookings (camt.054)"
    CAMT_056 = "camt.056", "Request to send money back (camt.056)"


class InboundKind(TextChoices):
    """What one item of such a file says."""

    RETURN = "RETURN", "Return"
    DISHONORED = "DISHONORED", "Dishonored return"
    CONTESTED = "CONTESTED", "Contested return"
    CHANGE = "CHANGE", "Notification of change"
    REFUSED_CHANGE = "REFUSED_CHANGE", "Refused notification of change"
    FILE_STATUS = "FILE_STATUS", "Status of a file"
    GROUP_STATUS = "GROUP_STATUS", "Status of a group"
    PAYMENT_STATUS = "PAYMENT_STATUS", "Status of a payment"
    CREDIT = "CREDIT", "Money that came in"
    DEBIT = "DEBIT", "Money that went out"
    RECALL = "RECALL", "Request to send money back"
    RECALL_ANSWER = "RECALL_ANSWER", "Answer to a request"
    ANNOUNCED = "ANNOUNCED", "Announced, not booked"
    OTHER = "OTHER", "Something else"


class InboundState(TextChoices):
    """What became of an item."""

    PENDING = "PENDING", "Not handled yet"
    HANDLED = "HANDLED", "Handled"
    UNMATCHED = "UNMATCHED", "Nothing of ours found"
    REFUSED = "REFUSED", "Needs a person"
    CLOSED = "CLOSED", "Closed by a person"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"PENDING": "info", "HANDLED": "good", "UNMATCHED": "bad", "REFUSED": "warn"}.get(self.value, "neutral")


class DayStatus(TextChoices):
    """How a business day stands."""

    OPEN = "OPEN", "Open"
    CLOSED = "CLOSED", "Closed"
    REOPENED = "REOPENED", "Reopened"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"CLOSED": "good", "REOPENED": "warn"}.get(self.value, "info")


class Closing(TextChoices):
    """How far the closing of a business day is."""

    IDLE = "IDLE", "Nobody asked for it"
    ASKED = "ASKED", "Waits for the worker"
    RUNNING = "RUNNING", "Running"
    DONE = "DONE", "Done"
    MISSING = "MISSING", "Something is missing"
    FAILED = "FAILED", "Failed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"ASKED": "info", "RUNNING": "info", "DONE": "good", "MISSING": "warn", "FAILED": "bad"}.get(self.value, "neutral")

"""Payments, disputes and what recurs."""

from django.db.models import TextChoices


class Direction(TextChoices):
    """Whether money comes to the customer or goes."""

    IN = "IN", "In"
    OUT = "OUT", "Out"


class PaymentKind(TextChoices):
    """What a payment is for."""

    DEPOSIT = "DEPOSIT", "Deposit"
    WITHDRAWAL = "WITHDRAWAL", "Withdrawal"
    TRANSFER = "TRANSFER", "Transfer to a third party"
    COLLECTION = "COLLECTION", "Collection"
    CARD_PAYMENT = "CARD_PAYMENT", "Card payment"
    REFUND = "REFUND", "Refund"
    FEE = "FEE", "Fee"


class Rail(TextChoices):
    """The way the money takes."""

    BOOK = "book", "Inside the book"
    ACH = "ach", "ACH"
    SEPA_CT = "sepa_ct", "SEPA credit transfer"
    SEPA_DD = "sepa_dd", "SEPA direct debit"
    WIRE = "wire", "Wire"
    CARD = "card", "Card"
    OPEN_BANKING = "open_banking", "Open banking"


class PaymentStatus(TextChoices):
    """How a payment stands."""

    CREATED = "CREATED", "Created"
    REVIEW = "REVIEW", "In review"
    APPROVAL = "APPROVAL", "Waits for approval"
    APPROVED = "APPROVED", "Approved"
    HELD = "HELD", "Money held"
    SUBMITTED = "SUBMITTED", "Submitted"
    UNKNOWN = "UNKNOWN", "Outcome unknown"
    SETTLED = "SETTLED", "Settled"
    RETURNED = "RETURNED", "Returned"
    DISPUTED = "DISPUTED", "Disputed"
    REFUNDED = "REFUNDED", "Refunded"
    REJECTED = "REJECTED", "Rejected"
    FAILED = "FAILED", "Failed"
    CANCELED = "CANCELED", "Canceled"
    EXPIRED = "EXPIRED", "Expired"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {
            "REVIEW": "warn",
            "APPROVAL": "warn",
            "APPROVED": "info",
            "HELD": "info",
            "SUBMITTED": "info",
            "UNKNOWN": "bad",
            "SETTLED": "good",
            "RETURNED": "bad",
            "DISPUTED": "bad",
            "REJECTED": "bad",
            "FAILED": "bad",
        }.get(self.value, "neutral")


class RefundMethod(TextChoices):
    """How a refund of a SEPA collection goes back; all others go back the way they came."""

    AUTO = "AUTO", "As a reversal while that is possible, else as a credit transfer"
    REVERSAL = "REVERSAL", "As a reversal of the collection"
    CREDIT_TRANSFER = "CREDIT_TRANSFER", "As a credit transfer of its own"


class DisputeState(TextChoices):
    """How a dispute stands on our side."""

    OPEN = "OPEN", "Needs an answer"
    READY = "READY", "Evidence to be sent"
    ANSWERED = "ANSWERED", "Evidence sent"
    ACCEPTED = "ACCEPTED", "Given up, to be told"
    LAPSED = "LAPSED", "Not answered in time"
    WON = "WON", "Won"
    LOST = "LOST", "Lost"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {
            "OPEN": "bad",
            "READY": "info",
            "ANSWERED": "info",
            "ACCEPTED": "info",
            "LAPSED": "bad",
            "WON": "good",
            "LOST": "bad",
        }.get(self.value, "neutral")


class RecurringStatus(TextChoices):
    """How a recurring payment stands."""

    ACTIVE = "ACTIVE", "Active"
    PAUSED = "PAUSED", "Paused"
    ENDED = "ENDED", "Ended"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"ACTIVE": "good", "PAUSED": "warn"}.get(self.value, "neutral")

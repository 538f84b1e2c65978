"""Closed vocabularies of the app. ``tone`` is the colour of a choice in the back office."""

from django.db.models import TextChoices


class WalletStatus(TextChoices):
    """Whether money moves in a wallet."""

    OPEN = "OPEN", "Open"
    FROZEN = "FROZEN", "Frozen"
    CLOSED = "CLOSED", "Closed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "good", "FROZEN": "warn"}.get(self.value, "neutral")


class HoldStatus(TextChoices):
    """How a hold stands; every state but OPEN is its end."""

    OPEN = "OPEN", "Open"
    CAPTURED = "CAPTURED", "Captured"
    RELEASED = "RELEASED", "Released"
    EXPIRED = "EXPIRED", "Expired"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "info", "CAPTURED": "good", "EXPIRED": "warn"}.get(self.value, "neutral")


class TransferKind(TextChoices):
    """How the money leaves the source."""

    IMMEDIATE = "IMMEDIATE", "At once"
    AUTHORIZED = "AUTHORIZED", "Authorised, then captured"
    HOLD_CAPTURE = "HOLD_CAPTURE", "Capture of a hold"


class TransferStatus(TextChoices):
    """How a transfer stands."""

    AUTHORIZED = "AUTHORIZED", "Authorised"
    COMPLETED = "COMPLETED", "Completed"
    VOIDED = "VOIDED", "Voided"
    EXPIRED = "EXPIRED", "Expired"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"AUTHORIZED": "info", "COMPLETED": "good", "EXPIRED": "warn"}.get(self.value, "neutral")


class LimitScope(TextChoices):
    """Whose limit it is."""

    CUSTOMER = "customer", "The customer's, over all wallets in the currency"
    WALLET = "wallet", "The wallet's own"


class LimitSpan(TextChoices):
    """What a limit counts."""

    TRANSACTION = "per_transaction", "One transaction"
    DAILY = "daily", "A day"
    MONTHLY = "monthly", "A calendar month"


class FixedSide(TextChoices):
    """Which of the two amounts of an exchange was asked for; the other one is computed."""

    SELL = "SELL", "What is sold"
    BUY = "BUY", "What is bought"


class QuoteStatus(TextChoices):
    """How a quote stands at a moment. It is no column: the conversion that took it and the clock say it."""

    OPEN = "OPEN", "Open"
    USED = "USED", "Used"
    EXPIRED = "EXPIRED", "Expired"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "info", "USED": "good"}.get(self.value, "neutral")


class TransactionType(TextChoices):
    """What a movement of a wallet is to its owner."""

    TRANSFER = "TRANSFER", "Transfer"
    CAPTURE = "CAPTURE", "Captured hold"
    REFUND = "REFUND", "Refund"
    TOP_UP = "TOP_UP", "Sandbox top-up"
    CONVERSION = "CONVERSION", "Conversion"
    PAYMENT = "PAYMENT", "Payment"
    OTHER = "OTHER", "Other"


class Direction(TextChoices):
    """Whether money came or went."""

    IN = "IN", "In"
    OUT = "OUT", "Out"

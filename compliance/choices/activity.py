"""What monitoring sees of the movements of money."""

from django.db.models import TextChoices


class ActivitySource(TextChoices):
    """Where the fact comes from."""

    PAYMENT = "PAYMENT", "Payment"
    TRANSFER = "TRANSFER", "Transfer between wallets"
    REFUND = "REFUND", "Refund of a transfer"


# The beginning of the public ids that stand behind ``source_id``.
SOURCE_PREFIXES = {ActivitySource.PAYMENT: "pay", ActivitySource.TRANSFER: "trf", ActivitySource.REFUND: "rfd"}

"""Vocabulary of suspense."""

from django.db.models import TextChoices


class SuspenseState(TextChoices):
    """How money that lay in suspense stands."""

    OPEN = "OPEN", "In suspense"
    ASSIGNED = "ASSIGNED", "Assigned to a wallet"
    RETURNED = "RETURNED", "Gone back"
    CLOSED = "CLOSED", "Taken out by hand"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"OPEN": "warn", "ASSIGNED": "good"}.get(self.value, "neutral")


class SuspenseCause(TextChoices):
    """Why no wallet got the money."""

    NOBODY = "NOBODY", "Nothing names a wallet"
    SEVERAL = "SEVERAL", "Several wallets are named"
    CURRENCY = "CURRENCY", "The wallet that is named has another currency"
    ENDED = "ENDED", "The deposit instruction that is named was closed"
    FROZEN = "FROZEN", "The wallet was frozen"
    CLOSED = "CLOSED", "The wallet was closed"
    UNTAKEN = "UNTAKEN", "The wallet's account took no money"

"""Lists of names, and what becomes of their entries."""

from django.db.models import TextChoices


class ListKind(TextChoices):
    """What it means to be on the list."""

    SANCTIONS = "SANCTIONS", "Sanctions"
    PEP = "PEP", "Politically exposed persons"
    OWN = "OWN", "Own list"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"SANCTIONS": "bad", "PEP": "warn"}.get(self.value, "neutral")


class ListedKind(TextChoices):
    """Who or what is listed; the readers' words."""

    PERSON = "PERSON", "Person"
    ORGANISATION = "ORGANISATION", "Organisation"
    VESSEL = "VESSEL", "Vessel"
    AIRCRAFT = "AIRCRAFT", "Aircraft"


class EntryChange(TextChoices):
    """What a version did to an entry."""

    ADDED = "ADDED", "Added"
    CHANGED = "CHANGED", "Changed"
    REMOVED = "REMOVED", "Removed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"ADDED": "bad", "CHANGED": "warn", "REMOVED": "good"}[self.value]

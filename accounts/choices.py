"""Closed vocabularies of the app."""

from django.db.models import TextChoices


class Mode(TextChoices):
    """Whether a partner's rows are real money or a sandbox."""

    LIVE = "LIVE", "Live"
    SANDBOX = "SANDBOX", "Sandbox"


class PartnerStatus(TextChoices):
    """What a partner may do."""

    PENDING = "PENDING", "Waiting for activation"
    ACTIVE = "ACTIVE", "Active"
    SUSPENDED = "SUSPENDED", "Suspended"

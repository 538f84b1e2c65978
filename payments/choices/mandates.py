"""Mandates."""

from django.db.models import TextChoices


class MandateScheme(TextChoices):
    """Under which rules money is collected."""

    SEPA_CORE = "SEPA_CORE", "SEPA Direct Debit Core"
    SEPA_B2B = "SEPA_B2B", "SEPA Direct Debit B2B"
    ACH = "ACH", "ACH debit"


class MandateKind(TextChoices):
    """How often the mandate can be used."""

    ONE_OFF = "ONE_OFF", "Once"
    RECURRENT = "RECURRENT", "Again and again"


class AchAuthorization(TextChoices):
    """How the holder of a US account said yes; the standard entry class of its debits (Nacha Operating Rules, section 2.5)."""

    PPD = "PPD", "In writing, by a person"
    CCD = "CCD", "By agreement, by a business"
    WEB = "WEB", "On the internet or a mobile device"
    TEL = "TEL", "By telephone"


class MandateStatus(TextChoices):
    """Whether money can be collected on the mandate."""

    ACTIVE = "ACTIVE", "Active"
    SUSPENDED = "SUSPENDED", "Suspended"
    REVOKED = "REVOKED", "Revoked"
    EXPIRED = "EXPIRED", "Expired"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"ACTIVE": "good", "SUSPENDED": "warn", "REVOKED": "bad"}.get(self.value, "neutral")


class Sequence(TextChoices):
    """Where in the life of a mandate a collection stands (ISO 20022 SequenceType)."""

    FRST = "FRST", "First"
    RCUR = "RCUR", "Recurrent"
    FNAL = "FNAL", "Final"
    OOFF = "OOFF", "One-off"

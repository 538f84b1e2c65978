"""Reports to the authority, and where they stand."""

from django.db.models import TextChoices


class ReportKind(TextChoices):
    """FinCEN's forms."""

    SAR = "SAR", "Suspicious activity report"
    CTR = "CTR", "Currency transaction report"


class ReportState(TextChoices):
    """Where a report stands. What was FILED left in a batch file; FinCEN's answer makes it ACCEPTED or REJECTED."""

    DRAFT = "DRAFT", "Draft"
    PROPOSED = "PROPOSED", "Waits for the second person"
    APPROVED = "APPROVED", "Approved, to be filed"
    FILED = "FILED", "Filed"
    ACCEPTED = "ACCEPTED", "Accepted"
    REJECTED = "REJECTED", "Rejected"
    WITHDRAWN = "WITHDRAWN", "Not filed"

    @property
    def tone(self) -> str:
        """Its colour."""
        return {"PROPOSED": "warn", "APPROVED": "warn", "ACCEPTED": "good", "REJECTED": "bad"}.get(self.value, "neutral")

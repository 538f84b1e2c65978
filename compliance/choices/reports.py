"""Reports to the authority, and where they stand."""

from typing import Final

from django.db.models import TextChoices

# Who holds the first may know that there are reports at all; to everybody else there is no trace of them.
PREPARE: Final = "compliance.prepare_report"
APPROVE: Final = "compliance.approve_report"
FILE: Final = "compliance.file_report"


class ReportKind(TextChoices):
    """FinCEN's forms, and that for units in the EU."""

    SAR = "SAR", "Suspicious activity report"
    CTR = "CTR", "Currency transaction report"
    STR = "STR", "Suspicious transaction report (EU)"


class FollowUp(TextChoices):
    """Whether what was reported has to be looked at once more; empty: not yet, or never."""

    DUE = "DUE", "To look at again"
    DONE = "DONE", "Looked at again"

    @property
    def tone(self) -> str:
        """Its colour."""
        return "warn" if self == FollowUp.DUE else "neutral"


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

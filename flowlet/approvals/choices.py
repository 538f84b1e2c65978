"""Words of the app."""

from django.db import models


class ApprovalStatus(models.TextChoices):
    """Where a request stands."""

    PENDING = "PENDING", "Waiting for a checker"
    APPROVED = "APPROVED", "Approved and carried out"
    REJECTED = "REJECTED", "Rejected"
    WITHDRAWN = "WITHDRAWN", "Withdrawn by its maker"
    EXPIRED = "EXPIRED", "Expired undecided"
    FAILED = "FAILED", "Approved, but could never be carried out"


BY_A_CHECKER = [ApprovalStatus.APPROVED, ApprovalStatus.REJECTED, ApprovalStatus.FAILED]

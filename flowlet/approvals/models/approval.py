"""One request."""

from django.db import models
from django.db.models import F, Q

from flowlet.approvals.choices import BY_A_CHECKER, ApprovalStatus
from flowlet.db.models import Identified


class Approval(Identified):
    """One row is one request of a maker, and the decision on it. What was asked for never changes, a decision is final."""

    PREFIX = "apr"

    kind = models.TextField()
    subject = models.TextField(help_text="public id of what it is about")
    partner_id = models.UUIDField(null=True)
    payload = models.JSONField(help_text="what the kind needs to carry it out")
    reason = models.TextField(help_text="why the maker asks")
    is_exclusive = models.BooleanField(help_text="one open request of this kind per subject")
    status = models.CharField(max_length=9, choices=ApprovalStatus.choices, default=ApprovalStatus.PENDING)
    maker_kind = models.TextField()
    maker_id = models.TextField()
    maker_label = models.TextField(default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    checker_kind = models.TextField(null=True)
    checker_id = models.TextField(null=True)
    checker_label = models.TextField(null=True)
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(default="", help_text="the checker's words, or why it could not be carried out")

    class Meta:
        indexes = [
            models.Index("expires_at", condition=Q(status=ApprovalStatus.PENDING), name="approval_waiting"),
            models.Index("subject", "id", name="approval_by_subject"),
            models.Index("partner_id", "id", name="approval_by_partner"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(checker_id=F("maker_id")) | Q(checker_id__isnull=True), name="checker_is_not_the_maker"
            ),
            models.CheckConstraint(
                condition=(Q(status__in=BY_A_CHECKER) & Q(checker_id__isnull=False))
                | (~Q(status__in=BY_A_CHECKER) & Q(checker_id__isnull=True)),
                name="approval_is_decided_by_a_checker",
            ),
            models.CheckConstraint(
                condition=Q(status=ApprovalStatus.PENDING, decided_at__isnull=True)
                | (~Q(status=ApprovalStatus.PENDING) & Q(decided_at__isnull=False)),
                name="approval_is_decided_when_it_is_not_pending",
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(status=ApprovalStatus.PENDING, is_exclusive=True),
                name="one_open_request_per_kind_and_subject",
            ),
        ]

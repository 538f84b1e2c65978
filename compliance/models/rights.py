"""What persons ask for by their rights."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Customer, Partner
from compliance.choices import RightKind, RightState
from flowlet.db.models import Identified


class RightsRequest(Identified):
    """One row is a request of a customer to have a copy of the data, or to have them erased, and its answer.

    ``due_on`` is one month after ``received_on``, or three where it was extended for a reason. ``sealed`` is the answer, the copy or the
    letter, under the customer's key, ``digest`` the SHA-256 of its bytes. ``erase_on`` is for officers; the letter says ``not_before``,
    which no record that the person must not know of moves.
    """

    PREFIX = "rrq"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="rights_requests", db_index=False)
    kind = models.CharField(max_length=7, choices=RightKind.choices)
    state = models.CharField(max_length=9, choices=RightState.choices, default=RightState.OPEN)
    received_on = models.DateField()
    due_on = models.DateField()
    extension = models.CharField(max_length=500, blank=True, help_text="why it takes longer")
    asked_by = models.CharField(max_length=80)
    answered_by = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    cleared = models.PositiveIntegerField(default=0, help_text="records that went at once")
    erase_on = models.DateField(null=True, blank=True)
    not_before = models.DateField(null=True, blank=True, help_text="what the letter says")
    sealed = models.BinaryField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["due_on", "id"], name="rights_request_due", condition=Q(state="OPEN")),
            models.Index(fields=["partner", "id"], name="rights_request_by_partner"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind"], condition=Q(state="OPEN"), name="one_open_rights_request_of_a_kind"
            ),
            models.CheckConstraint(condition=Q(due_on__gt=F("received_on")), name="rights_request_is_due_after_it_came"),
            models.CheckConstraint(
                condition=Q(state=RightState.ANSWERED, answered_at__isnull=False, sealed__isnull=False)
                & ~Q(answered_by="")
                & ~Q(digest="")
                | ~Q(state=RightState.ANSWERED) & Q(answered_at=None, answered_by="", sealed=None, digest=""),
                name="rights_request_is_answered_with_a_document",
            ),
        ]

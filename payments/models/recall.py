"""Money that is to go back."""

from django.db import models
from django.db.models import Q

from accounts.models import Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from payments.choices import Direction, RecallState
from payments.models.inbound_file import InboundItem
from payments.models.payment import Payment

WAITING = (RecallState.REQUESTED, RecallState.SENT, RecallState.RECEIVED)


class Recall(Identified):
    """One row is one request to send a settled payment back: ours for a payment that went out (direction OUT), or a bank's for a deposit
    (IN); without a ``case_id`` we send a deposit back of our own accord.

    ``due_on`` is until when the answer is expected. ``answer_code`` says why not. ``sealed`` is the message that we send, our request or
    our answer, under the keyring (it names people); it goes with the customer's data, or in its time where the payment is nobody's; its
    digest stays. ``item`` is the item of a bank's
    file that asked.
    """

    PREFIX = "rcl"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="recalls", db_index=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="recalls")
    direction = models.CharField(max_length=3, choices=Direction.choices)
    state = models.CharField(max_length=9, choices=RecallState.choices)
    reason_code = models.CharField(max_length=35)
    note = models.CharField(max_length=105, blank=True)
    case_id = models.CharField(max_length=35, blank=True)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    due_on = models.DateField()
    item = models.ForeignKey(InboundItem, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    answer_code = models.CharField(max_length=35, blank=True)
    answer_note = models.CharField(max_length=105, blank=True)
    message = models.CharField(max_length=15, blank=True, help_text="what we send, such as camt.056.001.08")
    file_name = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    sealed = models.BinaryField(null=True, blank=True, editable=False)
    delivered_at = models.DateTimeField(null=True, blank=True)
    delivered_to = models.CharField(max_length=200, blank=True)
    created_by = models.CharField(max_length=80)
    decided_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment"], condition=Q(state__in=WAITING), name="payment_has_one_recall_at_a_time"),
            models.UniqueConstraint(
                fields=["case_id", "payment"],
                condition=Q(direction=Direction.IN) & ~Q(case_id=""),
                name="case_of_a_recall_is_opened_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=WAITING, ended_at=None) | (~Q(state__in=WAITING) & Q(ended_at__isnull=False)),
                name="recall_knows_when_it_ended",
            ),
            models.CheckConstraint(
                condition=Q(sealed=None, digest="", file_name="") | (~Q(digest="") & ~Q(file_name="")),
                name="recall_message_has_its_digest",
            ),
            models.CheckConstraint(condition=Q(delivered_at=None) | ~Q(digest=""), name="delivered_recall_has_its_message"),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="recall_by_partner"),
            models.Index(fields=["state", "id"], name="recall_by_state"),
            models.Index(fields=["id"], name="recall_to_deliver", condition=Q(delivered_at=None) & ~Q(sealed=None)),
            models.Index(fields=["case_id"], name="recall_by_case"),
            models.Index(fields=["due_on"], name="recall_due", condition=Q(state=RecallState.SENT)),
        ]

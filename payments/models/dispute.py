"""Disputes of card payments."""

from django.db import models
from django.db.models import Q

from accounts.models import Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from payments.choices import DisputeState
from payments.models.payment import Payment

WAITING = ("OPEN", "READY")
OWED = ("READY", "ACCEPTED")


class Dispute(Identified):
    """One row is one cardholder's objection to a payment, from the day the acquirer took the money until it is won or lost.

    ``due_at`` is until when evidence is taken; ``sealed`` is the evidence as it was given, under the keyring (it tells of people).
    ``provider_id`` is the acquirer's own name of it. Evidence, and that it was given up, are owed to the acquirer: ``tell_at`` is when it
    is told (again), ``told`` how often that was tried, ``refusal`` why the last try did not do. ``fee`` is what the acquirer has charged
    for it so far, booked as the platform's cost, in the currency of our balance there.
    """

    PREFIX = "dsp"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="disputes", db_index=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    state = models.CharField(max_length=8, choices=DisputeState.choices, default=DisputeState.OPEN)
    reason_code = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    provider_id = models.CharField(max_length=128, blank=True)
    due_at = models.DateTimeField()
    sealed = models.BinaryField(null=True, blank=True, editable=False)
    answered_by = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    tell_at = models.DateTimeField(null=True, blank=True)
    fee = AmountField(default=0)
    fee_currency = models.CharField(max_length=3, blank=True)
    told = models.PositiveSmallIntegerField(default=0)
    refusal = models.CharField(max_length=60, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment"], condition=~Q(state__in=["WON", "LOST"]), name="payment_has_one_dispute_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["READY", "ANSWERED"]) | Q(sealed__isnull=False), name="answered_dispute_has_its_evidence"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["WON", "LOST"], ended_at__isnull=False)
                | (~Q(state__in=["WON", "LOST"]) & Q(ended_at=None)),
                name="dispute_knows_when_it_ended",
            ),
            models.CheckConstraint(
                condition=Q(fee=0) | Q(fee__gt=0) & ~Q(fee_currency=""), name="dispute_fee_is_positive_and_has_its_currency"
            ),
            models.CheckConstraint(condition=Q(tell_at=None) | Q(state__in=OWED), name="dispute_owes_only_what_waits"),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="dispute_by_partner"),
            models.Index(fields=["due_at"], name="dispute_due", condition=Q(state__in=WAITING)),
            models.Index(fields=["state", "id"], name="dispute_by_state"),
            models.Index(fields=["tell_at"], name="dispute_to_tell", condition=Q(tell_at__isnull=False)),
        ]

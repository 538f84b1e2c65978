"""What customers owe."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Customer, Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from payments.choices import ReceivableState
from payments.models.payment import Payment


class Receivable(Identified):
    """One row is what a customer owes in a currency, because money was taken back that no wallet had, until it is recovered or written off.

    ``owed`` is all that was added to it, ``recovered`` what wallets gave of it since; a row that was written off left the rest. ``payment``
    is the last one that added to it. ``owner`` is who looks after it.
    """

    PREFIX = "rcv"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+", db_index=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    owed = AmountField()
    recovered = AmountField(default=0)
    state = models.CharField(max_length=11, choices=ReceivableState.choices, default=ReceivableState.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=500, blank=True)
    ended_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "currency"], condition=Q(state=ReceivableState.OPEN), name="customer_owes_once_in_a_currency"
            ),
            models.CheckConstraint(condition=Q(owed__gt=0, recovered__gte=0), name="receivable_is_positive"),
            models.CheckConstraint(
                condition=Q(state=ReceivableState.RECOVERED, recovered=F("owed"))
                | (~Q(state=ReceivableState.RECOVERED) & Q(recovered__lt=F("owed"))),
                name="recovered_means_all_of_it",
            ),
            models.CheckConstraint(
                condition=Q(state=ReceivableState.OPEN, ended_at=None)
                | (~Q(state=ReceivableState.OPEN) & Q(ended_at__isnull=False)),
                name="receivable_knows_when_it_ended",
            ),
            models.CheckConstraint(
                condition=~Q(state=ReceivableState.WRITTEN_OFF) | ~Q(reason=""), name="written_off_receivable_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="receivable_by_partner"),
            models.Index(fields=["id"], name="receivable_is_open", condition=Q(state=ReceivableState.OPEN)),
        ]

"""Money that found no wallet."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from payments.choices import SuspenseCause, SuspenseState
from payments.models.payment import Payment
from wallets.models import Wallet


class SuspenseItem(Identified):
    """One row is money of a payment that lies in suspense, until it is assigned to a wallet, has gone back, or was taken out by hand.

    ``amount`` is what lies there; when it has ended, what lay there last. ``came_by`` is the kind of the journal that put it there, and
    ``cause`` says why no wallet got it. ``sealed`` is what the bank said of the payer, under the keyring. ``owner`` is who looks after it,
    ``wallet`` the one that it was assigned to, ``journal_id`` the manual journal that took it out.
    """

    PREFIX = "sus"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="suspense_items")
    currency = models.CharField(max_length=3)
    amount = AmountField()
    came_by = models.CharField(max_length=40)
    cause = models.CharField(max_length=8, choices=SuspenseCause.choices)
    sealed = models.BinaryField(null=True, blank=True, editable=False)
    state = models.CharField(max_length=8, choices=SuspenseState.choices, default=SuspenseState.OPEN)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    journal_id = models.UUIDField(null=True, blank=True, unique=True)
    reason = models.CharField(max_length=500, blank=True)
    ended_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["payment"], condition=Q(state=SuspenseState.OPEN), name="payment_lies_in_suspense_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="suspense_item_is_positive"),
            models.CheckConstraint(
                condition=Q(state=SuspenseState.OPEN, ended_at=None) | (~Q(state=SuspenseState.OPEN) & Q(ended_at__isnull=False)),
                name="suspense_item_knows_when_it_ended",
            ),
            models.CheckConstraint(
                condition=Q(state=SuspenseState.ASSIGNED, wallet__isnull=False)
                | (~Q(state=SuspenseState.ASSIGNED) & Q(wallet=None)),
                name="assigned_money_names_its_wallet",
            ),
            models.CheckConstraint(
                condition=~Q(state=SuspenseState.ASSIGNED) | ~Q(reason=""), name="assigned_money_has_a_reason"
            ),
            models.CheckConstraint(
                condition=(Q(state=SuspenseState.CLOSED, journal_id__isnull=False) & ~Q(reason=""))
                | (~Q(state=SuspenseState.CLOSED) & Q(journal_id=None)),
                name="money_taken_by_hand_names_its_journal",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="suspense_item_by_partner"),
            models.Index(fields=["id"], name="suspense_item_is_open", condition=Q(state=SuspenseState.OPEN)),
        ]

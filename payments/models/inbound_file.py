"""Files that banks send about our payments, and what became of each thing they say."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from payments.choices import InboundFormat, InboundKind, InboundState
from payments.models.batch import Batch
from payments.models.external_account import AccountVerification
from payments.models.payment import Payment

OPEN = (InboundState.PENDING, InboundState.UNMATCHED, InboundState.REFUSED)


class InboundFile(Identified):
    """One row is one file from a bank, taken once: ``digest`` is the SHA-256 of its bytes.

    ``sealed`` is its content under the keyring (it names accounts), null once no law wants it kept any more. ``written_on`` is the day that
    the file says it was made on, and ``count`` how many items it has. It speaks of many partners' payments, so it belongs to none of them.
    """

    PREFIX = "inf"

    name = models.CharField(max_length=200)
    format = models.CharField(max_length=8, choices=InboundFormat.choices)
    digest = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField()
    sealed = models.BinaryField(null=True, editable=False)
    written_on = models.DateField(null=True, blank=True)
    count = models.PositiveIntegerField()
    received_by = models.CharField(max_length=80)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True, help_text="when it was gone through last")

    class Meta:
        indexes = [models.Index(fields=["format", "id"], name="inbound_file_by_format")]


class InboundItem(Identified):
    """One row is one thing that a bank's file says: a return, a correction, a status. Each is handled once.

    ``reference`` is by what it names our payment or file (trace number, end-to-end id, message id); ``code`` is the return or change code
    or the status, ``cause`` the reason of a status. ``names`` are all references under which other messages may speak of the same
    money (the bank's own, UETR, end-to-end id ...). ``reason`` says why it was not handled, or what was done; never personal data.
    """

    PREFIX = "ini"

    file = models.ForeignKey(InboundFile, on_delete=models.PROTECT, related_name="items", db_index=False)
    ordinal = models.PositiveIntegerField()
    kind = models.CharField(max_length=14, choices=InboundKind.choices)
    code = models.CharField(max_length=35, blank=True)
    cause = models.CharField(max_length=35, blank=True)
    reference = models.CharField(max_length=40, blank=True)
    names = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    amount = AmountField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    state = models.CharField(max_length=9, choices=InboundState.choices, default=InboundState.PENDING)
    reason_code = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_answers", db_index=False
    )
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="bank_answers", db_index=False)
    verification = models.ForeignKey(
        AccountVerification, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    handled_by = models.CharField(max_length=80, blank=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["file", "ordinal"], name="items_of_a_file_are_numbered"),
            models.CheckConstraint(
                condition=Q(state=InboundState.PENDING, handled_at=None) | (~Q(state=InboundState.PENDING) & ~Q(handled_at=None)),
                name="inbound_item_knows_when_it_was_handled",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=[InboundState.UNMATCHED, InboundState.REFUSED]) | ~Q(reason_code=""),
                name="inbound_item_left_over_says_why",
            ),
            models.CheckConstraint(
                condition=Q(amount=None, currency="") | (~Q(amount=None) & ~Q(currency="")),
                name="inbound_item_amount_has_its_currency",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="inbound_item_left_over", condition=Q(state__in=OPEN)),
            GinIndex(fields=["names"], name="inbound_item_by_name", condition=~Q(names=[])),
            models.Index(fields=["payment", "id"], name="inbound_item_by_payment", condition=~Q(payment=None)),
            models.Index(fields=["batch", "id"], name="inbound_item_by_batch", condition=~Q(batch=None)),
        ]

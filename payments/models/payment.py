"""A payment and its timeline."""

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from accounts.models import Customer, Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from payments.choices import Direction, PaymentKind, PaymentStatus, Rail
from payments.models.external_account import ExternalAccount
from payments.models.mandate import Mandate
from wallets.models import Hold, Wallet

_NOT_YET_APPROVED = (
    PaymentStatus.REVIEW, PaymentStatus.APPROVAL, PaymentStatus.REJECTED, PaymentStatus.CANCELED, PaymentStatus.EXPIRED,
)  # fmt: skip


class Payment(Identified):
    """One row is money that enters or leaves a wallet over a rail, or is meant to.

    ``amount`` is what the other side pays or gets; ``fee`` is what the wallet pays on top (out) or less (in). ``reference`` is for
    people and goes with the money; ``provider_reference`` is the provider's own. ``refunded`` is what refunds of it have given back;
    ``returned`` what came back by a return or dispute. ``hold`` keeps the money from HELD until SUBMITTED. ``original`` is what a refund
    gives back. ``due_at`` is when a scheduled payment is to be decided, ``cutoff_at`` and ``value_on`` what the rail's calendar makes of
    it, ``counted_on`` the rail's business day whose limits it uses. ``ask_at`` is when the provider is asked again. ``journal_id`` is the
    last of its journals; all of them carry its public id as their cause.
    """

    PREFIX = "pay"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="payments", db_index=False)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="payments", db_index=False
    )
    wallet = models.ForeignKey(Wallet, on_delete=models.PROTECT, null=True, blank=True, related_name="payments", db_index=False)
    target_wallet = models.ForeignKey(
        Wallet, on_delete=models.PROTECT, null=True, blank=True, related_name="payments_in", db_index=False
    )
    external_account = models.ForeignKey(
        ExternalAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="payments", db_index=False
    )
    mandate = models.ForeignKey(Mandate, on_delete=models.PROTECT, null=True, blank=True, related_name="payments", db_index=False)
    original = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds", db_index=False)
    hold = models.ForeignKey(Hold, on_delete=models.PROTECT, null=True, blank=True, related_name="payments", db_index=False)
    kind = models.CharField(max_length=12, choices=PaymentKind.choices)
    rail = models.CharField(max_length=12, choices=Rail.choices)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    status = models.CharField(max_length=9, choices=PaymentStatus.choices, default=PaymentStatus.CREATED)
    currency = models.CharField(max_length=3)
    amount = AmountField()
    fee = AmountField(default=0)
    refunded = AmountField(default=0)
    returned = AmountField(default=0)
    reference = models.CharField(max_length=24)
    provider = models.CharField(max_length=24, blank=True)
    provider_reference = models.CharField(max_length=128, blank=True)
    description = models.CharField(max_length=140, blank=True)
    purpose = models.CharField(
        max_length=12, blank=True, help_text="what the rail's own code for the purpose is, such as PAYROLL"
    )
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    reason_is_inside = models.BooleanField(
        default=False, db_default=False, help_text="a verdict's or an officer's: not for the partner"
    )
    same_day = models.BooleanField(default=False)
    is_final = models.BooleanField(default=False, help_text="the last collection on its mandate")
    notified_on = models.DateField(null=True, blank=True, help_text="when the debtor was told of the collection")
    verdict_id = models.UUIDField(null=True, blank=True)
    created_by = models.CharField(max_length=80)
    released_by = models.CharField(max_length=80, blank=True, help_text="who let it go on out of review")
    approved_by = models.CharField(max_length=80, blank=True)
    moves_made = models.PositiveSmallIntegerField(default=0)
    asked = models.PositiveSmallIntegerField(default=0)
    ask_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    cutoff_at = models.DateTimeField(null=True, blank=True)
    value_on = models.DateField(null=True, blank=True)
    counted_on = models.DateField(null=True, blank=True, help_text="the rail's business day whose limits it counts against")
    batch = models.ForeignKey("Batch", on_delete=models.PROTECT, null=True, blank=True, related_name="payments", db_index=False)
    trace = models.CharField(
        max_length=35, blank=True, help_text="the payment's number inside its file, such as an ACH trace number"
    )
    journal_id = models.UUIDField(null=True, blank=True)
    external_id = models.CharField(max_length=128, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    reconciled_on = models.DateField(null=True, blank=True, help_text="when the bank booked it, as its statement proves")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id", "partner"], condition=~Q(external_id=""), name="payment_external_id_is_unique_per_partner"
            ),
            models.UniqueConstraint(fields=["reference"], name="payment_reference_is_unique"),
            models.UniqueConstraint(
                fields=["trace", "value_on"], condition=~Q(trace=""), name="payment_trace_is_taken_once_a_day"
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_reference"],
                condition=~Q(provider_reference=""),
                name="provider_knows_a_payment_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0, fee__gte=0), name="payment_is_positive"),
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=F("created_by")), name="payment_is_approved_by_another"
            ),
            models.CheckConstraint(
                condition=Q(released_by="")
                | Q(approved_by="", status__in=_NOT_YET_APPROVED)
                | (~Q(approved_by="") & ~Q(approved_by=F("released_by"))),
                name="payment_is_released_by_two",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, returned__gte=0, refunded__lte=F("amount"), returned__lte=F("amount")),
                name="payment_gives_back_no_more_than_its_amount",
            ),
            models.CheckConstraint(condition=~Q(status="HELD") | Q(hold__isnull=False), name="held_payment_has_its_hold"),
            models.CheckConstraint(
                condition=Q(wallet__isnull=False) | Q(direction="IN"), name="only_incoming_money_may_lack_a_wallet"
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="payment_by_partner"),
            models.Index(fields=["wallet", "id"], name="payment_by_wallet"),
            models.Index(fields=["customer", "id"], name="payment_by_customer"),
            models.Index(fields=["external_account", "id"], name="payment_by_external_account"),
            models.Index(fields=["original"], name="payment_by_original", condition=Q(original__isnull=False)),
            models.Index(fields=["batch", "id"], name="payment_by_batch", condition=Q(batch__isnull=False)),
            models.Index(fields=["status", "id"], name="payment_not_settled_by_status", condition=~Q(status="SETTLED")),
            models.Index(
                fields=["partner", "rail", "currency", "cutoff_at", "id"],
                name="payment_to_gather",
                condition=Q(status__in=["APPROVED", "HELD"], batch=None),
            ),
            models.Index(fields=["ask_at"], name="payment_to_ask", condition=Q(ask_at__isnull=False)),
            models.Index(fields=["due_at"], name="payment_due", condition=Q(status="CREATED", due_at__isnull=False)),
            GinIndex(fields=["metadata"], name="payment_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]

    @property
    def refundable(self) -> Decimal:
        """What can still be given back, in its currency. A bank may take the whole back beside a refund; then nothing is left."""
        return max(self.amount - self.refunded - self.returned, self.amount * 0)

    @property
    def total(self) -> Decimal:
        """What an outgoing payment takes from its wallet."""
        return self.amount + self.fee


class MoveQuerySet(models.QuerySet["Move"]):
    """Steps of payments."""

    def changing(self) -> "MoveQuerySet":
        """Those that led to another state; the others assigned money that lay in suspense."""
        return self.exclude(came_from=F("went_to"))


class Move(models.Model):
    """One row is one step of a payment through its states: when, by whom, why, and the journal that it posted (at most one).

    A step that assigned money that lay in suspense to a wallet changes no state: it comes from where it goes to.
    It never changes, but that its reason goes with the customer's data (trigger).
    """

    id = models.BigAutoField(primary_key=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="moves", db_index=False)
    ordinal = models.PositiveSmallIntegerField()
    came_from = models.CharField(max_length=9, choices=PaymentStatus.choices, blank=True)
    went_to = models.CharField(max_length=9, choices=PaymentStatus.choices)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    reason_code = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    reason_is_inside = models.BooleanField(default=False, db_default=False)
    journal_id = models.UUIDField(null=True, blank=True, unique=True)
    details = models.JSONField(default=dict, blank=True)

    objects = MoveQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["payment", "ordinal"], name="moves_of_a_payment_are_numbered")]
        indexes = [models.Index(fields=["went_to", "at"], name="move_by_state_and_moment")]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.ordinal} {self.went_to}"

"""The forms of payments, their batches and their simulations."""

from rest_framework import serializers

from accounts.choices import AuthenticationMeans
from flowlet.api.fields import CurrencyField, MetadataField, MoneySerializerField, PublicIdField
from flowlet.api.serializers import Filters, MomentRange, PageFilters, StrictSerializer
from payments.api.consent_serializers import ConsentCompleteIn, ConsentVisitIn, VisitorIn
from payments.choices import (
    AuthorisationStatus,
    BalanceResult,
    BatchStatus,
    Direction,
    PaymentKind,
    PaymentStatus,
    Rail,
    RefundMethod,
)
from payments.selectors.reports import OUTCOMES
from payments.services.sandbox_bank import FAULTS

EXTERNAL_ID = {"max_length": 128, "required": False, "allow_null": True}
AUTHENTICATION_ID = {
    "required": False,
    "help_text": "A challenge that the customer passed for exactly this amount and payee; needed where you agreed on it with Flowlet",
}
ASKABLE = [choice for choice in PaymentKind.choices if choice[0] != PaymentKind.REFUND]


class PaymentIn(StrictSerializer):
    """A new payment."""

    kind = serializers.ChoiceField(ASKABLE)
    rail = serializers.ChoiceField(Rail.choices)
    amount = MoneySerializerField()
    wallet_id = PublicIdField("wal")
    target_wallet_id = PublicIdField("wal", required=False, help_text="Of a transfer inside the book")
    external_account_id = PublicIdField("eac", required=False, help_text="Of all other payments")
    mandate_id = PublicIdField("mdt", required=False, help_text="Of a collection")
    description = serializers.CharField(max_length=140, required=False, allow_blank=True, help_text="Goes with the money")
    purpose = serializers.ChoiceField(["PAYROLL", "PURCHASE"], required=False, help_text="ACH: what Nacha wants to be named")
    same_day = serializers.BooleanField(default=False, help_text="ACH only")
    is_final = serializers.BooleanField(
        default=False, help_text="Of a collection: the last on its mandate, which is used up by it"
    )
    notified_on = serializers.DateField(
        required=False,
        help_text="Of a SEPA collection: when you told the debtor; held against the mandate's `notice_days`, else 14",
    )
    scheduled_on = serializers.DateField(required=False, help_text="A later day, at most a year ahead; decided on that day")
    bank = serializers.CharField(
        max_length=40, required=False, help_text="Open banking: the payer's bank, one of `/v1/banks`; needed but in the sandbox"
    )
    visitor = VisitorIn(required=False, help_text="Open banking: where the payer is, which banks want to know")
    return_url = serializers.CharField(
        max_length=2048,
        required=False,
        help_text="Cards: your own https page to which the payer comes back when their bank wants to see them (3-D Secure); without it "
        "that is a no, and the payment `FAILED` with `authentication_required`",
    )
    authentication_id = PublicIdField("chl", **AUTHENTICATION_ID)
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the payment; unique among your payments")
    metadata = MetadataField(required=False)


class CancelIn(StrictSerializer):
    """Why."""

    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class RefundIn(StrictSerializer):
    """How much goes back."""

    amount = MoneySerializerField(required=False, help_text="Default: all that is left of it")
    method = serializers.ChoiceField(
        RefundMethod.choices,
        default=RefundMethod.AUTO,
        help_text="Of a SEPA collection: a whole one is reversed within five banking days after it was due, else it goes back by "
        "credit transfer. Others go back the way they came (AUTO)",
    )
    description = serializers.CharField(max_length=140, required=False, allow_blank=True)
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the refund; unique among your payments")
    metadata = MetadataField(required=False)


class PaymentFilters(PageFilters):
    """Which payments."""

    status = serializers.ChoiceField(PaymentStatus.choices, required=False)
    kind = serializers.ChoiceField(PaymentKind.choices, required=False)
    rail = serializers.ChoiceField(Rail.choices, required=False)
    direction = serializers.ChoiceField(Direction.choices, required=False)
    wallet_id = PublicIdField("wal", required=False)
    external_account_id = PublicIdField("eac", required=False)
    batch_id = PublicIdField("bat", required=False)
    reference = serializers.CharField(max_length=40, required=False, help_text="As people type it")
    external_id = serializers.CharField(max_length=128, required=False)
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


class PaymentOut(StrictSerializer):
    """A payment. ``fee`` is paid on top (out) or taken off (in); ``returned`` is what a return or dispute took back."""

    id = PublicIdField("pay")
    kind = serializers.ChoiceField(PaymentKind.choices)
    rail = serializers.ChoiceField(Rail.choices)
    direction = serializers.ChoiceField(Direction.choices)
    status = serializers.ChoiceField(PaymentStatus.choices)
    wallet_id = PublicIdField(
        "wal", allow_null=True, help_text="null: money that found no wallet and is in suspense; it may be assigned to one later"
    )
    target_wallet_id = PublicIdField("wal", allow_null=True)
    external_account_id = PublicIdField("eac", allow_null=True)
    mandate_id = PublicIdField("mdt", allow_null=True)
    original_id = PublicIdField("pay", allow_null=True, help_text="What a refund gives back")
    amount = MoneySerializerField()
    fee = MoneySerializerField(positive=False)
    refunded = MoneySerializerField(positive=False)
    returned = MoneySerializerField(
        positive=False, help_text="What a return or a dispute has taken back; of a dispute about a part, that part"
    )
    reference = serializers.CharField(help_text="For people; goes with the money")
    trace_number = serializers.CharField(allow_null=True, help_text="Its number inside its file")
    description = serializers.CharField(allow_null=True)
    purpose = serializers.CharField(allow_null=True)
    same_day = serializers.BooleanField()
    is_final = serializers.BooleanField(help_text="The last collection on its mandate")
    reason_code = serializers.CharField(allow_null=True, help_text="Why it stands where it stands, such as a return code")
    reason = serializers.CharField(allow_null=True)
    scheduled_for = serializers.DateTimeField(allow_null=True)
    cutoff_at = serializers.DateTimeField(allow_null=True, help_text="Until when its run of the rail takes payments")
    value_on = serializers.DateField(allow_null=True, help_text="The day on which the money moves")
    batch_id = PublicIdField("bat", allow_null=True)
    journal_id = PublicIdField("jrn", allow_null=True, help_text="The last of its journals")
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    reconciled_on = serializers.DateField(allow_null=True, help_text="When the bank booked it, as its statement proves")


class MoveOut(StrictSerializer):
    """One step of the payment."""

    status = serializers.ChoiceField(PaymentStatus.choices)
    at = serializers.DateTimeField()
    reason_code = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    journal_id = PublicIdField("jrn", allow_null=True)


class AuthorisationOut(StrictSerializer):
    """How the payer authorises the payment at their bank."""

    bank = serializers.CharField(allow_null=True, help_text="Open banking: one of `/v1/banks`; null: the card's own")
    status = serializers.ChoiceField(AuthorisationStatus.choices)
    redirect_url = serializers.CharField(
        allow_null=True, help_text="Send the payer there while it is AWAITING; null while the bank is asked, and afterwards"
    )
    authorised_at = serializers.DateTimeField(allow_null=True)


class BalanceCheckOut(StrictSerializer):
    """What the payer's bank said before money was taken from a linked account."""

    result = serializers.ChoiceField(BalanceResult.choices)
    asked_at = serializers.DateTimeField()


class StrongAuthenticationOut(StrictSerializer):
    """What a payment rests on where its payer has to authenticate."""

    means = serializers.ChoiceField(AuthenticationMeans.choices, help_text="CHALLENGE, or the exemption")
    reason = serializers.CharField()
    challenge_id = PublicIdField("chl", allow_null=True)


class PaymentDetailOut(PaymentOut):
    """A payment with its timeline."""

    authorisation = AuthorisationOut(
        allow_null=True, help_text="Of open banking payments with a `bank`, and of card payments with a `return_url`"
    )
    balance_check = BalanceCheckOut(
        allow_null=True, help_text="Of payments from accounts of a bank link; null where nobody asked"
    )
    strong_authentication = StrongAuthenticationOut(allow_null=True, help_text="null where nothing was asked")
    moves = MoveOut(many=True)


class BatchFilters(PageFilters):
    """Which batches."""

    rail = serializers.ChoiceField(Rail.choices, required=False)
    status = serializers.ChoiceField(BatchStatus.choices, required=False)


class PaymentBatchOut(StrictSerializer):
    """Payments that went into one file."""

    id = PublicIdField("bat")
    rail = serializers.ChoiceField(Rail.choices)
    direction = serializers.ChoiceField(Direction.choices)
    status = serializers.ChoiceField(BatchStatus.choices)
    count = serializers.IntegerField()
    total = MoneySerializerField()
    format = serializers.CharField(allow_null=True)
    file_name = serializers.CharField(allow_null=True)
    digest = serializers.CharField(allow_null=True, help_text="SHA-256 of the file")
    cutoff_at = serializers.DateTimeField()
    value_on = serializers.DateField()
    created_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)


class ReportDays(Filters):
    """From the first day to the last, at most a year."""

    first = serializers.DateField()
    last = serializers.DateField()


class ReportLineOut(StrictSerializer):
    """Payments of one day, rail, direction and currency to which the same happened. ``net`` is what it did to your customers' money."""

    day = serializers.DateField()
    rail = serializers.ChoiceField(Rail.choices)
    direction = serializers.ChoiceField(Direction.choices)
    outcome = serializers.ChoiceField(OUTCOMES)
    count = serializers.IntegerField()
    amount = MoneySerializerField()
    fees = MoneySerializerField(positive=False)
    net = MoneySerializerField(positive=False)


class ReportTotalOut(StrictSerializer):
    """What the lines of one currency come to."""

    net = MoneySerializerField(positive=False)
    fees = MoneySerializerField(positive=False)


class SettlementReportOut(StrictSerializer):
    """What payments came to."""

    first = serializers.DateField()
    last = serializers.DateField()
    lines = ReportLineOut(many=True)
    totals = ReportTotalOut(many=True)


class ReasonCodeIn(StrictSerializer):
    """Why, in the rail's own code."""

    reason_code = serializers.CharField(max_length=40, help_text="ACH: R01 to R85; SEPA: AC04, MD06 …; cards: fraudulent …")
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True)


class DisputeIn(ReasonCodeIn):
    """Why, and how much of it."""

    amount = MoneySerializerField(
        required=False, help_text="Default: what is left of the payment. A part can be disputed as well"
    )


class NothingIn(StrictSerializer):
    """An empty object."""


class DisputeEndIn(StrictSerializer):
    """Who wins."""

    is_won = serializers.BooleanField(help_text="true: the money comes back to the wallet")


class InboundCreditIn(StrictSerializer):
    """Money that a bank tells us has come in."""

    rail = serializers.ChoiceField([Rail.ACH, Rail.SEPA_CT, Rail.WIRE])
    amount = MoneySerializerField()
    wallet_id = PublicIdField("wal", required=False, help_text="Without one, or for one that cannot take it: suspense")
    bank_reference = serializers.CharField(max_length=100, help_text="The bank's own; told twice, it is booked once")
    description = serializers.CharField(max_length=140, required=False, allow_blank=True)


class FaultIn(StrictSerializer):
    """How the sandbox misbehaves next."""

    fault = serializers.ChoiceField(FAULTS)
    times = serializers.IntegerField(min_value=1, max_value=100_000, default=1)


class FaultOut(StrictSerializer):
    """What will happen."""

    fault = serializers.ChoiceField(FAULTS)
    times = serializers.IntegerField()


class ExtraLineIn(StrictSerializer):
    """A booking of the bank that the books do not know."""

    amount = MoneySerializerField(help_text="Positive; the direction says which way")
    direction = serializers.ChoiceField(Direction.choices)
    text = serializers.CharField(max_length=140)


class BankStatementIn(StrictSerializer):
    """What the sandbox bank states."""

    currency = CurrencyField()
    on = serializers.DateField(required=False, help_text="Default: today in the book's zone")
    left_out = serializers.IntegerField(
        min_value=0, max_value=1000, default=0, help_text="How many of the newest bookings are late"
    )
    extra = ExtraLineIn(many=True, required=False, max_length=50)


class BankStatementOut(StrictSerializer):
    """A statement that was taken in and reconciled."""

    on = serializers.DateField()
    opening = MoneySerializerField(positive=False)
    closing = MoneySerializerField(positive=False)
    lines = serializers.IntegerField()
    matched = serializers.IntegerField(help_text="Matches that the run found")
    breaks_opened = serializers.IntegerField()


class SettlementRunOut(StrictSerializer):
    """What a run of the settlement did."""

    built = PaymentBatchOut(many=True)
    delivered = PaymentBatchOut(many=True)
    waiting = PaymentBatchOut(many=True, help_text="For a second person")
    settled = serializers.IntegerField()


class AuthorisationIn(ConsentCompleteIn):
    """What the payer's browser brought back."""


class PayerVisitIn(ConsentVisitIn):
    """What the payer decides at the sandbox's bank."""


class PayerVisitOut(StrictSerializer):
    """What the payer's browser brings back: hand it to the payment's authorisation."""

    parameters = serializers.DictField(child=serializers.CharField())

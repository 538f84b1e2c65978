"""The forms of wallets, their transactions and statements, and holds."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from accounts.choices import FreezeOrigin
from flowlet.api.fields import ID_BODY, CurrencyField, MetadataField, MomentField, MoneySerializerField, PublicIdField
from flowlet.api.serializers import DayRange, Filters, MomentRange, PageFilters, StrictSerializer
from wallets.choices import Direction, HoldStatus, TransactionType, WalletStatus

EXTERNAL_ID = {"max_length": 128, "required": False, "allow_null": True}


class AmountField(serializers.RegexField):
    """A decimal in a string, in the wallet's currency."""

    def __init__(self, **options: Any) -> None:
        super().__init__(r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?$", max_length=20, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        """The decimal."""
        text = super().to_internal_value(data)
        self.run_validators(text)
        return Decimal(text)

    def run_validators(self, value: Any) -> None:
        """The text is checked before it becomes a decimal."""
        if isinstance(value, str):
            super().run_validators(value)


class AmountRange(Filters):
    """``amount[gte]=12.50``: amounts from (``gte``), above (``gt``), up to (``lte``) and below (``lt``), in the wallet's currency."""

    gte = AmountField(required=False)
    gt = AmountField(required=False)
    lte = AmountField(required=False)
    lt = AmountField(required=False)


class MonthField(serializers.RegexField):
    """A calendar month such as 2026-01."""

    def __init__(self, **options: Any) -> None:
        super().__init__(r"^2[0-9]{3}-(0[1-9]|1[0-2])$", **options)


class TransactionIdField(serializers.RegexField):
    """The id of one movement: its journal's id and the leg's place in it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(rf"^jrn_{ID_BODY}\.[1-9][0-9]{{0,4}}$", **options)


# Wallets


class LimitsIn(StrictSerializer):
    """The wallet's own limits, narrower than the customer's; null sets none. One transaction up to the day's, a day's up to the month's."""

    per_transaction = AmountField(required=False, allow_null=True)
    daily = AmountField(required=False, allow_null=True)
    monthly = AmountField(required=False, allow_null=True)


class WalletIn(StrictSerializer):
    """A new wallet."""

    customer_id = PublicIdField("cus")
    currency = CurrencyField()
    name = serializers.CharField(
        max_length=120, required=False, allow_blank=True, help_text="Shown on statements; no personal data"
    )
    limits = LimitsIn(required=False)
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the wallet; unique among your wallets")
    metadata = MetadataField(required=False)


class WalletChange(StrictSerializer):
    """What changes about a wallet; what is not named stays. Metadata is replaced as a whole."""

    name = serializers.CharField(
        max_length=120, required=False, allow_blank=True, allow_null=True, help_text="Shown on statements; no personal data"
    )
    metadata = MetadataField(stays=True)


class FreezeReasonIn(StrictSerializer):
    """Why."""

    reason = serializers.CharField(max_length=500, help_text="Kept in the audit; no personal data, please")


class EndReasonIn(StrictSerializer):
    """Why, if there is something to say."""

    reason = serializers.CharField(max_length=500, required=False, help_text="Kept in the audit; no personal data, please")


class WalletFilters(PageFilters):
    """Which wallets."""

    customer_id = PublicIdField("cus", required=False)
    currency = CurrencyField(required=False)
    status = serializers.ChoiceField(WalletStatus.choices, required=False)
    external_id = serializers.CharField(max_length=128, required=False)
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


class BalanceOut(StrictSerializer):
    """What a wallet has."""

    total = MoneySerializerField(positive=False, help_text="What is booked")
    held = MoneySerializerField(positive=False, help_text="What is set aside by holds")
    available = MoneySerializerField(positive=False, help_text="What can be spent: total less held")


class WalletBalanceOut(BalanceOut):
    """What a wallet has after the posting."""

    wallet_id = PublicIdField("wal")


class BalanceAsOfOut(BalanceOut):
    """What a wallet has, or had at the end of a day."""

    wallet_id = PublicIdField("wal")
    as_of = serializers.DateField(allow_null=True, help_text="The day asked for; null for now")


class BalanceQuery(Filters):
    """When."""

    as_of = serializers.DateField(required=False, help_text="The end of this day, in the time zone of your books; default: now")


class WalletFreezeOut(StrictSerializer):
    """A freeze."""

    origin = serializers.ChoiceField(FreezeOrigin.choices, help_text="PLATFORM: only Flowlet lifts it")
    reason = serializers.CharField(allow_null=True, help_text="The reason that you gave; null for the platform's")


class LimitsOut(StrictSerializer):
    """The wallet's own limits; null where it has none."""

    per_transaction = serializers.CharField(allow_null=True)
    daily = serializers.CharField(allow_null=True)
    monthly = serializers.CharField(allow_null=True)


class WalletOut(StrictSerializer):
    """A wallet."""

    id = PublicIdField("wal")
    customer_id = PublicIdField("cus")
    currency = CurrencyField()
    name = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(WalletStatus.choices)
    freeze = WalletFreezeOut(allow_null=True)
    balance = BalanceOut()
    limits = LimitsOut()
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


# Transactions and statements


class TransactionFilters(PageFilters):
    """Which movements."""

    type = serializers.ChoiceField(TransactionType.choices, required=False)
    direction = serializers.ChoiceField(Direction.choices, required=False)
    counterparty_wallet_id = PublicIdField("wal", required=False)
    effective_on = DayRange(required=False)
    amount = AmountRange(required=False)
    external_id = serializers.CharField(
        max_length=128, required=False, help_text="Of the transfer, refund, top-up, conversion or payment"
    )
    metadata = MetadataField(required=False, help_text="Of the transfer, refund, top-up, conversion or payment")


class TransactionOut(StrictSerializer):
    """One movement of a wallet."""

    id = TransactionIdField()
    type = serializers.ChoiceField(TransactionType.choices)
    label = serializers.CharField(help_text="What to call it, such as Payment sent; it may change")
    direction = serializers.ChoiceField(Direction.choices)
    amount = MoneySerializerField()
    balance_after = MoneySerializerField(positive=False, allow_null=True, help_text="In the order of recording")
    counterparty_wallet_id = PublicIdField("wal", allow_null=True, help_text="Null where the other side is no wallet of yours")
    cause_id = serializers.CharField(allow_null=True, help_text="The transfer, top-up, conversion or payment behind it")
    journal_id = PublicIdField("jrn")
    description = serializers.CharField(allow_null=True, help_text="Of what is behind it; its journal does not say it")
    external_id = serializers.CharField(allow_null=True)
    metadata = serializers.DictField(help_text="Of what is behind it; its journal does not say it")
    effective_on = serializers.DateField(help_text="The day it counts for")
    posted_at = serializers.DateTimeField(help_text="When it was recorded")


class StatementQuery(Filters):
    """Which month, and in which form."""

    month = MonthField(help_text="Such as 2026-01, in the time zone of your books")
    format = serializers.ChoiceField(["json", "csv", "pdf"], default="json")


class StatementLineOut(TransactionOut):
    """One movement and the balance after it, in the order of the statement: by effective day, then by recording."""

    balance = MoneySerializerField(positive=False)


class StatementOut(StrictSerializer):
    """A month of a wallet: opening plus incoming less outgoing is closing."""

    wallet_id = PublicIdField("wal")
    month = serializers.CharField()
    first_day = serializers.DateField()
    last_day = serializers.DateField(help_text="The end of the month, or today when it is not over")
    is_final = serializers.BooleanField(help_text="Whether the month is over; until its books are closed it can still change")
    opening = MoneySerializerField(positive=False)
    incoming = MoneySerializerField(positive=False)
    outgoing = MoneySerializerField(positive=False)
    closing = MoneySerializerField(positive=False)
    lines = StatementLineOut(many=True)


# Holds


class HoldIn(StrictSerializer):
    """A new hold."""

    wallet_id = PublicIdField("wal")
    amount = MoneySerializerField()
    expires_at = MomentField(required=False, help_text="At most 90 days ahead; default: seven days")
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the hold; unique among your holds")
    metadata = MetadataField(required=False)


class HoldCaptureIn(StrictSerializer):
    """How much of the hold goes where."""

    target_wallet_id = PublicIdField("wal")
    amount = MoneySerializerField(required=False, help_text="Default: all that is left")
    is_final = serializers.BooleanField(default=False, help_text="Release the rest")
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the transfer; unique among your transfers")
    metadata = MetadataField(required=False)


class HoldFilters(PageFilters):
    """Which holds."""

    wallet_id = PublicIdField("wal", required=False)
    status = serializers.ChoiceField(HoldStatus.choices, required=False)
    external_id = serializers.CharField(max_length=128, required=False)
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


class HoldOut(StrictSerializer):
    """A hold. Amount is captured plus released plus remaining."""

    id = PublicIdField("hld")
    wallet_id = PublicIdField("wal")
    status = serializers.ChoiceField(HoldStatus.choices)
    amount = MoneySerializerField()
    captured = MoneySerializerField(positive=False)
    released = MoneySerializerField(positive=False)
    remaining = MoneySerializerField(positive=False)
    description = serializers.CharField(allow_null=True)
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class HoldPostedOut(HoldOut):
    """A hold after a step."""

    balances = WalletBalanceOut(many=True)

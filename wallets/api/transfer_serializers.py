"""The forms of transfers, refunds, batches and play money."""

from rest_framework import serializers

from flowlet.api.fields import MetadataField, MomentField, MoneySerializerField, PublicIdField
from flowlet.api.serializers import MomentRange, PageFilters, StrictSerializer
from wallets.api.serializers import EXTERNAL_ID, HoldOut, WalletBalanceOut
from wallets.choices import TransferKind, TransferStatus


class TransferItemIn(StrictSerializer):
    """A transfer at once."""

    source_wallet_id = PublicIdField("wal")
    target_wallet_id = PublicIdField("wal")
    amount = MoneySerializerField()
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the transfer; unique among your transfers")
    metadata = MetadataField(required=False)


class TransferIn(TransferItemIn):
    """A new transfer: at once, or authorised now and captured later."""

    capture = serializers.BooleanField(default=True, help_text="false: hold the money now, move it by capturing")
    expires_at = MomentField(required=False, help_text="With capture: false; at most 90 days ahead, default: seven days")


class TransferCaptureIn(StrictSerializer):
    """How much of the authorised transfer."""

    amount = MoneySerializerField(required=False, help_text="Default: all that is left")
    is_final = serializers.BooleanField(default=False, help_text="Release the rest")


class RefundIn(StrictSerializer):
    """How much goes back."""

    amount = MoneySerializerField(required=False, help_text="Default: all that is not refunded yet")
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="Shown on both statements")
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the refund; unique among your refunds")
    metadata = MetadataField(required=False)


class TransferFilters(PageFilters):
    """Which transfers."""

    status = serializers.ChoiceField(TransferStatus.choices, required=False)
    kind = serializers.ChoiceField(TransferKind.choices, required=False)
    wallet_id = PublicIdField("wal", required=False, help_text="On either side")
    source_wallet_id = PublicIdField("wal", required=False)
    target_wallet_id = PublicIdField("wal", required=False)
    hold_id = PublicIdField("hld", required=False)
    external_id = serializers.CharField(max_length=128, required=False)
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


class TransferOut(StrictSerializer):
    """A transfer. ``captured`` is what has moved, ``refunded`` what of it has moved back."""

    id = PublicIdField("trf")
    source_wallet_id = PublicIdField("wal")
    target_wallet_id = PublicIdField("wal")
    kind = serializers.ChoiceField(TransferKind.choices)
    status = serializers.ChoiceField(TransferStatus.choices)
    amount = MoneySerializerField()
    captured = MoneySerializerField(positive=False)
    refunded = MoneySerializerField(positive=False)
    hold_id = PublicIdField("hld", allow_null=True)
    journal_id = PublicIdField("jrn", allow_null=True, help_text="The last journal that moved money of it, refunds apart")
    description = serializers.CharField(allow_null=True)
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()
    completed_at = serializers.DateTimeField(allow_null=True)


class TransferPostedOut(TransferOut):
    """A transfer after a step."""

    balances = WalletBalanceOut(many=True)


class HoldCapturedOut(StrictSerializer):
    """What a capture did."""

    transfer = TransferOut()
    hold = HoldOut()
    balances = WalletBalanceOut(many=True)


class RefundOut(StrictSerializer):
    """A refund."""

    id = PublicIdField("rfd")
    transfer_id = PublicIdField("trf")
    amount = MoneySerializerField()
    journal_id = PublicIdField("jrn")
    reason = serializers.CharField(allow_null=True)
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()


class RefundPostedOut(RefundOut):
    """A refund, with what of the transfer is refunded after it."""

    refunded = MoneySerializerField(positive=False)
    balances = WalletBalanceOut(many=True)


class BatchIn(StrictSerializer):
    """Up to 1,000 transfers, made in their order."""

    is_atomic = serializers.BooleanField(default=False, help_text="All or nothing; otherwise each stands on its own")
    transfers = TransferItemIn(many=True, min_length=1, max_length=1000)


class BatchRefusalOut(StrictSerializer):
    """Why an item was refused, as a problem would say it."""

    code = serializers.CharField()
    detail = serializers.CharField()
    param = serializers.CharField()
    details = serializers.DictField()


class BatchResultOut(StrictSerializer):
    """What became of one item: a transfer or a refusal."""

    transfer = TransferPostedOut(allow_null=True)
    refusal = BatchRefusalOut(allow_null=True)


class BatchOut(StrictSerializer):
    """One result per item, in order."""

    made = serializers.IntegerField()
    refused = serializers.IntegerField()
    results = BatchResultOut(many=True)


class TopUpIn(StrictSerializer):
    """Play money."""

    wallet_id = PublicIdField("wal")
    amount = MoneySerializerField()
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the top-up; unique among your top-ups")
    metadata = MetadataField(required=False)


class TopUpOut(StrictSerializer):
    """A simulated payment from outside."""

    id = PublicIdField("top")
    wallet_id = PublicIdField("wal")
    amount = MoneySerializerField()
    journal_id = PublicIdField("jrn")
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()
    balances = WalletBalanceOut(many=True)

"""The forms of exchange prices, quotes and conversions."""

from rest_framework import serializers

from flowlet.api.fields import CurrencyField, MetadataField, MoneySerializerField, PublicIdField
from flowlet.api.serializers import Filters, MomentRange, PageFilters, StrictSerializer
from wallets.api.serializers import EXTERNAL_ID, WalletBalanceOut
from wallets.choices import FixedSide, QuoteStatus
from wallets.services.quotes import LONGEST_SECONDS, SHORTEST_SECONDS, USUAL_SECONDS

RATE = {"help_text": "How much of the bought currency one unit of the sold one gives: a decimal of at most 18 places"}


class PairFilters(Filters):
    """Which currencies."""

    pair = serializers.RegexField(r"^[A-Z]{6}$", help_text="Two ISO 4217 codes: what is sold, then what is bought")


class PublishedRateOut(StrictSerializer):
    """A published rate: one ``base`` was worth ``rate`` of ``quote``."""

    base = CurrencyField()
    quote = CurrencyField()
    rate = serializers.CharField()
    valid_on = serializers.DateField()
    source = serializers.CharField()


class RatesOut(StrictSerializer):
    """The current rates of a pair. ``rate_via`` are the published ones that the market's rate is made of, exactly."""

    pair = serializers.CharField()
    sell_currency = CurrencyField()
    buy_currency = CurrencyField()
    market_rate = serializers.CharField(**RATE)
    client_rate = serializers.CharField(help_text="The market's rate less the spread")
    spread_basis_points = serializers.IntegerField(help_text="Hundredths of a percent of the market's rate")
    rate_on = serializers.DateField(help_text="The day of the oldest rate in rate_via")
    rate_via = PublishedRateOut(many=True)


class PriceOut(StrictSerializer):
    """What is sold for what, and how the one came from the other."""

    sell = MoneySerializerField(help_text="What leaves the source wallet")
    buy = MoneySerializerField(help_text="What arrives in the target wallet")
    fixed_side = serializers.ChoiceField(FixedSide.choices, help_text="Which of the two you asked for")
    market_rate = serializers.CharField(**RATE)
    client_rate = serializers.CharField(help_text="The market's rate less the spread")
    spread_basis_points = serializers.IntegerField(help_text="Hundredths of a percent of the market's rate")
    spread = MoneySerializerField(positive=False, help_text="What the conversion costs, rounding included")
    rate_on = serializers.DateField(help_text="The day of the oldest rate in rate_via")
    rate_via = PublishedRateOut(many=True)


class QuoteIn(StrictSerializer):
    """What is to be converted."""

    customer_id = PublicIdField("cus")
    sell_currency = CurrencyField()
    buy_currency = CurrencyField()
    amount = MoneySerializerField(help_text="In one of the two currencies; the other side is computed")
    valid_seconds = serializers.IntegerField(
        min_value=SHORTEST_SECONDS, max_value=LONGEST_SECONDS, default=USUAL_SECONDS, help_text="How long the price is to hold"
    )


class QuoteOut(PriceOut):
    """A price that holds until ``expires_at``, for one conversion."""

    id = PublicIdField("fxq")
    customer_id = PublicIdField("cus")
    status = serializers.ChoiceField(QuoteStatus.choices)
    conversion_id = PublicIdField("cnv", allow_null=True, help_text="The conversion that took it")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class ConversionIn(StrictSerializer):
    """A conversion at the price of a quote, or of an amount at the current price: give one of the two."""

    source_wallet_id = PublicIdField("wal")
    target_wallet_id = PublicIdField("wal", help_text="Of the same customer, in another currency")
    quote_id = PublicIdField("fxq", required=False)
    amount = MoneySerializerField(required=False, help_text="In the currency of one of the wallets; the other side is computed")
    description = serializers.CharField(max_length=200, required=False, allow_blank=True)
    external_id = serializers.CharField(**EXTERNAL_ID, help_text="Your own id of the conversion; unique among your conversions")
    metadata = MetadataField(required=False)


class ConversionFilters(PageFilters):
    """Which conversions."""

    customer_id = PublicIdField("cus", required=False)
    wallet_id = PublicIdField("wal", required=False, help_text="On either side")
    source_wallet_id = PublicIdField("wal", required=False)
    target_wallet_id = PublicIdField("wal", required=False)
    quote_id = PublicIdField("fxq", required=False)
    sell_currency = CurrencyField(required=False)
    buy_currency = CurrencyField(required=False)
    external_id = serializers.CharField(max_length=128, required=False)
    created = MomentRange(required=False)
    metadata = MetadataField(required=False)


class ConversionOut(PriceOut):
    """Money that went from a customer's wallet to the same customer's wallet in another currency."""

    id = PublicIdField("cnv")
    customer_id = PublicIdField("cus")
    source_wallet_id = PublicIdField("wal")
    target_wallet_id = PublicIdField("wal")
    quote_id = PublicIdField("fxq", allow_null=True)
    journal_id = PublicIdField("jrn")
    description = serializers.CharField(allow_null=True)
    external_id = serializers.CharField(allow_null=True)
    metadata = MetadataField()
    created_at = serializers.DateTimeField()


class ConvertedOut(ConversionOut):
    """A conversion, with the balances of both wallets after it."""

    balances = WalletBalanceOut(many=True)

"""Money of one currency for money of another: what it costs, what was promised, what was done."""

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from accounts.models import Customer, Partner
from flowlet.db.fields import AmountField
from flowlet.db.models import Identified
from wallets.choices import FixedSide
from wallets.models.wallet import Wallet


class FxSpread(Identified):
    """One row is what a partner's customers pay on top of the market's rate, in basis points, for one pair or ("") for all others.

    The pair is both codes in alphabetical order, and counts in both directions. Changed only through an approved request.
    """

    PREFIX = "fxs"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="fx_spreads", db_index=False)
    pair = models.CharField(max_length=6, blank=True)
    basis_points = models.PositiveSmallIntegerField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name = "exchange spread"
        constraints = [
            models.UniqueConstraint(fields=["partner", "pair"], name="pair_has_one_spread_per_partner"),
            models.CheckConstraint(condition=Q(pair="") | Q(pair__regex="^[A-Z]{6}$"), name="spread_is_of_a_pair_or_of_all"),
            models.CheckConstraint(condition=Q(basis_points__lte=1000), name="spread_is_ten_percent_at_most"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The pair as people write it."""
        return f"{self.pair[:3]}/{self.pair[3:]}" if self.pair else "All other pairs"


class Priced(models.Model):
    """An amount in one currency for an amount in another, and how the one came from the other.

    ``market_amount`` is what the sold amount was worth at the market's rate, in the bought currency; less the bought amount it is what
    the platform earns. The rates are those of one sold unit, to 18 decimals, for reading; ``rate_via`` names the published
    rates of which the exact one is made, and ``rate_on`` the day of the oldest of them.
    """

    sell_currency = models.CharField(max_length=3)
    sell_amount = AmountField()
    buy_currency = models.CharField(max_length=3)
    buy_amount = AmountField()
    market_amount = AmountField()
    fixed_side = models.CharField(max_length=4, choices=FixedSide.choices)
    market_rate = models.DecimalField(max_digits=36, decimal_places=18)
    client_rate = models.DecimalField(max_digits=36, decimal_places=18)
    spread_basis_points = models.PositiveSmallIntegerField()
    rate_on = models.DateField()
    rate_via = models.JSONField(default=list)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(sell_amount__gt=0, buy_amount__gt=0, market_amount__gte=F("buy_amount")),
                name="%(class)s_earns_nothing_or_more",
            ),
            models.CheckConstraint(condition=~Q(sell_currency=F("buy_currency")), name="%(class)s_is_between_two_currencies"),
        ]

    def __str__(self) -> str:
        return f"{self.sell_amount} {self.sell_currency} → {self.buy_amount} {self.buy_currency}"

    @property
    def spread_amount(self) -> Decimal:
        """What the platform earns, in the bought currency."""
        return self.market_amount - self.buy_amount


class FxQuote(Priced, Identified):
    """One row is a price that a customer can have until ``expires_at``, once. It never changes; the conversion that took it names it."""

    PREFIX = "fxq"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="fx_quotes", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="fx_quotes", db_index=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta(Priced.Meta):
        abstract = False
        verbose_name = "exchange quote"
        constraints = [
            *Priced.Meta.constraints,
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="fxquote_expires_after_it_was_made"),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="fxquote_by_partner"),
            models.Index(fields=["customer", "id"], name="fxquote_by_customer"),
        ]


class Conversion(Priced, Identified):
    """One row is money that went from a customer's wallet in one currency to the same customer's wallet in another. It never changes, but
    that its words go with the customer's data (trigger).
    """

    PREFIX = "cnv"

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="conversions", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="conversions", db_index=False)
    source = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="conversions_out", db_index=False)
    target = models.ForeignKey(Wallet, on_delete=models.PROTECT, related_name="conversions_in", db_index=False)
    quote = models.OneToOneField(FxQuote, null=True, blank=True, on_delete=models.PROTECT, related_name="conversion")
    journal_id = models.UUIDField(unique=True)
    description = models.CharField(max_length=200, blank=True)
    external_id = models.CharField(max_length=128, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    class Meta(Priced.Meta):
        abstract = False
        constraints = [
            *Priced.Meta.constraints,
            models.UniqueConstraint(
                fields=["external_id", "partner"],
                condition=~Q(external_id=""),
                name="conversion_external_id_is_unique_per_partner",
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="conversion_is_between_two_wallets"),
        ]
        indexes = [
            models.Index(fields=["partner", "id"], name="conversion_by_partner"),
            models.Index(fields=["customer", "id"], name="conversion_by_customer"),
            models.Index(fields=["source", "id"], name="conversion_by_source"),
            models.Index(fields=["target", "id"], name="conversion_by_target"),
            GinIndex(fields=["metadata"], name="conversion_by_metadata", opclasses=["jsonb_path_ops"], condition=~Q(metadata={})),
        ]

"""Exchange prices, quotes and conversions under /v1/fx_rates, /v1/fx_quotes and /v1/conversions."""

from typing import Any
from uuid import UUID

from accounts import errors as people
from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.paging import page
from flowlet.api.serializers import narrowed
from flowlet.api.views import PartnerView
from flowlet.core.money import AmountTooLarge, UnknownCurrency
from ledger import errors as ledger_errors
from wallets import errors
from wallets.api import conversion_serializers as forms
from wallets.api import examples, rendering
from wallets.api.holds import NAMES, SPENDING
from wallets.models import Conversion, FxQuote
from wallets.selectors import conversions as selectors
from wallets.services import conversions, prices, quotes

READ, WRITE = {"GET": "conversions:read"}, {"POST": "conversions:write"}
RATES = (ledger_errors.NoRate, ledger_errors.StaleRate, errors.SameCurrency, UnknownCurrency)
PRICES = (*RATES, errors.CurrencyMismatch, errors.RoundsToZero, AmountTooLarge)
_EXACT = {
    "customer_id": "customer_id",
    "wallet_id": "wallet_id",
    "source_wallet_id": "source_id",
    "target_wallet_id": "target_id",
    "quote_id": "quote_id",
    "sell_currency": "sell_currency",
    "buy_currency": "buy_currency",
    "external_id": "external_id",
}


class FxRates(PartnerView):
    """What a pair costs now."""

    required_scopes = READ
    tag = "Conversions"

    @endpoint(
        summary="Read the current exchange rate",
        query=forms.PairFilters,
        response=forms.RatesOut,
        errors=RATES,
        query_example={"pair": examples.PAIR},
        example=examples.RATES,
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The market's rate, your customers' rate, and the published rates that they are made of.

        It is an indication: a conversion has the rate of its own moment, or that of its quote. A rate that is older than two days on
        which the ECB publishes is refused.
        """
        pair = request.query["pair"]
        sell, buy = pair[:3], pair[3:]
        found = prices.rates_of(
            partner_id=request.caller.partner_id,
            sell_currency=sell,
            buy_currency=buy,
            on=prices.dealing_day(partner_id=request.caller.partner_id, at=request.at),
        )
        return {
            "pair": pair,
            "sell_currency": sell,
            "buy_currency": buy,
            "market_rate": rendering.rate(prices.shown(found.market.value)),
            "client_rate": rendering.rate(prices.shown(found.client)),
            "spread_basis_points": found.basis_points,
            "rate_on": found.market.valid_on,
            "rate_via": prices.via(found.market),
        }


class QuoteList(PartnerView):
    """Prices that hold."""

    required_scopes = WRITE
    tag = "Conversions"

    @endpoint(
        summary="Get an exchange quote",
        body=forms.QuoteIn,
        response=forms.QuoteOut,
        status=201,
        errors=(
            people.CustomerNotFound,
            people.CustomerFrozen,
            people.CustomerClosed,
            people.PartnerSuspended,
            *PRICES,
        ),
        body_example=examples.NEW_QUOTE,
        example=examples.QUOTE,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """A price that holds for a while, for one conversion between wallets of the customer. Nothing is held, no limit is counted.

        Say what is to be sold or what is to be bought. What is bought is rounded down to its smallest unit, what is sold is rounded
        up, once.
        """
        made = quotes.create(partner_id=request.caller.partner_id, **request.data, actor=request.actor, at=request.at)
        return rendering.quote(made, at=request.at)


class QuoteDetail(PartnerView):
    """One quote."""

    required_scopes = READ
    path_ids = {"quote_id": FxQuote.PREFIX}
    tag = "Conversions"

    @endpoint(summary="Read an exchange quote", response=forms.QuoteOut, errors=(errors.QuoteNotFound,), example=examples.QUOTE)
    def get(self, request: Any, quote_id: UUID) -> dict[str, Any]:
        """The quote, and whether it can still be used."""
        return rendering.quote(quotes.get(quote_id, partner_id=request.caller.partner_id), at=request.at)


class ConversionList(PartnerView):
    """All conversions."""

    required_scopes = {**READ, **WRITE}
    tag = "Conversions"

    @endpoint(
        summary="List conversions",
        query=forms.ConversionFilters,
        response=paged(forms.ConversionOut),
        query_example={"sell_currency": "EUR"},
        example=page_example(examples.CONVERSION),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """The newest first."""
        found = selectors.matching(partner_id=request.caller.partner_id, **narrowed(request.query, _EXACT))
        return page(found, request, render=rendering.conversion)

    @endpoint(
        summary="Convert money",
        body=forms.ConversionIn,
        response=forms.ConvertedOut,
        status=201,
        errors=(
            *SPENDING,
            errors.SameWallet,
            errors.DifferentCustomers,
            *(error for error in PRICES if error is not errors.CurrencyMismatch),
            errors.QuoteOrAmount,
            errors.QuoteNotFound,
            errors.QuoteMismatch,
            errors.QuoteExpired,
            errors.QuoteUsed,
            ledger_errors.PeriodClosed,
            *NAMES,
        ),
        body_example=examples.NEW_CONVERSION,
        example=examples.CONVERTED,
    )
    def post(self, request: Any) -> dict[str, Any]:
        """Move money between wallets of one customer in two currencies, at once: at the price of a quote, or at the current one.

        What is sold counts against the limits of its currency.
        """
        asked = dict(request.data)
        done = conversions.execute(
            partner_id=request.caller.partner_id,
            source_id=asked.pop("source_wallet_id"),
            target_id=asked.pop("target_wallet_id"),
            **asked,
            actor=request.actor,
            at=request.at,
        )
        return {**rendering.conversion(done.conversion), "balances": rendering.balances(done.balances)}


class ConversionDetail(PartnerView):
    """One conversion."""

    required_scopes = READ
    path_ids = {"conversion_id": Conversion.PREFIX}
    tag = "Conversions"

    @endpoint(
        summary="Read a conversion",
        response=forms.ConversionOut,
        errors=(errors.ConversionNotFound,),
        example=examples.CONVERSION,
    )
    def get(self, request: Any, conversion_id: UUID) -> dict[str, Any]:
        """The conversion. It never changes."""
        return rendering.conversion(conversions.get(conversion_id, partner_id=request.caller.partner_id))

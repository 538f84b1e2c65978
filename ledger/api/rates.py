"""Exchange rates under /v1/exchange_rates."""

from typing import Any

from django.db.models import QuerySet

from flowlet.api.endpoints import endpoint, page_example, paged
from flowlet.api.paging import page
from flowlet.api.serializers import between
from flowlet.api.views import PartnerView
from flowlet.core.errors import NotFound
from flowlet.core.money import UnknownCurrency, exponent
from ledger import errors
from ledger.api import serializers
from ledger.models import Rate
from ledger.selectors import rates

READ = {"GET": "ledger:read"}
RATE = {"id": "EURUSD-2026-01-15-ECB", "base": "EUR", "quote": "USD", "valid_on": "2026-01-15", "rate": "1.0866", "source": "ECB"}


def name_of(rate: Rate) -> str:
    """The public name of a rate: pair, day and source, which are unique together."""
    return f"{rate.base}{rate.quote}-{rate.valid_on}-{rate.source}"


def shown(rate: Rate) -> dict[str, Any]:
    """The JSON of a rate."""
    return {
        "id": name_of(rate),
        "base": rate.base,
        "quote": rate.quote,
        "valid_on": rate.valid_on,
        "rate": f"{rate.rate.normalize():f}",
        "source": rate.source,
    }


def _key(text: str) -> int:
    """The key behind a rate's name. Raises NotFound."""
    pair, day, source = text[:6], text[7:17], text[18:]
    try:
        found: QuerySet[Rate] = Rate.objects.filter(
            base=pair[:3], quote=pair[3:], valid_on=serializers.DayField().run_validation(day)
        )
    except serializers.serializers.ValidationError:
        raise NotFound from None
    key = found.filter(source=source).values_list("pk", flat=True).first()
    if key is None:
        raise NotFound
    return key


class RateList(PartnerView):
    """All rates."""

    required_scopes = READ
    tag = "Ledger"

    @endpoint(
        summary="List exchange rates",
        query=serializers.RateFilters,
        response=paged(serializers.RateOut),
        query_example={"base": "EUR", "quote": "USD"},
        example=page_example(RATE),
    )
    def get(self, request: Any) -> dict[str, Any]:
        """Rates as they were entered, newest first. They are the platform's, the same for every partner."""
        query = request.query
        rows = Rate.objects.filter(**{name: query[name] for name in ("base", "quote") if query.get(name)})
        return page(rows.filter(**between("valid_on", query.get("valid_on"))), request, render=shown, read=_key)


class RateOn(PartnerView):
    """The rate that counts on a day."""

    required_scopes = READ
    tag = "Ledger"

    @endpoint(
        summary="Read the exchange rate of a day",
        query=serializers.RateOnFilters,
        response=serializers.RateOnOut,
        errors=(errors.NoRate, UnknownCurrency),
        path_example={"pair": "EURUSD"},
        query_example={"on": "2026-01-16"},
        example={"base": "EUR", "quote": "USD", "on": "2026-01-16", "rate": "1.0866"},
    )
    def get(self, request: Any, pair: str) -> dict[str, Any]:
        """The newest rate of the last seven days: direct, inverse, or through EUR or USD. Reports translate with it.

        The pair is two ISO 4217 codes: `EURUSD` is how many US dollars one euro is worth.
        """
        base, quote = pair[:3], pair[3:]
        exponent(base), exponent(quote)
        on = request.query.get("on") or request.at.date()
        found = rates.rate(base=base, quote=quote, on=on)
        return {"base": base, "quote": quote, "on": on, "rate": f"{found.normalize():f}"}

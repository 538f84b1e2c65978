"""Exchange rates: the newest one on or before a day, direct, inverse, or through one currency in between."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from flowlet.core.money import Money, round_half_even
from ledger import errors
from ledger.models import Rate

MAX_AGE_DAYS = 7
PIVOTS = ("EUR", "USD")


def rate(*, base: str, quote: str, on: date) -> Decimal:
    """How many ``quote`` one ``base`` is worth on a day. Not rounded.

    The newest rate of the last seven days counts (markets close on holidays): direct, else inverse, else through EUR or USD.
    Raises NoRate.
    """
    return rates_to(quote=quote, bases=[base], on=on)[base]


def rates_to(*, quote: str, bases: Iterable[str], on: date) -> dict[str, Decimal]:
    """The rates of several currencies to ``quote`` in one read. Raises NoRate, naming the first pair that has none."""
    wanted = set(bases)
    known = _recent(wanted | {quote}, on)
    answer = {}
    for base in sorted(wanted):
        found = _find(base, quote, known)
        if found is None:
            raise errors.NoRate(
                f"There is no rate from {base} to {quote} on {on} or in the seven days before.", base=base, quote=quote
            )
        answer[base] = found
    return answer


def translate(*, money: Money, to: str, on: date) -> Money:
    """The amount in another currency, rounded once, half to even, to its minor unit. Raises NoRate."""
    return round_half_even(money.amount * rate(base=money.currency.code, quote=to, on=on), to)


def _recent(currencies: set[str], on: date) -> dict[tuple[str, str], Decimal]:
    codes = currencies | set(PIVOTS)
    rows = (
        Rate.objects.filter(
            base__in=codes,
            quote__in=codes,
            valid_on__lte=on,
            valid_on__gte=date.fromordinal(max(on.toordinal() - MAX_AGE_DAYS, 1)),
        )
        .order_by("base", "quote", "-valid_on", "-id")
        .distinct("base", "quote")
    )
    return {(row.base, row.quote): row.rate for row in rows}


def _find(base: str, quote: str, known: dict[tuple[str, str], Decimal]) -> Decimal | None:
    if base == quote:
        return Decimal(1)
    direct = _step(base, quote, known)
    if direct is not None:
        return direct
    for pivot in PIVOTS:
        first, second = _step(base, pivot, known), _step(pivot, quote, known)
        if first is not None and second is not None:
            return first * second
    return None


def _step(base: str, quote: str, known: dict[tuple[str, str], Decimal]) -> Decimal | None:
    if base == quote:
        return Decimal(1)
    if (base, quote) in known:
        return known[base, quote]
    if (quote, base) in known:
        return 1 / known[quote, base]
    return None

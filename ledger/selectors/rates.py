"""Exchange rates: the newest one on or before a day, direct, inverse, or through one currency in between."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from flowlet.core.money import Money, round_half_even
from ledger import errors
from ledger.models import Rate

MAX_AGE_DAYS = 7
PIVOTS = ("EUR", "USD")
Pair = tuple[str, str]


def rate(*, base: str, quote: str, on: date) -> Decimal:
    """How many ``quote`` one ``base`` is worth on a day. Not rounded.

    The newest rate of the last seven days counts (markets close on holidays): direct, else inverse, else through EUR or USD.
    Raises NoRate.
    """
    return rates_to(quote=quote, bases=[base], on=on)[base]


def rates_to(*, quote: str, bases: Iterable[str], on: date) -> dict[str, Decimal]:
    """The rates of several currencies to ``quote`` in one read. Raises NoRate, naming the first pair that has none."""
    return daily_rates_to(quote=quote, wanted={on: bases})[on]


def daily_rates_to(*, quote: str, wanted: Mapping[date, Iterable[str]]) -> dict[date, dict[str, Decimal]]:
    """The rates to ``quote`` of each day's currencies, as ``rate`` finds them, in one read. Raises NoRate as ``rates_to``."""
    asked = {day: sorted(set(bases)) for day, bases in sorted(wanted.items())}
    foreign = {base for bases in asked.values() for base in bases} - {quote}
    known = deque(_between(foreign | {quote}, min(asked), max(asked)) if foreign else ())
    newest: dict[Pair, tuple[date, Decimal]] = {}
    answer: dict[date, dict[str, Decimal]] = {}
    for day, bases in asked.items():
        while known and known[0][1] <= day:
            pair, valid_on, value = known.popleft()
            newest[pair] = valid_on, value
        counting = {pair: value for pair, (valid_on, value) in newest.items() if valid_on >= _oldest(day)}
        answer[day] = {base: _found(base, quote, counting, day) for base in bases}
    return answer


def translate(*, money: Money, to: str, on: date) -> Money:
    """The amount in another currency, rounded once, half to even, to its minor unit. Raises NoRate."""
    return round_half_even(money.amount * rate(base=money.currency.code, quote=to, on=on), to)


def _between(currencies: set[str], first: date, last: date) -> list[tuple[Pair, date, Decimal]]:
    """What may count from a day to another, the newest of a pair last."""
    codes = currencies | set(PIVOTS)
    rows = Rate.objects.filter(base__in=codes, quote__in=codes, valid_on__lte=last, valid_on__gte=_oldest(first))
    return [
        ((base, quote), valid_on, value)
        for base, quote, valid_on, value in rows.order_by("valid_on", "id").values_list("base", "quote", "valid_on", "rate")
    ]


def _oldest(day: date) -> date:
    """The first day whose rates count on ``day``."""
    return date.fromordinal(max(day.toordinal() - MAX_AGE_DAYS, 1))


def _found(base: str, quote: str, known: dict[Pair, Decimal], on: date) -> Decimal:
    found = _find(base, quote, known)
    if found is None:
        raise errors.NoRate(
            f"There is no rate from {base} to {quote} on {on} or in the seven days before.", base=base, quote=quote
        )
    return found


def _find(base: str, quote: str, known: dict[Pair, Decimal]) -> Decimal | None:
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


def _step(base: str, quote: str, known: dict[Pair, Decimal]) -> Decimal | None:
    if base == quote:
        return Decimal(1)
    if (base, quote) in known:
        return known[base, quote]
    if (quote, base) in known:
        return 1 / known[quote, base]
    return None

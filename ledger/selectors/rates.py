"""Exchange rates: the newest one on or before a day, direct, inverse, or through one currency in between.

A rate is computed as an exact fraction of the published figures; nothing is rounded on the way. ``cross`` answers the fraction with
the rates it was made of, for conversions; ``rate`` and its plurals answer it as a decimal of 28 digits, for reports.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from django.conf import settings

from flowlet.core.errors import DomainError
from flowlet.core.money import Money, round_half_even
from ledger import errors
from ledger.models import Rate

MAX_AGE_DAYS = 7
# So many days without publication are looked past when the age is counted in bank days.
CARRIED_DAYS = 14
PIVOTS = ("EUR", "USD")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Published:
    """A rate as it was recorded: one ``base`` is worth ``rate`` of ``quote``."""

    base: str
    quote: str
    rate: Decimal
    valid_on: date
    source: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Cross:
    """One ``base`` is worth ``value`` of ``quote``, exactly; ``via`` are the published rates it comes from, none for the same currency."""

    base: str
    quote: str
    value: Fraction
    via: tuple[Published, ...] = ()

    @property
    def valid_on(self) -> date | None:
        """The day of the oldest rate it comes from."""
        return min((one.valid_on for one in self.via), default=None)

    @property
    def decimal(self) -> Decimal:
        """With 28 digits."""
        return Decimal(self.value.numerator) / Decimal(self.value.denominator)

    def worth(self, money: Money) -> Money:
        """The amount of ``base`` in ``quote``: rounded once, half to even, to the minor unit of ``quote``."""
        if money.currency.code != self.base:
            raise ValueError(f"{money} is not in {self.base}.")
        return round_half_even(Fraction(money.amount) * self.value, self.quote)


def cross(*, base: str, quote: str, on: date, max_age_days: int = MAX_AGE_DAYS) -> Cross:
    """The rate of a day with what it comes from: the newest of the last ``max_age_days`` days. Raises NoRate."""
    return _daily(quote, {on: [base]}, max_age_days)[on][base]


def dealing(*, base: str, quote: str, on: date) -> Cross:
    """The rate at which money may change hands on ``on``: as ``cross``, but fresh.

    No more than ``FX_MAX_AGE_BANK_DAYS`` days of publication may have passed since its oldest part was valid; the ECB's weekends and
    holidays carry. Raises NoRate, StaleRate.
    """
    found = dealing_to(quote=quote, bases=[base], on=on)[base]
    if isinstance(found, DomainError):
        raise found
    return found


def dealing_to(*, quote: str, bases: Iterable[str], on: date) -> dict[str, Cross | DomainError]:
    """As ``dealing``, for several currencies in one read; the refusal of one is its answer."""
    asked = set(bases)
    days = settings.FX_MAX_AGE_BANK_DAYS * 2 + CARRIED_DAYS
    published = _between(asked | {quote}, _oldest(on, days), on) if asked - {quote} else []
    known = {(one.base, one.quote): one for one in published}
    answer: dict[str, Cross | DomainError] = {}
    for base in sorted(asked):
        try:
            answer[base] = _fresh(_found(base, quote, known, on, days), on)
        except DomainError as refusal:
            answer[base] = refusal
    return answer


def rate(*, base: str, quote: str, on: date) -> Decimal:
    """How many ``quote`` one ``base`` is worth on a day, with 28 digits.

    The newest rate of the last seven days counts (markets close on holidays): direct, else inverse, else through EUR or USD.
    Raises NoRate.
    """
    return rates_to(quote=quote, bases=[base], on=on)[base]


def rates_to(*, quote: str, bases: Iterable[str], on: date) -> dict[str, Decimal]:
    """The rates of several currencies to ``quote`` in one read. Raises NoRate, naming the first pair that has none."""
    return daily_rates_to(quote=quote, wanted={on: bases})[on]


def daily_rates_to(*, quote: str, wanted: Mapping[date, Iterable[str]]) -> dict[date, dict[str, Decimal]]:
    """The rates to ``quote`` of each day's currencies, as ``rate`` finds them, in one read. Raises NoRate as ``rates_to``."""
    found = _daily(quote, wanted, MAX_AGE_DAYS)
    return {day: {base: one.decimal for base, one in rates.items()} for day, rates in found.items()}


def bank_days_since(valid_on: date, *, on: date) -> int:
    """How many days of TARGET, on which the ECB publishes, lie after ``valid_on`` up to ``on``: its weekends and holidays do not count."""
    closed = _target_holidays()
    days = (valid_on + timedelta(days=ahead) for ahead in range(1, (on - valid_on).days + 1))
    return sum(day.weekday() < 5 and day not in closed for day in days)


@lru_cache(maxsize=1)
def _target_holidays() -> Mapping[date, str]:
    import holidays  # slow to import, and needed by conversions only

    return holidays.financial_holidays("XECB")


def _fresh(found: Cross, on: date) -> Cross:
    oldest, allowed = found.valid_on, settings.FX_MAX_AGE_BANK_DAYS
    if oldest is not None and bank_days_since(oldest, on=on) > allowed:
        raise errors.StaleRate(
            f"The newest rate from {found.base} to {found.quote} is of {oldest};"
            f" none is dealt at that is older than {allowed} bank days.",
            base=found.base,
            quote=found.quote,
            valid_on=str(oldest),
        )
    return found


def _daily(quote: str, wanted: Mapping[date, Iterable[str]], max_age_days: int) -> dict[date, dict[str, Cross]]:
    asked = {day: sorted(set(bases)) for day, bases in sorted(wanted.items())}
    foreign = {base for bases in asked.values() for base in bases} - {quote}
    known = deque(_between(foreign | {quote}, _oldest(min(asked), max_age_days), max(asked)) if foreign else ())
    newest: dict[Pair, Published] = {}
    answer: dict[date, dict[str, Cross]] = {}
    for day, bases in asked.items():
        while known and known[0].valid_on <= day:
            one = known.popleft()
            newest[one.base, one.quote] = one
        oldest = _oldest(day, max_age_days)
        counting = {pair: one for pair, one in newest.items() if one.valid_on >= oldest}
        answer[day] = {base: _found(base, quote, counting, day, max_age_days) for base in bases}
    return answer


def _between(currencies: set[str], first: date, last: date) -> list[Published]:
    """What may count from a day to another, the newest of a pair last."""
    codes = currencies | set(PIVOTS)
    rows = Rate.objects.filter(base__in=codes, quote__in=codes, valid_on__lte=last, valid_on__gte=first).order_by(
        "valid_on", "id"
    )
    return [Published(*row) for row in rows.values_list("base", "quote", "rate", "valid_on", "source", "recorded_at")]


def _oldest(day: date, max_age_days: int) -> date:
    """The first day whose rates count on ``day``."""
    return date.fromordinal(max(day.toordinal() - max_age_days, 1))


def _found(base: str, quote: str, known: Mapping[Pair, Published], on: date, max_age_days: int) -> Cross:
    steps = _steps(base, quote, known)
    if steps is None:
        span = "seven" if max_age_days == MAX_AGE_DAYS else str(max_age_days)
        raise errors.NoRate(
            f"There is no rate from {base} to {quote} on {on} or in the {span} days before.", base=base, quote=quote
        )
    value = Fraction(1)
    for one, is_inverse in steps:
        value = value / Fraction(one.rate) if is_inverse else value * Fraction(one.rate)
    return Cross(base, quote, value, tuple(one for one, _ in steps))


def _steps(base: str, quote: str, known: Mapping[Pair, Published]) -> list[tuple[Published, bool]] | None:
    """The published rates that lead from one currency to the other, each with whether it is taken the other way round."""
    if base == quote:
        return []
    direct = _step(base, quote, known)
    if direct is not None:
        return [direct]
    for pivot in PIVOTS:
        if pivot not in (base, quote):
            first, second = _step(base, pivot, known), _step(pivot, quote, known)
            if first is not None and second is not None:
                return [first, second]
    return None


def _step(base: str, quote: str, known: Mapping[Pair, Published]) -> tuple[Published, bool] | None:
    if (base, quote) in known:
        return known[base, quote], False
    if (quote, base) in known:
        return known[quote, base], True
    return None

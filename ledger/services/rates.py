"""Exchange rates are added, never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import Conflict, Invalid
from flowlet.core.money import exponent
from ledger.models import Rate

MANUAL = "manual"


class RateKnown(Conflict):
    """A rate of this pair and day has been entered by hand already. Rates are never changed."""

    code, title = "ledger.rate_known", "The rate has been entered already"


class MalformedRate(Invalid):
    """A rate is a positive decimal between two different currencies."""

    code, title = "ledger.malformed_rate", "The exchange rate is malformed"


@dataclass(frozen=True, slots=True)
class NewRate:
    """One unit of ``base`` is worth ``rate`` units of ``quote`` from ``valid_on`` on."""

    base: str
    quote: str
    valid_on: date
    rate: Decimal


def add(*, rates: Iterable[NewRate], source: str, at: datetime) -> int:
    """Add rates; those known already (same pair, day and source) are left as they are. Answers how many were given.

    Raises MalformedRate, UnknownCurrency.
    """
    rows = []
    for new in rates:
        exponent(new.base), exponent(new.quote)
        if new.base == new.quote or not new.rate.is_finite() or new.rate <= 0:
            raise MalformedRate(f"{new.base}/{new.quote} {new.rate} is no rate.", param="rate")
        rows.append(Rate(base=new.base, quote=new.quote, valid_on=new.valid_on, rate=new.rate, source=source, recorded_at=at))
    Rate.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


@transaction.atomic
def enter(*, base: str, quote: str, rate: Decimal, valid_on: date, actor: Actor, at: datetime) -> Rate:
    """Add a rate by hand; its source is who entered it. Raises MalformedRate, UnknownCurrency, RateKnown."""
    if Rate.objects.filter(base=base, quote=quote, valid_on=valid_on, source=MANUAL).exists():
        raise RateKnown(f"A rate from {base} to {quote} has been entered for {valid_on} already; rates are never changed.")
    add(rates=[NewRate(base=base, quote=quote, valid_on=valid_on, rate=rate)], source=MANUAL, at=at)
    made = Rate.objects.get(base=base, quote=quote, valid_on=valid_on, source=MANUAL)
    log.record(
        action="ledger.rate.entered",
        actor=actor,
        at=at,
        target=f"{base}{quote}",
        after={"rate": str(made.rate), "valid_on": str(valid_on)},
    )
    return made

"""Exchange rates are added, never changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import Conflict, Invalid
from flowlet.core.money import exponent
from ledger.models import Rate

MANUAL = "manual"
DECIMALS = 12


class RateKnown(Conflict):
    """A rate of this pair and day has been entered by hand already. Rates are never changed."""

    code, title = "ledger.rate_known", "The rate has been entered already"


class MalformedRate(Invalid):
    """A rate is a positive decimal of at most twelve places between two different currencies."""

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
    rows = [_row(new, source, at) for new in rates]
    Rate.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1000)
    return len(rows)


def _row(new: NewRate, source: str, at: datetime) -> Rate:
    exponent(new.base), exponent(new.quote)
    if new.base == new.quote or not new.rate.is_finite() or new.rate <= 0 or new.rate != round(new.rate, DECIMALS):
        raise MalformedRate(f"{new.base}/{new.quote} {new.rate} is no rate.", param="rate")
    return Rate(base=new.base, quote=new.quote, valid_on=new.valid_on, rate=new.rate, source=source, recorded_at=at)


@transaction.atomic
def enter(*, base: str, quote: str, rate: Decimal, valid_on: date, actor: Actor, at: datetime) -> Rate:
    """Add a rate by hand; its source is who entered it. Raises MalformedRate, UnknownCurrency, RateKnown."""
    made = _row(NewRate(base=base, quote=quote, valid_on=valid_on, rate=rate), MANUAL, at)
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        if error.__cause__.diag.constraint_name != "rate_is_unique_per_day_and_source":  # type: ignore[union-attr]
            raise
        raise RateKnown(
            f"A rate from {base} to {quote} has been entered for {valid_on} already; rates are never changed."
        ) from None
    log.record(
        action="ledger.rate.entered",
        actor=actor,
        at=at,
        target=f"{base}{quote}",
        after={"rate": str(made.rate), "valid_on": str(valid_on)},
    )
    return made

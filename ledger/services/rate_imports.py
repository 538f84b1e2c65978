"""Reference rates of a publisher, brought in by the file: many at once, as often as one likes."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db import connection

from flowlet.audit.services import log
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError
from flowlet.core.money import UnknownCurrency, exponent
from ledger.providers import ecb
from ledger.providers.ecb import EuroRate, Refused

CHUNK = 20_000
_GIVEN = "unnest(%s::text[], %s::date[], %s::numeric[]) AS given (quote, valid_on, rate)"
_ADD = f"""
INSERT INTO ledger_rate (base, quote, valid_on, rate, source, recorded_at)
SELECT %s, quote, valid_on, rate, %s, %s FROM {_GIVEN} ON CONFLICT DO NOTHING"""  # noqa: S608 - no input in it
_OTHER = f"""
SELECT given.valid_on, given.quote, given.rate, known.rate FROM {_GIVEN}
JOIN ledger_rate known ON known.base = %s AND known.quote = given.quote AND known.valid_on = given.valid_on AND known.source = %s
WHERE known.rate <> given.rate ORDER BY 1, 2"""  # noqa: S608


class NoAddress(DomainError):
    """FLOWLET_FX_RATES_URL does not say where rates are fetched."""

    code, title = "ledger.no_rates_address", "Nobody said where rates are fetched: set FLOWLET_FX_RATES_URL"


@dataclass(frozen=True, slots=True)
class Differing:
    """A rate that is known with another value. It stays as it was recorded: rates are never changed."""

    day: date
    currency: str
    given: Decimal
    known: Decimal


@dataclass(slots=True)
class Outcome:
    """What became of a file. ``unknown`` counts the rates of currencies that cannot be held as money."""

    added: int = 0
    known: int = 0
    refused: list[Refused] = field(default_factory=list)
    differing: list[Differing] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)
    newest: date | None = None


def bring_in_ecb(
    *, content: bytes, actor: Actor, at: datetime, progress: Callable[[int, int], None] = lambda done, total: None
) -> Outcome:
    """Add the ECB's rates of a file (history or daily, CSV, zip or XML); those known already stay as they are.

    Days after that of ``at`` are refused. ``progress`` is told how many rates are done, and of how many. Every chunk is kept by
    itself, so that a file that was interrupted is simply brought in again. Raises NotRates.
    """
    published = ecb.read(content)
    outcome = Outcome(refused=list(published.refused))
    rates = _holdable(published.rates, outcome, today=at.date())
    rates.sort(key=lambda rate: (rate.day, rate.currency))
    progress(0, len(rates))
    for start in range(0, len(rates), CHUNK):
        chunk = rates[start : start + CHUNK]
        _add(chunk, outcome, at)
        progress(start + len(chunk), len(rates))
    outcome.newest = rates[-1].day if rates else None
    log.record(
        action="ledger.rates.imported",
        actor=actor,
        at=at,
        target=ecb.SOURCE,
        after={
            "added": outcome.added,
            "known": outcome.known,
            "refused": len(outcome.refused),
            "differing": len(outcome.differing),
            "newest": str(outcome.newest) if outcome.newest else None,
            "sha256": hashlib.sha256(content).hexdigest(),
        },
    )
    return outcome


def fetch_ecb(*, actor: Actor, at: datetime) -> Outcome:
    """Ask the ECB for the day's file, and bring it in. Raises NoAddress without FLOWLET_FX_RATES_URL, NotRates, and OutboundError."""
    if not settings.FX_RATES_URL:
        raise NoAddress()
    return bring_in_ecb(content=ecb.fetch(settings.FX_RATES_URL), actor=actor, at=at)


def _holdable(rates: Sequence[EuroRate], outcome: Outcome, *, today: date) -> list[EuroRate]:
    known: dict[str, bool] = {}
    unknown: Counter[str] = Counter()
    kept = []
    for rate in rates:
        if rate.currency not in known:
            known[rate.currency] = _is_currency(rate.currency)
        if not known[rate.currency]:
            unknown[rate.currency] += 1
        elif rate.day > today:
            outcome.refused.append(Refused(0, f"{rate.currency} on {rate.day}", "lies in the future"))
        else:
            kept.append(rate)
    outcome.unknown = dict(sorted(unknown.items()))
    return kept


def _is_currency(code: str) -> bool:
    try:
        exponent(code)
    except UnknownCurrency:
        return False
    return code != ecb.BASE


def _add(chunk: Sequence[EuroRate], outcome: Outcome, at: datetime) -> None:
    given = [_array(rate.currency for rate in chunk), _array(rate.day for rate in chunk), _array(rate.rate for rate in chunk)]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [ecb.BASE, ecb.SOURCE, at, *given])
        added = cursor.rowcount
        cursor.execute(_OTHER, [*given, ecb.BASE, ecb.SOURCE])
        differing = [Differing(*row) for row in cursor.fetchall()]
    outcome.added += added
    outcome.known += len(chunk) - added - len(differing)
    outcome.differing += differing


def _array(values: Iterable[object]) -> str:
    """An array's literal, which PostgreSQL parses faster than a constructor; no value here needs quoting."""
    return "{%s}" % ",".join(map(str, values))

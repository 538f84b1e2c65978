"""Revaluation: what a book's positions have gained or lost since they were last looked at, posted as unrealised result.

The difference to what is booked already is posted, never the whole and its reversal (docs/adr/revaluation-posts-the-difference.md):
running twice posts nothing the second time, and a run after more trades or newer rates of the same day posts what they changed.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from flowlet.audit.services import log
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.models import Book
from ledger.selectors import fx_positions as selectors
from ledger.selectors.fx_positions import Position
from ledger.services import accounts, charts, journals
from ledger.services.fx_positions import part_account
from ledger.services.journals import Leg, Posted

KIND = "ledger.fx_revaluation"
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(7304, %s)"


@dataclass(frozen=True, slots=True)
class Revaluation:
    """A book's positions on a day as they were before, and the journal that brought the books to them; None where nothing was due."""

    book: Book
    on: date
    positions: list[Position]
    posted: Posted | None = None

    @property
    def due(self) -> list[tuple[Position, Money]]:
        """What each position gained (negative: lost) since it was last revalued."""
        return [(position, due) for position in self.positions if (due := position.due)]


@transaction.atomic
def revalue(*, book_id: int, on: date | None = None, actor: Actor, at: datetime, dry_run: bool = False) -> Revaluation:
    """Bring the books to the worth of the positions at the end of ``on`` (default: today in the book's zone).

    One journal, effective that day: each currency's gain is debited to its revaluation account and credited to unrealised gains, its loss
    the other way round. Days after it that were revalued before are to be revalued again. Raises NoRate or StaleRate when a position
    cannot be priced, PeriodClosed, EffectiveDayOutOfRange.
    """
    book = Book.objects.get(pk=book_id)
    on = on or clock.day_of(at, zone=book.time_zone)
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AT_A_TIME, [book.pk])
    found = Revaluation(book, on, selectors.of_book(book, on=on))
    for position in found.positions:
        if position.refusal is not None:
            raise position.refusal
    if dry_run or not found.due:
        return found
    posted = journals.post(
        book_id=book.pk,
        legs=[leg for position, due in found.due for leg in _legs(book, position, due, actor, at)],
        kind=KIND,
        actor=actor,
        effective_on=on,
        description=f"Revaluation of foreign exchange positions on {on}",
        metadata={"rates": {position.currency: _priced(position) for position, _ in found.due}},
    )
    log.record(
        action="ledger.positions.revalued",
        actor=actor,
        at=at,
        target=book.public_id,
        partner_id=book.partner_id,
        after={
            "on": str(on),
            "journal": posted.public_id,
            "results": {position.currency: f"{due.amount} {book.reporting_currency}" for position, due in found.due},
        },
    )
    return Revaluation(book, on, found.positions, posted)


def _legs(book: Book, position: Position, due: Money, actor: Actor, at: datetime) -> list[Leg]:
    is_gain = due.amount > 0
    line = charts.UNREALISED_GAINS if is_gain else charts.UNREALISED_LOSSES
    result = accounts.system_account(book_id=book.pk, line=line, currency=book.reporting_currency, actor=actor, at=at).pk
    value = part_account(book=book, line=charts.FX_REVALUATION, currency=position.currency, actor=actor, at=at)
    return [
        Leg(value, "DEBIT" if is_gain else "CREDIT", abs(due)),
        Leg(result, "CREDIT" if is_gain else "DEBIT", abs(due)),
    ]


def _priced(position: Position) -> list[str]:
    """The published rates that a value comes from; none for the reporting currency itself and for a flat position."""
    via = position.rate.via if position.rate else ()
    return [f"{one.base}/{one.quote} {one.rate.normalize():f} {one.source} {one.valid_on}" for one in via]

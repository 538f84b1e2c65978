"""The legs that an exchange adds to its journal: into and out of the book's positions, at the market's rate, and what that cost."""

from datetime import date, datetime

from flowlet.core.actors import Actor
from flowlet.core.money import Money
from ledger.models import Book
from ledger.selectors import rates
from ledger.services import accounts, charts
from ledger.services.journals import Leg


def legs(*, book: Book, incoming: Money, outgoing: Money, on: date, actor: Actor, at: datetime) -> list[Leg]:
    """The book takes ``incoming`` and gives ``outgoing``, of another currency and worth as much at the market's rate.

    Two legs on the positions of both currencies, and two on what they cost, in the reporting currency (none where that is less than
    its minor unit). The accounts are opened when first needed. Raises NoRate, StaleRate for the rate to the reporting currency.
    """
    sold, bought = incoming.currency.code, outgoing.currency.code
    position = [
        Leg(_account(book, charts.FX_POSITION, sold, actor, at), "CREDIT", incoming),
        Leg(_account(book, charts.FX_POSITION, bought, actor, at), "DEBIT", outgoing),
    ]
    cost = _worth(book, incoming, outgoing, on)
    if not cost:
        return position
    return [
        *position,
        Leg(_account(book, charts.FX_COST, sold, actor, at), "DEBIT", cost),
        Leg(_account(book, charts.FX_COST, bought, actor, at), "CREDIT", cost),
    ]


def part_account(*, book: Book, line: str, currency: str, actor: Actor, at: datetime) -> int:
    """The key of the account, in the reporting currency, that keeps ``currency``'s part of a line."""
    names = {charts.FX_COST: "Position in {} at cost", charts.FX_REVALUATION: "Revaluation of the position in {}"}
    return accounts.system_account(
        book_id=book.pk,
        line=line,
        currency=book.reporting_currency,
        part=currency,
        name=names[line].format(currency),
        actor=actor,
        at=at,
    ).pk


def _account(book: Book, line: str, currency: str, actor: Actor, at: datetime) -> int:
    if line == charts.FX_POSITION:
        return accounts.system_account(book_id=book.pk, line=line, currency=currency, actor=actor, at=at).pk
    return part_account(book=book, line=line, currency=currency, actor=actor, at=at)


def _worth(book: Book, incoming: Money, outgoing: Money, on: date) -> Money:
    """What changes hands, in the reporting currency: itself where it is one of the two, so that the book is exact there."""
    to = book.reporting_currency
    for amount in (incoming, outgoing):
        if amount.currency.code == to:
            return amount
    return rates.dealing(base=incoming.currency.code, quote=to, on=on).worth(incoming)

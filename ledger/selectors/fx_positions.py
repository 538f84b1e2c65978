"""Foreign exchange positions of a book: what it is long or short of in each currency, what that cost, and what it is worth.

Three chart lines keep them (``ledger.services.charts``). FX_POSITION has an account per currency: what came in is credited, what went
out is debited, so that a credit balance is a long position. FX_COST keeps the same trades in the reporting currency, on the other
side: what the position cost. FX_REVALUATION holds what it has gained or lost since. When a book is revalued, the three of a currency add
up to nothing at the day's rate.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from flowlet.core.errors import DomainError
from flowlet.core.money import Money, exact, zero
from ledger.models import Account, Book
from ledger.selectors import balances, rates
from ledger.selectors.rates import Cross

POSITION, COST, REVALUATION = "1900", "1910", "1920"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Position:
    """One currency of a book on a day: ``amount`` is long where positive, short where negative; the rest is in the reporting currency.

    ``value`` is what it is worth at ``rate``, and both are None where there is no rate (``refusal`` says why). ``booked`` is what
    revaluations have posted so far.
    """

    currency: str
    amount: Money
    cost: Money
    booked: Money
    value: Money | None
    rate: Cross | None
    refusal: DomainError | None = None

    @property
    def result(self) -> Money | None:
        """What has been gained (or lost, negative) since the position was built up."""
        return None if self.value is None else self.value - self.cost

    @property
    def due(self) -> Money | None:
        """What of the result is not in the books yet."""
        return None if self.value is None else self.value - self.cost - self.booked


def of_book(book: Book, *, on: date) -> list[Position]:
    """The book's positions at the end of a day, by currency; those that never were, or are flat in every way, are left out."""
    to = book.reporting_currency
    found = _balances(book, on)
    positions = []
    for currency in sorted({part for _, part in found}):
        amount = exact(-found.get((POSITION, currency), ZERO), currency)
        cost, booked = (exact(found.get((line, currency), ZERO), to) for line in (COST, REVALUATION))
        if amount or cost or booked:  # what is flat is worth nothing at any rate
            positions.append(Position(currency, amount, cost, booked, zero(to), None))
    prices = rates.dealing_to(quote=to, bases=[one.currency for one in positions if one.amount], on=on)
    return [_priced(one, prices[one.currency]) if one.amount else one for one in positions]


def _priced(position: Position, price: Cross | DomainError) -> Position:
    if isinstance(price, Cross):
        return replace(position, value=price.worth(position.amount), rate=price)
    return replace(position, value=None, refusal=price)


def _balances(book: Book, on: date) -> Mapping[tuple[str, str], Decimal]:
    """Debit balances by line and the currency whose position it is."""
    rows = Account.objects.filter(book=book, line__code__in=[POSITION, COST, REVALUATION]).values_list(
        "pk", "line__code", "code", "currency"
    )
    places: dict[int, tuple[str, str]] = {}
    for key, line, code, currency in rows:
        if line == POSITION:
            places[key] = line, currency
        elif currency == book.reporting_currency and code.startswith(f"{line}."):
            places[key] = line, code.removeprefix(f"{line}.")
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for key, totals in balances.as_of(account_ids=places, on=on).items():
        found[places[key]] += totals.debits - totals.credits
    return found

"""What the pages share: a filter by partner, links by key, money of a row."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, TextChoices

from accounts.models import Customer, Partner
from flowlet.backoffice import cells, filters
from flowlet.core import money
from flowlet.core.money import Money
from ledger.models import Journal
from wallets.models import Wallet

SHOWN = 20


class PartnerFilter(filters.ByRow):
    """Whose rows."""

    title, parameter_name, column = "partner", "partner", "partner_id"
    model, order = Partner, ("name", "mode")


def link(kind: type[Model], key: UUID | None) -> Any:
    """A link to a row that is not loaded, by its public id."""
    if key is None:
        return cells.DASH
    row = kind(pk=key)
    return cells.link(row, row.public_id)


def wallet_link(key: UUID) -> Any:
    """A link to a wallet."""
    return link(Wallet, key)


def customer_link(key: UUID) -> Any:
    """A link to a customer."""
    return link(Customer, key)


def journal_link(key: UUID | None) -> Any:
    """A link to a journal."""
    return link(Journal, key)


def figure(amount: Decimal, currency: str) -> Any:
    """An amount for a column of figures."""
    return cells.money(Money(amount, currency))


def plain(amount: Decimal | None, currency: str) -> str:
    """An amount as text."""
    return cells.DASH if amount is None else f"{cells.number(amount, currency)} {currency}"


def notes(metadata: dict[str, str]) -> list[tuple[str, str]]:
    """The partner's own notes as pairs."""
    return [(f"metadata · {name}", value) for name, value in sorted(metadata.items())]


class AmountPages:
    """Mixed into the pages of rows that are an amount in a state, ``states`` being the choices of their status."""

    states: ClassVar[type[TextChoices]]

    def title_of(self, obj: Any) -> str:
        """The amount and its id."""
        return f"{plain(obj.amount, obj.currency)} · {obj.public_id}"

    def status_of(self, obj: Any) -> Any:
        """Beside the heading."""
        return self.state(obj)

    @admin.display(description="amount")
    def amount_(self, obj: Any) -> Any:
        """What was asked for."""
        return figure(obj.amount, obj.currency)

    @admin.display(description="state")
    def state(self, obj: Any) -> Any:
        """As a badge."""
        return cells.choice(obj, "status", self.states)


def typed(amount: Decimal | None) -> str | None:
    """An amount as somebody would type it into a form: no zeros at its end, and no exponent (100000, never 1E+5)."""
    return None if amount is None else f"{amount.normalize():f}"


def quantum_step(currency: str) -> str:
    """The smallest step of a figure in a form."""
    return str(money.quantum(currency))


def months_back(today: date, count: int) -> list[date]:
    """The first days of this month and those before it, newest first."""
    found, first = [], today.replace(day=1)
    for _ in range(count):
        found.append(first)
        first = (first.replace(day=1) - date.resolution).replace(day=1)
    return found

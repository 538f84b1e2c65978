"""What the pages share: a filter by partner, links by key, money of a row, histories."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.models import Customer, Partner
from flowlet.audit.selectors import records
from flowlet.backoffice import cells, panels
from flowlet.core import money
from flowlet.core.ids import MalformedId
from flowlet.core.money import Money
from ledger.models import Journal
from wallets.models import Wallet

SHOWN = 20
PARTNERS_SHOWN = 100


class PartnerFilter(admin.SimpleListFilter):
    """Whose rows: the first hundred partners by name."""

    title, parameter_name = "partner", "partner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """By public id."""
        return [(partner.public_id, str(partner)) for partner in Partner.objects.order_by("name", "mode")[:PARTNERS_SHOWN]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The chosen one's."""
        chosen = self.value()
        if not chosen:
            return queryset
        try:
            return queryset.filter(partner_id=Partner.key(chosen))
        except MalformedId:
            return queryset.none()


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


def history(row: Any) -> list[panels.Moment]:
    """What was done to the row, newest first."""
    return [
        panels.Moment(at=found.at, label=found.action, who=found.actor_label or found.actor_id, text=found.reason)
        for found in records.of_target(row.public_id)[:SHOWN]
    ]


def notes(metadata: dict[str, str]) -> list[tuple[str, str]]:
    """The partner's own notes as pairs."""
    return [(f"metadata · {name}", value) for name, value in sorted(metadata.items())]


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

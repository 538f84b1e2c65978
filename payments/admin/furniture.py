"""What the pages of payments share: money of a row, links by key, who acted, a filter by partner."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Model, QuerySet

from accounts.models import Partner
from accounts.selectors import staff
from flowlet.backoffice import cells, filters, home
from flowlet.core import clock, ids
from flowlet.core.money import Money
from payments.choices import PaymentKind, Rail
from payments.selectors import flows

SHOWN, COUNTED = 20, 1000


def worked_modes() -> str:
    """What an address adds to a list for the modes whose work is on the first page."""
    return "" if len(settings.WORKED_MODES) > 1 else f"mode={settings.WORKED_MODES[0]}"


def waiting_with_owners(model: type[Model], rows: QuerySet, *, late: timedelta) -> home.Waiting | None:
    """A box of the first page: how many of these wait, the oldest, and how many nobody looks after; None where there is none."""
    found = list(rows.order_by("pk").values_list("created_at", "owner_id")[: COUNTED + 1])
    if not found:
        return None
    unowned = sum(owner is None for _, owner in found[:COUNTED])
    oldest = min(moment for moment, _ in found)
    return home.Waiting(
        count=min(len(found), COUNTED),
        url=f"{cells.admin_url(model, 'changelist')}?{worked_modes()}",
        oldest_at=oldest,
        is_late=clock.now() - oldest > late,
        text=f"{unowned} without owner" if unowned else "",
    )


WAYS = {
    "in": ("In", "good"),
    "out": ("Out", "info"),
    "failed": ("Failed", "warn"),
    "returned": ("Returned", "bad"),
    "disputed": ("Disputed", "bad"),
}
# For columns of lists.
SHORT = {PaymentKind.TRANSFER: "Transfer", Rail.SEPA_CT: "SEPA", Rail.SEPA_DD: "SEPA debit", Rail.BOOK: "book"}


class PartnerFilter(filters.ByRow):
    """Whose rows."""

    title, parameter_name, column = "partner", "partner", "partner_id"
    model, order = Partner, ("name", "mode")


def link(kind: type[Model], key: UUID | None, label: str = "") -> Any:
    """A link to a row that is not loaded, by its public id."""
    if key is None:
        return cells.DASH
    row = kind(pk=key)
    return cells.link(row, label or row.public_id)


def figure(amount: Decimal, currency: str) -> Any:
    """An amount for a column of figures."""
    return cells.money(Money(amount, currency))


def plain(amount: Decimal, currency: str) -> str:
    """An amount as text."""
    return f"{cells.number(amount, currency)} {currency}"


def people(actors: Iterable[str]) -> dict[str, Any]:
    """Each actor, such as ``staff:usr_…``, as people read it: staff by role, with a link. One query."""
    texts = set(actors)
    users = staff.behind(texts)
    return {text: cells.actor(text, users.get(text)) for text in texts}


def by_key(rows: QuerySet, term: str, **columns: str) -> QuerySet:
    """The rows of which a column is the public id that was searched for: ``by_key(rows, term, pay="payment_id")``."""
    prefix = term.rpartition("_")[0]
    if prefix not in columns:
        return rows.none()
    try:
        return rows.filter(**{columns[prefix]: ids.parse(prefix, term)})
    except ids.MalformedId:
        return rows.none()


def partner_options() -> list[tuple[str, str]]:
    """The first hundred partners for a filter."""
    return [(row.public_id, str(row)) for row in Partner.objects.order_by("name", "mode")[:100]]


def notes(metadata: dict[str, str]) -> list[tuple[str, str]]:
    """The partner's own notes as pairs."""
    return [(f"metadata · {name}", value) for name, value in sorted(metadata.items())]


def drawn(found: Sequence[flows.Flow]) -> list[dict[str, Any]]:
    """The flows as bars: one scale per currency, so that rails can be compared."""
    largest: dict[str, Decimal] = {}
    for flow in found:
        largest[flow.currency] = max([largest.get(flow.currency, Decimal(0)), *(part.amount for part in flow.parts.values())])
    return [
        {
            "title": f"{Rail(flow.rail).label} · {flow.currency}",
            "bars": [
                {
                    "label": WAYS[name][0],
                    "tone": WAYS[name][1],
                    "count": part.count,
                    "amount": cells.number(part.amount, flow.currency),
                    "width": f"{100 * part.amount / largest[flow.currency]:.1f}" if largest[flow.currency] else "0",
                }
                for name, part in flow.parts.items()
            ],
        }
        for flow in found
    ]

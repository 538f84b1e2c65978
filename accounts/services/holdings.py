"""What the platform holds of a customer: every app that holds something declares it in ``ready()``, upper apps read all of it.

A holding says what it is, why it may be held, how long the law may want it, how much of it there is, and, where the person may have it,
what exactly the person gets: named values only, never a row as it stands. Retention, access and erasure rest on nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Model
from django.db.models.expressions import Combinable

from accounts.choices import LawfulGround, Retention
from accounts.models import Customer

Made = Callable[[Sequence[UUID]], Mapping[UUID, tuple[int, datetime]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One sort of data about customers. ``made(keys)`` answers how many records of each customer there are and when the newest was made.

    ``export(customer)`` is what the person may have, as JSON values; without it the law forbids to hand it out, or to say that it is there.
    ``clear(customer_id, at)`` takes away what no law wants kept, and answers how many records that were.
    """

    name: str
    label: str
    items: tuple[str, ...]
    purpose: str
    ground: LawfulGround
    retention: Retention
    made: Made
    export: Callable[[Customer], list[dict[str, Any]]] | None = None
    clear: Callable[[UUID, datetime], int] | None = None


_holdings: dict[str, Holding] = {}


def register(*holdings: Holding) -> None:
    """Declare holdings; two of one name are refused."""
    for one in holdings:
        if _holdings.setdefault(one.name, one) != one:
            raise ValueError(f"Two holdings are called {one.name}.")


def registered() -> list[Holding]:
    """All of them, in order of their coming: lower apps first."""
    return list(_holdings.values())


def rows(model: type[Model], *, customer: str = "customer_id", moment: str | Combinable = "created_at") -> Made:
    """How many rows of ``model`` each customer has, and the newest ``moment``: one query."""

    def made(keys: Sequence[UUID]) -> dict[UUID, tuple[int, datetime]]:
        found = model._default_manager.filter(**{f"{customer}__in": list(keys)}).order_by().values_list(customer)
        return {key: (count, newest) for key, count, newest in found.annotate(made_count=Count("pk"), made_at=Max(moment))}

    return made


def both(first: Made, second: Made) -> Made:
    """Two sorts of rows as one."""

    def made(keys: Sequence[UUID]) -> dict[UUID, tuple[int, datetime]]:
        found = dict(first(keys))
        for key, (count, newest) in second(keys).items():
            known = found.get(key)
            found[key] = (count, newest) if known is None else (known[0] + count, max(known[1], newest))
        return found

    return made

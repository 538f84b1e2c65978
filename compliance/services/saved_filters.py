"""Filters of the queue that people keep under a name of their own."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.db import transaction

from accounts.models import User
from compliance import errors
from compliance.models import SavedFilter, WorkItem
from compliance.selectors import work
from flowlet.core.errors import Invalid

MOST = 20


@transaction.atomic
def keep(*, person: User, name: str, queue: str, filters: Mapping[str, str], at: datetime) -> SavedFilter:
    """Keep a queue with its filters under the name; one of that name is replaced. Raises Invalid, QueueUnknown."""
    name = " ".join(name.split())[:40]
    if not name:
        raise Invalid("Give the filter a name.", param="name")
    work.narrowed(work.queue(queue).model.objects.none(), filters, person=person, at=at)
    mine = SavedFilter.objects.filter(user=person)
    if mine.exclude(name=name).count() >= MOST:
        raise Invalid(f"You keep {MOST} filters; remove one first.", param="name")
    query = urlencode({"queue": queue, **filters})
    return SavedFilter.objects.update_or_create(user=person, name=name, defaults={"query": query})[0]


def remove(*, person: User, name: str) -> None:
    """Keep it no longer. Raises QueueUnknown when there is none of that name."""
    if not SavedFilter.objects.filter(user=person, name=name).delete()[0]:
        raise _nothing(name)


def of(person: User, *, model: type[WorkItem]) -> list[SavedFilter]:
    """What the person keeps for queues of such work, by name."""
    names = {found.name for found in work.of_model(model)}
    return [one for one in SavedFilter.objects.filter(user=person).order_by("name") if read(one)[0] in names]


def named(*, person: User, name: str) -> tuple[str, dict[str, str]]:
    """Queue and filters that the person keeps under the name. Raises QueueUnknown."""
    found = SavedFilter.objects.filter(user=person, name=name).first()
    if found is None:
        raise _nothing(name)
    return read(found)


def read(row: SavedFilter) -> tuple[str, dict[str, str]]:
    """Queue and filters."""
    filters = dict(parse_qsl(row.query))
    return filters.pop("queue"), filters


def _nothing(name: str) -> errors.QueueUnknown:
    return errors.QueueUnknown(f"You keep no filter {name[:40]}.", param="name")

"""What the trail tells of rows, for witnesses: a thousand rows at a time, with one query for the records of each thousand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, TypeVar

from django.db.models import QuerySet

from flowlet.audit.models import Record
from flowlet.db.models import Identified

CHUNK: Final = 1000
_READ: Final = ("target", "action", "actor_kind", "actor_id", "at", "reason", "partner_id", "before", "after")
_Row = TypeVar("_Row")


def chunks(rows: Iterable[_Row], *, size: int = CHUNK) -> Iterator[list[_Row]]:
    """The rows, ``size`` at a time."""
    found: list[_Row] = []
    for row in rows:
        found.append(row)
        if len(found) == size:
            yield found
            found = []
    if found:
        yield found


def records(targets: Iterable[str], actions: Sequence[str]) -> QuerySet[Record]:
    """The records of these deeds done to these things (public ids), in the order in which they were written."""
    return Record.objects.filter(target__in=list(targets), action__in=actions).only(*_READ).order_by("pk")


def deeds(rows: Iterable[Identified], actions: Sequence[str]) -> dict[str, dict[str, Record]]:
    """By public id the last record of each deed that was done to the row, the newest deed last."""
    found: dict[str, dict[str, Record]] = {}
    for record in records((row.public_id for row in rows), actions):
        of_row = found.setdefault(record.target, {})
        of_row.pop(record.action, None)
        of_row[record.action] = record
    return found


def newest(done: Mapping[str, Record]) -> Record:
    """The newest of what ``deeds`` found of a row; there is one."""
    return next(reversed(done.values()))


def gone(model: type[Identified], *actions: str) -> Iterator[str]:
    """Public ids to which one of the deeds was done, as the trail tells, and of which there is no row."""
    targets = Record.objects.filter(action__in=actions).order_by("target").values_list("target", flat=True).distinct()
    for names in chunks(targets.iterator(CHUNK)):
        keys = {model.key(name): name for name in names}
        there = set(model._default_manager.filter(pk__in=keys).values_list("pk", flat=True))
        yield from (name for key, name in keys.items() if key not in there)


def who(record: Record) -> str:
    """Who did it, as rows note it."""
    return f"{record.actor_kind}:{record.actor_id}"


def done(record: Record) -> tuple[str, Any, str]:
    """By whom, when and why."""
    return who(record), record.at, record.reason


def agrees(record: Record, **values: Any) -> bool:
    """Whether the record tells these values, or nothing of them: records of earlier versions tell less."""
    after = record.after or {}
    return all(
        after[name] == (value.isoformat() if isinstance(value, date) else value)
        for name, value in values.items()
        if name in after
    )

"""Columns sealed directly by the keyring (``flowlet.core.crypto.seal``), known here so that a rotation reaches all of them.

An app registers its columns in ``ready()``: ``columns.register(IdempotencyRecord, "sealed", needs=("partner_id", "key"),
aad=…)``. What lies under a subject's key needs no entry: only that key is wrapped anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Model

from flowlet.core import crypto


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``model.field`` holds tokens; ``aad(row)`` is the place of a row's token, made from its columns ``needs``."""

    model: type[Model]
    field: str
    needs: Sequence[str]
    aad: Callable[[Any], str]

    @property
    def name(self) -> str:
        """``table.column``."""
        return f"{self.model._meta.db_table}.{self.field}"


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch: the key of its last row (or None), rows seen, sealed anew, and those that do not open."""

    last: Any
    seen: int
    done: int
    broken: tuple[Any, ...]


_columns: dict[str, Column] = {}


def register(model: type[Model], field: str, *, needs: Sequence[str] = (), aad: Callable[[Any], str]) -> Column:
    """Make ``model.field`` known; a second registration replaces the first."""
    column = Column(model=model, field=field, needs=tuple(needs), aad=aad)
    _columns[column.name] = column
    return column


def unregister(name: str) -> None:
    """Forget the column ``table.column``."""
    _columns.pop(name, None)


def registered() -> list[Column]:
    """All columns, by name."""
    return [_columns[name] for name in sorted(_columns)]


@transaction.atomic
def reseal_batch(column: Column, *, after: Any = None, size: int) -> Batch:
    """Seal the tokens of up to ``size`` rows, in order of their key and after ``after``, by the keyring's first key.

    A token that somebody changed meanwhile is left alone: it is sealed by the first key already. A token that does not open
    stays as it is and is reported.
    """
    rows = column.model._base_manager.order_by("pk").only("pk", column.field, *column.needs)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    last, seen, done, broken = None, 0, 0, []
    for row in rows[:size]:
        last, seen = row.pk, seen + 1
        token = getattr(row, column.field)
        if token is None:
            continue
        token = bytes(token)
        try:
            if crypto.key_id_of(token) == crypto.active_key_id():
                continue
            aad = column.aad(row)
            fresh = crypto.seal(crypto.open_sealed(token, aad=aad), aad=aad)
        except crypto.CannotOpen:
            broken.append(row.pk)
            continue
        done += column.model._base_manager.filter(pk=row.pk, **{column.field: token}).update(**{column.field: fresh})
    return Batch(last, seen, done, tuple(broken))

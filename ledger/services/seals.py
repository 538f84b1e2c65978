"""Seals: rows below the commit horizon are digested and chained in blocks (``migrations/evidence.sql``)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from ledger.models import Journal, SealBlock

CHUNK = 20_000
# From so many journals on their joins are hashed: the planner knows nothing of rows that came since it last looked, and the nested
# loop that is right for a minute's journals takes minutes for a day's.
BACKLOG = 1_000


@dataclass(frozen=True, slots=True)
class Head:
    """The newest sealed block; publish it elsewhere and nobody can rewrite what lies below it unnoticed."""

    number: int
    hash: str
    to_xid: int
    sealed_at: datetime | None


def seal(*, progress: Callable[[int], None] = lambda count: None) -> int:
    """Seal everything that is finished, in chunks with a commit each; answers how many journals. Can be interrupted and run again."""
    total, waiting = 0, unsealed()
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            if waiting - total >= BACKLOG:
                cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute("SELECT ledger_seal(%s)", [CHUNK])
            sealed = cursor.fetchone()[0]
        total += sealed
        progress(sealed)
        if not sealed:
            return total


def head() -> Head | None:
    """The newest block, or None while nothing is sealed."""
    block = SealBlock.objects.order_by("-number").values_list("number", "hash", "to_xid", "sealed_at").first()
    return Head(block[0], bytes(block[1]).hex(), block[2], block[3]) if block else None


def unsealed() -> int:
    """How many journals are not sealed yet (the tail)."""
    newest = head()
    return Journal.objects.filter(posted_xid__gte=newest.to_xid if newest else 0).count()

"""Chain the records in blocks, after the fact.

Only records below the commit horizon are sealed, in the order of (transaction, id): no transaction that is still open can add a
record before them, so every record is sealed exactly once and none is left out. Each block is a transaction of its own under an
advisory lock: sealing can stop anywhere and go on later, and two sealers take turns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from flowlet.audit import digests
from flowlet.audit.models import Block
from flowlet.audit.selectors import chain
from flowlet.db.transactions import HORIZON

BLOCK_SIZE = 1000
LOCK = 0x666C_6175_6469_7401
"""Key of the advisory lock: "flaudit" and a number."""

_SEAL = f"""
WITH due AS (
    SELECT r.id, r.recorded_xid, {digests.RECORD} AS digest
      FROM flowlet_audit_record r
     WHERE (r.recorded_xid, r.id) > (%(xid)s, %(id)s) AND r.recorded_xid < {HORIZON}
     ORDER BY r.recorded_xid, r.id
     LIMIT %(size)s
), run AS (
    SELECT count(*)::int AS count, max(recorded_xid) AS last_xid, array_agg(id ORDER BY recorded_xid, id) AS record_ids,
           string_agg(digest, ''::bytea ORDER BY recorded_xid, id) AS digests
      FROM due
), b AS (
    SELECT %(number)s::bigint AS number, %(at)s::timestamptz AS sealed_at, count, last_xid, record_ids[count] AS last_id,
           record_ids, digests, %(previous)s::bytea AS previous_hash
      FROM run WHERE count > 0
)
INSERT INTO flowlet_audit_block (number, sealed_at, count, last_xid, last_id, record_ids, digests, previous_hash, hash)
SELECT number, sealed_at, count, last_xid, last_id, record_ids, digests, previous_hash, {digests.BLOCK} FROM b
RETURNING number, count, hash"""  # noqa: S608 - our own constants


class CounterBehind(Exception):
    """The database was restored from a dump into a younger server: what is written now would never be sealed."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A block that was written: its number, how many records it holds, and its hash in hexadecimal."""

    number: int
    count: int
    hash: str


def seal_next(*, at: datetime, size: int = BLOCK_SIZE) -> Sealed | None:
    """Write the next block of at most ``size`` records; None when nothing below the horizon is unsealed. Raises CounterBehind."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        if (behind := chain.counter_behind()) is not None:
            raise CounterBehind(behind.message)
        # A statement of its own, after the lock: it has to see what the sealer before us has committed.
        last = Block.objects.order_by("-number").values("number", "last_xid", "last_id", "hash").first()
        with connection.cursor() as cursor:
            cursor.execute(
                _SEAL,
                {
                    "xid": last["last_xid"] if last else digests.START,
                    "id": last["last_id"] if last else digests.START,
                    "number": last["number"] + 1 if last else 1,
                    "previous": bytes(last["hash"]) if last else digests.GENESIS,
                    "size": size,
                    "at": at,
                },
            )
            row = cursor.fetchone()
    return Sealed(number=row[0], count=row[1], hash=bytes(row[2]).hex()) if row else None


def seal_all(*, at: datetime, size: int = BLOCK_SIZE) -> Iterator[Sealed]:
    """Write blocks until nothing below the horizon is unsealed, giving each as it is committed."""
    while (sealed := seal_next(at=at, size=size)) is not None:
        yield sealed

"""The database's own count of transactions, as an order in which nothing can appear late.

A row that carries the id of its writing transaction can be put in an order that is final below the commit horizon: every
transaction before it has ended, so no slower one can still add a row there. The horizon belongs to the whole server: a long
transaction anywhere holds it back, so nothing that has to be quick may wait for it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, models, transaction
from django.db.models.functions import Cast

HORIZON = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
"""SQL: all transactions with a smaller id have ended."""


class TransactionId(models.Func):
    """The id of the writing transaction (xid8), which never wraps around."""

    function = "pg_current_xact_id"
    arity = 0
    output_field = models.TextField()


def own_id() -> Cast:
    """For ``db_default`` of a BigIntegerField: the id of the transaction that writes the row."""
    return Cast(Cast(TransactionId(), models.TextField()), models.BigIntegerField())


class HorizonFunction(models.Func):
    """``HORIZON`` as an expression."""

    template = HORIZON
    arity = 0
    output_field = models.BigIntegerField()


def horizon() -> HorizonFunction:
    """For filters: ``filter(xid__lt=horizon())`` keeps what is final."""
    return HorizonFunction()


def next_id() -> int:
    """A transaction id above every one whose rows can be seen.

    A stored id at or above it has been forged, or comes from a logical dump of another server (whose counter was further on). It is no
    bound for transactions that still run: a snapshot's xmax is one past the newest *finished* one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint,"
            " pg_current_xact_id_if_assigned()::text::bigint + 1)"
        )
        return cursor.fetchone()[0]


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Everything inside is read from one snapshot of the database, and nothing is written.

    Within somebody's transaction theirs is taken as it is.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def wait_for_horizon(*, timeout_seconds: float) -> bool:
    """Wait until every transaction of the server that has begun writing by now has ended; False when that takes too long.

    Not to be called inside a transaction that has written: it would wait for itself.
    """
    deadline = time.monotonic() + timeout_seconds
    with connection.cursor() as cursor:  # an id of our own: whoever began before us has a smaller one
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        wanted = cursor.fetchone()[0]
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {HORIZON}")
            if cursor.fetchone()[0] >= wanted:
                return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.01)

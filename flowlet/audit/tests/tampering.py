"""Rows changed the way somebody with every power over the database can, with every trigger off; and put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def tampered(superuser: Any, table: str, statement: str, params: Any = ()) -> Iterator[None]:
    with superuser.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"CREATE TEMP TABLE kept AS TABLE {table}")
        try:
            cursor.execute(statement, params)
            assert cursor.rowcount > 0, "the tampering touched nothing"
            yield
        finally:
            cursor.execute(f"DELETE FROM {table}")
            cursor.execute(f"INSERT INTO {table} SELECT * FROM kept")
            cursor.execute("DROP TABLE kept")

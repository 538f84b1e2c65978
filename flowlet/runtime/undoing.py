"""Undo what a test committed to its clone, for the price of the rows and not of the whole database.

A superuser's session deletes rows that came, puts back tables that were changed, and sets sequences back. What only the schema's owner
can do (DDL, TRUNCATE, VACUUM, ANALYZE) shows in the catalogs, and many rows show in a table's size; neither is undone here: the
database is to be cloned then.
"""

import io
import time
from dataclasses import dataclass
from typing import Any

import psycopg2

# A table that grew beyond this is not emptied row by row; the dead rows of many tests show here too.
LARGEST = 4 * 1024 * 1024
PATIENCE = 30.0
_TABLES = """SELECT format('%%I.%%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind = %s AND relpersistence = 'p' AND nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1"""
_CATALOGS = """SELECT c.oid::regclass::text FROM pg_class c
    WHERE relkind = 'r' AND NOT relisshared AND relnamespace = 'pg_catalog'::regnamespace AND relname <> 'pg_statistic' ORDER BY 1"""
_OTHERS = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type IN ('client backend', 'parallel worker')"""
# Every write leaves a newer xmin, every deletion fewer rows.
_MARK = "SELECT '{0}' AS name, count(*) AS rows, max(xmin::text::bigint) AS newest FROM {0}"
_WHERE = "SELECT '{0}', last_value, is_called FROM {0}"
_EMPTY = "DELETE FROM {0}"
# Of what all databases of a server share, other databases' coming and going makes statistics too, and they bear on no test.
_STATISTICS = (
    "SELECT 'pg_statistic', count(*), max(s.xmin::text::bigint) FROM pg_statistic s JOIN pg_class c ON c.oid = starelid"
    " WHERE NOT relisshared",
    "SELECT 'sizes', count(*), sum(hashtext(format('%s %s %s', oid, relpages, reltuples))) FROM pg_class WHERE NOT relisshared",
)


@dataclass(slots=True)
class State:
    """What there is: a mark for each table and for each catalog, and where each sequence stands."""

    tables: dict[str, tuple[int, int | None]]
    catalogs: list[tuple[Any, ...]]
    sequences: dict[str, tuple[int, bool]]


class Undo:
    """The state of a fresh clone, and the way back to it. ``address`` is a superuser's."""

    def __init__(self, address: str) -> None:
        self._connection = psycopg2.connect(address, connect_timeout=10)
        self._connection.autocommit = True
        self._cursor = self._connection.cursor()
        self._cursor.execute("SET session_replication_role = replica")  # neither triggers nor foreign keys: all is put back
        tables, sequences = self._names("r"), self._names("S")
        self._cursor.execute(_CATALOGS)
        catalogs = [name for (name,) in self._cursor.fetchall()]
        self._prepare("tables", [_MARK.format(name) for name in tables])
        self._prepare("catalogs", [*(_MARK.format(name) for name in catalogs), *_STATISTICS])
        self._prepare("sequences", [_WHERE.format(name) for name in sequences])
        self._sizes = "SELECT " + " OR ".join(f"pg_relation_size('{name}') > {LARGEST}" for name in tables)
        self._begin = self._state()
        self._rows = {name: self._copy_of(name) for name, (rows, _) in self._begin.tables.items() if rows}

    def undo(self) -> bool:
        """Make the database what it was; False when that takes a new clone. Ends everybody else's connections."""
        try:
            self._end_others()
            return self._undo()
        except psycopg2.Error:  # somebody ended ours too, or locks what they hold
            return False

    def close(self) -> None:
        """End the session."""
        self._connection.close()

    def _undo(self) -> bool:
        self._cursor.execute(self._sizes)
        if self._cursor.fetchone()[0]:
            return False
        now = self._state()
        if now.catalogs != self._begin.catalogs:
            return False
        changed = [name for name, mark in now.tables.items() if mark != self._begin.tables[name]]
        script = [_EMPTY.format(name) for name in changed]
        for name, (value, is_called) in self._begin.sequences.items():
            if now.sequences[name] != (value, is_called):
                script.append(f"SELECT setval('{name}', {value}, {is_called})")
        if script:
            self._cursor.execute(";".join(script))
        for name in set(changed) & self._rows.keys():
            self._cursor.copy_expert(f"COPY {name} FROM STDIN", io.BytesIO(self._rows[name]))
            self._cursor.execute(_MARK.format(name))
            self._begin.tables[name] = self._cursor.fetchone()[1:]
        return True

    def _end_others(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self._cursor.execute(_OTHERS)
            if not self._cursor.fetchone()[0]:
                return
            time.sleep(0.002)
        raise psycopg2.OperationalError("Somebody does not let go of the database.")

    def _state(self) -> State:
        tables, catalogs, sequences = (self._all(name) for name in ("tables", "catalogs", "sequences"))
        return State(
            {name: (rows, newest) for name, rows, newest in tables},
            catalogs,
            {name: (value, is_called) for name, value, is_called in sequences},
        )

    def _names(self, kind: str) -> list[str]:
        self._cursor.execute(_TABLES, [kind])
        return [name for (name,) in self._cursor.fetchall()]

    def _prepare(self, name: str, selects: list[str]) -> None:
        self._cursor.execute(f"PREPARE {name} AS {' UNION ALL '.join(selects)}")

    def _all(self, name: str) -> list[tuple[Any, ...]]:
        self._cursor.execute(f"EXECUTE {name}")
        return list(self._cursor.fetchall())

    def _copy_of(self, name: str) -> bytes:
        copied = io.BytesIO()
        self._cursor.copy_expert(f"COPY {name} TO STDOUT", copied)
        return copied.getvalue()

"""Databases for tests: a migrated template per state of the migrations, and quick clones of it.

Tests run as the application's role, which may not TRUNCATE, on tables that refuse it anyway; so a database is never flushed: a
superuser's session undoes what was written (``undoing``), and where that cannot be done the database is dropped and cloned again. The
template's name carries a hash of every migration, so that it is built once and outlives the run.
"""

import contextlib
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import errors

from flowlet.runtime.places import ROOT
from flowlet.runtime.undoing import Undo

PREFIX = "flowlet_template_"
# Templates of other branches that are kept on a server before the oldest are dropped.
KEPT = 8


def at_database(url: str, database: str) -> str:
    """The address with another database's name."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


def database_of(url: str) -> str:
    """The database's name in an address."""
    return urlsplit(url).path.lstrip("/")


def as_superuser(url: str) -> str:
    """The address with the role postgres and no password: what a development server on loopback usually trusts."""
    parts = urlsplit(url)
    return parts._replace(netloc=f"postgres@{parts.netloc.rpartition('@')[2]}").geturl()


def answers(url: str) -> bool:
    """Whether one can connect."""
    try:
        psycopg2.connect(url, connect_timeout=3).close()
    except psycopg2.OperationalError:
        return False
    return True


def fingerprint(root: Path = ROOT) -> str:
    """A hash over everything that shapes a migrated database."""
    files = [root / "requirements.txt", root / "flowlet/settings/__init__.py"]
    for folder in sorted(path for path in root.iterdir() if (path / "__init__.py").exists()):
        for pattern in ("migrations/*.py", "migrations/*.sql", "*/migrations/*.py", "*/migrations/*.sql", "apps.py", "*/apps.py"):
            files += sorted(folder.glob(pattern))
    files += sorted((root / "flowlet/db").glob("*.py"))
    digest = hashlib.sha256()
    for path in files:
        digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class Clones:
    """Template and clones on one server.

    ``app_url`` and ``owner_url`` name the base database; ``superuser_url`` (may be empty) is used where given, because it may end
    other roles' connections and undo what they wrote. Without it the owner needs CREATEDB.
    """

    def __init__(self, *, app_url: str, owner_url: str, superuser_url: str = "") -> None:
        self.app_url, self.owner_url, self.superuser_url = app_url, owner_url, superuser_url
        self.owner = str(urlsplit(owner_url).username)
        self.base = database_of(app_url)
        self._keeper: Any = None
        self._undo: Undo | None = None

    def template(self) -> str:
        """The name of the migrated template, which is built when it is missing."""
        name = PREFIX + fingerprint()
        with self._admin() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if not cursor.fetchone():
                self._build(cursor, name)
                self._forget_old(cursor, name)
        return name

    def reserve(self, worker: str) -> str:
        """A clone's name that no other running test session uses; reserved until ``release``."""
        self._keeper = self._connect()
        with self._keeper.cursor() as cursor:
            for number in range(1, 100):
                name = f"{self.base}_{worker}" + (f"_{number}" if number > 1 else "")
                cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [f"clone {name}"])
                if cursor.fetchone()[0]:
                    return name
        raise RuntimeError("A hundred test runs use this server at once.")

    def release(self) -> None:
        """Let others have the reserved name."""
        self._keeper.close()

    def clone(self, name: str, template: str) -> None:
        """Drop the database ``name`` if it is there, whoever is connected, and make it a copy of the template."""
        self._forget()
        with self._admin() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{self.owner}"')
        if self.superuser_url:
            self._undo = Undo(at_database(self.superuser_url, name))

    def renew(self, name: str, template: str) -> None:
        """Make the clone ``name`` what the template is once more, whoever is connected: quickly where little was written."""
        if self._undo is None or not self._undo.undo():
            self.clone(name, template)

    def drop(self, name: str) -> None:
        """Drop a clone."""
        self._forget()
        with self._admin() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _forget(self) -> None:
        if self._undo is not None:
            self._undo.close()
            self._undo = None

    def _connect(self) -> Any:
        address = self.superuser_url or self.owner_url
        try:
            connection = psycopg2.connect(at_database(address, "postgres"), connect_timeout=10)
        except psycopg2.OperationalError:
            connection = psycopg2.connect(address, connect_timeout=10)
        connection.autocommit = True
        return connection

    @contextlib.contextmanager
    def _admin(self) -> Iterator[Any]:
        with contextlib.closing(self._connect()) as connection, connection.cursor() as cursor:
            yield cursor

    def _build(self, cursor: Any, name: str) -> None:
        draft = f"{name}_{os.getpid()}"
        cursor.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{draft}" TEMPLATE template0 OWNER "{self.owner}"')
        try:
            address = at_database(self.owner_url, draft)
            done = subprocess.run(
                [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"],
                check=False,
                capture_output=True,
                text=True,
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": address, "DATABASE_OWNER_URL": address, "FLOWLET_DATABASE_ROLE": "owner"},
            )
            if done.returncode:
                raise RuntimeError(f"Migrating the tests' template failed:\n{done.stdout}{done.stderr}")
            with contextlib.suppress(errors.DuplicateDatabase):
                cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
        finally:
            cursor.execute(f'DROP DATABASE IF EXISTS "{draft}" WITH (FORCE)')

    def _forget_old(self, cursor: Any, current: str) -> None:
        cursor.execute(
            "SELECT datname FROM pg_database WHERE datname ~ %s AND datname <> %s AND pg_get_userbyid(datdba) = %s "
            "ORDER BY oid DESC OFFSET %s",
            [f"^{PREFIX}[0-9a-f]{{16}}$", current, self.owner, KEPT],
        )
        for (name,) in cursor.fetchall():
            with contextlib.suppress(psycopg2.Error):  # somebody is cloning it right now
                cursor.execute(f'DROP DATABASE "{name}"')

"""The PostgreSQL cluster that is measured: own and temporary, or the one that DATABASE_URL names; and what its processes cost.

``Cluster.start()`` sets the environment for Django, so it comes before ``django.setup()``.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg2

from flowlet.runtime import places
from flowlet.runtime.clones import at_database
from flowlet.runtime.pytest_plugin import TEST_SECRETS
from flowlet.runtime.servers import APP, OWNER, SUPERUSER, Postgres, Valkey, postgres_programs

# Durable as in production: fsync and synchronous_commit are on.
SETTINGS = {
    "shared_buffers": "2GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}
TICKS = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).resolve().parent.parent


class Cluster:
    """One PostgreSQL (and a Valkey when asked for). ``stop()`` removes what was started here."""

    def __init__(self, *, settings: dict[str, str] | None = None) -> None:
        self.settings = {**SETTINGS, **(settings or {})}
        self.home: Path | None = None
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self.postmaster: int | None = None
        self.owner_url = self.app_url = self.tpcb_url = ""

    def start(self, database: str = "bench") -> "Cluster":
        """Start, migrate an empty database, and put its addresses and fixed secrets into the environment."""
        for name, value in TEST_SECRETS.items():
            os.environ.setdefault(name, value)
        os.environ.setdefault("FLOWLET_ENV", "test")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowlet.settings")
        if os.environ.get("DATABASE_URL"):
            self.app_url = os.environ["DATABASE_URL"]
            self.owner_url = os.environ.setdefault("DATABASE_OWNER_URL", self.app_url)
            self.tpcb_url = self.owner_url
        else:
            self._start_own(database)
        if not os.environ.get("REDIS_URL"):
            self.valkey = Valkey(self._own_home())
            self.valkey.start()
            os.environ["REDIS_URL"] = self.valkey.url()
        self._migrate()
        self.postmaster = self._find_postmaster()
        return self

    def _own_home(self) -> Path:
        if self.home is None:
            self.home = Path(tempfile.mkdtemp(prefix="flowlet-bench-"))
            self.home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        return self.home

    def _start_own(self, database: str) -> None:
        self.postgres = Postgres(self._own_home(), settings=self.settings)
        self.postgres.start()
        self.postgres.ensure_database(database)
        self.postgres.ensure_database("tpcb")
        self.app_url, self.owner_url = self.postgres.url(APP, database), self.postgres.url(OWNER, database)
        self.tpcb_url = self.postgres.url(OWNER, "tpcb")
        os.environ["DATABASE_URL"], os.environ["DATABASE_OWNER_URL"] = self.app_url, self.owner_url
        os.environ["FLOWLET_TEST_SUPERUSER_URL"] = self.postgres.url(SUPERUSER, database)

    def _migrate(self) -> None:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity", "0"],
            check=True,
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": self.owner_url, "FLOWLET_DATABASE_ROLE": "owner"},
        )
        with self.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM accounts_partner)")
            if cursor.fetchone()[0]:
                raise SystemExit("The database is not empty: benchmarks post millions of journals. Name an empty one.")

    def _find_postmaster(self) -> int | None:
        """The postmaster's process id if it runs on this machine."""
        with self.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backend = cursor.fetchone()[0]
            if "postgres" not in _read(f"/proc/{backend}/cmdline"):
                return None
            return int(_read(f"/proc/{backend}/stat").rpartition(")")[2].split()[1])

    @contextlib.contextmanager
    def cursor(self, url: str = ""):
        """A cursor of the owner's (or of ``url``) in autocommit mode."""
        with contextlib.closing(psycopg2.connect(url or self.owner_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor

    def superuser(self) -> str:
        """The superuser's address in the measured database, or the owner's where there is none."""
        return os.environ.get("FLOWLET_TEST_SUPERUSER_URL") or self.owner_url

    def cpu(self) -> float:
        """CPU seconds that all processes of the cluster have used, ended ones included; 0 for a server elsewhere."""
        return tree_cpu(self.postmaster) if self.postmaster else 0.0

    def program(self, name: str) -> str:
        """The path of one of PostgreSQL's programs."""
        folder, _ = postgres_programs(places.server_account())
        return str(folder / name)

    def describe(self) -> dict[str, str]:
        """Version and the settings that matter."""
        names = ["server_version", *SETTINGS]
        with self.cursor() as cursor:
            return {name: (cursor.execute(f"SHOW {name}"), cursor.fetchone()[0])[1] for name in names}

    def settle(self, url: str = "") -> None:
        """Vacuum, analyse and check point, so that a measurement does not pay for what came before it."""
        with self.cursor(url) as cursor:
            cursor.execute("VACUUM ANALYZE")
        with contextlib.suppress(psycopg2.Error), self.cursor(self.superuser()) as cursor:
            cursor.execute("CHECKPOINT")

    def stop(self) -> None:
        """Stop what was started and remove it."""
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()
        if self.home is not None:
            shutil.rmtree(self.home, ignore_errors=True)


def arguments(url: str) -> tuple[list[str], dict[str, str]]:
    """Options and environment for PostgreSQL's programs that mean ``url``."""
    parts = urlsplit(url)
    host = parse_qs(parts.query).get("host", [parts.hostname or "127.0.0.1"])[0]
    port = parse_qs(parts.query).get("port", [str(parts.port or 5432)])[0]
    environment = {**os.environ, "PGPASSWORD": parts.password or ""}
    return ["-h", host, "-p", port, "-U", str(parts.username)], environment


def database_of(url: str) -> str:
    """The database's name."""
    return urlsplit(url).path.lstrip("/")


def tree_cpu(leader: int) -> float:
    """CPU seconds of a process, of the children it has waited for, and of its living children."""
    total = sum(_times(leader, (11, 12, 13, 14)))
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            fields = _read(f"/proc/{entry.name}/stat").rpartition(")")[2].split()
            if len(fields) > 2 and fields[1] == str(leader):
                total += int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
    return total / TICKS


def _times(pid: int, positions: tuple[int, ...]) -> list[int]:
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return [int(fields[position]) for position in positions] if fields else []


def machine_busy() -> float:
    """CPU seconds that the whole machine has worked since it started."""
    fields = _read("/proc/stat").splitlines()[0].split()[1:]
    return (sum(map(int, fields[:8])) - int(fields[3]) - int(fields[4])) / TICKS


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def clock() -> float:
    """Seconds of the wall."""
    return time.perf_counter()


__all__ = ["Cluster", "arguments", "at_database", "clock", "database_of", "machine_busy", "tree_cpu"]

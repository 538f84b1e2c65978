"""``bin/up`` from inside the virtual environment: servers, migrations, demo data, then web, worker and beat until a signal comes."""

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psycopg2

from flowlet.runtime import clones, demo, options, places
from flowlet.runtime.places import ROOT, RuntimeProblem
from flowlet.runtime.programs import Command, Service, say
from flowlet.runtime.servers import OWNER, Postgres, Valkey
from flowlet.runtime.supervisor import Supervisor, end_leftovers
from flowlet.runtime.vault_file import VaultFile

MANAGE = [sys.executable, str(ROOT / "manage.py")]
# granian forks its workers: what is imported before that is imported once, and its memory is shared.
WEB = [sys.executable, "-c", "import flowlet.wsgi, flowlet.urls; from granian.cli import entrypoint; entrypoint()"]
# Connections per worker process, idle ones included; more wait in the kernel's queue.
BACKPRESSURE = 128
LONGEST_START = 120.0


class Platform:
    """The demo platform of one home."""

    def __init__(self, *, home: Path, host: str, port: int, demo_data: bool = True) -> None:
        self.home, self.host, self.port, self.demo_data = home, host, port, demo_data
        self.base_url = f"http://{'localhost' if host in {'127.0.0.1', '0.0.0.0'} else host}:{port}"  # noqa: S104
        self.supervisor = Supervisor(home / "supervisor.json")
        self.credentials = home / "credentials.json"
        self.seeding = home / "seeding"  # there while demo data are being made
        self.owner_url = ""
        self.environment: dict[str, str] = {}

    def start(self) -> bool:
        """Start everything; False when a signal came first. Raises RuntimeProblem."""
        began = time.monotonic()
        _check_port(self.host, self.port)
        self._compose_environment()
        self._start_servers()
        if not self._prepare():
            return False
        self._start_programs()
        if not self.supervisor.run(self._serves, LONGEST_START):
            if self.supervisor.stopping:
                return False
            raise RuntimeProblem("The web server does not answer; see its lines above.")
        content = demo.card(self.base_url, demo.read_credentials(self.credentials))
        self._publish(content)
        for line in demo.welcome(content):
            say(line)
        say(f"started in {time.monotonic() - began:.1f} s; Ctrl-C stops")
        return True

    def _compose_environment(self) -> None:
        self.environment = {
            **VaultFile(self.home / "secrets.json").environment(),
            "FLOWLET_ENV": "demo",
            "FLOWLET_BASE_URL": self.base_url,
            "FLOWLET_STATIC_ROOT": str(self.home / "static"),
            "FLOWLET_DOCUMENTS_DIR": str(self.home / "documents"),
            "FLOWLET_LOG_JSON": "0" if sys.stdout.isatty() else "1",
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "flowlet.settings",
            "PROMETHEUS_MULTIPROC_DIR": str(self.home / "metrics"),
            "PYTHONUNBUFFERED": "1",
            # Only JSON travels through the queues; what Celery warns of as root is unpickling.
            "PYTHONWARNINGS": "ignore:You're running the worker",
        }
        self.owner_url = self.environment.pop("DATABASE_OWNER_URL", "") or self.environment.get("DATABASE_URL", "")

    def _start_servers(self) -> None:
        ended = end_leftovers(self.supervisor.state)
        if ended:
            say(f"ended what an earlier run left: {', '.join(ended)}")
        self.supervisor.listen()
        if not self.environment.get("DATABASE_URL"):
            postgres = Postgres(self.home)
            self.supervisor.add(Service("postgres", postgres))
            if self.seeding.exists():
                say("an earlier start was interrupted while it made the demo data; making them afresh")
                postgres.drop_database()
                self.seeding.unlink()
            postgres.ensure_database()
            self.environment["DATABASE_URL"], self.owner_url = postgres.url(), postgres.url(OWNER)
        if not self.environment.get("REDIS_URL"):
            valkey = Valkey(self.home)
            self.supervisor.add(Service("valkey", valkey))
            self.environment["REDIS_URL"] = valkey.url()

    def _prepare(self) -> bool:
        """Migrate as the owner while static files are collected, then seed an empty database; False when a signal came.

        What an earlier start did, and what has not changed since, is not done again.
        """
        metrics = self.home / "metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir()
        migrated, collected = _Stamp(self.home / "migrated.stamp"), _Stamp(self.home / "static.stamp")
        jobs = []
        if not migrated.says(self._migration_mark()):
            say("migrating")
            jobs.append(self._job("migrate", "--no-input", "--verbosity", "0", DATABASE_OWNER_URL=self.owner_url))
        if not collected.says(_static_mark()):
            say("collecting static files")
            jobs.append(self._job("collectstatic", "--no-input", "--clear", "--verbosity", "0"))
        if not self._finish(jobs):
            return False
        if jobs:
            migrated.write(self._migration_mark())
            collected.write(_static_mark())
        seeds = [*ROOT.glob("*/management/commands/seed_demo.py"), *ROOT.glob("*/*/management/commands/seed_demo.py")]
        if seeds and self.demo_data and _is_empty(self.environment["DATABASE_URL"]):
            say("seeding the demo")
            self.seeding.touch()
            if not self._finish([self._job("seed_demo", "--credentials", str(self.credentials))]):
                return False
            self.seeding.unlink()
        return True

    def _migration_mark(self) -> str:
        """Changes with the migrations and all that shapes their outcome, and with what the database says of its own migrations."""
        return " ".join([clones.fingerprint(), _history(self.owner_url), self.environment.get("DATABASE_APP_ROLE", "")])

    def _job(self, *command: str, **variables: str) -> subprocess.Popen[bytes]:
        environment = {**self.environment, **variables}
        return subprocess.Popen([*MANAGE, *command], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True)

    def _finish(self, jobs: list[subprocess.Popen[bytes]]) -> bool:
        """Wait for management commands; False when a signal came first. Raises RuntimeProblem when one fails."""
        if not self.supervisor.run(lambda: all(job.poll() is not None for job in jobs)):
            for job in jobs:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(job.pid, signal.SIGTERM)  # the seed has processes of its own
            for job in jobs:
                job.wait()
            return False
        for job in jobs:
            if job.returncode:
                raise RuntimeProblem(f"{job.args[2]} failed; see above.")  # type: ignore[index]
        return True

    def _start_programs(self) -> None:
        web = [*WEB, "--interface", "wsgi", "--host", self.host, "--port", str(self.port)]
        web += ["--workers", "2", "--blocking-threads", "2", "--backpressure", str(BACKPRESSURE), "--no-ws", "--http", "1"]
        web += ["--workers-kill-timeout", "10", "--log-level", "warning", "--respawn-failed-workers"]
        web += ["--respawn-interval", "0.5", "flowlet.wsgi:application"]
        celery = [sys.executable, "-m", "celery", "-q", "-A", "flowlet"]
        worker = [*celery, "worker", "-P", "threads", "-c", "4", "-Q", "critical,default,batch", "--without-gossip"]
        worker += ["--without-mingle", "-l", "INFO"]
        beat = [*celery, "beat", "-s", str(self.home / "beat-schedule"), "--pidfile=", "-l", "INFO"]
        for name, command, colour in (("web", web, 36), ("worker", worker, 33), ("beat", beat, 34)):
            self.supervisor.add(Command(name, command, environment=self.environment, folder=ROOT, colour=colour))

    def _serves(self) -> bool:
        try:
            host = "127.0.0.1" if self.host == "0.0.0.0" else self.host  # noqa: S104
            with urllib.request.urlopen(f"http://{host}:{self.port}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _publish(self, content: dict[str, object]) -> None:
        demo.write_private(self.home / "demo.json", content)
        if self.demo_data and os.access(ROOT, os.W_OK):
            demo.write_private(ROOT / "var" / "demo.json", content)


class _Stamp:
    """A file that says for which state of things a job was done."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def says(self, mark: str) -> bool:
        """Whether the job was done for this state."""
        return self.path.exists() and self.path.read_text() == mark

    def write(self, mark: str) -> None:
        """Note that it is done."""
        self.path.write_text(mark)


def _check_port(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise RuntimeProblem(f"Port {port} cannot be used ({error.strerror}). Choose another with --port.") from None


def _static_mark() -> str:
    """Changes whenever a file that collectstatic would copy may have changed."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for folder in sorted([*ROOT.glob("*/static"), *ROOT.glob("*/*/static")]):
        for path in sorted(folder.rglob("*")):
            found = path.stat()
            digest.update(f"{path.relative_to(ROOT)} {found.st_size} {found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _history(url: str) -> str:
    """A hash of the migrations that the database says it has had, and when: no other database has the same. "" where it cannot say."""
    try:
        with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('django_migrations') IS NOT NULL")
            if not cursor.fetchone()[0]:
                return ""
            cursor.execute("SELECT md5(string_agg(concat(app, ' ', name, ' ', applied), ',' ORDER BY id)) FROM django_migrations")
            return str(cursor.fetchone()[0])
    except psycopg2.Error:
        return ""


def _is_empty(url: str) -> bool:
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT NOT EXISTS (SELECT FROM accounts_partner)")
        return bool(cursor.fetchone()[0])


def main() -> int:
    """Run until stopped; the exit code."""
    asked = options.parser().parse_args()
    os.umask(0o022)
    home = places.make_home(places.home_for(asked.data))
    if asked.data is not None and home != asked.data.resolve():
        say(f"the servers' account cannot enter {asked.data}; the data live in {home}")
    lock = places.Lock(home / "lock")
    if not lock.acquire():
        say(f"Flowlet already runs on {home} (process {lock.holder()}).")
        return 1
    platform = Platform(home=home, host=asked.host, port=asked.port, demo_data=not asked.no_demo)
    try:
        if platform.start():
            platform.supervisor.run()
    except RuntimeProblem as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        platform.supervisor.stop()
        lock.release()
    say("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())

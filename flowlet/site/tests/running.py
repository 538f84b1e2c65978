"""A real platform for tests that kill it: ``bin/up``'s programs in a home of their own, and clients that speak HTTP."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowlet.runtime import manage, places
from flowlet.runtime.places import ROOT
from flowlet.runtime.servers import Postgres, free_port

# What our own test run may have set and a platform of its own must not inherit.
FOREIGN = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "FLOWLET_ENV", "SECRET_KEY", "FLOWLET_TEST_SUPERUSER_URL")
START_SECONDS = 120


class Platform:
    """Started by ``start``; ``kill`` takes a program away with SIGKILL; the supervisor brings it back."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="flowlet-faults-"))
        self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        self.home = places.home_for(self.folder)
        self.port = free_port()
        self.process: subprocess.Popen | None = None
        self.card = ROOT / "var" / "demo.json"
        self.kept = self.card.read_bytes() if self.card.exists() else None

    @property
    def environment(self) -> dict[str, str]:
        """What a command of this platform needs beside the addresses."""
        inherited = {name: value for name, value in os.environ.items() if name not in FOREIGN and not name.startswith("FLOWLET_")}
        return {**inherited, "PYTHONUNBUFFERED": "1"}

    def start(self) -> None:
        """Start everything and wait until the web server answers."""
        self.log = open(self.folder / "log", "wb")  # noqa: SIM115
        self.process = self.command(stdout=self.log)
        deadline = time.monotonic() + START_SECONDS
        while not (self.home / "demo.json").exists() or self.ask("GET", "/healthz")[0] != 200:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def command(self, **options: Any) -> subprocess.Popen:
        """``bin/up`` on its folder."""
        words = [sys.executable, "-m", "flowlet.runtime.up", "--port", str(self.port), "--data", str(self.folder), "--no-demo"]
        given = {"cwd": ROOT, "env": self.environment, "stderr": subprocess.STDOUT, "start_new_session": True}
        return subprocess.Popen(words, **given, **options)

    def said(self) -> str:
        """The last lines of its output."""
        return self.log_text()[-4000:]

    def log_text(self) -> str:
        """All that it said since it was started."""
        return (self.folder / "log").read_text(errors="replace")

    def pids(self) -> dict[str, int]:
        """The process ids of all supervised programs."""
        return {name: known["pid"] for name, known in self._programs().items()}

    def pid(self, program: str) -> int:
        """The process id of a supervised program."""
        return self._programs()[program]["pid"]

    def _programs(self) -> dict[str, dict]:
        return json.loads((self.home / "supervisor.json").read_text())["programs"]

    def kill(self, program: str) -> int:
        """SIGKILL a program's leading process and wait until the supervisor has started another; answers the new process id."""
        old = self.pid(program)
        os.kill(old, signal.SIGKILL)
        deadline = time.monotonic() + 40
        while self.pid(program) == old:
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.05)
        return self.pid(program)

    @property
    def redis_url(self) -> str:
        """Where its Valkey listens."""
        return manage.environment(self.home)["REDIS_URL"]

    def manage(self, *command: str) -> subprocess.CompletedProcess:
        """Run a management command against it."""
        command = (sys.executable, "-m", "flowlet.runtime.manage", "--data", str(self.folder), *command)
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)

    @contextlib.contextmanager
    def database(self):
        """A cursor of the superuser's on its database."""
        with contextlib.closing(Postgres(self.home).connect(database="flowlet")) as connection, connection.cursor() as cursor:
            yield cursor

    def ask(
        self, method: str, path: str, *, key: str = "", body: dict | None = None, idempotency_key: str = ""
    ) -> tuple[int, dict]:
        """One request on a connection of its own: status (0 when nobody answered) and JSON."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            try:
                connection.request(method, path, *_parts(key, body, idempotency_key))
                answer = connection.getresponse()
                content = answer.read()
            except (OSError, http.client.HTTPException):
                return 0, {}
        try:
            return answer.status, json.loads(content) if content[:1] in (b"{", b"[") else {}
        except ValueError:
            return 0, {}

    def stop(self) -> None:
        """Stop it politely, then remove all it left."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
        with contextlib.suppress(AttributeError):
            self.log.close()
        for folder in {self.folder, self.home}:
            shutil.rmtree(folder, ignore_errors=True)
        if self.kept is not None:
            self.card.write_bytes(self.kept)
        else:
            self.card.unlink(missing_ok=True)


def _parts(key: str, body: dict | None, idempotency_key: str) -> tuple[bytes | None, dict[str, str]]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    if body is not None:
        headers |= {"Content-Type": "application/json", "Idempotency-Key": idempotency_key or uuid.uuid4().hex}
    return (None if body is None else json.dumps(body).encode()), headers


def open_shop(platform: Platform, *, wallets: int) -> tuple[str, list[str]]:
    """A partner's sandbox key and wallets of customers with 100.00 USD each, made as a partner's engineer would."""
    made = platform.manage("create_partner", "Faulty Towers", "--country", "GB", "--json")
    assert made.returncode == 0, made.stderr
    sandbox = json.loads(made.stdout)["sandbox"]["id"]
    issued = platform.manage("issue_api_key", sandbox, "--name", "faults", "--json")
    assert issued.returncode == 0, issued.stderr
    key = json.loads(issued.stdout)["secret"]
    return key, [open_wallet(platform, key, name=f"Guest {chr(65 + number)}")[1] for number in range(wallets)]


def open_wallet(platform: Platform, key: str, *, name: str, amount: str = "100.00") -> tuple[str, str]:
    """A customer and their wallet with so many dollars."""
    person = {"kind": "PERSON", "name": name, "country": "GB"}
    customer = expect(201, platform.ask("POST", "/v1/customers", key=key, body=person))["id"]
    wallet = expect(201, platform.ask("POST", "/v1/wallets", key=key, body={"customer_id": customer, "currency": "USD"}))["id"]
    funds = {"wallet_id": wallet, "amount": {"amount": amount, "currency": "USD"}}
    expect(201, platform.ask("POST", "/v1/simulations/top_ups", key=key, body=funds))
    return customer, wallet


def expect(status: int, answer: tuple[int, dict]) -> dict:
    """The body of an answer with the expected status."""
    assert answer[0] == status, answer
    return answer[1]


@dataclass
class Clients:
    """Threads that make transfers until they are told to stop, and remember what was acknowledged and what was not."""

    platform: Platform
    key: str
    wallets: list[str]
    size: int = 6
    acknowledged: dict[str, str] = field(default_factory=dict)
    uncertain: dict[str, dict] = field(default_factory=dict)
    strange: list[tuple[int, dict]] = field(default_factory=list)

    def __enter__(self) -> "Clients":
        self.end = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(number,)) for number in range(self.size)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end.set()
        for thread in self.threads:
            thread.join(60)

    def _work(self, number: int) -> None:
        turn = 0
        while not self.end.is_set():
            turn += 1
            name = f"load-{number}-{turn}"
            source, target = (
                self.wallets[(number + turn) % len(self.wallets)],
                self.wallets[(number * 3 + turn * 5 + 1) % len(self.wallets)],
            )
            if source == target:
                continue
            amount = {"amount": "0.01", "currency": "USD"}
            body = {"source_wallet_id": source, "target_wallet_id": target, "amount": amount, "external_id": name}
            self.send(name, body)

    def send(self, name: str, body: dict) -> bool:
        """One attempt; whether it was acknowledged."""
        status, answer = self.platform.ask("POST", "/v1/transfers", key=self.key, body=body, idempotency_key=name)
        if status == 201:
            self.acknowledged[name] = answer["id"]
            self.uncertain.pop(name, None)
            return True
        if status not in (0, 409, 429, 500, 502, 503):
            self.strange.append((status, answer))
        self.uncertain[name] = body
        time.sleep(0.05)
        return False

    def retry_until_acknowledged(self, seconds: float = 40) -> None:
        """Send what nobody answered again, with the same keys."""
        deadline = time.monotonic() + seconds
        while self.uncertain and time.monotonic() < deadline:
            for name, body in list(self.uncertain.items()):
                self.send(name, body)
        assert not self.uncertain, (len(self.uncertain), self.platform.said())

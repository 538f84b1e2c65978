"""``bin/up`` with all its processes: starts, survives the death of each of them, and stops leaving none."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from flowlet.runtime import bootstrap, demo, options, up
from flowlet.runtime.places import ROOT, RuntimeProblem
from flowlet.runtime.programs import LONGEST_PAUSE, Command, birth_of
from flowlet.runtime.servers import free_port
from flowlet.runtime.up import _check_port

OURS = ("DATABASE_", "REDIS_", "FLOWLET_", "SECRET_KEY", "DJANGO_", "PYTEST_", "PROMETHEUS_")
# Seconds: a busy machine is slow, not wrong; how long a start takes is measured by benchmarks/start.py. What hangs is found, with what was
# said until then.
PATIENCE = 600


class Running:
    """A platform started as a user would, on a port and a folder of its own."""

    def __init__(self):
        self.home = Path(tempfile.mkdtemp(prefix="flowlet-up-"))
        self.home.chmod(0o711)
        self.port = free_port()
        self.log = self.home.with_suffix(".log").open("w")
        self.process = self.command()

    def command(self):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        words = [sys.executable, "-m", "flowlet.runtime.up", "--port", str(self.port), "--data", str(self.home), "--no-demo"]
        return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=self.log, stderr=self.log, start_new_session=True)

    def said(self):
        return Path(self.log.name).read_text()

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())
        except OSError:
            return 0, {}

    def pids(self):
        programs = json.loads((self.home / "supervisor.json").read_text())["programs"]
        return {name: known["pid"] for name, known in programs.items()}

    def until(self, condition, seconds=PATIENCE):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.1)
        pytest.fail(f"not within {seconds} s:\n{self.said()[-4000:]}")

    def is_ready(self):
        return self.get("/readyz")[1].get("status") == "ready"


@pytest.fixture(scope="module")
def platform():
    found = Running()
    try:
        found.until(lambda: "started in" in found.said() or found.process.poll() is not None)
        assert found.process.poll() is None, found.said()
        yield found
    finally:
        if found.process.poll() is None:
            found.process.terminate()
            found.process.wait(60)
        found.log.close()
        shutil.rmtree(found.home, ignore_errors=True)
        Path(found.log.name).unlink()


@pytest.mark.faults
@pytest.mark.timeout(2 * PATIENCE)
@pytest.mark.xdist_group("platform")
class TestPlatform:
    """In the order of the file: the last test stops it."""

    def test_it_serves_and_says_how_to_get_in(self, platform):
        assert platform.get("/readyz")[1]["status"] == "ready"
        assert set(platform.pids()) == {"postgres", "valkey", "web", "worker", "beat"}
        card = platform.home / "demo.json"
        assert json.loads(card.read_text())["base_url"] == f"http://localhost:{platform.port}"
        assert stat.S_IMODE(card.stat().st_mode) == 0o600

    def test_a_second_start_on_the_same_data_is_refused(self, platform):
        second = platform.command()
        assert second.wait(PATIENCE) == 1
        assert f"already runs on {platform.home} (process {platform.process.pid})" in platform.said()
        assert platform.get("/healthz") == (200, {"status": "ok"})

    @pytest.mark.parametrize("name", ["web", "postgres", "valkey", "worker", "beat"])
    def test_a_killed_program_comes_back(self, platform, name):
        before = platform.pids()[name]
        os.kill(before, signal.SIGKILL)
        platform.until(lambda: platform.pids()[name] != before)
        platform.until(platform.is_ready)
        assert birth_of(before) == ""
        assert f"{name} ended with signal 9" in platform.said()

    def test_after_a_killed_supervisor_nothing_stays_and_a_new_one_starts_on_the_same_data(self, platform):
        pids = platform.pids()
        platform.process.kill()
        platform.process.wait()
        platform.until(lambda: not any(birth_of(pid) for pid in pids.values()))
        platform.process = platform.command()
        platform.until(lambda: platform.said().count("started in") == 2)
        assert platform.is_ready()
        assert "django_migrations" not in platform.said()  # a new database is not asked for what it cannot have
        # What the first start did is not done again.
        assert [platform.said().count(words) for words in ("│ migrating", "│ collecting static files")] == [1, 1]

    def test_a_signal_stops_it_in_order_and_leaves_no_process(self, platform):
        pids = platform.pids()
        platform.process.send_signal(signal.SIGINT)
        assert platform.process.wait(PATIENCE) == 0
        assert [name for name, pid in pids.items() if birth_of(pid)] == []
        said = platform.said()
        order = [said.rindex(f"stopping {name}") for name in ("beat", "worker", "web", "valkey", "postgres")]
        assert order == sorted(order)
        assert said.rstrip().endswith("stopped")
        assert not (platform.home / "supervisor.json").exists()
        assert "\nTraceback" not in said  # what programs log has their prefix; this would be the supervisor's own


def test_a_port_in_use_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RuntimeProblem, match=f"Port {port} cannot be used .* --port"):
            _check_port("127.0.0.1", port)


def test_a_program_that_keeps_dying_is_restarted_ever_more_slowly():
    program = Command("brief", [sys.executable, "-c", ""], environment={}, folder=ROOT, colour=31)
    pauses = []
    for _ in range(9):
        program.start()
        program.process.wait()
        program.after_death()
        pauses.append(round(program.restart_at - time.monotonic(), 1))
    assert pauses == [0.5, 1, 2, 4, 8, 16, LONGEST_PAUSE, LONGEST_PAUSE, LONGEST_PAUSE]


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_one_time_codes_are_those_of_rfc_6238(seconds, code):
    """Appendix B, SHA-1, last six digits."""
    assert demo.one_time_code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at=seconds) == code


def test_the_welcome_shows_every_way_in():
    card = demo.card(
        "http://localhost:8000",
        {
            "users": [{"email": "a@b.example", "password": "pw", "totp_secret": "GEZDGNBVGY3TQOJQ", "role": "Auditor"}],
            "partners": [{"name": "Kite", "live": {"id": "par_1", "api_key": "k1"}, "sandbox": {"id": "par_2", "api_key": "k2"}}],
        },
    )
    text = "\n".join(demo.welcome(card))
    for word in ("http://localhost:8000/admin/", "a@b.example", "pw", "GEZDGNBVGY3TQOJQ", "Auditor", "Kite", "k1", "k2"):
        assert word in text


def test_the_larger_set_of_requirements_serves_the_smaller(tmp_path, monkeypatch):
    for name in bootstrap.SETS:
        (tmp_path / name).write_text(f"of {name}")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    stamp = tmp_path / "stamp"
    runtime, everything = bootstrap.SETS

    def holds(wanted):
        return bootstrap._holds(stamp, wanted, bootstrap._mark(wanted))

    assert not holds(runtime)
    stamp.write_text(f"{runtime} {bootstrap._mark(runtime)}\n")
    assert holds(runtime)
    assert not holds(everything)
    stamp.write_text(f"{everything} {bootstrap._mark(everything)}\n")
    assert holds(runtime)
    assert holds(everything)
    (tmp_path / runtime).write_text("changed")
    assert not holds(runtime)
    assert not holds(everything)


def test_the_migrations_run_again_when_they_or_the_database_changed(tmp_path, monkeypatch):
    platform = up.Platform(home=tmp_path, host="127.0.0.1", port=1)
    histories = iter(["a", "a", "b", "a"])
    monkeypatch.setattr(up, "_history", lambda url: next(histories))
    monkeypatch.setattr(up.clones, "fingerprint", lambda: "code")
    stamp = up._Stamp(tmp_path / "stamp")
    assert not stamp.says("anything")
    stamp.write(platform._migration_mark())
    assert stamp.says(platform._migration_mark())
    assert not stamp.says(platform._migration_mark())
    monkeypatch.setattr(up.clones, "fingerprint", lambda: "other code")
    assert not stamp.says(platform._migration_mark())


def test_a_database_that_cannot_be_asked_has_no_history():
    assert up._history("postgres://nobody@127.0.0.1:1/none") == ""


def test_bytecode_is_kept_even_where_the_environment_forbids_it(tmp_path, monkeypatch):
    became = {}

    def replaced(program, words):
        became.update(os.environ)
        raise SystemExit

    monkeypatch.setattr(os, "environ", {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    monkeypatch.setattr(bootstrap, "environment", lambda requirements, data: tmp_path / "bin" / "python")
    monkeypatch.setattr(os, "execv", replaced)
    monkeypatch.setattr(os, "chdir", lambda folder: None)
    with pytest.raises(SystemExit):
        bootstrap.enter("some.module", [], requirements="requirements.txt")
    assert became["DJANGO_SETTINGS_MODULE"] == "flowlet.settings"
    assert "PYTHONDONTWRITEBYTECODE" not in became


def test_the_command_line_has_the_promised_options():
    asked = options.parser().parse_args(["--port", "8123", "--data", "/tmp/x"])
    assert (asked.port, asked.data, asked.host, asked.no_demo) == (8123, Path("/tmp/x"), "127.0.0.1", False)


@pytest.mark.xdist_group("together")
def test_tests_of_a_group_stay_on_one_worker_where_tests_are_dealt_out_by_group(request):
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("Tests are not dealt out by group in this run.")
    assert request.node.nodeid.endswith("@together")

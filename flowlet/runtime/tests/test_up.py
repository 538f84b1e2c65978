"""The parts of ``bin/up``; all of it with its processes is started and killed in ``flowlet/site/tests/test_faults.py``."""

import os
import socket
import sys
import time
from pathlib import Path

import pytest

from flowlet.runtime import bootstrap, demo, options, up
from flowlet.runtime.places import ROOT, RuntimeProblem
from flowlet.runtime.programs import LONGEST_PAUSE, Command
from flowlet.runtime.up import _check_port


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

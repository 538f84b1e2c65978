"""``bin/manage`` where there is nothing to manage. On a platform that runs, the tests of faults use it for every command."""

import subprocess
import sys

import pytest

from flowlet.runtime.places import ROOT


@pytest.mark.parametrize(
    ("words", "complaint"),
    [(["--data", "{}", "verify_ledger"], "No platform runs on "), (["--data"], "bin/manage --data DIR COMMAND …")],
)
def test_what_is_missing_is_said_in_one_line(tmp_path, words, complaint):
    command = [sys.executable, "-m", "flowlet.runtime.manage", *(word.format(tmp_path) for word in words)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith(complaint)
    assert len(done.stderr.splitlines()) == 1

"""How long ``bin/up`` takes: python -m benchmarks.start [--json] [--rounds N]. On an empty home, and again on the same one.

The reference is one process of the same interpreter that loads Flowlet and ends: a start loads it several times, and migrates. Without the
demo's data, which ``benchmarks.seeding`` measures. Seconds of the wall, and CPU of all processes together.
"""

import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks import rounds
from flowlet.runtime.places import ROOT
from flowlet.runtime.pytest_plugin import NOWHERE, TEST_SECRETS
from flowlet.runtime.servers import free_port

TITLE = "Start"
MUST_FIRST, MUST_AGAIN = 12.0, 5.0  # as many loads
LONGEST = 1800.0
OURS = ("DATABASE_", "REDIS_", "FLOWLET_", "SECRET_KEY", "DJANGO_", "PROMETHEUS_")
LOAD = "import django; django.setup()"


def loaded(home: Path) -> None:
    """Flowlet is loaded once, as a command loads it."""
    nowhere = {"DATABASE_URL": NOWHERE, "REDIS_URL": "redis://127.0.0.1:1/0", "FLOWLET_ENV": "test"}
    environment = os.environ | TEST_SECRETS | nowhere | {"DJANGO_SETTINGS_MODULE": "flowlet.settings"}
    subprocess.run([sys.executable, "-c", LOAD], check=True, cwd=ROOT, env=environment)


def started(home: Path) -> None:
    """Everything is started on the home, and stopped once it says so."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    command = [sys.executable, "-m", "flowlet.runtime.up", "--port", str(free_port()), "--data", str(home), "--no-demo"]
    log, deadline = home.with_suffix(".log"), time.monotonic() + LONGEST
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            while "started in" not in log.read_text():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"It did not start:\n{log.read_text()[-4000:]}")
                time.sleep(0.05)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def cost_of(work: Callable[[Path], None], home: Path) -> tuple[float, float]:
    """Seconds and CPU seconds of the work and of all processes that it began and ended."""

    def cpu() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    before, began = cpu(), time.monotonic()
    work(home)
    return time.monotonic() - began, cpu() - before


def measured(times: int) -> dict[str, list[tuple[float, float]]]:
    """Each of the three, so many times, one after the other."""
    names = ("Flowlet loaded", "first start", "start on the same home")
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    with tqdm(total=3 * times, unit=" starts", disable=None) as bar:
        for _ in range(times):
            home = Path(tempfile.mkdtemp(prefix="flowlet-start-"))
            home.chmod(0o711)
            try:
                for name, work in zip(names, (loaded, started, started), strict=True):
                    bar.set_description(name)
                    found[name].append(cost_of(work, home))
                    bar.update()
            finally:
                shutil.rmtree(home, ignore_errors=True)
                home.with_suffix(".log").unlink(missing_ok=True)
    return found


def row(
    name: str, found: list[tuple[float, float]], reference: list[tuple[float, float]], *, must: float | None
) -> dict[str, Any]:
    """Medians, and the medians of the ratios within a round."""
    pairs = list(zip(found, reference, strict=True))
    ratio = statistics.median(mine[0] / theirs[0] for mine, theirs in pairs)
    answer = {
        "name": name,
        "ratio": round(ratio, 2),
        "cpu_ratio": round(statistics.median(mine[1] / theirs[1] for mine, theirs in pairs), 2),
        "seconds": round(statistics.median(one[0] for one in found), 1),
        "cpu_seconds": round(statistics.median(one[1] for one in found), 1),
    }
    return answer if must is None else {**answer, "must": must, "reached": ratio <= must}


def main() -> int:
    """Measure and report."""
    parser = rounds.parser(__doc__ or "", rounds=3)
    asked = parser.parse_args()
    found = measured(asked.rounds)
    reference = found["Flowlet loaded"]
    targets = {"first start": MUST_FIRST, "start on the same home": MUST_AGAIN}
    rows = [row(name, costs, reference, must=targets.get(name)) for name, costs in found.items()]
    return rounds.report(TITLE, rows, as_json=asked.json)


if __name__ == "__main__":
    sys.exit(main())

"""``pgbench`` as the reference and as a driver."""

import os
import re
import resource
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.cluster import Cluster, arguments, database_of


def initialise(cluster: Cluster, scale: int) -> None:
    """Make the tables of the tpcb-like reference."""
    options, environment = arguments(cluster.tpcb_url)
    command = [cluster.program("pgbench"), "-i", "-q", "-s", str(scale), *options, database_of(cluster.tpcb_url)]
    subprocess.run(command, check=True, capture_output=True, env=environment)


def load(
    cluster: Cluster, url: str, *, clients: int, mode: str = "simple", script: str | None = None
) -> Callable[[float], tuple[int, float]]:
    """The load of pgbench's built-in tpcb-like transaction, or of ``script``."""
    options, environment = arguments(url)
    program = cluster.program("pgbench")

    def run(seconds: float) -> tuple[int, float]:
        command = [program, "-n", "-M", mode, "-c", str(clients), "-j", "1", "-T", str(max(1, round(seconds))), *options]
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            if script:
                file.write(script)
                file.flush()
                command += ["-f", file.name]
            before = _children_cpu()
            done = subprocess.run(
                [*command, database_of(url)], check=True, capture_output=True, text=True, env=environment, cwd=Path(os.sep)
            )
            cpu = _children_cpu() - before
        if not re.search(r"number of failed transactions: 0 ", done.stdout):
            raise RuntimeError(done.stdout + done.stderr)
        return int(re.search(r"actually processed: (\d+)", done.stdout)[1]), cpu

    return run


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

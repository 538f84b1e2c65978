"""How fast the demo is made: python -m benchmarks.seeding [--json] [--scale N …]. Each scale gets an empty database of its own."""

import os
import re
import resource
import subprocess
import sys
import time
from typing import Any

from benchmarks import rounds
from benchmarks.cluster import ROOT, Cluster
from flowlet.runtime.servers import APP, OWNER

TITLE = "Seeding"


def seeded(cluster: Cluster, scale: float) -> dict[str, Any]:
    """Migrate an empty database and seed it; what that cost."""
    database = f"demo_{str(scale).replace('.', '_')}"
    cluster.postgres.ensure_database(database)  # type: ignore[union-attr]
    owner = cluster.postgres.url(OWNER, database)  # type: ignore[union-attr]
    environment = {
        **os.environ,
        "FLOWLET_ENV": "demo",
        "DATABASE_URL": cluster.postgres.url(APP, database),
        "DATABASE_OWNER_URL": owner,
    }  # type: ignore[union-attr]
    subprocess.run([sys.executable, "manage.py", "migrate", "--no-input", "-v0"], check=True, cwd=ROOT, env=environment)
    began, postgres, before = time.perf_counter(), cluster.cpu(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "manage.py", "seed_demo", "--scale", str(scale)]
    done = subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    journals = int(re.search(r"([\d,]+) journals", done.stdout)[1].replace(",", ""))
    client = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    server = cluster.cpu() - postgres
    return {
        "name": f"(h) seed_demo --scale {scale:g}",
        "journals": journals,
        "seconds": round(seconds, 1),
        "python_cpu_s": round(client, 1),
        "postgres_cpu_s": round(server, 1),
        "us_per_journal": round((client + server) / journals * 1e6),
        "peak_memory_mb": after.ru_maxrss // 1024,
    }


def main() -> int:
    """Measure the seed of row (h)."""
    parser = rounds.parser(__doc__, rounds=1, seconds=0)
    parser.add_argument("--scale", type=float, nargs="*", default=[0.1, 1.0])
    asked = parser.parse_args()
    os.environ.pop("DATABASE_URL", None)  # makes databases of its own
    cluster = Cluster().start()
    try:
        rows = [seeded(cluster, scale) for scale in asked.scale]
        return rounds.report(TITLE, rows, as_json=asked.json, server=cluster.describe())
    finally:
        cluster.stop()


if __name__ == "__main__":
    sys.exit(main())

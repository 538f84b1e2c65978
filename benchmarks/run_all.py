"""All benchmarks after one another: python -m benchmarks.run_all [--json] [--quick]. The exit status is 1 when a target is missed."""

import argparse
import json
import subprocess
import sys

from benchmarks.cluster import ROOT

ALL = {
    "posting": ["--rounds", "2", "--seconds", "2", "--scale", "10"],
    "api": ["--rounds", "2", "--seconds", "2", "--wallets", "100"],
    "growth": ["--entries", "100000"],
    "reconciliation": ["--lines", "1000", "5000"],
    "payments": ["--payments", "100", "500", "--settle", "200", "1000"],
    "screening": ["--names", "2000", "8000", "--queries", "100"],
    "start": ["--rounds", "1"],
    "seeding": ["--scale", "0.1"],
    "monitoring": ["--day", "4000", "--history", "4"],
    "work": ["--alerts", "2000", "--times", "3"],
    "rules": ["--rounds", "2", "--seconds", "0.5"],
    "iso20022": ["--rounds", "1", "--payments", "500"],
}


def main() -> int:
    """Run them; ``--quick`` shows that they work, not what Flowlet costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="short slices and small books")
    asked = parser.parse_args()
    found, missed = [], False
    for name, quick in ALL.items():
        command = [
            sys.executable,
            "-m",
            f"benchmarks.{name}",
            *(quick if asked.quick else []),
            *(["--json"] if asked.json else []),
        ]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE if asked.json else None, text=True, check=False)
        missed |= done.returncode != 0
        if asked.json and done.stdout:
            found.append(json.loads(done.stdout))
    if asked.json:
        print(json.dumps(found, indent=2))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

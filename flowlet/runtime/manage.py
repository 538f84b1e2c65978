"""``bin/manage`` from inside the virtual environment: one management command on the platform that ``bin/up`` started.

Secrets and addresses come from the platform's home, unless the environment names them. The command sees the caller's folder, so that
names of files are what they look like.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from flowlet.runtime import places
from flowlet.runtime.places import ROOT, RuntimeProblem
from flowlet.runtime.servers import OWNER, Postgres, Valkey
from flowlet.runtime.vault_file import VaultFile


def environment(home: Path) -> dict[str, str]:
    """What a command on the platform of this home has to find in its environment. Raises RuntimeProblem if none runs there."""
    try:
        running = json.loads((home / "supervisor.json").read_text())["programs"]
    except (OSError, ValueError, KeyError):
        raise RuntimeProblem(
            f"No platform runs on {home}. Start it with bin/up, or name its folder: bin/manage --data DIR …"
        ) from None
    found = {**VaultFile(home / "secrets.json").environment(), "FLOWLET_ENV": "demo", "FLOWLET_LOG_JSON": "0"}
    found["FLOWLET_DOCUMENTS_DIR"] = str(home / "documents")
    if "postgres" in running:
        postgres = Postgres(home)
        found |= {"DATABASE_URL": postgres.url(), "DATABASE_OWNER_URL": postgres.url(OWNER)}
    if "valkey" in running:
        settings = dict(line.split(" ", 1) for line in (home / "valkey" / "valkey.conf").read_text().splitlines())
        found["REDIS_URL"] = Valkey(home, port=int(settings["port"])).url()
    if (home / "demo.json").exists():
        found["FLOWLET_BASE_URL"] = json.loads((home / "demo.json").read_text())["base_url"]
    return found


def main(arguments: Sequence[str]) -> str:
    """Become the command; what is wrong if that cannot be."""
    data = None
    if arguments[:1] == ["--data"]:
        if len(arguments) < 2:
            return "bin/manage --data DIR COMMAND …"
        data, arguments = Path(arguments[1]), arguments[2:]
    try:
        surroundings = {**environment(places.home_for(data)), **os.environ}
    except RuntimeProblem as problem:
        return str(problem)
    except PermissionError as error:
        return f"{error.filename} is closed to you: run this as whoever started bin/up."
    os.execve(sys.executable, [sys.executable, str(ROOT / "manage.py"), *arguments], surroundings)  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

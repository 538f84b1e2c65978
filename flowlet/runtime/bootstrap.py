"""The first half of ``bin/up`` and ``bin/test``: a virtual environment with the locked requirements.

Standard library only, for it runs before anything is installed. The environment is ``.venv`` in the clone, or in the platform's home
where the clone cannot be written. A stamp beside it says which requirements it holds, so that the next start installs nothing.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from flowlet.runtime.places import ROOT, RuntimeProblem, home_for, make_home

# Each set includes the one before it.
SETS = ("requirements.txt", "requirements-dev.txt")


def enter(module: str, arguments: Sequence[str], *, requirements: str, data: Path | None = None) -> NoReturn:
    """Become ``python -m module arguments`` inside an environment that holds ``requirements``."""
    try:
        python = environment(requirements, data=data)
    except RuntimeProblem as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ["PATH"] = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    os.environ["DJANGO_SETTINGS_MODULE"] = "flowlet.settings"
    # Containers like to set it; without bytecode each of our processes would compile Django and everything else again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(python, [str(python), "-m", module, *arguments])  # noqa: S606


def environment(requirements: str, *, data: Path | None = None) -> Path:
    """The Python of the environment, made and filled if need be. Raises RuntimeProblem when that fails."""
    folder = ROOT / ".venv" if os.access(ROOT, os.W_OK) else make_home(home_for(data)) / "venv"
    python = folder / "bin" / "python"
    with open(folder.with_name(f"{folder.name}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / "flowlet-requirements"
        wanted = _mark(requirements)
        if _holds(stamp, requirements, wanted) and _runs(python):
            return python
        if not _runs(python):
            shutil.rmtree(folder, ignore_errors=True)
        installer = _make(folder, python)
        _say(f"Installing {requirements} …")
        done = subprocess.run([*installer, "-r", str(ROOT / requirements)], check=False)
        if done.returncode:
            raise RuntimeProblem(f"Installing {requirements} failed (see above).")
        stamp.write_text(f"{requirements} {wanted}\n")
    return python


def _mark(requirements: str) -> str:
    digest = hashlib.sha256()
    for name in SETS[: SETS.index(requirements) + 1]:
        digest.update((ROOT / name).read_bytes())
    return f"{sys.version_info[0]}.{sys.version_info[1]} {digest.hexdigest()}"


def _holds(stamp: Path, requirements: str, wanted: str) -> bool:
    try:
        name, _, mark = stamp.read_text().strip().partition(" ")
    except OSError:
        return False
    if name not in SETS or SETS.index(name) < SETS.index(requirements):
        return False
    return mark == (wanted if name == requirements else _mark(name))


def _runs(python: Path) -> bool:
    if not python.exists():
        return False
    wanted = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    return subprocess.run([str(python), "-c", wanted], check=False, stderr=subprocess.DEVNULL).returncode == 0


def _make(folder: Path, python: Path) -> list[str]:
    """Make the environment unless it is there; the command that installs into it.

    The pip that came with this Python installs (from outside if it can, which saves the seconds of giving the environment one); else
    one of the environment's own; else uv. Modules are compiled when they are first imported, not all of them now.
    """
    options = ["install", "-qq", "--disable-pip-version-check", "--no-input", "--prefer-binary", "--no-compile"]
    options += ["--no-warn-conflicts"]  # the set was resolved when it was locked
    pip = [sys.executable, "-m", "pip", "--python", str(python)]
    if not python.exists():
        _say(f"Making the virtual environment {folder} …")
        venv.EnvBuilder(with_pip=False, symlinks=True).create(folder)
    if _can([*pip, "--version"]):
        return [*pip, *options]
    # Debian ships Python without ensurepip unless python3-venv is installed.
    if _can([str(python), "-m", "pip", "--version"]) or _can([str(python), "-m", "ensurepip", "--default-pip"]):
        return [str(python), "-m", "pip", *options]
    uv = shutil.which("uv")
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", str(python)]
    shutil.rmtree(folder, ignore_errors=True)
    raise RuntimeProblem("This Python has neither pip nor ensurepip. On Debian and Ubuntu: apt install python3-venv")


def _can(command: list[str]) -> bool:
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()

"""Where the embedded servers live and as whom they run.

A *home* is one folder per clone: ``/var/lib/flowlet/<clone>`` for root, ``$XDG_DATA_HOME/flowlet/<clone>`` for anybody else. It
holds data, sockets and generated secrets. PostgreSQL refuses to run as root, so root's servers run as an unprivileged account;
what that account cannot read (a checkout below a closed home, say) is copied or kept outside.
"""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM_BASE = Path("/var/lib/flowlet")
# A file system in memory, and what has to be free in it and in memory before the databases of tests go there.
MEMORY, ROOM, SPARE = Path("/dev/shm"), 4 * 2**30, 10 * 2**30  # noqa: S108
# sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included.
LONGEST_SOCKET = 103


class RuntimeProblem(Exception):
    """The machine lacks something; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Account:
    """An operating system account that servers run as."""

    name: str
    uid: int
    gid: int

    def popen(self) -> dict[str, Any]:
        """The arguments of Popen that make a child this account."""
        if os.geteuid() == self.uid:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def take(self, path: Path, mode: int) -> None:
        """Give the path to the account."""
        path.chmod(mode)
        if os.geteuid() == 0:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, path: Path) -> bool:
        """Whether the account can walk to ``path`` through its existing ancestors."""
        if os.geteuid() == self.uid:
            return True
        for folder in (path, *path.parents):
            if not folder.exists():
                continue
            found = folder.stat()
            bit = stat.S_IXUSR if found.st_uid == self.uid else stat.S_IXGRP if found.st_gid == self.gid else stat.S_IXOTH
            if not found.st_mode & bit:
                return False
        return True


def _account(name_or_uid: str | int) -> Account | None:
    try:
        entry = pwd.getpwuid(name_or_uid) if isinstance(name_or_uid, int) else pwd.getpwnam(name_or_uid)
    except KeyError:
        return None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def server_account(data: Path | None = None) -> Account:
    """Whom servers run as: ourselves, or for root the owner of existing ``data``, else flowlet, postgres or nobody.

    ``FLOWLET_SERVER_USER`` names another account. Raises RuntimeProblem when root finds none.
    """
    uid = os.geteuid()
    if uid != 0:
        return _account(uid) or Account(str(uid), uid, os.getegid())
    if data is not None and data.exists() and data.stat().st_uid != 0:
        owner = _account(data.stat().st_uid)
        if owner is not None:
            return owner
    wanted = os.environ.get("FLOWLET_SERVER_USER")
    for name in [wanted] if wanted else ["flowlet", "postgres", "nobody"]:
        account = _account(name)
        if account is not None and account.uid != 0:
            return account
    raise RuntimeProblem("PostgreSQL does not run as root. Name an unprivileged account in FLOWLET_SERVER_USER.")


def default_home(root: Path = ROOT) -> Path:
    """The home of the clone at ``root``."""
    own = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "flowlet"
    base = SYSTEM_BASE if os.geteuid() == 0 else own
    return base / f"{root.name}-{_digest(str(root))}"


def tests_home(root: Path = ROOT) -> Path:
    """Where the servers of tests live: in memory where there is plenty, else in the clone's home. Nothing in it is worth keeping.

    Each test that cannot be undone takes a new database of some two thousand files, which a disk may take seconds to make.
    """
    own = MEMORY / f"flowlet-{os.geteuid()}"
    try:
        if shutil.disk_usage(MEMORY).free < ROOM or _free_memory() < SPARE:
            return make_home(default_home(root))
        make_home(own)
    except OSError:
        return make_home(default_home(root))
    if own.is_symlink() or own.stat().st_uid != os.geteuid():  # anybody may write there
        return make_home(default_home(root))
    return make_home(own / default_home(root).name)


def _free_memory() -> int:
    """Bytes that processes of ours may still take: what the kernel says, and no more than our control group leaves. OSError without it."""
    known = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(known["MemAvailable"].split()[0]) * 1024
    with contextlib.suppress(OSError, ValueError):  # ValueError: "max"
        group = Path("/sys/fs/cgroup")
        free = min(free, int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    return free


def home_for(data: Path | None, root: Path = ROOT) -> Path:
    """The home for ``--data``; below a folder that the servers' account cannot enter it moves to /var/lib/flowlet."""
    if data is None:
        return default_home(root)
    data = data.resolve()
    if server_account().can_enter(data):
        return data
    return SYSTEM_BASE / f"{data.name}-{_digest(str(data))}"


def make_home(home: Path) -> Path:
    """Create the home: private for a user, passable (not listable) for the servers' account when we are root."""
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        home.mkdir(exist_ok=True)
        home.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return home


def socket_folder(home: Path, account: Account) -> Path:
    """An existing folder of the account's for PostgreSQL's socket, whose path is short enough for one."""
    folder = home / "run"
    if len(os.fsencode(folder / ".s.PGSQL.65535.lock")) > LONGEST_SOCKET:
        folder = Path(tempfile.gettempdir()) / f"flowlet-{account.uid}-{_digest(str(home))}"
    folder.mkdir(exist_ok=True, mode=0o700)
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode) or found.st_uid not in {os.geteuid(), account.uid}:
        raise RuntimeProblem(f"{folder} belongs to somebody else. Remove it, or set TMPDIR.")
    account.take(folder, 0o700)
    return folder


def runnable(program: Path, account: Account) -> str | None:
    """What ``program --version`` prints when run as the account; None when it cannot run."""
    try:
        done = subprocess.run(
            [str(program), "--version"], check=False, capture_output=True, text=True, timeout=30, cwd="/", **account.popen()
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def readable_copy(sources: Mapping[str, Path], *, label: str, account: Account) -> Path:
    """A folder with copies of ``sources`` (relative name → folder) that the account can read; made once per ``label``."""
    base = SYSTEM_BASE if os.geteuid() == 0 else default_home().parent
    target = base / "software" / f"{label}-{_digest(*(str(path) for path in sources.values()))}"
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    if not account.can_enter(target.parent):
        raise RuntimeProblem(f"The account {account.name} cannot enter {target.parent}. Open it for passing (chmod o+x).")
    draft = Path(tempfile.mkdtemp(dir=target.parent))
    try:
        for name, source in sources.items():
            shutil.copytree(source, draft / name, symlinks=True)
        for folder, _, files in os.walk(draft):
            Path(folder).chmod(0o755)
            for file in files:
                path = Path(folder) / file
                if not path.is_symlink():
                    path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        draft.rename(target)
    except OSError:
        shutil.rmtree(draft, ignore_errors=True)
        if not target.exists():
            raise
    return target


class Lock:
    """A lock file that dies with its holder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: Any = None

    def acquire(self, *, wait: bool = False) -> bool:
        """Take the lock; False when somebody else holds it and ``wait`` is off."""
        self._file = open(self.path, "a+")  # noqa: SIM115 (held open until release)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            self._file.close()
            return False
        self._file.seek(0)
        self._file.truncate()
        self._file.write(str(os.getpid()))
        self._file.flush()
        return True

    def holder(self) -> str:
        """The process id the holder wrote."""
        return self.path.read_text().strip()

    def release(self) -> None:
        """Give the lock back."""
        self._file.close()


def _digest(*parts: Sequence[str] | str) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:8]

"""One supervised program: a child process whose lines get a prefix and which is restarted, ever more slowly, when it dies."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from flowlet.runtime.servers import _Server, until_parent_dies

LONGEST_PAUSE = 30.0
# A program that ran this long before it died starts again at once.
HEALTHY_AFTER = 20.0


class Program:
    """A named child. Subclasses say how it starts; ``pump`` carries its output on."""

    colour = 36

    def __init__(self, name: str) -> None:
        self.name = name
        self.pipe: int | None = None
        self.failures = 0
        self.restart_at: float | None = None
        self.started_at = 0.0
        self._rest = b""

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The child, dead or alive."""
        raise NotImplementedError

    def launch(self, output: int) -> None:
        """Start the child with its output on the descriptor."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the child and take its output."""
        self._close()
        self.pipe, theirs = os.pipe()
        os.set_blocking(self.pipe, False)
        try:
            self.launch(theirs)
        finally:
            os.close(theirs)
        self.started_at, self.restart_at = time.monotonic(), None

    def alive(self) -> bool:
        """Whether the child runs."""
        return self.process is not None and self.process.poll() is None

    def after_death(self) -> str:
        """Clear up, plan the restart, and say what happened."""
        code = self.process.returncode if self.process else None
        if self.process is not None:
            sweep(self.process.pid)
        self.failures = 1 if time.monotonic() - self.started_at > HEALTHY_AFTER else self.failures + 1
        pause = min(LONGEST_PAUSE, 0.5 * 2 ** (self.failures - 1))
        self.restart_at = time.monotonic() + pause
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return f"ended with {how}; starting again in {pause:g} s"

    def ask_to_stop(self) -> None:
        """Send the polite signal."""
        if self.process is not None and self.alive():
            self.process.terminate()

    def end(self) -> None:
        """Kill whatever is left of the child and its children."""
        if self.process is not None:
            sweep(self.process.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)

    def pump(self) -> bool:
        """Print the lines that have come; False at the end of the output."""
        if self.pipe is None:
            return False
        try:
            chunk = os.read(self.pipe, 65536)
        except BlockingIOError:
            return True
        if not chunk:
            return False
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            say(line.decode(errors="replace").rstrip("\r"), self.name, self.colour)
        return True

    def _close(self) -> None:
        if self.pipe is not None:
            os.close(self.pipe)
            self.pipe = None


class Command(Program):
    """A child started from a command line."""

    def __init__(self, name: str, command: Sequence[str], *, environment: Mapping[str, str], folder: Path, colour: int) -> None:
        super().__init__(name)
        self.command, self.environment, self.folder, self.colour = command, environment, folder, colour
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The child."""
        return self._process

    def launch(self, output: int) -> None:
        """Run the command line in a session of its own."""
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=dict(self.environment),
            start_new_session=True,
            preexec_fn=until_parent_dies(signal.SIGTERM),  # noqa: PLW1509 (the supervisor has no threads)
        )


class Service(Program):
    """One of the embedded servers."""

    colour = 35

    def __init__(self, name: str, server: _Server) -> None:
        super().__init__(name)
        self.server = server

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The server's process."""
        return self.server.process

    def launch(self, output: int) -> None:
        """Start the server and wait until it answers."""
        self.server.start(output)  # type: ignore[attr-defined]

    def ask_to_stop(self) -> None:
        """Send the server's own polite signal."""
        if self.process is not None and self.alive():
            self.process.send_signal(self.server.stop_signal)


def sweep(leader: int) -> None:
    """SIGKILL every process of the session that ``leader`` led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def birth_of(pid: int) -> str:
    """When the process started, in clock ticks since boot: tells it from a later one with the same number. "" if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    except (OSError, IndexError):
        return ""


def say(line: str, name: str = "up", colour: int = 32) -> None:
    """One prefixed line on standard output."""
    prefix = f"{name:<8}│ "
    if sys.stdout.isatty():
        prefix = f"\x1b[{colour}m{prefix}\x1b[0m"
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{prefix}{line}\n")
        sys.stdout.flush()


def describe(programs: Sequence[Program]) -> dict[str, Any]:
    """Process ids and birth times, for the state file."""
    return {
        program.name: {"pid": program.process.pid, "birth": birth_of(program.process.pid)}
        for program in programs
        if program.process is not None
    }

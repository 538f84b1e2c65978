"""The supervisor's loop: output, deaths, restarts and the ordered stop, in one thread.

Programs are stopped in the reverse of their start: those that use the servers first, PostgreSQL last. ``supervisor.json`` in the
home tells who runs, so that a start after a killed supervisor can end what it left.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flowlet.runtime.places import RuntimeProblem
from flowlet.runtime.programs import Program, birth_of, describe, say, sweep

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Seconds a program has to stop by itself.
PATIENCE = 20.0


class Supervisor:
    """Runs programs until a signal comes."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.programs: list[Program] = []
        self.stopping = False
        self.hasty = False
        self._selector = selectors.DefaultSelector()
        self._ours, self._wake = socket.socketpair()
        for end in (self._ours, self._wake):
            end.setblocking(False)
        self._selector.register(self._ours, selectors.EVENT_READ, None)

    def listen(self) -> None:
        """Take the signals over from now on."""
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            signal.signal(number, self._asked_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def add(self, program: Program) -> None:
        """Start a program and look after it from now on."""
        self.programs.append(program)
        self._start(program)

    def run(self, until: Callable[[], bool] | None = None, seconds: float | None = None) -> bool:
        """Look after the programs until ``until`` is true (asked several times a second), time is up, or a signal came.

        Returns whether ``until`` became true.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self.stopping and (deadline is None or time.monotonic() < deadline):
            if until is not None and until():
                return True
            self._turn(0.1 if until else self._pause())
        return False

    def stop(self) -> None:
        """Stop every program, last started first, each given time to finish."""
        self.stopping = True
        for program in reversed(self.programs):
            if program.alive():
                say(f"stopping {program.name}")
                program.ask_to_stop()
                deadline = time.monotonic() + PATIENCE
                while program.alive() and time.monotonic() < deadline and not self.hasty:
                    self._turn(0.05)
            program.end()
            while program.pipe is not None and program.pump():
                if not self._readable(program):
                    break
        self.state.unlink(missing_ok=True)

    def _readable(self, program: Program) -> bool:
        with selectors.DefaultSelector() as probe:
            probe.register(program.pipe, selectors.EVENT_READ)  # type: ignore[arg-type]
            return bool(probe.select(0))

    def _asked_to_stop(self, *_: Any) -> None:
        self.hasty = self.stopping
        self.stopping = True

    def _start(self, program: Program) -> None:
        if program.pipe is not None:
            with contextlib.suppress(KeyError):
                self._selector.unregister(program.pipe)
        try:
            program.start()
        except RuntimeProblem as problem:
            if program.failures == 0:
                raise
            say(f"{program.name} {program.after_death()}: {problem}")
            return
        self._selector.register(program.pipe, selectors.EVENT_READ, program)  # type: ignore[arg-type]
        self._remember()

    def _pause(self) -> float | None:
        moments = [program.restart_at for program in self.programs if program.restart_at is not None]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _turn(self, timeout: float | None) -> None:
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._ours.recv(4096)
            elif not key.data.pump():
                self._selector.unregister(key.fd)
        if self.stopping:
            return
        for program in self.programs:
            if program.restart_at is not None:
                if program.restart_at <= time.monotonic():
                    self._start(program)
            elif not program.alive():
                say(f"{program.name} {program.after_death()}")

    def _remember(self) -> None:
        draft = self.state.with_suffix(".new")
        draft.write_text(json.dumps({"supervisor": os.getpid(), "programs": describe(self.programs)}, indent=1))
        draft.rename(self.state)


def end_leftovers(state: Path) -> list[str]:
    """End what a killed supervisor left running; the names of it."""
    try:
        programs = json.loads(state.read_text())["programs"]
    except (OSError, ValueError, KeyError):
        return []
    ended = []
    for name, known in reversed(list(programs.items())):
        pid = known["pid"]
        if not known["birth"] or birth_of(pid) != known["birth"] or name == "postgres":
            continue  # PostgreSQL ends its predecessor by itself, politely
        ended.append(name)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        while birth_of(pid) == known["birth"] and time.monotonic() < deadline:
            time.sleep(0.05)
        sweep(pid)
    state.unlink(missing_ok=True)
    return ended

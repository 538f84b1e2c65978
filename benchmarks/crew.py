"""Python clients: processes forked from one that has loaded Django, each with a connection of its own, kept for all rounds."""

import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

# What a client can do: one call of it answers how many transfers it made.
Jobs = dict[str, Callable[[], int]]


class Crew:
    """``size`` clients. ``prepare(number)`` runs in each of them and answers its jobs."""

    def __init__(self, size: int, prepare: Callable[[int], Jobs]) -> None:
        from django.db import connections

        connections.close_all()  # nobody shares a socket
        context = multiprocessing.get_context("fork")
        self._ends: list[Connection] = []
        self._processes = []
        for number in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, number, prepare), daemon=True)
            process.start()
            theirs.close()
            self._ends.append(ours)
            self._processes.append(process)
        for end in self._ends:
            _answer(end)

    def load(self, job: str) -> Callable[[float], tuple[int, float]]:
        """The load that has every client do ``job``."""

        def run(seconds: float) -> tuple[int, float]:
            for end in self._ends:
                end.send((job, seconds))
            answers = [_answer(end) for end in self._ends]
            return sum(a[0] for a in answers), sum(a[1] for a in answers)

        return run

    def stop(self) -> None:
        """Send them home."""
        for end, process in zip(self._ends, self._processes, strict=True):
            end.send(None)
            process.join(10)


def _answer(end: Connection) -> Any:
    found = end.recv()
    if isinstance(found, BaseException):
        raise found
    return found


def _serve(end: Connection, number: int, prepare: Callable[[int], Jobs]) -> None:
    try:
        jobs = prepare(number)
        end.send(os.getpid())
        while (order := end.recv()) is not None:
            job, seconds = jobs[order[0]], order[1]
            made, began = 0, _cpu()
            deadline = time.perf_counter() + seconds
            while time.perf_counter() < deadline:
                made += job()
            end.send((made, _cpu() - began))
    except (EOFError, KeyboardInterrupt):
        pass
    except BaseException as error:
        end.send(RuntimeError(f"client {number}: {type(error).__name__}: {error}"))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

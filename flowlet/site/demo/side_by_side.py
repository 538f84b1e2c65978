"""Every story in a process of its own, at the same time.

The processes are forked, so they have all that is imported and made already; each opens a connection of its own. They touch different
partners' rows only, so none waits for another, and each has dice of its own, so the outcome does not depend on who is faster.
"""

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any
from uuid import UUID

from django.db import connections

from flowlet.site.demo.story import Story, Tick

PATIENCE = 5
"""Seconds that a process gets to end when it is asked to."""


class StoryBroke(Exception):
    """A story's process failed; the message is its traceback."""


def is_possible() -> bool:
    """Whether processes can be forked here, and there is more than one processor to run them."""
    return "fork" in multiprocessing.get_all_start_methods() and multiprocessing.cpu_count() > 1


def tell(stories: Sequence[Story], *, first: Callable[[], None], tick: Tick) -> list[UUID]:
    """What each story's ``end`` answers, in order. Each process calls ``first`` before its story; ``tick`` is called in ours.

    Raises StoryBroke when one fails; the others are ended.
    """
    connections.close_all()  # a connection cannot be shared
    fork = multiprocessing.get_context("fork")
    readers: dict[Connection, int] = {}
    processes, answers = [], {}
    try:
        for number, story in enumerate(stories):
            reader, writer = fork.Pipe(duplex=False)
            process = fork.Process(target=_tell, args=(story, first, writer), daemon=True)
            process.start()
            writer.close()
            readers[reader] = number
            processes.append(process)
        while readers:
            for reader in wait(list(readers)):
                try:
                    kind, *words = reader.recv()  # type: ignore[union-attr]
                except EOFError:
                    number = readers.pop(reader)  # type: ignore[arg-type]
                    if number not in answers:
                        raise StoryBroke(f"The process of story {number + 1} ended without a word.") from None
                    continue
                if kind == "broke":
                    raise StoryBroke(*words)
                if kind == "ended":
                    answers[readers[reader]] = words[0]  # type: ignore[index]
                else:
                    tick(kind, *words)
    finally:
        for process in processes:
            if readers:
                process.terminate()
                process.join(PATIENCE)
                process.kill()
            process.join()
    return [answers[number] for number in range(len(stories))]


def _tell(story: Story, first: Callable[[], None], writer: Connection) -> None:
    def send(*message: Any) -> None:
        writer.send(message)

    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # whatever the process that we were forked from does with it
    try:
        first()
        story.meet(send)
        story.live(send)
        send("ended", story.end())
    except Exception:
        send("broke", traceback.format_exc())
    finally:
        connections.close_all()
        writer.close()

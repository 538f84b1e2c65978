"""The numbers of files and of what is in them. None repeats."""

from typing import Final

from flowlet.db import sequences

_FILES: Final = "payments_file_number"
_TRACES: Final = "payments_trace_number"


def file_number() -> int:
    """The next number of a file, or of a message that stands for one."""
    return sequences.take(_FILES, 1)[0]


def traces(count: int) -> list[int]:
    """The next numbers of payments or entries in files, rising."""
    return sequences.take(_TRACES, count)

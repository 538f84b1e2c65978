"""What is wrong with a file, said so that a person finds the place: line, field, code, sentence.

A ``Problem`` is data, not an exception: reading and checking collect all of them. ``FileRefused`` carries them when somebody asks
for a file without problems; ``FieldRefused`` and ``TooManyLines`` are raised while writing, before a line exists. Messages name
fields and what is expected of them; account numbers and names never appear in them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flowlet.core.errors import DomainError


class Severity(StrEnum):
    """An error makes a received file unfit to be booked; a warning is tolerated inbound. We send a file with neither."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. ``line`` counts from 1, 0 is the file as a whole; ``field`` is a name of the layout or empty."""

    line: int
    field: str
    code: str
    message: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else "the file"
        return f"{place}{f', {self.field}' if self.field else ''}: {self.message} [{self.code}]"


class FieldRefused(DomainError):
    """A value does not fit its field. ``record`` and ``field`` in the details say which."""

    code, title = "nacha.field_refused", "A value does not fit its field of the ACH file"

    def __init__(self, message: str, *, record: str, field: str) -> None:
        self.record, self.field = record, field
        super().__init__(f"{record}, {field}: {message}", param=field, record=record, field=field)


class FileRefused(DomainError):
    """The file breaks the rules; every problem is listed."""

    code, title = "nacha.file_refused", "The ACH file breaks the rules"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(
            f"The ACH file is refused: {problems[0]}{more}.",
            param=problems[0].field,
            problems=[
                {"line": one.line, "field": one.field, "code": one.code, "message": one.message, "severity": one.severity.value}
                for one in problems[:50]
            ],
        )


class TooManyLines(DomainError):
    """The file would be longer than operators and banks work with."""

    code, title = "nacha.too_many_lines", "The ACH file would have too many lines"

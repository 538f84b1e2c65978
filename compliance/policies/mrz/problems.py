"""What can be wrong with a zone, where, and what was probably meant."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from flowlet.core.errors import Invalid


class Kind(StrEnum):
    """Kinds of problems."""

    SHAPE = "SHAPE"  # number or length of lines
    CHARACTER = "CHARACTER"  # a character that no zone has, or not in this field
    TYPE = "TYPE"  # a document code that the format does not have
    STATE = "STATE"  # a code of no state, nationality or organisation
    NUMBER = "NUMBER"
    NAME = "NAME"
    DATE = "DATE"  # no day of the calendar
    SEX = "SEX"
    CHECK_DIGIT = "CHECK_DIGIT"
    COMPOSITE = "COMPOSITE"


@dataclass(frozen=True)
class Suggestion:
    """A character that was probably misread. Lines and positions are counted from 1."""

    line: int
    position: int
    read: str
    likely: str


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. ``position`` is the first of the field where the field as a whole is meant.

    ``suggestions`` are alternatives: each tuple is one set of misread characters which, taken together, would put it right.
    """

    kind: Kind
    line: int
    position: int
    field: str
    message: str
    suggestions: tuple[tuple[Suggestion, ...], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """For ``details`` of a refusal, without what was read: the text of a zone is personal."""
        found = asdict(self)
        del found["suggestions"], found["message"]
        return found


class UnreadableZone(Invalid):
    """The zone breaks the standard. ``problems`` says where and how; ``details`` the same without anything personal."""

    code, status, title = "mrz.unreadable", 422, "The machine-readable zone cannot be relied on"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        first = problems[0]
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        super().__init__(
            f"Line {first.line}, position {first.position}, {first.field.replace('_', ' ')}: {first.message}{more}",
            problems=[problem.as_dict() for problem in problems],
        )

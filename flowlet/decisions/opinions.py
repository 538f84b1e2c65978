"""What a decider answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flowlet.decisions.choices import Outcome


class Reason(NamedTuple):
    """A stable dotted code, and the same in words for an officer. Neither names a person."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """One decider's answer. Whoever does not simply allow says why; ``details`` are JSON values without personal data."""

    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.outcome, Outcome):
            raise TypeError(f"{self.outcome!r} is not an Outcome.")
        object.__setattr__(self, "reasons", tuple(Reason(*reason) for reason in self.reasons))
        if self.outcome != Outcome.ALLOW and not self.reasons:
            raise ValueError(f"An opinion of {self.outcome} has a reason.")


def allow(*reasons: Reason, **details: Any) -> Opinion:
    """Nothing against it."""
    return Opinion(outcome=Outcome.ALLOW, reasons=reasons, details=details)


def review(*reasons: Reason, **details: Any) -> Opinion:
    """A person has to look at it."""
    return Opinion(outcome=Outcome.REVIEW, reasons=reasons, details=details)


def block(*reasons: Reason, **details: Any) -> Opinion:
    """It must not happen."""
    return Opinion(outcome=Outcome.BLOCK, reasons=reasons, details=details)

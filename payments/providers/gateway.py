"""What a rail without files is asked, and what it answers: one port for every provider that moves money.

An instruction carries a reference that stays the same however often it is sent; a provider takes it once. ``submit`` raises
``OutcomeUnknown`` (``flowlet.core.outbound``) when there was no clear answer; ``find`` is then asked for the same reference.

Where the payer takes part, the provider gives something to be kept in between: ``session``, text that holds secrets. Whoever asks seals
it, and hands it back with the next question.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from flowlet.core.money import Money


class State(StrEnum):
    """What the provider says has become of an instruction."""

    ACCEPTED = "ACCEPTED"
    PAID = "PAID"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"
    NOT_FOUND = "NOT_FOUND"
    UNCLEAR = "UNCLEAR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """What is to be paid or collected. ``details`` are the account's plain values, by name; they are never logged.

    ``session`` is what an earlier answer gave to be kept, ``provider_reference`` what the provider called it then; "" before the first.
    """

    reference: str
    direction: str
    amount: Money
    description: str = ""
    details: Mapping[str, str] = field(default_factory=dict, repr=False)
    original_reference: str = ""
    provider_reference: str = ""
    session: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The provider's answer. ``reason`` says in words what ``reason_code`` does not; ``amount`` is what it says it moves, None when it does
    not say; ``redirect_url`` is where the payer confirms; ``session`` is to be kept instead of what was kept before, "" when that stays.
    """

    state: State
    provider_reference: str = ""
    reason_code: str = ""
    reason: str = ""
    amount: Money | None = None
    redirect_url: str = field(default="", repr=False)
    session: str = field(default="", repr=False)


class Gateway(Protocol):
    """A provider of one rail. Implementations do not retry what they cannot repeat without harm."""

    name: str

    def submit(self, instruction: Instruction) -> Answer:
        """Send it. Raises OutcomeUnknown, ProviderUnavailable."""
        ...

    def find(self, instruction: Instruction) -> Answer:
        """Ask what became of the instruction with its reference. Raises OutcomeUnknown, ProviderUnavailable."""
        ...

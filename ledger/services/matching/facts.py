"""What the passes know of an item, the rules they go by, and what they answer. Amounts are integers of 1/10,000."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ledger.choices import MatchPass

SCALE = 10_000
SUBSET_LIMIT = 12


def scaled(amount: Decimal) -> int:
    """An amount of four decimals as an integer."""
    return int(amount.scaleb(4))


def unscaled(amount: int) -> Decimal:
    """The amount again."""
    return Decimal(amount).scaleb(-4)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the payments that a line is made of."""

    amount: int | None
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Fact:
    """One item. ``keys`` are references that name this very payment, ``reference`` the strongest of them; ``batches`` name a batch;
    ``day`` is an ordinal.

    ``is_named`` says that its keys come from who ordered the payment, so that two named items without a common key are two payments.
    ``is_repeat``: an item of the same side, reference and amount was matched before. ``order`` is an order by content alone.
    ``journal`` and ``reverses`` are of entries; ``is_reversal`` is of lines.
    """

    id: int
    is_theirs: bool
    amount: int
    day: int
    keys: frozenset[str] = frozenset()
    reference: str = ""
    batches: frozenset[str] = frozenset()
    party: str = ""
    is_named: bool = False
    is_repeat: bool = False
    is_reversal: bool = False
    journal: str = ""
    reverses: str = ""
    parts: tuple[Part, ...] = ()
    order: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it stands among its like: by day, amount and content, whatever of it; by number only where nothing else differs."""
        return (
            self.day,
            self.amount,
            self.order,
            self.journal,
            self.reverses,
            self.is_named,
            self.is_repeat,
            self.is_reversal,
            sorted(self.batches),
            [(part.amount is None, part.amount or 0, sorted(part.keys)) for part in self.parts],
            sorted(self.keys),
            self.reference,
            self.party,
            self.id,
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """A bank account's rules. ``quantum`` is the smallest amount of its currency; ``settled_day`` the newest day of which the bank
    would have shown our entry by now."""

    window_days: int
    quantum: int = 100
    tolerance_amount: int | None = None
    tolerance_percent: Decimal | None = None
    settled_day: int = 0
    suggestion_days: int = 31

    def tolerance(self, amount: int) -> int:
        """How much a difference against ``amount`` may be: the smaller of the limits that are set."""
        limits = []
        if self.tolerance_amount is not None:
            limits.append(self.tolerance_amount)
        if self.tolerance_percent is not None:
            limits.append(int(abs(amount) * self.tolerance_percent / 100))
        return min(limits, default=0)


@dataclass(frozen=True, slots=True)
class Proposal:
    """Items that belong together, by which pass and why. ``difference`` is theirs less ours."""

    found_by: MatchPass
    members: frozenset[int]
    reason: str
    difference: int = 0


@dataclass(slots=True)
class Outcome:
    """What became of the items: ``matches``, ``suggestions``, and of the others which are ``ambiguous`` (among which) or ``repeats``."""

    matches: list[Proposal] = field(default_factory=list)
    suggestions: list[Proposal] = field(default_factory=list)
    ambiguous: Mapping[int, list[int]] = field(default_factory=dict)
    repeats: frozenset[int] = frozenset()

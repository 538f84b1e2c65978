"""Accepting what nobody else wants."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger.services.matching.facts import Proposal

SHOWN_CANDIDATES = 10


@dataclass(slots=True)
class Doubt:
    """Items that a pass could not decide on, and what each could have belonged to."""

    candidates: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, members: Iterable[int]) -> None:
        """All of these could belong together."""
        group = set(members)
        for item in group:
            self.candidates[item] |= group - {item}

    def __contains__(self, item: int) -> bool:
        return item in self.candidates


def settle(proposals: Iterable[Proposal], doubt: Doubt) -> list[Proposal]:
    """The proposals that share no item with another one and touch nothing in doubt; all others go into ``doubt``."""
    by_members: dict[frozenset[int], Proposal] = {}
    for proposal in proposals:
        by_members.setdefault(proposal.members, proposal)
    wanted = Counter(item for members in by_members for item in members)
    accepted, contested = [], []
    for members, proposal in by_members.items():
        if all(wanted[item] == 1 and item not in doubt for item in members):
            accepted.append(proposal)
        else:
            contested.append(members)
    for members in contested:
        doubt.add(members)
    return sorted(accepted, key=lambda proposal: min(proposal.members))

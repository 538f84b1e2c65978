"""What it proves that two names share a word: much for a rare one, next to nothing for "Muhammad" or "trading".

In nats: the logarithm of how many names one has to look at to meet the word once. Against a list the list itself is counted; a bare pair of
names, and every word that is common on earth though not on the list, is judged by a fixed table.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from compliance.policies.screening import settings, tables
from compliance.policies.screening.parts import ParsedName, Role, Token

UNKNOWN: Final = 9.0
_BY_ROLE: Final = {
    Role.INITIAL: 1.0,
    Role.TITLE: 1.0,
    Role.KUNYA: 2.5,
    Role.PARTICLE: 0.5,
    Role.GENERIC: 3.0,
    Role.PLACE: 4.0,
    Role.NUMBER: 3.0,
}
_LONG_NUMBER: Final = 4
_KNOWN_FROM: Final = 4
_KNOWN_ANYWAY: Final = 10_000


def background(token: Token) -> float:
    """What a word proves without a list."""
    if token.role == Role.WORD:
        common = tables.commonness()
        return common.get(token.canonical) or common.get(token.text) or min(UNKNOWN, 2.0 + 1.5 * len(token.text))
    if token.role == Role.NUMBER and len(token.text) >= _LONG_NUMBER:
        return 8.0
    return _BY_ROLE[token.role]


@dataclass(frozen=True, slots=True)
class Rarity:
    """How often each word stands on a list; without counts, the fixed table alone. A word is counted once per entry."""

    counts: Counter[str] = field(default_factory=Counter)
    entries: int = 0

    @classmethod
    def of(cls, names: Iterable[Iterable[ParsedName]]) -> "Rarity":
        """Counted over entries, each given by its names."""
        counts: Counter[str] = Counter()
        entries = 0
        for of_one in names:
            entries += 1
            counts.update({token.canonical for name in of_one for token in name.tokens})
        return cls(counts, entries)

    def evidence_needed(self, *, is_whole: bool) -> float:
        """What names that are not the same word for word must prove, in nats."""
        if self.entries:
            return settings.EVIDENCE_NEEDED_OF_WHOLE_ON_LISTS if is_whole else settings.EVIDENCE_NEEDED_ON_LISTS
        return settings.EVIDENCE_NEEDED_OF_WHOLE if is_whole else settings.EVIDENCE_NEEDED

    def of_token(self, token: Token) -> float:
        """What the word proves, in nats."""
        plain = background(token)
        if not self.entries or token.role not in {Role.WORD, Role.NUMBER}:
            return plain
        # The list is a sample that is read beside what is known anyway, which weighs as much as so many names.
        expected = _KNOWN_ANYWAY * math.exp(-plain)
        return min(UNKNOWN, math.log((self.entries + _KNOWN_ANYWAY) / (self.counts[token.canonical] + expected + 0.5)))

    def is_known(self, token: Token) -> bool:
        """Whether the word is a name that people have, rather than somebody's slip of the pen."""
        if token.role != Role.WORD:
            return False
        return self.counts[token.canonical] >= _KNOWN_FROM or token.canonical in tables.commonness()


BARE: Final = Rarity()

"""A day at the bank of which it is known what belongs together: made of planted cases, shuffled, with the answers beside them.

Amounts that carry references repeat as they do in life (many are 10.00, 25.00, 100.00); what has to be found by its amount alone has one
of its own.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from ledger.choices import BreakType, MatchPass
from ledger.services.matching import Fact, Part, Rules, references
from ledger.services.matching.facts import scaled

DAY = date(2026, 3, 2)
RULES = Rules(window_days=3, quantum=100, tolerance_amount=scaled(Decimal("0.50")))
COMMON = [Decimal(text) for text in ("10.00", "20.00", "25.00", "49.90", "50.00", "100.00", "19.99", "250.00", "12.50")]
# Shares of a day's lines. What is left is matched by its reference.
SHARES = {
    "unnamed": 0.08,
    "party": 0.05,
    "split": 0.03,
    "batch": 0.04,
    "details": 0.02,
    "difference": 0.04,
    "duplicate": 0.02,
    "missing_ours": 0.02,
    "missing_theirs": 0.02,
    "twins": 0.02,
    "too_different": 0.01,
}


@dataclass(frozen=True, slots=True)
class Ours:
    """An entry to be posted."""

    label: str
    amount: Decimal
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Theirs:
    """A line of the statement."""

    label: str
    amount: Decimal
    e2e: str = ""
    batch: str = ""
    party: str = ""
    details: tuple[tuple[Decimal, str], ...] = ()


@dataclass(slots=True)
class Day:
    """The day and its answers: ``groups`` by what finds them, ``breaks`` of what stays over, ``ambiguous`` labels."""

    ours: list[Ours] = field(default_factory=list)
    theirs: list[Theirs] = field(default_factory=list)
    groups: dict[frozenset[str], str] = field(default_factory=dict)
    breaks: dict[str, str] = field(default_factory=dict)
    ambiguous: set[str] = field(default_factory=set)
    suggested: set[frozenset[str]] = field(default_factory=set)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.day = Day()
        self.number = 0
        self.own = 0

    def name(self) -> str:
        self.number += 1
        return f"{self.number:07d}"

    def common(self) -> Decimal:
        """An amount that many have, in or out."""
        return self.random.choice(COMMON) * self.random.choice((1, -1))

    def alone(self) -> Decimal:
        """An amount that nothing else has, and that is no sum of others."""
        self.own += 1
        return Decimal(1_000_000 + self.own * 7) + Decimal(self.random.randrange(100)) / 100

    def add(self, kind: str, ours: Sequence[Ours], theirs: Sequence[Theirs]) -> None:
        self.day.ours += ours
        self.day.theirs += theirs
        if kind:
            self.day.groups[frozenset(one.label for one in (*ours, *theirs))] = kind

    def reference(self) -> int:
        name, amount = self.name(), self.common()
        kind = self.random.choice(("end_to_end_id", "trace_number", "reference"))
        self.add(
            MatchPass.REFERENCE,
            [Ours(f"E{name}", amount, {kind: f"PAY-{name}"})],
            [Theirs(f"L{name}", amount, e2e=f"PAY-{name}")],
        )
        return 1

    def unnamed(self) -> int:
        name, amount = self.name(), self.alone()
        self.add(MatchPass.AMOUNT, [Ours(f"E{name}", amount, {})], [Theirs(f"L{name}", amount)])
        return 1

    def party(self) -> int:
        name, amount = self.name(), self.common()
        self.add(
            MatchPass.COUNTERPARTY,
            [Ours(f"E{name}", amount, {"counterparty": f"P{name}"})],
            [Theirs(f"L{name}", amount, party=f"P{name}")],
        )
        return 1

    def split(self) -> int:
        name, parts = self.name(), [abs(self.common()) + Decimal(n) / 100 for n in range(3)]
        lines = [Theirs(f"L{name}-{n}", part, e2e=f"SPLIT-{name}") for n, part in enumerate(parts)]
        self.add(MatchPass.REFERENCE_SUM, [Ours(f"E{name}", sum(parts, Decimal(0)), {"end_to_end_id": f"SPLIT-{name}"})], lines)
        return 3

    def batch(self) -> int:
        name, parts = self.name(), [-abs(self.common()) for _ in range(self.random.randrange(2, 9))]
        entries = [
            Ours(f"E{name}-{n}", part, {"batch": f"BATCH-{name}", "trace_number": f"T{name}-{n}"}) for n, part in enumerate(parts)
        ]
        self.add(MatchPass.BATCH, entries, [Theirs(f"L{name}", sum(parts, Decimal(0)), batch=f"BATCH-{name}")])
        return 1

    def details(self) -> int:
        name, parts = self.name(), [abs(self.common()) for _ in range(self.random.randrange(2, 6))]
        entries = [Ours(f"E{name}-{n}", part, {"end_to_end_id": f"D{name}-{n}"}) for n, part in enumerate(parts)]
        detail = tuple((part, f"D{name}-{n}") for n, part in enumerate(parts))
        self.add(MatchPass.DETAILS, entries, [Theirs(f"L{name}", sum(parts, Decimal(0)), details=detail)])
        return 1

    def difference(self) -> int:
        name, amount = self.name(), -abs(self.common())
        line = Theirs(f"L{name}", amount - Decimal(self.random.randrange(1, 51)) / 100, e2e=f"FEE-{name}")
        self.add(MatchPass.TOLERANCE, [Ours(f"E{name}", amount, {"end_to_end_id": f"FEE-{name}"})], [line])
        return 1

    def duplicate(self) -> int:
        """The same line twice: one is matched, it does not matter which."""
        name, amount = self.name(), self.common()
        self.add(
            MatchPass.REFERENCE,
            [Ours(f"E{name}", amount, {"end_to_end_id": f"DUP-{name}"})],
            [Theirs(f"L{name}", amount, e2e=f"DUP-{name}")],
        )
        self.day.theirs.append(Theirs(f"L{name}", amount, e2e=f"DUP-{name}"))
        self.day.breaks[f"L{name}"] = BreakType.DUPLICATE_THEIRS
        return 2

    def missing_ours(self) -> int:
        name = self.name()
        self.day.theirs.append(Theirs(f"L{name}", self.common(), e2e=f"UNKNOWN-{name}"))
        self.day.breaks[f"L{name}"] = BreakType.MISSING_OURS
        return 1

    def missing_theirs(self) -> int:
        name = self.name()
        self.day.ours.append(Ours(f"E{name}", self.common(), {"end_to_end_id": f"LOST-{name}"}))
        self.day.breaks[f"E{name}"] = BreakType.MISSING_THEIRS
        return 1

    def twins(self) -> int:
        name, amount = self.name(), self.alone()
        self.day.ours += [Ours(f"E{name}-1", amount, {}), Ours(f"E{name}-2", amount, {})]
        self.day.theirs.append(Theirs(f"L{name}", amount))
        self.day.ambiguous |= {f"E{name}-1", f"E{name}-2", f"L{name}"}
        return 1

    def too_different(self) -> int:
        name, amount = self.name(), -abs(self.common())
        self.day.ours.append(Ours(f"E{name}", amount, {"end_to_end_id": f"OFF-{name}"}))
        self.day.theirs.append(Theirs(f"L{name}", amount - 5, e2e=f"OFF-{name}"))
        self.day.suggested.add(frozenset({f"E{name}", f"L{name}"}))
        return 1


def planted(lines: int, seed: int = 1) -> Day:
    """A day of about so many lines, shuffled."""
    maker = _Maker(seed)
    made = 0
    for kind, share in SHARES.items():
        wanted = max(1, round(lines * share))
        count = 0
        while count < wanted:
            count += getattr(maker, kind)()
        made += count
    for _ in range(max(0, lines - made)):
        maker.reference()
    maker.random.shuffle(maker.day.ours)
    maker.random.shuffle(maker.day.theirs)
    return maker.day


def facts(day: Day) -> tuple[list[Fact], dict[int, str]]:
    """The day as the passes see it, and the label of each item."""
    made = list(_facts(day))
    return [fact for fact, _ in made], {fact.id: label for fact, label in made}


def _facts(day: Day) -> Iterator[tuple[Fact, str]]:
    ordinal = DAY.toordinal()
    for number, one in enumerate(day.ours):
        keys = references.of_journal(one.label, "", one.metadata)
        yield (
            Fact(
                id=number,
                is_theirs=False,
                amount=scaled(one.amount),
                day=ordinal,
                keys=frozenset(keys),
                reference=keys[0],
                batches=frozenset(references.keys([one.metadata.get("batch")])),
                party=one.metadata.get("counterparty", ""),
                is_named=any(one.metadata.get(name) for name in references.JOURNAL_NAMES),
                journal=one.label,
                order=tuple(sorted(keys)),
            ),
            one.label,
        )
    for number, one in enumerate(day.theirs, len(day.ours)):
        keys = references.keys([one.e2e])
        yield (
            Fact(
                id=number,
                is_theirs=True,
                amount=scaled(one.amount),
                day=ordinal,
                keys=frozenset(keys),
                reference=keys[0] if keys else "",
                batches=frozenset(references.keys([one.batch])),
                party=one.party,
                is_named=bool(one.e2e),
                parts=tuple(Part(scaled(amount), frozenset([name])) for amount, name in one.details),
                order=tuple(keys),
            ),
            one.label,
        )

"""The passes, from the strongest evidence to the weakest. Each proposes; who is in doubt is decided in ``settling``."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from ledger.choices import MatchPass
from ledger.services.matching.facts import SUBSET_LIMIT, Fact, Proposal, Rules
from ledger.services.matching.settling import SHOWN_CANDIDATES, Doubt

# A sum that chance alone would produce more often than this is a suggestion and no match.
CHANCE_LIMIT = 0.01
Propose = Callable[["Pool", Rules, Doubt], Iterator[Proposal]]


class Pool:
    """The items that are still open, with what they are looked up by."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.facts = {fact.id: fact for fact in facts}
        ordered = sorted(self.facts.values(), key=lambda fact: fact.place)
        self.theirs = [fact for fact in ordered if fact.is_theirs]
        self.ours = [fact for fact in ordered if not fact.is_theirs]
        self.theirs_by_key = _by_key(self.theirs)
        self.ours_by_key = _by_key(self.ours)
        # Most references stand on one side only, or on both: either way only these are looked at by pairs.
        self.by_key = {
            key: (theirs, self.ours_by_key[key]) for key, theirs in self.theirs_by_key.items() if key in self.ours_by_key
        }
        self.by_batch: dict[str, list[Fact]] = defaultdict(list)
        for fact in self.ours:
            for batch in fact.batches:
                self.by_batch[batch].append(fact)

    def __len__(self) -> int:
        return len(self.facts)


def _by_key(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        for key in fact.keys:
            known = found.get(key)
            if known is None:
                found[key] = [fact]
            else:
                known.append(fact)
    return found


def total(facts: Iterable[Fact]) -> int:
    """Their sum."""
    return sum(fact.amount for fact in facts)


def _ids(*groups: Iterable[Fact]) -> frozenset[int]:
    return frozenset(fact.id for group in groups for fact in group)


def references(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[Proposal]:
    """One reference, one amount. Of several on a side with the very same, the earliest are taken; those left over repeat it."""
    linked: dict[int, set[tuple[str, int]]] = defaultdict(set)
    groups: dict[tuple[str, int], tuple[list[Fact], list[Fact]]] = {}
    for key, (theirs, ours) in pool.by_key.items():
        if len(theirs) == len(ours) == 1:
            if theirs[0].amount == ours[0].amount:
                groups[key, theirs[0].amount] = (theirs, ours)
                linked[theirs[0].id].add((key, theirs[0].amount))
                linked[ours[0].id].add((key, theirs[0].amount))
            continue
        by_amount: dict[int, tuple[list[Fact], list[Fact]]] = defaultdict(lambda: ([], []))
        for fact in theirs:
            by_amount[fact.amount][0].append(fact)
        for fact in ours:
            by_amount[fact.amount][1].append(fact)
        for amount, sides in by_amount.items():
            if sides[0] and sides[1]:
                groups[key, amount] = sides
                for fact in (*sides[0], *sides[1]):
                    linked[fact.id].add((key, amount))
    for component in _components(linked, groups):
        sides = [groups[name] for name in component]
        everyone = {fact.id: fact for theirs, ours in sides for fact in (*theirs, *ours)}
        theirs = sorted((fact for fact in everyone.values() if fact.is_theirs), key=lambda fact: fact.place)
        ours = sorted((fact for fact in everyone.values() if not fact.is_theirs), key=lambda fact: fact.place)
        shared = [name for name in component if len(groups[name][0]) == len(theirs) and len(groups[name][1]) == len(ours)]
        if not shared:
            doubt.add(everyone)
            continue
        reason = f"Reference {min(shared)[0]} and the amount agree."
        for their, our in zip(theirs, ours, strict=False):
            yield Proposal(MatchPass.REFERENCE, _ids((their, our)), reason)


def _components(
    linked: dict[int, set[tuple[str, int]]], groups: dict[tuple[str, int], tuple[list[Fact], list[Fact]]]
) -> Iterator[list[tuple[str, int]]]:
    """The groups that hang together through items, each set sorted."""
    seen: set[tuple[str, int]] = set()
    for start in sorted(groups):
        if start in seen:
            continue
        seen.add(start)
        found, todo = [start], [start]
        while todo:
            theirs, ours = groups[todo.pop()]
            for fact in (*theirs, *ours):
                for name in linked[fact.id] - seen:
                    seen.add(name)
                    found.append(name)
                    todo.append(name)
        yield sorted(found)


def details(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[Proposal]:
    """A line whose payments are each one of our entries, by reference and amount."""
    for line in pool.theirs:
        if not line.parts or sum(part.amount or 0 for part in line.parts) != line.amount:
            continue
        found = [_entries_of(part.keys, part.amount, pool) for part in line.parts]
        if all(len(entries) == 1 for entries in found) and len({entries[0].id for entries in found}) == len(found):
            reason = f"Each of the line's {len(found)} payments is one of our entries."
            yield Proposal(MatchPass.DETAILS, _ids([line], *found), reason)
        elif all(found) and any(len(entries) > 1 for entries in found):
            doubt.add(_ids([line], *found))


def _entries_of(keys: frozenset[str], amount: int | None, pool: Pool) -> list[Fact]:
    entries = {fact.id: fact for key in keys for fact in pool.ours_by_key.get(key, ()) if fact.amount == amount}
    return list(entries.values())


def reference_sums(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[Proposal]:
    """One payment in several lines, or several entries in one: all that carry the reference, when their sums agree."""
    for key, (theirs, ours) in pool.by_key.items():
        if len(theirs) + len(ours) > 2 and total(theirs) == total(ours):
            reason = f"{len(theirs)} lines and {len(ours)} entries with reference {key} have the same sum."
            yield Proposal(MatchPass.REFERENCE_SUM, _ids(theirs, ours), reason)


def batches(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[Proposal]:
    """All our entries of a batch against the lines that name it."""
    for batch, lines, ours in _named_batches(pool):
        if total(lines) == total(ours):
            yield Proposal(MatchPass.BATCH, _ids(lines, ours), f"The total of batch {batch}, {len(ours)} entries.")


def _named_batches(pool: Pool) -> Iterator[tuple[str, list[Fact], list[Fact]]]:
    naming: dict[str, list[Fact]] = defaultdict(list)
    for fact in pool.theirs:
        for name in (fact.keys | fact.batches) & pool.by_batch.keys():
            naming[name].append(fact)
    for batch in sorted(naming):
        yield batch, naming[batch], pool.by_batch[batch]


def counterparties(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[Proposal]:
    """The same counterparty and amount, days within the window."""
    groups: dict[tuple[str, int], tuple[list[Fact], list[Fact]]] = defaultdict(lambda: ([], []))
    for fact in pool.facts.values():
        if fact.party and not fact.is_repeat:
            groups[fact.party, fact.amount][not fact.is_theirs].append(fact)
    for theirs, ours in groups.values():
        for their, our in _neighbours(theirs, ours, rules.window_days):
            reason = f"Counterparty and amount agree, {_apart(their, our)}."
            yield Proposal(MatchPass.COUNTERPARTY, _ids((their, our)), reason)


def amounts(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[Proposal]:
    """The same amount, days within the window, nothing that speaks against it; a whole batch of ours counts as one amount too."""
    groups: dict[int, tuple[list[Fact], list[Fact]]] = defaultdict(lambda: ([], []))
    for fact in pool.facts.values():
        if not fact.is_repeat:
            groups[fact.amount][not fact.is_theirs].append(fact)
    for theirs, ours in groups.values():
        for their, our in _neighbours(theirs, ours, rules.window_days):
            reason = f"The only ones with this amount, {_apart(their, our)}."
            yield Proposal(MatchPass.AMOUNT, _ids((their, our)), reason)
    for batch, entries in pool.by_batch.items():
        if len(entries) < 2 or (sum_ := total(entries)) not in groups:
            continue
        newest = max(entries, key=lambda fact: fact.day)
        for line in groups[sum_][0]:
            if not line.is_named and abs(line.day - newest.day) <= rules.window_days:
                reason = f"The total of batch {batch}, {len(entries)} entries, {_apart(line, newest)}."
                yield Proposal(MatchPass.BATCH, _ids([line], entries), reason)


def _neighbours(theirs: Sequence[Fact], ours: Sequence[Fact], window: int) -> Iterator[tuple[Fact, Fact]]:
    """Pairs within the window whose orderers and parties do not contradict each other; no more of one than are ever shown."""
    if not theirs or not ours:
        return
    for named in (False, True):
        lines = [fact for fact in theirs if fact.is_named is named]
        entries = sorted((fact for fact in ours if not (named and fact.is_named)), key=lambda fact: fact.day)
        if not lines or not entries:
            continue
        yield from _within(lines, entries, window)
        # From the other side too: an entry that many lines are near to has to be seen as wanted by more than one.
        if len(lines) * len(entries) > SHOWN_CANDIDATES**2:
            by_day = sorted(lines, key=lambda fact: fact.day)
            yield from ((line, entry) for entry, line in _within(entries, by_day, window))


def _within(these: Sequence[Fact], those: Sequence[Fact], window: int) -> Iterator[tuple[Fact, Fact]]:
    days = [fact.day for fact in those]
    for this in these:
        low, high = bisect_left(days, this.day - window), bisect_right(days, this.day + window)
        shown = 0
        for that in those[low:high]:
            if this.party and that.party and this.party != that.party:
                continue
            yield this, that
            shown += 1
            if shown > SHOWN_CANDIDATES:
                break


def subsets(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[Proposal]:
    """The only sum of several that makes up one, among at most twelve."""
    for proposal, is_chance in _subset_sums(pool, rules, doubt):
        if not is_chance:
            yield proposal


def _subset_sums(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[tuple[Proposal, bool]]:
    for ones, many in ((pool.theirs, pool.ours), (pool.ours, pool.theirs)):
        by_sign = {
            sign: sorted((fact for fact in many if (fact.amount > 0) is sign and not fact.is_repeat), key=lambda fact: fact.day)
            for sign in (True, False)
        }
        days = {sign: [fact.day for fact in facts] for sign, facts in by_sign.items()}
        by_party: dict[tuple[str, bool], list[Fact]] = defaultdict(list)
        for sign, facts in by_sign.items():
            for fact in facts:
                if fact.party:
                    by_party[fact.party, sign].append(fact)
        tried = [one for one in ones if one.id not in doubt and not one.is_repeat]
        for one in tried:
            sign = one.amount > 0
            near: Sequence[Fact]
            is_party = bool(one.party and by_party.get((one.party, sign)))
            if is_party:
                near = [f for f in by_party[one.party, sign] if abs(f.day - one.day) <= rules.window_days]
            else:
                low = bisect_left(days[sign], one.day - rules.window_days)
                high = bisect_right(days[sign], one.day + rules.window_days)
                if high - low > 4 * SUBSET_LIMIT:
                    continue
                near = by_sign[sign][low:high]
            fitting = [f for f in near if abs(f.amount) < abs(one.amount) and not (f.is_named and one.is_named)]
            fitting = [f for f in fitting if not (f.party and one.party and f.party != one.party)]
            if not 2 <= len(fitting) <= SUBSET_LIMIT:
                continue
            solutions = _solutions(one.amount, fitting)
            if len(solutions) > 1:
                doubt.add({one.id, *(fact.id for solution in solutions for fact in solution)})
            elif solutions:
                chance = (2 ** len(fitting)) * len(tried) * rules.quantum / (abs(total(fitting)) + 1)
                where = "with this counterparty" if is_party else "near it"
                reason = f"The only sum that fits: {len(solutions[0])} of {len(fitting)} {where}."
                yield Proposal(MatchPass.SUBSET, _ids([one], solutions[0]), reason), not is_party and chance > CHANCE_LIMIT


def _solutions(target: int, facts: Sequence[Fact]) -> list[list[Fact]]:
    """At most two sets of two or more facts whose sum is ``target``."""
    sums = [0]
    for fact in facts:
        sums += [reached + fact.amount for reached in sums]
    found = []
    for mask, reached in enumerate(sums):
        if reached == target and mask.bit_count() > 1:
            found.append([fact for place, fact in enumerate(facts) if mask >> place & 1])
            if len(found) > 1:
                break
    return found


def tolerances(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[Proposal]:
    """The same reference, batch or counterparty, and amounts that differ by no more than the tolerance."""
    for their, our in _same_reference(pool):
        if _is_tolerated(their.amount, our.amount, rules):
            yield _with_difference([their], [our], f"Same reference, {_apart(their, our)}")
    for batch, lines, ours in _named_batches(pool):
        if _is_tolerated(total(lines), total(ours), rules):
            yield _with_difference(lines, ours, f"Batch {batch}, {len(ours)} entries")
    if rules.tolerance_amount is None and rules.tolerance_percent is None:
        return
    by_party: dict[str, list[Fact]] = defaultdict(list)
    for our in pool.ours:
        if our.party:
            by_party[our.party].append(our)
    for their in pool.theirs:
        for our in by_party.get(their.party, ()) if their.party else ():
            if abs(their.day - our.day) <= rules.window_days and not (their.is_named and our.is_named):
                if _is_tolerated(their.amount, our.amount, rules):
                    yield _with_difference([their], [our], f"Same counterparty, {_apart(their, our)}")


def _same_reference(pool: Pool) -> Iterator[tuple[Fact, Fact]]:
    """Each pair that shares a reference which no third item has."""
    for theirs, ours in pool.by_key.values():
        if len(theirs) == 1 and len(ours) == 1 and not theirs[0].is_repeat and not ours[0].is_repeat:
            yield theirs[0], ours[0]


def _is_tolerated(theirs: int, ours: int, rules: Rules) -> bool:
    return theirs * ours > 0 and 0 < abs(theirs - ours) <= rules.tolerance(ours)


def _with_difference(theirs: Sequence[Fact], ours: Sequence[Fact], why: str) -> Proposal:
    return Proposal(
        MatchPass.TOLERANCE, _ids(theirs, ours), f"{why}; the amounts differ within tolerance.", total(theirs) - total(ours)
    )


def reversals(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[Proposal]:
    """What cancels itself out on one side: a journal and its reversal that the bank never saw, a line and the bank's reversal of it."""
    by_journal: dict[str, list[Fact]] = defaultdict(list)
    for fact in pool.ours:
        by_journal[fact.journal].append(fact)
    for fact in pool.ours:
        originals = by_journal.get(fact.reverses, []) if fact.reverses else []
        twins = by_journal[fact.journal]
        if originals and total(originals) + total(twins) == 0 and max(f.day for f in (*originals, *twins)) <= rules.settled_day:
            yield Proposal(MatchPass.REVERSAL, _ids(originals, twins), "A journal and its reversal, which the bank never saw.")
    for theirs in pool.theirs_by_key.values():
        if len(theirs) == 2 and theirs[0].amount == -theirs[1].amount and any(fact.is_reversal for fact in theirs):
            yield Proposal(MatchPass.REVERSAL, _ids(theirs), "A line and the bank's reversal of it.")


def suggestions(pool: Pool, rules: Rules, doubt: Doubt) -> Iterator[Proposal]:
    """What a person should look at: evidence that is not enough, in the order of its strength, one for each item."""
    taken: set[int] = set()
    for source in (_differing, _partial, _chance_sums, _near_amounts, _far_amounts):
        found = list(source(pool, rules))
        wanted: dict[int, int] = defaultdict(int)
        for proposal in found:
            for item in proposal.members:
                wanted[item] += 1
        for proposal in found:
            if all(wanted[item] == 1 and item not in doubt and item not in taken for item in proposal.members):
                taken |= proposal.members
                yield proposal


def _suggested(theirs: Sequence[Fact], ours: Sequence[Fact], reason: str) -> Proposal:
    return Proposal(MatchPass.SUGGESTION, _ids(theirs, ours), reason, total(theirs) - total(ours))


def _differing(pool: Pool, rules: Rules) -> Iterator[Proposal]:
    pairs = {(their.id, our.id): (their, our) for their, our in _same_reference(pool)}
    for their, our in pairs.values():
        if their.amount != our.amount:
            yield _suggested([their], [our], "Same reference, but the amounts differ by more than the tolerance.")
    for batch, lines, ours in _named_batches(pool):
        if total(lines) != total(ours):
            yield _suggested(lines, ours, f"Batch {batch} is named, but the sums differ.")


def _partial(pool: Pool, rules: Rules) -> Iterator[Proposal]:
    for line in pool.theirs:
        found = [entries[0] for part in line.parts if len(entries := _entries_of(part.keys, part.amount, pool)) == 1]
        if found and len(found) < len(line.parts):
            yield _suggested([line], found, f"{len(found)} of the line's {len(line.parts)} payments are entries of ours.")


def _chance_sums(pool: Pool, rules: Rules) -> Iterator[Proposal]:
    for proposal, is_chance in _subset_sums(pool, rules, Doubt()):
        if is_chance:
            members = [pool.facts[item] for item in proposal.members]
            theirs, ours = [f for f in members if f.is_theirs], [f for f in members if not f.is_theirs]
            yield _suggested(theirs, ours, f"{proposal.reason} With so many it may be chance.")


def _near_amounts(pool: Pool, rules: Rules) -> Iterator[Proposal]:
    """Within tolerance without a reference."""
    if rules.tolerance_amount is None and rules.tolerance_percent is None:
        return
    ours = sorted(pool.ours, key=lambda fact: fact.amount)
    figures = [fact.amount for fact in ours]
    for their in pool.theirs:
        if their.is_repeat:
            continue
        reach = rules.tolerance(their.amount)
        low, high = bisect_left(figures, their.amount - reach), bisect_right(figures, their.amount + reach)
        near = [f for f in ours[low : min(high, low + 200)] if abs(f.day - their.day) <= rules.window_days]
        for our in [f for f in near if not (f.is_named and their.is_named)]:
            if _is_tolerated(their.amount, our.amount, rules):
                yield _suggested([their], [our], f"Nearly the same amount, {_apart(their, our)}.")


def _far_amounts(pool: Pool, rules: Rules) -> Iterator[Proposal]:
    """The same amount, further apart or under other references."""
    groups: dict[int, tuple[list[Fact], list[Fact]]] = defaultdict(lambda: ([], []))
    for fact in pool.facts.values():
        groups[fact.amount][not fact.is_theirs].append(fact)
    for theirs, ours in groups.values():
        if len(theirs) == 1 and len(ours) == 1 and abs(theirs[0].day - ours[0].day) <= rules.suggestion_days:
            yield _suggested(theirs, ours, f"The same amount under other references, {_apart(theirs[0], ours[0])}.")


def _apart(this: Fact, that: Fact) -> str:
    days = abs(this.day - that.day)
    return "on the same day" if days == 0 else f"{days} day{'s' if days > 1 else ''} apart"


CASCADE: Sequence[Propose] = (
    references,
    details,
    reference_sums,
    batches,
    counterparties,
    amounts,
    subsets,
    tolerances,
    reversals,
)

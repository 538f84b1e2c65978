"""The passes one after the other, until they find nothing more."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from ledger.services.matching import passes
from ledger.services.matching.facts import Fact, Outcome, Rules
from ledger.services.matching.passes import Pool
from ledger.services.matching.settling import SHOWN_CANDIDATES, Doubt, settle


def run(facts: Iterable[Fact], rules: Rules, refused: Collection[frozenset[int]] = ()) -> Outcome:
    """Match the facts by the rules. The same facts in any order give the same outcome, and what is left would give no more.

    ``refused`` are sets of items that a person has said do not belong together.
    """
    pool = Pool(facts)
    outcome = Outcome()
    while True:
        doubt, found = Doubt(), 0
        for propose in passes.CASCADE:
            accepted = settle((made for made in propose(pool, rules, doubt) if made.members not in refused), doubt)
            if accepted:
                outcome.matches += accepted
                found += len(accepted)
                pool = _rest(pool, {item for proposal in accepted for item in proposal.members})
        if not found:
            break
    outcome.suggestions = [made for made in passes.suggestions(pool, rules, doubt) if made.members not in refused]
    place = {fact.id: fact.place for fact in pool.facts.values()}
    outcome.ambiguous = {
        item: sorted((other for other in others if other in place), key=place.__getitem__)[:SHOWN_CANDIDATES]
        for item, others in doubt.candidates.items()
        if item in place
    }
    outcome.repeats = frozenset(fact.id for fact in pool.facts.values() if fact.is_repeat)
    return outcome


def _rest(pool: Pool, gone: set[int]) -> Pool:
    """What is left. What has the side, reference and amount of something matched only repeats it, and amounts prove nothing of it."""
    matched = {(fact.is_theirs, fact.reference, fact.amount) for fact in (pool.facts[item] for item in gone) if fact.reference}
    left = (fact for fact in pool.facts.values() if fact.id not in gone)
    return Pool(
        replace(fact, is_repeat=True) if (fact.is_theirs, fact.reference, fact.amount) in matched else fact for fact in left
    )

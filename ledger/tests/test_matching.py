"""The passes find what belongs together and nothing else, in any order, and once is enough."""

import random
import sys
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.choices import BreakType, MatchPass
from ledger.services.matching import Fact, Part, Rules, run
from ledger.tests.planted_day import RULES, facts, planted


def by_labels(outcome, labels):
    return {frozenset(labels[item] for item in found.members): found.found_by for found in outcome.matches}


@pytest.mark.parametrize(("lines", "seed"), [*((1000, seed) for seed in range(5)), (10_000, 1)])
def test_every_planted_case_of_a_day_is_classified_and_nothing_is_matched_falsely(lines, seed):
    day = planted(lines, seed)
    items, labels = facts(day)
    outcome = run(items, RULES)
    assert by_labels(outcome, labels) == day.groups
    assert {labels[item] for item in outcome.ambiguous} == day.ambiguous
    assert {frozenset(labels[item] for item in found.members) for found in outcome.suggestions} >= day.suggested
    assert {labels[item] for item in outcome.repeats} == {
        label for label, kind in day.breaks.items() if kind == BreakType.DUPLICATE_THEIRS
    }
    matched = {item for found in outcome.matches for item in found.members}
    left = Counter(labels[fact.id] for fact in items if fact.id not in matched)
    assert left == Counter([*day.breaks, *day.ambiguous, *(label for group in day.suggested for label in group)])


def test_any_order_of_lines_and_entries_gives_the_same():
    day = planted(400, 3)
    items, labels = facts(day)
    wanted = run(items, RULES)
    for seed in range(5):
        turned = planted(400, 3)
        random.Random(seed).shuffle(turned.ours)
        random.Random(seed).shuffle(turned.theirs)
        again, names = facts(turned)
        random.Random(seed).shuffle(again)
        outcome = run(again, RULES)
        assert by_labels(outcome, names) == by_labels(wanted, labels)
        assert {names[item] for item in outcome.ambiguous} == {labels[item] for item in wanted.ambiguous}


# Small worlds in which everything collides: few amounts, few days, few names.
names = st.sampled_from(["A", "B", "C"])
some = st.frozensets(names, max_size=2)
worlds = st.lists(
    st.builds(
        Fact,
        id=st.just(0),
        is_theirs=st.booleans(),
        amount=st.sampled_from([-30000, -20000, -10000, 10000, 10100, 20000, 30000]),
        day=st.integers(100, 106),
        keys=some,
        batches=st.frozensets(st.sampled_from(["X", "Y"]), max_size=1),
        party=st.sampled_from(["", "p", "q"]),
        is_named=st.booleans(),
        is_reversal=st.booleans(),
        parts=st.lists(st.builds(Part, amount=st.sampled_from([10000, 20000]), keys=some), max_size=3).map(tuple),
        journal=names,
        reverses=st.sampled_from(["", "A"]),
    ),
    max_size=14,
).map(
    lambda world: [
        replace(
            fact,
            id=number,
            reference=min(fact.keys, default=""),
            order=tuple(sorted(fact.keys)),
            parts=fact.parts if fact.is_theirs else (),
        )
        for number, fact in enumerate(world)
    ]
)
rules = st.builds(
    Rules,
    window_days=st.integers(0, 3),
    quantum=st.just(100),
    tolerance_amount=st.sampled_from([None, 100]),
    settled_day=st.just(104),
)


def signature(fact):
    """What an item says, without its number."""
    return replace(fact, id=0)


@settings(max_examples=300, deadline=None)
@given(worlds, rules)
def test_every_item_is_in_one_place_and_the_sides_of_a_match_have_the_same_sum(world, rule):
    known = {fact.id: fact for fact in world}
    outcome = run(world, rule)
    placed = [item for found in (*outcome.matches, *outcome.suggestions) for item in found.members]
    assert len(placed) == len(set(placed)) and not set(placed) & set(outcome.ambiguous)
    for found in outcome.matches:
        gap = sum(known[item].amount * (1 if known[item].is_theirs else -1) for item in found.members)
        assert gap == found.difference
        assert gap == 0 or (found.found_by == MatchPass.TOLERANCE and abs(gap) <= rule.tolerance_amount)
    matched = {item for found in outcome.matches for item in found.members}
    assert all(item not in matched and not set(others) & matched for item, others in outcome.ambiguous.items())


@settings(max_examples=300, deadline=None)
@given(worlds, rules, st.randoms(use_true_random=False))
def test_a_world_in_another_order_and_with_other_numbers_ends_the_same(world, rule, chance):
    turned = list(world)
    chance.shuffle(turned)
    renumbered = [replace(fact, id=number) for number, fact in enumerate(turned)]

    def told(outcome, facts_):
        known = {fact.id: signature(fact) for fact in facts_}
        groups = Counter(
            (found.found_by, frozenset(Counter(known[item] for item in found.members).items())) for found in outcome.matches
        )
        return groups, Counter(known[item] for item in outcome.ambiguous)

    assert told(run(world, rule), world) == told(run(renumbered, rule), renumbered)


@pytest.mark.parametrize("first", [0, 1])
def test_of_entries_with_the_same_references_the_same_one_is_taken_whatever_their_numbers(first):
    keys = frozenset({"B", "C"})
    said = {"is_theirs": False, "amount": 30_000, "day": 101, "keys": keys, "reference": "B", "order": ("B", "C")}
    ours = [Fact(id=1, journal="jrn_1", is_named=True, **said), Fact(id=2, journal="jrn_2", **said)]
    ours = [replace(fact, id=number) for number, fact in enumerate(ours if first == 0 else ours[::-1], 1)]
    theirs = Fact(id=9, is_theirs=True, amount=30_000, day=101, keys=frozenset({"B"}), reference="B", order=("B",))
    outcome = run([theirs, *ours], Rules(window_days=0, quantum=100, settled_day=104))
    journals = {fact.id: fact.journal for fact in ours}
    assert [sorted(journals[item] for item in found.members if item != 9) for found in outcome.matches] == [["jrn_1"]]


@settings(max_examples=200, deadline=None)
@given(worlds, rules)
def test_running_again_on_what_is_left_finds_no_more(world, rule):
    outcome = run(world, rule)
    matched = {item for found in outcome.matches for item in found.members}
    left = [replace(fact, is_repeat=fact.is_repeat or fact.id in outcome.repeats) for fact in world if fact.id not in matched]
    again = run(left, rule)
    assert again.matches == []
    assert (again.ambiguous, again.suggestions) == (outcome.ambiguous, outcome.suggestions)


def line(number, amount, **kwargs):
    return Fact(id=number, is_theirs=True, amount=amount * 10_000, day=100, **kwargs)


def entry(number, amount, **kwargs):
    return Fact(id=number, is_theirs=False, amount=amount * 10_000, day=100, **kwargs)


def found(facts_, rule=RULES):
    return {(str(made.found_by), made.members) for made in run(facts_, rule).matches}


def test_the_only_sum_of_several_is_matched_when_chance_would_hardly_give_it():
    # 2,013.37 of five: a few dozen sums among hundreds of thousands of cents.
    entries = [entry(n, amount) for n, amount in enumerate((1200, 813, 455, 777, 301))]
    assert found([line(9, 2013), *entries]) == {("SUBSET", frozenset({9, 0, 1}))}


def test_two_sums_that_fit_are_ambiguous():
    outcome = run([line(9, 300), *(entry(n, amount) for n, amount in enumerate((100, 200, 120, 180)))], RULES)
    assert outcome.matches == [] and set(outcome.ambiguous) == {9, 0, 1, 2, 3}


def test_more_than_twelve_are_not_tried():
    entries = [entry(n, 10_000 + 2**n) for n in range(13)]
    assert found([line(99, 20_003), *entries]) == set()
    assert found([line(99, 20_003), *entries[:12]]) == {("SUBSET", frozenset({99, 0, 1}))}


def test_a_sum_that_chance_may_have_given_is_only_suggested():
    cents = [replace(entry(n, 0), amount=amount * 100) for n, amount in enumerate((113, 157, 211, 263, 317, 371, 401))]
    outcome = run([replace(line(99, 0), amount=(113 + 157) * 100), *cents], RULES)
    assert outcome.matches == [] and [made.members for made in outcome.suggestions] == [frozenset({99, 0, 1})]


def test_what_two_orderers_named_differently_is_not_matched_by_its_amount():
    outcome = run([line(1, 50, keys=frozenset("A"), is_named=True), entry(2, 50, keys=frozenset("B"), is_named=True)], RULES)
    assert outcome.matches == [] and [made.members for made in outcome.suggestions] == [frozenset({1, 2})]


def test_different_counterparties_are_two_payments():
    outcome = run([line(1, 50, party="p"), entry(2, 50, party="q")], RULES)
    assert outcome.matches == []


def test_a_tolerance_counts_only_with_a_reference_and_in_one_direction():
    rule = Rules(window_days=3, tolerance_amount=5000, tolerance_percent=None)
    pair = [replace(line(1, 50, keys=frozenset("A")), amount=501_000), entry(2, 50, keys=frozenset("A"))]
    assert found(pair, rule) == {("TOLERANCE", frozenset({1, 2}))}
    assert found([replace(fact, keys=frozenset()) for fact in pair], rule) == set()
    small = [replace(pair[0], amount=-2000), replace(pair[1], amount=2000)]
    assert found(small, rule) == set()


def test_ten_times_as_many_lines_take_about_ten_times_as_many_steps():
    """Calls are counted and not seconds: these are the same on a busy machine. The benchmark has the CPU."""

    def steps(lines):
        items, _ = facts(planted(lines, 1))
        made = 0

        def count(frame, event, argument):
            nonlocal made
            made += event in {"call", "c_call"}

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            run(items, RULES)
        finally:
            sys.setprofile(before)
        return made

    few, many = steps(400), steps(4_000)
    assert few > 400
    assert many < 12 * few

"""The difference between two states of a list, and what may come into force."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance import errors
from compliance.policies import watchlists as policies
from compliance.policies.watchlists import Difference
from compliance.providers.watchlists.entries import Entry, EntryKind, Gender, ListedName

STATES = st.dictionaries(st.integers(1, 8), st.sampled_from(["A", "B"]), max_size=8)


def entry(number, name="A", **more):
    return Entry(f"x-{number}", EntryKind.PERSON, (ListedName(name), ListedName("ALIAS")), **more)


def state(numbers):
    return {one.id: one for one in (entry(number, name) for number, name in numbers.items())}


@given(before=STATES, after=STATES)
def test_a_difference_names_each_entry_once_and_leads_from_the_one_state_to_the_other(before, after):
    older, newer = state(before), state(after)
    found = policies.difference(older, newer.values())
    assert set(found.added) == newer.keys() - older.keys()
    assert set(found.removed) == older.keys() - newer.keys()
    assert found.changed.keys() == {one for one in older.keys() & newer.keys() if older[one] != newer[one]}
    assert found.is_empty == (older == newer)


def test_a_change_names_its_fields_and_another_primary_name_is_a_renaming():
    before = {"x-1": entry(1), "x-2": entry(2), "x-3": entry(3)}
    after = [
        entry(1, "B"),
        replace(entry(2), gender=Gender.MALE, countries=("IR",)),
        replace(entry(3), names=(*entry(3).names, ListedName("ANOTHER"))),
    ]
    assert policies.difference(before, after) == Difference(
        changed={"x-1": ("names",), "x-2": ("countries", "gender"), "x-3": ("names",)}, renamed=frozenset({"x-1"})
    )


@pytest.mark.parametrize(
    ("before", "gone", "is_refused"), [(1000, 100, False), (1000, 101, True), (30, 19, False), (30, 20, True)]
)
def test_a_list_from_which_many_leave_at_once_is_held_up(before, gone, is_refused):
    found = Difference(removed=tuple(f"x-{number}" for number in range(gone)))
    if not is_refused:
        policies.check_shrinks_little(found, before=before)
        return
    with pytest.raises(errors.WatchlistShrinks) as refusal:
        policies.check_shrinks_little(found, before=before)
    assert refusal.value.details == {"removed": gone, "before": before}


def test_a_list_that_says_it_is_older_is_held_up_and_one_that_says_nothing_is_not():
    for published_on in (None, date(2026, 1, 2), date(2026, 1, 3)):
        policies.check_is_newer(published_on, in_force=date(2026, 1, 2), version="3")
    policies.check_is_newer(date(2020, 1, 1), in_force=None, version="3")
    with pytest.raises(errors.WatchlistOlder):
        policies.check_is_newer(date(2026, 1, 1), in_force=date(2026, 1, 2), version="3")

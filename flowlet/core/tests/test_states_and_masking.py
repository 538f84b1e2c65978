"""Transition tables are obeyed; masked values give nothing away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlet.core import masking, states

words = st.sampled_from("ABCDE")


@given(st.dictionaries(words, st.sets(words)), words, words)
def test_a_move_is_allowed_exactly_when_the_table_has_it(moves, current, target):
    allowed = target in moves.get(current, set())
    assert states.can_move(moves, current, target) is allowed
    if allowed:
        states.check_move(moves, current, target)
    else:
        with pytest.raises(states.IllegalMove) as refusal:
            states.check_move(moves, current, target)
        assert refusal.value.details == {"current": current, "target": target}
        assert refusal.value.status == 409


@given(st.text(min_size=1))
def test_masked_text_keeps_first_letters_only(value):
    masked = masking.text(value)
    for word, original in zip(masked.split(), value.split(), strict=True):
        assert word[0] == original[0]
        assert set(word[1:]) == {"•"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [("ada@example.com", "a••@example.com"), ("a@b.co", "a••@b.co"), ("no address", "n• a••••••")],
)
def test_masked_email_keeps_the_domain(value, expected):
    assert masking.email(value) == expected


@given(st.text(alphabet="0123456789", max_size=30), st.integers(1, 8))
def test_a_tail_never_shows_half_of_the_value(value, keep):
    shown = masking.tail(value, keep).removeprefix("••••")
    assert shown == (value[-keep:] if len(value) > 2 * keep else "")
    assert 2 * len(shown) < max(len(value), 1)

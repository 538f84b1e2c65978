"""Public ids: sortable, of one kind, and read back."""

import threading
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowlet.core import ids


@given(st.uuids())
def test_an_id_is_read_back(value):
    text = ids.public_id("wal", value)
    assert ids.parse("wal", text) == value
    assert len(text) == 4 + ids.LENGTH


@given(st.lists(st.uuids(), min_size=2))
def test_text_sorts_like_the_uuid(values):
    assert [ids.parse("x", text) for text in sorted(ids.public_id("x", value) for value in values)] == sorted(values)


def test_new_ids_are_version_7_and_strictly_increase():
    made = [ids.uuid7() for _ in range(20_000)]
    assert all(before < after for before, after in zip(made, made[1:], strict=False))
    assert {value.version for value in made} == {7}
    assert {value.variant for value in made} == {UUID(int=0x8 << 60).variant}


def test_threads_never_share_an_id():
    made: list[UUID] = []
    threads = [threading.Thread(target=lambda: made.extend(ids.uuid7() for _ in range(2000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == len(made) == 16_000


@given(st.text(max_size=40))
def test_any_text_is_an_id_or_not_found(text):
    try:
        value = ids.parse("wal", text)
    except ids.MalformedId as refusal:
        assert refusal.status == 404
    else:
        assert ids.public_id("wal", value) == text


@pytest.mark.parametrize(
    "spoil", [str.upper, lambda t: t[:-1], lambda t: t + "0", lambda t: t.replace("wal_", "pay_"), lambda t: t[4:]]
)
def test_a_spoilt_id_is_not_found(spoil):
    with pytest.raises(ids.MalformedId):
        ids.parse("wal", spoil(ids.public_id("wal", UUID(int=(1 << 127) + 0xABCDEF))))


def test_a_number_beyond_128_bits_is_not_found():
    with pytest.raises(ids.MalformedId):
        ids.parse("wal", "wal_" + "z" * ids.LENGTH)

"""Subjects' keys."""

import base64
import threading
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from flowlet.core import crypto, ids
from flowlet.vault.models import SubjectKey
from flowlet.vault.services import subjects

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
K1 = base64.b64encode(b"1" * 32).decode()
K2 = base64.b64encode(b"2" * 32).decode()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def keyring(settings):
    settings.ENCRYPTION_KEYS = f"k1:{K1}"


@pytest.fixture
def subject():
    return ids.uuid7()


def test_a_subject_gets_one_key_on_first_use_and_keeps_it(subject):
    token = subjects.encrypt(subject, "Ada", aad="t.c:1")
    assert subjects.decrypt(subject, token, aad="t.c:1") == "Ada"
    assert subjects.key_for(subject).decrypt(token, aad="t.c:1") == "Ada"
    assert SubjectKey.objects.count() == 1


def test_the_key_at_rest_is_wrapped(subject):
    box = subjects.new_box(subject, at=AT)
    token = box.encrypt("Ada", aad="t.c:1")
    row = SubjectKey.objects.get()
    assert (row.wrapped_by, row.created_at) == ("k1", AT)
    assert crypto.key_id_of(row.wrapped_key) == "k1"
    key = crypto.open_sealed(row.wrapped_key, aad=f"flowlet_vault.subject_key:{subject}")
    assert crypto.Box(key).open(token, aad=f"{subject}:t.c:1") == b"Ada"


def test_a_second_new_box_for_a_subject_is_refused(subject):
    subjects.new_box(subject)
    with pytest.raises(IntegrityError), transaction.atomic():
        subjects.new_box(subject)


def test_a_token_moved_to_another_place_or_subject_does_not_open(subject):
    other = ids.uuid7()
    token = subjects.encrypt(subject, "Ada", aad="t.c:1")
    subjects.key_for(other)
    for who, aad in [(subject, "t.c:2"), (other, "t.c:1")]:
        with pytest.raises(crypto.CannotOpen):
            subjects.decrypt(who, token, aad=aad)


def test_a_wrapped_key_moved_to_another_subject_does_not_open(subject):
    other = ids.uuid7()
    token = subjects.encrypt(subject, "Ada", aad="t.c:1")
    SubjectKey.objects.filter(subject_id=subject).update(subject_id=other)
    with pytest.raises(crypto.CannotOpen):
        subjects.decrypt(other, token, aad="t.c:1")


def test_an_erased_subject_can_never_be_read_again(subject):
    token = subjects.encrypt(subject, "Ada", aad="t.c:1")
    assert subjects.erase(subject, at=AT) is True
    with pytest.raises(subjects.SubjectErased):
        subjects.decrypt(subject, token, aad="t.c:1")
    with pytest.raises(subjects.SubjectErased):
        subjects.encrypt(subject, "Ada again", aad="t.c:1")
    assert subjects.boxes_for([subject]) == {}
    row = SubjectKey.objects.get()
    assert (row.wrapped_key, row.wrapped_by, row.erased_at) == (None, "", AT)


def test_erasing_twice_keeps_the_first_moment(subject):
    subjects.key_for(subject)
    subjects.erase(subject, at=AT)
    assert subjects.erase(subject, at=AT.replace(year=2027)) is False
    assert SubjectKey.objects.get().erased_at == AT


def test_a_subject_nobody_sealed_for_is_unknown_not_empty(subject):
    with pytest.raises(subjects.SubjectUnknown):
        subjects.decrypt(subject, b"x", aad="t.c:1")
    with pytest.raises(subjects.SubjectUnknown):
        subjects.erase(subject, at=AT)
    assert SubjectKey.objects.count() == 0


def test_boxes_of_many_subjects_take_one_query(subject, django_assert_num_queries):
    others = [ids.uuid7() for _ in range(3)]
    tokens = {who: subjects.encrypt(who, str(who), aad="t.c:1") for who in [subject, *others]}
    subjects.erase(others[0], at=AT)
    with django_assert_num_queries(1):
        boxes = subjects.boxes_for([*tokens, ids.uuid7()])
    assert {who: box.decrypt(tokens[who], aad="t.c:1") for who, box in boxes.items()} == {
        who: str(who) for who in [subject, *others[1:]]
    }


def test_rewrapping_changes_the_wrapping_and_nothing_else(settings, subject):
    token = subjects.encrypt(subject, "Ada", aad="t.c:1")
    settings.ENCRYPTION_KEYS = f"k2:{K2},k1:{K1}"
    erased = ids.uuid7()
    subjects.key_for(erased)
    subjects.erase(erased, at=AT)
    assert subjects.waiting_for_rewrap() == 1
    assert subjects.rewrap_batch(size=10) == (1, [], subject)
    assert subjects.waiting_for_rewrap() == 0
    settings.ENCRYPTION_KEYS = f"k2:{K2}"
    assert subjects.decrypt(subject, token, aad="t.c:1") == "Ada"
    assert SubjectKey.objects.get(subject_id=subject).wrapped_by == "k2"


def test_rewrapping_goes_batch_by_batch(settings):
    for _ in range(5):
        subjects.key_for(ids.uuid7())
    settings.ENCRYPTION_KEYS = f"k2:{K2},k1:{K1}"
    assert [subjects.rewrap_batch(size=2).done for _ in range(4)] == [2, 2, 1, 0]


def test_rewrapping_goes_on_after_a_subject(settings):
    made = sorted(ids.uuid7() for _ in range(3))
    for one in made:
        subjects.key_for(one)
    settings.ENCRYPTION_KEYS = f"k2:{K2},k1:{K1}"
    assert subjects.rewrap_batch(size=10, after=made[0]) == (2, [], made[2])
    assert SubjectKey.objects.get(wrapped_by="k1").subject_id == made[0]


@pytest.mark.django_db(transaction=True)
def test_rewrapping_leaves_rows_that_somebody_holds_for_another_round(settings, subject, owner_connection):
    subjects.key_for(subject)
    free = ids.uuid7()
    subjects.key_for(free)
    settings.ENCRYPTION_KEYS = f"k2:{K2},k1:{K1}"
    owner_connection.autocommit = False
    with owner_connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM flowlet_vault_subjectkey WHERE subject_id = %s FOR UPDATE", [str(subject)])
        assert subjects.rewrap_batch(size=10) == (1, [], free)
        owner_connection.rollback()
    assert subjects.rewrap_batch(size=10) == (1, [], subject)


def test_a_key_that_does_not_open_is_reported_and_left_as_it_is(settings, subject):
    subjects.key_for(subject)
    whole = ids.uuid7()
    subjects.key_for(whole)
    junk = crypto.seal(b"x" * 32, aad="elsewhere")
    SubjectKey.objects.filter(subject_id=subject).update(wrapped_key=junk)
    settings.ENCRYPTION_KEYS = f"k2:{K2},k1:{K1}"
    assert subjects.rewrap_batch(size=10) == (1, [subject], whole)
    assert subjects.rewrap_batch(size=10, skip=[subject]) == (0, [], None)
    assert bytes(SubjectKey.objects.get(subject_id=subject).wrapped_key) == junk


def test_the_database_refuses_a_key_that_is_erased_only_in_half(subject):
    subjects.key_for(subject)
    for half in [{"erased_at": AT}, {"wrapped_key": None, "wrapped_by": ""}, {"wrapped_by": ""}]:
        with pytest.raises(IntegrityError, match="subject_key_is_there_or_erased"), transaction.atomic():
            SubjectKey.objects.filter(subject_id=subject).update(**half)


@pytest.mark.django_db(transaction=True)
def test_two_first_uses_at_once_get_the_same_key(subject):
    tokens, barrier = [], threading.Barrier(4)

    def use():
        try:
            barrier.wait()
            tokens.append(subjects.encrypt(subject, "Ada", aad="t.c:1"))
        finally:
            connection.close()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [subjects.decrypt(subject, token, aad="t.c:1") for token in tokens] == ["Ada"] * 4
    assert SubjectKey.objects.filter(subject_id=subject).count() == 1

"""Records are written with the deed, say everything, and hide what is personal."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from flowlet.audit.models import Record
from flowlet.audit.selectors import records
from flowlet.audit.services import log
from flowlet.audit.tests.conftest import AT
from flowlet.vault.services import subjects

pytestmark = pytest.mark.django_db


def test_a_record_says_who_did_what_to_what_when_from_where_and_why(officer):
    partner = uuid4()
    returned = log.record(
        action="wallet.frozen",
        actor=officer,
        at=AT,
        target="wal_1",
        partner_id=partner,
        reason="court order 17",
        before={"status": "OPEN", "limit": Decimal("1.50")},
        after={"status": "FROZEN", "until": date(2026, 4, 1), "partner": partner},
    )
    stored = Record.objects.get(pk=returned.pk)
    expected = {
        "at": AT,
        "action": "wallet.frozen",
        "target": "wal_1",
        "partner_id": partner,
        "actor_kind": "staff",
        "actor_id": "usr_officer",
        "actor_label": "Compliance officer",
        "actor_ip": "192.0.2.7",
        "request_id": "req-1",
        "reason": "court order 17",
        "before": {"status": "OPEN", "limit": "1.50"},
        "after": {"status": "FROZEN", "until": "2026-04-01", "partner": str(partner)},
        "subject_id": None,
        "personal": None,
        "recorded_xid": returned.recorded_xid,
    }
    assert {name: getattr(stored, name) for name in expected} == expected


def test_the_record_carries_the_transaction_that_wrote_it(write):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        current = cursor.fetchone()[0]
    with transaction.atomic():  # a savepoint is not another transaction
        assert write(1).recorded_xid == current
    assert write(2).recorded_xid == current


def test_one_record_is_one_statement(write):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        write(1)
    assert len(queries) == 1


def test_a_deed_that_is_rolled_back_leaves_no_record(write):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        write(1)
        1 / 0
    assert not Record.objects.exists()


def test_many_records_are_written_in_order_by_one_statement(officer):
    subject = uuid4()
    new = [log.NewRecord(action="a.b", target=f"t_{n}", after={"n": n}, reason="r") for n in range(3)]
    new.append(log.NewRecord(action="a.b", target="t_3", personal={"after": {"name": "Zoë"}}, subject_id=subject))
    subjects.key_for(subject)
    with CaptureQueriesContext(connection) as queries:
        assert log.record_many(new, actor=officer, at=AT) == 4
    assert len([query for query in queries if "INSERT" in query["sql"]]) == 1
    stored = list(Record.objects.order_by("id"))
    assert [(row.target, row.after, row.actor_id, row.at) for row in stored] == [
        *((f"t_{n}", {"n": n}, "usr_officer", AT) for n in range(3)),
        ("t_3", None, "usr_officer", AT),
    ]
    assert records.personal_of(stored[3]) == {"after": {"name": "Zoë"}}


def test_no_records_are_no_statement(officer, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert log.record_many([], actor=officer, at=AT) == 0


def test_personal_values_are_stored_encrypted_and_read_back(write):
    record = write(1, personal={"before": {"name": "Ada Lovelace"}, "after": {"name": "Ada King"}}, subject_id=uuid4())
    stored = Record.objects.get(pk=record.pk)
    assert b"Ada" not in bytes(stored.personal)
    assert records.personal_of(stored) == {"before": {"name": "Ada Lovelace"}, "after": {"name": "Ada King"}}


def test_personal_values_are_gone_once_the_subjects_key_is_erased(write):
    subject = uuid4()
    record = write(1, personal={"after": {"name": "Ada"}}, subject_id=subject)
    subjects.erase(subject, at=AT)
    with pytest.raises(subjects.SubjectErased):
        records.personal_of(Record.objects.get(pk=record.pk))


def test_personal_values_cannot_be_read_from_another_record(write):
    subject = uuid4()
    first = write(1, personal={"after": {"name": "Ada"}}, subject_id=subject)
    second = write(2, personal={"after": {"name": "Bob"}}, subject_id=subject)
    second.personal = first.personal
    with pytest.raises(Exception, match=r"(?i)open|altered|decrypt"):
        records.personal_of(second)


def test_personal_values_without_a_subject_are_refused(write):
    with pytest.raises(ValueError, match="subject_id"):
        write(1, personal={"after": {"name": "Ada"}})
    assert not Record.objects.exists()


def test_the_history_of_a_thing_and_of_a_person_is_newest_first(write, officer):
    first, other, second = write(1), write(2), write(1)
    assert list(records.of_target("wal_1")) == [second, first]
    assert list(records.of_actor(officer.id)) == [second, other, first]

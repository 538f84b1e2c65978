"""A fact leaves with its transaction or not at all, and costs one statement."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import psycopg2
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError

from flowlet.core import ids
from flowlet.events import selectors
from flowlet.events.models import Event
from flowlet.events.services import outbox
from flowlet.events.services.outbox import NewEvent
from flowlet.events.tests.conftest import AT
from flowlet.vault.services import subjects


@pytest.mark.django_db
def test_an_event_says_what_became_true_of_what_and_when(partner_id):
    event = outbox.publish(
        type="wallet.opened", partner_id=partner_id, subject="wal_1", data={"limit": Decimal("1.50"), "by": partner_id}, at=AT
    )
    stored = Event.objects.get()
    assert (stored.pk, stored.public_id) == (event.pk, ids.public_id("evt", event.pk))
    assert (stored.type, stored.partner_id, stored.subject, stored.created_at) == ("wallet.opened", partner_id, "wal_1", AT)
    assert stored.data == {"limit": "1.50", "by": str(partner_id)}
    assert (stored.api_version, stored.relayed_at, stored.xid) == ("v1", None, event.xid)


@pytest.mark.django_db
def test_publishing_is_one_statement_however_many_listen(partner_id, django_assert_num_queries):
    with django_assert_num_queries(1):
        outbox.publish(type="wallet.opened", partner_id=partner_id, subject="wal_1", data={}, at=AT)
    new = [NewEvent(type="wallet.opened", partner_id=partner_id, subject=f"wal_{n}", data={"n": n}, at=AT) for n in range(100)]
    with django_assert_num_queries(1):
        events = outbox.publish_many(new)
    stored = Event.objects.exclude(subject="wal_1", data={}).order_by("id")
    assert [(row.pk, row.subject, row.data, row.xid, row.created_at) for row in stored] == [
        (event.pk, f"wal_{n}", {"n": n}, event.xid, AT) for n, event in enumerate(events)
    ]


@pytest.mark.django_db
def test_no_events_are_no_statement(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert outbox.publish_many([]) == []


@pytest.mark.django_db(transaction=True)
def test_refuses_to_publish_outside_a_transaction(partner_id):
    with pytest.raises(TransactionManagementError):
        outbox.publish(type="wallet.opened", partner_id=partner_id, subject="wal_1", data={}, at=AT)
    with pytest.raises(TransactionManagementError):
        outbox.publish_many([NewEvent(type="wallet.opened", partner_id=partner_id, subject="wal_1", data={}, at=AT)])
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_event_dies_with_its_transaction(publish):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        publish(1)
        1 / 0
    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["opened", "Wallet.opened", "wallet.", ".opened", "wallet opened", ""])
def test_the_database_refuses_a_type_that_is_not_dotted(publish, name):
    with pytest.raises(IntegrityError, match="event_type_is_dotted"):
        publish(1, type=name)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "change",
    [
        "data = '{}'",
        "type = 'a.b'",
        "subject = ''",
        "partner_id = NULL",
        "created_at = now()",
        "xid = 1",
        "api_version = ''",
        "sealed = NULL",
    ],
)
def test_what_an_event_says_never_changes(publish, owner_connection, change):
    publish(1)
    sql = f"UPDATE flowlet_events_event SET {change}"
    with pytest.raises(DatabaseError, match="never changes"), connection.cursor() as cursor:
        cursor.execute(sql)
    with pytest.raises(psycopg2.errors.RestrictViolation, match="never changes"), owner_connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db
def test_what_is_personal_is_told_to_the_partner_until_the_persons_key_is_gone():
    person, told = uuid4(), {"type": "customer.created", "partner_id": uuid4(), "subject": "cus_1", "at": AT}
    with pytest.raises(ValueError, match="person_id"):
        outbox.publish(**told, data={}, personal={"external_id": "ada"})
    made = outbox.publish(**told, data={"kind": "PERSON"}, personal={"external_id": "ada"}, person_id=person)
    plain = outbox.publish(**told, data={"kind": "FIRM"}, personal=None, person_id=person)
    kept = Event.objects.get(pk=made.pk)
    assert (kept.data, b"ada" in bytes(kept.sealed)) == ({"kind": "PERSON", "external_id": None}, False)
    assert selectors.told([kept, plain]) == {made.pk: {"kind": "PERSON", "external_id": "ada"}, plain.pk: {"kind": "FIRM"}}
    subjects.erase(person, at=AT)
    assert selectors.told([kept])[made.pk] == {"kind": "PERSON", "external_id": None}


@pytest.mark.django_db(transaction=True)
def test_the_time_of_relay_is_all_that_changes(publish):
    event = publish(1)
    Event.objects.filter(pk=event.pk).update(relayed_at=AT + timedelta(seconds=1))
    assert Event.objects.get().relayed_at == AT + timedelta(seconds=1)

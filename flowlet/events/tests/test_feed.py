"""Whoever continues after the last event seen misses none."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from flowlet.core.errors import Invalid
from flowlet.db.transactions import wait_for_horizon
from flowlet.events import errors, selectors
from flowlet.events.models import Event
from flowlet.events.services import outbox
from flowlet.events.services.outbox import NewEvent
from flowlet.events.tests.conftest import AT

pytestmark = pytest.mark.django_db(transaction=True)


def page(partner_id, **more):
    # The horizon is the whole server's: tests of other processes hold it back for a moment.
    assert wait_for_horizon(timeout_seconds=240)
    return selectors.events_page(partner_id=partner_id, at=AT, **more)


def subjects(found):
    return [event.subject for event in found.events]


def test_the_feed_is_oldest_first_in_pages(publish, partner_id):
    for number in range(5):
        publish(number)
    first = page(partner_id, limit=2)
    assert (subjects(first), first.has_more) == (["wal_0", "wal_1"], True)
    second = page(partner_id, limit=2, starting_after=first.events[-1].public_id)
    assert (subjects(second), second.has_more) == (["wal_2", "wal_3"], True)
    third = page(partner_id, limit=2, starting_after=second.events[-1].public_id)
    assert (subjects(third), third.has_more) == (["wal_4"], False)
    assert subjects(page(partner_id, starting_after=third.events[-1].public_id)) == []


def test_ending_before_gives_the_page_just_before(publish, partner_id):
    events = [publish(number) for number in range(5)]
    found = page(partner_id, limit=2, ending_before=events[3].public_id)
    assert (subjects(found), found.has_more) == (["wal_1", "wal_2"], True)
    found = page(partner_id, limit=2, ending_before=events[1].public_id)
    assert (subjects(found), found.has_more) == (["wal_0"], False)


def test_events_of_one_transaction_are_in_the_order_they_were_published(partner_id):
    with transaction.atomic():
        new = [NewEvent(type="a.b", partner_id=partner_id, subject=f"wal_{n}", data={}, at=AT) for n in range(10)]
        outbox.publish_many(new[:5])
        outbox.publish(type="a.b", partner_id=partner_id, subject="wal_5", data={}, at=AT)
        outbox.publish_many(new[6:])
    assert subjects(page(partner_id)) == [f"wal_{n}" for n in range(10)]
    assert subjects(page(partner_id, limit=4, starting_after=page(partner_id).events[3].public_id)) == [
        f"wal_{n}" for n in range(4, 8)
    ]


def test_another_partners_events_and_the_platforms_own_are_not_in_it(publish, partner_id):
    publish(1)
    foreign = publish(2, partner_id=uuid4())
    own = publish(3, partner_id=None)
    assert subjects(page(partner_id)) == ["wal_1"]
    for hidden in (foreign, own):
        with pytest.raises(errors.CursorGone):
            page(partner_id, starting_after=hidden.public_id)


def test_types_prefixes_and_subjects_narrow_it(publish, partner_id):
    publish(1)
    publish(1, type="wallet.hold.placed")
    publish(2, type="walletx.opened")
    publish(1, type="customer.created")
    assert [event.type for event in page(partner_id, types=["wallet.*"]).events] == ["wallet.opened", "wallet.hold.placed"]
    assert [event.type for event in page(partner_id, types=["wallet.opened", "customer.created"]).events] == [
        "wallet.opened",
        "customer.created",
    ]
    assert [event.type for event in page(partner_id, subject="wal_2").events] == ["walletx.opened"]
    assert page(partner_id, subject="wal_2", types=["wallet.*"]).events == []


def test_it_reaches_back_thirty_days(publish, partner_id):
    old = publish(1, at=AT - timedelta(days=30, seconds=1))
    publish(2, at=AT - timedelta(days=30))
    assert subjects(page(partner_id)) == ["wal_2"]
    with pytest.raises(errors.CursorGone, match="30 days"):
        page(partner_id, starting_after=old.public_id)


@pytest.mark.parametrize("cursor", ["evt_x", "wal_06brrx", "x", "evt_" + "0" * 26])
def test_a_cursor_that_is_no_event_is_refused(partner_id, cursor):
    with pytest.raises(errors.CursorGone) as refusal:
        page(partner_id, starting_after=cursor)
    assert refusal.value.param == "starting_after"


def test_two_cursors_at_once_are_refused(publish, partner_id):
    event = publish(1)
    with pytest.raises(Invalid):
        page(partner_id, starting_after=event.public_id, ending_before=event.public_id)


def test_a_slow_transaction_cannot_slip_an_event_in_behind_the_cursor(publish, partner_id):
    """What began later is shown only when what began earlier has ended."""
    written, go_on = threading.Event(), threading.Event()

    def slow():
        try:
            with transaction.atomic():
                outbox.publish(type="a.b", partner_id=partner_id, subject="wal_slow", data={}, at=AT)
                written.set()
                go_on.wait(20)
        finally:
            connections.close_all()

    publish(0)
    before = page(partner_id)
    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    publish(1)
    publish(2)
    last = before.events[-1].public_id
    assert selectors.events_page(partner_id=partner_id, at=AT, starting_after=last).events == []
    go_on.set()
    thread.join()
    assert subjects(page(partner_id, starting_after=last)) == ["wal_slow", "wal_1", "wal_2"]


def test_a_reader_beside_many_writers_sees_every_event_exactly_once(partner_id):
    done, seen = threading.Event(), []

    def writer(base):
        try:
            for number in range(40):
                with transaction.atomic():
                    outbox.publish(type="a.b", partner_id=partner_id, subject=f"wal_{base + number}", data={}, at=AT)
                    if number % 8 == 0:
                        done.wait(0.02)
        finally:
            connections.close_all()

    def read():
        cursor = seen[-1].public_id if seen else ""
        seen.extend(selectors.events_page(partner_id=partner_id, at=AT, limit=7, starting_after=cursor).events)

    threads = [threading.Thread(target=writer, args=(base,)) for base in (0, 100, 200, 300)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        read()
    assert wait_for_horizon(timeout_seconds=240)
    for _ in range(40):
        read()
    assert len(seen) == len({event.pk for event in seen}) == Event.objects.count() == 160


def test_a_page_is_one_index_range(publish, partner_id):
    event = publish(1)
    assert wait_for_horizon(timeout_seconds=240)
    with CaptureQueriesContext(connection) as queries:
        selectors.events_page(partner_id=partner_id, at=AT, starting_after=event.public_id)
    sql = queries[-1]["sql"]
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute("SET enable_bitmapscan = off")
        cursor.execute("EXPLAIN " + sql)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    connection.close()
    assert "event_feed" in plan
    assert "Sort" not in plan

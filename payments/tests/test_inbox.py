"""Events of providers: proven, kept once, handled once."""

import json
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from flowlet.audit.models import Record
from flowlet.core import actors, clock, crypto
from flowlet.core.outbound import Unavailable
from flowlet.core.states import IllegalMove
from payments import tasks
from payments.choices import InboundStatus
from payments.models import InboundEvent
from payments.services import inbound, inbox

ROBOT = actors.system("tests")
S = InboundStatus
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def listener():
    """Listens to whatever the tests make up; keeps what it saw and what it booked."""

    class Listener:
        seen, booked, problems = [], [], []

        def look(self, fact):
            self.seen.append(fact)
            return f"state of {fact.subject}"

        def apply(self, fact, what, *, actor, at):
            if self.problems:
                raise self.problems.pop(0)
            assert connection.in_atomic_block
            self.booked.append((fact.event_id, what))

    found = Listener()
    found.seen, found.booked, found.problems = [], [], []
    inbound.register(
        inbound.Handler(name="tests.listener", provider="stripe", kinds=("tests.*",), look=found.look, apply=found.apply)
    )
    yield found
    inbound.unregister("tests.listener")


def event(event_id="evt_1", kind="tests.happened", **changes):
    data = {
        "id": event_id,
        "object": "event",
        "type": kind,
        "created": int(clock.now().timestamp()),
        "livemode": True,
        "data": {"object": {"id": "obj_1", "name": "Ada Lovelace"}},
    }
    return json.dumps(data | changes).encode()


def receive(stripe, body=None):
    body = body or event()
    return inbox.receive(provider="stripe", body=body, headers={"stripe-signature": stripe.sign(body)}, at=clock.now())


def handle(row, *, at=None):
    return inbox.handle(inbound_id=row.pk, actor=ROBOT, at=at or clock.now())


# Keeping


def test_twins_at_the_same_moment_are_kept_once(stripe):
    body, found = event(), []

    def deliver():
        try:
            found.append(receive(stripe, body))
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False] * 5 + [True]
    assert InboundEvent.objects.count() == 1


# Handling


def test_an_event_is_handled_once_with_what_the_provider_says_now(stripe, listener):
    receive(stripe)
    row = InboundEvent.objects.get()
    assert handle(row) == inbox.Outcome.HANDLED
    assert listener.booked == [("evt_1", "state of obj_1")]
    row.refresh_from_db()
    assert (row.status, row.attempts, row.error) == (S.HANDLED, 1, "")
    assert handle(row) == inbox.Outcome.SKIPPED
    assert inbox.sweep(actor=ROBOT, at=clock.now() + timedelta(days=9)) == 0
    assert len(listener.seen) == len(listener.booked) == 1


def test_what_nobody_listens_to_is_ignored(stripe):
    receive(stripe, event(kind="product.created"))
    row = InboundEvent.objects.get()
    assert handle(row) == inbox.Outcome.IGNORED
    row.refresh_from_db()
    assert row.status == S.IGNORED


def test_a_failure_books_nothing_and_is_tried_again_later_without_names_in_the_record(stripe, listener):
    receive(stripe)
    row = InboundEvent.objects.get()
    listener.problems = [ValueError("ada@example.com was not expected\nsecond line")]
    assert handle(row) == inbox.Outcome.FAILED
    row.refresh_from_db()
    assert (row.status, row.attempts) == (S.RECEIVED, 1)
    assert row.error == "ValueError: [redacted] was not expected"
    assert listener.booked == []
    assert handle(row) == inbox.Outcome.SKIPPED, "not before its time"
    assert inbox.sweep(actor=ROBOT, at=clock.now() + timedelta(seconds=31)) == 1
    row.refresh_from_db()
    assert (row.status, row.attempts) == (S.HANDLED, 2)
    assert len(listener.booked) == 1


def test_a_provider_that_cannot_be_asked_is_asked_later(stripe, listener):
    receive(stripe)
    listener.problems = [Unavailable(provider="stripe", operation="x")]
    assert handle(InboundEvent.objects.get()) == inbox.Outcome.FAILED
    assert InboundEvent.objects.get().error.startswith("provider.unavailable: ")


def test_what_fails_for_two_days_waits_for_an_officer_who_can_have_it_tried_again(stripe, listener):
    receive(stripe)
    row = InboundEvent.objects.get()
    listener.problems = [ValueError("no")] * inbox.MAX_ATTEMPTS
    at, began = clock.now(), clock.now()
    for number in range(inbox.MAX_ATTEMPTS):
        outcome = handle(row, at=at)
        assert outcome == (inbox.Outcome.DEAD if number == inbox.MAX_ATTEMPTS - 1 else inbox.Outcome.FAILED)
        at += timedelta(days=1, seconds=1)
    assert sum(inbox.WAITS_SECONDS) >= 2 * 86_400
    row.refresh_from_db()
    assert (row.status, row.error) == (S.DEAD, "ValueError: no")
    assert inbox.sweep(actor=ROBOT, at=at) == 0
    inbox.retry(inbound_id=row.pk, reason="fixed", actor=ROBOT, at=began)
    record = Record.objects.get(action="payments.inbound.retried")
    assert (record.target, record.reason) == (row.public_id, "fixed")
    assert handle(row) == inbox.Outcome.HANDLED
    with pytest.raises(IllegalMove):
        inbox.retry(inbound_id=row.pk, reason="again", actor=ROBOT, at=began)


def test_a_worker_that_dies_in_the_middle_leaves_it_to_the_sweep(stripe, listener):
    receive(stripe)
    row = InboundEvent.objects.get()
    listener.problems = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        handle(row)
    assert listener.booked == []
    assert inbox.sweep(actor=ROBOT, at=clock.now()) == 0, "the lease still runs"
    assert inbox.sweep(actor=ROBOT, at=clock.now() + inbox.LEASE) == 1
    assert len(listener.booked) == 1


def test_who_comes_back_after_its_lease_books_nothing(stripe, listener, monkeypatch):
    receive(stripe)
    row = InboundEvent.objects.get()
    later = clock.now() + inbox.LEASE + timedelta(seconds=1)
    slow = listener.look

    def look(fact):
        monkeypatch.setattr(listener, "look", slow)
        inbound.register(_handler(listener))
        assert handle(row, at=later) == inbox.Outcome.HANDLED
        return slow(fact)

    monkeypatch.setattr(listener, "look", look)
    inbound.register(_handler(listener))
    assert handle(row) == inbox.Outcome.SKIPPED
    assert len(listener.booked) == 1


def _handler(listener):
    return inbound.Handler(name="tests.listener", provider="stripe", kinds=("tests.*",), look=listener.look, apply=listener.apply)


def test_providers_are_never_asked_inside_a_transaction(stripe, listener):
    receive(stripe)
    with transaction.atomic(), pytest.raises(RuntimeError):
        handle(InboundEvent.objects.get())


def test_bodies_are_forgotten_when_they_have_served(stripe, listener):
    receive(stripe)
    receive(stripe, event("evt_2"))
    first, second = InboundEvent.objects.order_by("pk")
    handle(first)
    assert inbox.forget_bodies(at=clock.now() + timedelta(days=89)) == 0
    assert inbox.forget_bodies(at=clock.now() + timedelta(days=91)) == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.sealed is None and second.sealed is not None
    assert first.digest and first.event_id == "evt_1"


def test_the_database_keeps_what_was_told_as_it_was_told(stripe, listener):
    receive(stripe)
    row = InboundEvent.objects.get()
    handle(row)
    for change in (
        {"kind": "other"},
        {"digest": "0" * 64},
        {"status": S.RECEIVED, "handled_at": None, "next_attempt_at": clock.now()},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            InboundEvent.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        InboundEvent.objects.filter(pk=row.pk).delete()


def test_a_body_that_was_moved_to_another_row_does_not_open(stripe):
    receive(stripe)
    receive(stripe, event("evt_2"))
    first, second = InboundEvent.objects.order_by("pk")
    InboundEvent.objects.filter(pk=second.pk).update(sealed=first.sealed)
    second.refresh_from_db()
    with pytest.raises(crypto.CannotOpen):
        inbox.fact_of(second)


def test_the_sweep_hands_each_event_to_a_task_of_its_own(stripe, listener, monkeypatch):
    receive(stripe)
    receive(stripe, event("evt_2"))
    handed = []
    monkeypatch.setattr(tasks.handle_inbound, "delay", lambda **arguments: handed.append(arguments["inbound_id"]))
    tasks.sweep_inbound()
    assert handed == [row.public_id for row in InboundEvent.objects.order_by("next_attempt_at")]
    assert listener.seen == []
    for inbound_id in handed:
        tasks.handle_inbound(inbound_id=inbound_id)
    assert [event_id for event_id, _ in listener.booked] == ["evt_1", "evt_2"]
    tasks.sweep_inbound()
    assert len(handed) == 2

"""At least once, each effect exactly once, and nothing lost without being seen."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from flowlet.core import clock
from flowlet.events import errors, registry, selectors, tasks
from flowlet.events.choices import DeliveryStatus
from flowlet.events.models import Delivery, Event
from flowlet.events.services import outbox, relay, replays, retention
from flowlet.events.tests.conftest import AT, traces

pytestmark = pytest.mark.django_db(transaction=True)


def run(at=AT):
    return relay.run(now=lambda: at)


def in_thread(function):
    def body():
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=body)
    thread.start()
    return thread


def test_an_event_reaches_every_handler_that_listens_once(publish):
    seen = []
    registry.handler("a.all", types=("*",))(lambda event: seen.append(("a.all", event.subject)))
    registry.handler("b.wallets", types=("wallet.*",))(lambda event: seen.append(("b.wallets", event.subject)))
    registry.handler("c.other", types=("card.*",))(lambda event: seen.append(("c.other", event.subject)))
    publish(1)
    tally = run()
    assert sorted(seen) == [("a.all", "wal_1"), ("b.wallets", "wal_1")]
    assert (tally.fanned_out, tally.delivered, tally.failed, tally.dead) == (1, 2, 0, 0)
    assert run() == relay.Tally()
    assert len(seen) == 2


def test_the_handler_sees_the_event_as_it_was_published(publish, partner_id):
    seen = []
    registry.handler("a.b", types=("*",))(seen.append)
    event = publish(7)
    run()
    assert [(got.pk, got.type, got.partner_id, got.subject, got.data, got.created_at) for got in seen] == [
        (event.pk, "wallet.opened", partner_id, "wal_7", {"number": 7}, AT)
    ]


def test_an_event_nobody_listens_to_is_done_at_once(publish):
    publish(1)
    assert run() == relay.Tally(fanned_out=1)
    assert Event.objects.get().relayed_at == AT
    assert selectors.lag(at=AT) == selectors.Lag(seconds=0.0, waiting=0, dead=0)


def test_an_uncommitted_event_is_not_delivered(publish):
    seen = []
    registry.handler("a.b", types=("*",))(lambda event: seen.append(event.subject))
    with transaction.atomic():
        publish(1)
        thread = in_thread(run)
        thread.join()
        assert seen == []
    run()
    assert seen == ["wal_1"]


def test_a_slow_transaction_elsewhere_does_not_delay_delivery(publish, partner_id):
    seen, written, go_on = [], threading.Event(), threading.Event()
    registry.handler("a.b", types=("*",))(lambda event: seen.append(event.subject))

    def slow():
        with transaction.atomic():
            outbox.publish(type="wallet.opened", partner_id=partner_id, subject="wal_slow", data={}, at=AT)
            written.set()
            go_on.wait(20)

    thread = in_thread(slow)
    assert written.wait(20)
    publish(1)
    run()
    assert seen == ["wal_1"]
    go_on.set()
    thread.join()
    run()
    assert seen == ["wal_1", "wal_slow"]


def test_a_handler_that_fails_midway_leaves_no_trace_and_is_tried_again(publish, leave_trace):
    failures = [True, True]

    def handler(event):
        leave_trace(event)
        if failures:
            failures.pop()
            raise RuntimeError("the list\nwith a second line that quotes a row")

    registry.handler("a.b", types=("wallet.*",))(handler)
    event = publish(1)
    assert run() == relay.Tally(fanned_out=1, failed=1)
    assert traces() == []
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("PENDING", 1, "RuntimeError: the list")
    assert delivery.next_attempt_at == AT + timedelta(seconds=relay.BACKOFF[0])
    assert run() == relay.Tally(), "not before its time"
    assert run(AT + timedelta(seconds=1)).failed == 1
    assert run(AT + timedelta(seconds=5)) == relay.Tally(), "each time later"
    last = run(AT + timedelta(seconds=6))
    assert (last.delivered, last.failed) == (1, 0)
    assert traces() == [event.public_id]
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("DELIVERED", 3, "")
    assert delivery.finished_at == AT + timedelta(seconds=6)


def test_one_failing_handler_does_not_hold_up_another(publish, leave_trace):
    def broken(event):
        raise RuntimeError

    registry.handler("a.broken", types=("wallet.*",))(broken)
    registry.handler("b.sound", types=("wallet.*",))(leave_trace)
    events = [publish(number) for number in range(3)]
    tally = run()
    assert (tally.delivered, tally.failed) == (3, 3)
    assert traces() == sorted(event.public_id for event in events)


def test_what_the_commit_would_refuse_is_the_handlers_failure(publish, superuser_connection):
    """A deferred constraint speaks at the commit, too late to be caught: it is asked before."""
    with superuser_connection.cursor() as cursor:
        cursor.execute("CREATE TABLE deferred_test (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        cursor.execute("GRANT ALL ON deferred_test TO PUBLIC")

    def handler(event):
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO deferred_test VALUES (1), (1)")

    registry.handler("a.b", types=("*",))(handler)
    publish(1)
    assert run() == relay.Tally(fanned_out=1, failed=1)
    assert "IntegrityError" in Delivery.objects.get().last_error


def test_gives_up_after_the_last_attempt_and_can_be_replayed(publish, leave_trace):
    healed = []

    def handler(event):
        leave_trace(event)
        if not healed:
            raise RuntimeError("no")

    registry.handler("a.b", types=("wallet.*",))(handler)
    event = publish(1)
    at = AT
    for _ in range(relay.MAX_ATTEMPTS - 1):
        assert run(at).failed == 1
        at += timedelta(days=1)
    assert run(at).dead == 1
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.finished_at) == ("DEAD", relay.MAX_ATTEMPTS, at)
    assert list(selectors.dead_deliveries()) == [delivery]
    assert selectors.lag(at=at) == selectors.Lag(seconds=0.0, waiting=0, dead=1)
    assert run(at + timedelta(days=365)) == relay.Tally(), "nothing happens by itself any more"
    healed.append(True)
    assert replays.replay_dead(at=at, handler="another.one") == 0
    assert replays.replay_dead(at=at, deliveries=[delivery.pk + 1]) == 0
    assert replays.replay_dead(at=at, handler="a.b") == 1
    assert run(at).delivered == 1
    assert traces() == [event.public_id]


def test_an_event_that_kills_every_process_is_given_up_too(publish):
    ran = []
    registry.handler("a.b", types=("*",))(ran.append)
    publish(1)
    relay.fan_out(at=AT)
    at = AT
    for _ in range(relay.MAX_ATTEMPTS):  # claimed, and then the process died
        assert len(relay.claim(at=at)) == 1
        assert relay.claim(at=at) == [], "leased"
        at += relay.LEASE
    assert run(at).dead == 1
    assert ran == []
    assert Delivery.objects.get().last_error == "The process died while handling it."


def test_a_claim_that_is_overtaken_runs_nothing(publish, leave_trace):
    registry.handler("a.b", types=("wallet.*",))(leave_trace)
    event = publish(1)
    relay.fan_out(at=AT)
    [slow] = relay.claim(at=AT)
    [quick] = relay.claim(at=AT + relay.LEASE)
    assert relay.deliver(slow, now=lambda: AT) is relay.Outcome.SKIPPED
    assert relay.deliver(quick, now=lambda: AT) is relay.Outcome.DELIVERED
    assert relay.deliver(quick, now=lambda: AT) is relay.Outcome.SKIPPED
    assert traces() == [event.public_id]


def test_a_handler_that_outlives_its_lease_is_not_run_twice(publish, leave_trace):
    started, go_on = threading.Event(), threading.Event()

    def handler(event):
        leave_trace(event)
        started.set()
        go_on.wait(20)

    registry.handler("a.b", types=("wallet.*",))(handler)
    event = publish(1)
    thread = in_thread(run)
    assert started.wait(20)
    assert run(AT + 10 * relay.LEASE) == relay.Tally(), "its row is locked"
    go_on.set()
    thread.join()
    assert run(AT + 20 * relay.LEASE) == relay.Tally()
    assert traces() == [event.public_id]


def test_a_row_that_another_relay_locks_in_passing_is_delivered_all_the_same(publish, superuser_connection):
    registry.handler("a.b", types=("*",))(lambda event: None)
    publish(1)
    relay.fan_out(at=AT)
    (taken,) = relay.claim(at=AT)
    superuser_connection.autocommit = False
    with superuser_connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM flowlet_events_delivery WHERE id = %s FOR UPDATE", [taken.delivery_id])
    passing = threading.Timer(0.03, superuser_connection.rollback)
    passing.start()
    assert relay.deliver(taken, now=lambda: AT) is relay.Outcome.DELIVERED
    passing.join()


def test_two_relays_never_deliver_twice(publish, leave_trace):
    registry.handler("a.first", types=("wallet.*",))(leave_trace)
    registry.handler("b.second", types=("wallet.*",))(leave_trace)
    events = [publish(number) for number in range(60)]
    tallies = []
    threads = [in_thread(lambda: tallies.append(run())) for _ in range(4)]
    for thread in threads:
        thread.join()
    assert sum(tally.delivered for tally in tallies) == 120
    assert sum(tally.failed for tally in tallies) == 0
    assert traces() == sorted(event.public_id for event in events for _ in range(2))
    assert not Delivery.objects.exclude(status=DeliveryStatus.DELIVERED, attempts=1).exists()


def test_a_relay_that_is_stopped_gives_back_what_it_did_not_try(publish):
    seen = []
    registry.handler("a.b", types=("*",))(lambda event: seen.append(event.subject))
    for number in range(5):
        publish(number)
    assert relay.run(now=lambda: AT, stop=lambda: len(seen) == 2).delivered == 2
    assert sorted(Delivery.objects.values_list("status", "attempts")) == [("DELIVERED", 1)] * 2 + [("PENDING", 0)] * 3
    assert run().delivered == 3
    assert seen == [f"wal_{number}" for number in range(5)]


def test_a_handler_this_process_does_not_know_waits_for_one_that_does(publish, monkeypatch):
    registry.handler("a.b", types=("*",))(lambda event: None)
    publish(1)
    relay.fan_out(at=AT)
    known, unknown = registry._handlers, {}
    monkeypatch.setattr(registry, "_handlers", unknown)
    assert run().failed == 1
    assert "registered" in Delivery.objects.get().last_error
    monkeypatch.setattr(registry, "_handlers", known)
    assert run(AT + timedelta(minutes=1)).delivered == 1


def test_a_replayed_event_reaches_its_handler_again(publish):
    seen = []
    registry.handler("a.b", types=("*",))(lambda event: seen.append(event.subject))
    event = publish(1)
    run()
    replays.replay_event(event_id=event.pk, handler="a.b", at=AT)
    assert run().delivered == 1
    assert seen == ["wal_1", "wal_1"]
    with pytest.raises(errors.UnknownHandler):
        replays.replay_event(event_id=event.pk, handler="no.one", at=AT)


def test_a_new_handler_can_be_handed_the_past(publish):
    publish(1, at=AT - timedelta(days=2))
    publish(2)
    publish(3, type="card.issued")
    run()
    seen = []
    registry.handler("new.one", types=("wallet.*",))(lambda event: seen.append(event.subject))
    assert run() == relay.Tally(), "what was before it is not its own by itself"
    assert replays.replay_since(since=AT - timedelta(days=1), handler="new.one", at=AT) == 1
    assert replays.replay_since(since=AT - timedelta(days=1), handler="new.one", at=AT) == 0
    run()
    assert seen == ["wal_2"]


def test_lag_is_the_age_of_the_oldest_that_waits(publish):
    registry.handler("a.b", types=("wallet.*",))(lambda event: 1 / 0)
    publish(1, at=AT - timedelta(seconds=90))
    publish(2, at=AT - timedelta(seconds=30))
    assert selectors.lag(at=AT) == selectors.Lag(seconds=90.0, waiting=2, dead=0)
    run()
    assert selectors.lag(at=AT) == selectors.Lag(seconds=90.0, waiting=2, dead=0), "tried is not delivered"


def test_what_is_old_and_seen_by_all_is_forgotten_and_nothing_else(publish, monkeypatch):
    def picky(event):
        if event.subject == "wal_2":
            raise RuntimeError

    registry.handler("a.b", types=("*",))(picky)
    for number in range(5):
        publish(number)
    run()
    publish(9)  # not relayed yet
    later = clock.now() + timedelta(days=31)  # the ids say when they were really made
    assert list(retention.prune(at=later - timedelta(days=2))) == []
    assert list(retention.prune(at=later, batch=3)) == [3, 1]
    assert sorted(Event.objects.values_list("subject", flat=True)) == ["wal_2", "wal_9"]
    assert list(Delivery.objects.values_list("status", flat=True)) == ["PENDING"]


def test_the_tasks_deliver_and_prune(publish):
    seen = []
    registry.handler("a.b", types=("*",))(lambda event: seen.append(event.subject))
    publish(1)
    assert tasks.relay_events() == 1
    assert seen == ["wal_1"]
    assert tasks.prune_events() == 0

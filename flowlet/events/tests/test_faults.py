"""Real processes that die, and a Redis that is not there."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from celery import Celery
from kombu.exceptions import OperationalError

from flowlet.core import clock
from flowlet.events import registry
from flowlet.events.models import Delivery, Event
from flowlet.events.services import relay
from flowlet.events.tests.conftest import traces
from flowlet.runtime.places import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

NOWHERE = "redis://127.0.0.1:9/0"

PROCESS = """
import django, os, sys, time
django.setup()
from django.core.management import call_command
from flowlet.core import clock
from flowlet.events import registry
from flowlet.events.services import outbox

@registry.handler("test.process", types=("wallet.*",))
def handler(event):
    outbox.publish(type="trace.left", partner_id=None, subject=event.public_id, data={}, at=clock.now())
    print("handling", event.subject, flush=True)
    time.sleep(float(sys.argv[1]))

call_command("relay_events", *sys.argv[2:])
"""


@pytest.fixture
def relay_process():
    """Starts a relay in a process of its own, with no Redis anywhere; ends what is left of it."""
    started = []

    def start(handler_seconds, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(handler_seconds), *arguments],
            cwd=ROOT,
            env={**os.environ, "DJANGO_SETTINGS_MODULE": "flowlet.settings", "REDIS_URL": NOWHERE},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_a_relay_killed_in_the_middle_of_a_handler_leaves_no_trace_and_the_event_is_delivered_later(
    publish, relay_process, leave_trace
):
    event = publish(1)
    process = relay_process(60)
    assert process.stdout.readline() == "handling wal_1\n"
    process.send_signal(signal.SIGKILL)
    process.wait(20)
    deadline = time.monotonic() + 20
    registry.handler("test.process", types=("wallet.*",))(leave_trace)
    tally = relay.Tally()
    # The server notices the broken connection in its own time; the lease runs out in ours.
    while not tally.delivered and time.monotonic() < deadline:
        assert traces() == []
        tally = relay.run(now=lambda: clock.now() + relay.LEASE + timedelta(seconds=1))
        time.sleep(0.05)
    assert tally.delivered == 1
    assert traces() == [event.public_id]
    assert Delivery.objects.get().attempts == 2


def test_two_relay_processes_deliver_each_event_once_without_redis(publish, relay_process):
    events = [publish(number) for number in range(60)]
    processes = [relay_process(0.05, "--loop") for _ in range(2)]
    for process in processes:
        assert process.stdout.readline().startswith("handling"), "both take part"
    deadline = time.monotonic() + 30
    while Delivery.objects.filter(status="DELIVERED").count() < len(events) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in processes:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0, errors
    assert traces() == sorted(event.public_id for event in events)
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}


def test_a_loop_stops_gracefully_and_lets_the_handler_finish(publish, relay_process):
    events = [publish(number) for number in range(3)]
    process = relay_process(0.5, "--loop")
    assert process.stdout.readline() == "handling wal_0\n"
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert "1 deliveries" in output
    assert traces() == [events[0].public_id]
    assert sorted(Delivery.objects.values_list("status", "attempts")) == [("DELIVERED", 1), ("PENDING", 0), ("PENDING", 0)]


def test_events_survive_a_redis_that_is_away(publish, leave_trace):
    """Publishing does not know Redis; a handler that schedules a task fails until the broker is back, and loses nothing."""
    broker = {"app": Celery("away", broker=NOWHERE, broker_connection_timeout=0.2)}

    def handler(event):
        leave_trace(event)
        broker["app"].send_task("nobody.runs.this", retry=False)

    registry.handler("a.b", types=("wallet.*",))(handler)
    event = publish(1)
    assert relay.run().failed == 1
    assert OperationalError.__name__ in Delivery.objects.get().last_error
    assert traces() == []
    broker["app"] = Celery("back", broker="memory://")
    assert relay.run(now=lambda: clock.now() + timedelta(minutes=1)).delivered == 1
    assert traces() == [event.public_id]
    assert Event.objects.get(pk=event.pk).relayed_at is not None

"""Queues, schedule, and what a task's log lines know."""

import sys
import threading
import types

import pytest
from celery.contrib.testing.worker import start_worker
from django.apps import apps
from structlog import contextvars

from flowlet import celery
from flowlet.celery import app
from flowlet.settings.queues import QUEUES
from flowlet.telemetry import context


def test_every_scheduled_task_exists_and_goes_to_a_declared_queue():
    app.loader.import_default_modules()
    entries = celery.schedule()
    assert {"events-relay", "audit-seal", "ledger-verify"} <= entries.keys()
    for name, entry in entries.items():
        assert entry["task"] in app.tasks, name
        options = dict(entry.get("options", {}))
        assert app.amqp.router.route(options, entry["task"])["queue"].name in QUEUES, name


def test_the_relay_is_critical_and_heavy_work_is_batch():
    app.loader.import_default_modules()
    route = app.amqp.router.route
    queues = {
        name: route(dict(entry.get("options", {})), entry["task"])["queue"].name for name, entry in celery.schedule().items()
    }
    assert queues["events-relay"] == "critical"
    assert {queues["audit-seal"], queues["ledger-seal"], queues["ledger-verify"]} == {"batch"}


@pytest.mark.parametrize(
    ("task", "queue"), [("x.tasks.relay_all", "critical"), ("x.tasks.verify_all", "batch"), ("x.tasks.greet", "default")]
)
def test_a_task_without_a_queue_of_its_own_is_routed_by_its_name(task, queue):
    assert app.amqp.router.route({}, task)["queue"].name == queue


def test_no_two_queues_get_the_same_message():
    bindings = [(queue.exchange.name, queue.routing_key) for queue in app.conf.task_queues]
    assert len(bindings) == len(set(bindings)) == len(QUEUES)


def test_only_json_travels_and_work_is_acknowledged_when_it_is_done():
    assert (app.conf.task_serializer, list(app.conf.accept_content)) == ("json", ["json"])
    assert app.conf.task_acks_late is True
    assert app.conf.task_reject_on_worker_lost is True


def test_two_apps_may_not_use_one_name(monkeypatch):
    first, second = list(celery.schedule())[:1], "flowlet.site.tasks"
    module = types.ModuleType(second)
    module.BEAT = {first[0]: {"task": "x", "schedule": 1}}
    monkeypatch.setitem(sys.modules, second, module)
    module.__spec__ = types.SimpleNamespace()
    assert apps.get_app_config("flowlet_site")
    with pytest.raises(ValueError, match=first[0]):
        celery.schedule()


@pytest.fixture
def witness():
    """A task that notes the context it runs in."""
    seen, done = {}, threading.Event()

    @app.task(name="tests.tasks.witness")
    def note():
        seen.update(contextvars.get_contextvars())
        done.set()

    yield note, seen, done
    app.tasks.pop("tests.tasks.witness")
    context.clear()


def test_a_task_knows_the_request_that_scheduled_it(witness):
    note, seen, done = witness
    context.bind_request("req-that-asked")
    with start_worker(app, pool="solo", perform_ping_check=False, queues=["default"]):
        task_id = note.delay().id
        assert done.wait(20)
    assert seen == {
        "task": "tests.tasks.witness",
        "task_id": task_id,
        "actor": "system:tests.tasks.witness",
        "request_id": "req-that-asked",
    }

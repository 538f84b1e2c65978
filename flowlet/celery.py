"""The Celery application: tasks of every app's ``tasks.py``, and the beat schedule that these modules declare.

A ``tasks.py`` may hold ``BEAT = {"entry-name": {"task": "app.task", "schedule": seconds or crontab}}``; the entries of all apps make
the schedule. A task goes to its queue by its name (``flowlet.settings.queues``) or by its own ``queue``.
"""

import importlib
import importlib.util
import os
import time
from typing import Any

from celery import Celery, signals

from flowlet.telemetry import context, metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowlet.settings")

app = Celery("flowlet")
app.config_from_object("django.conf:settings", namespace="CELERY")


app.autodiscover_tasks()


@app.on_after_finalize.connect
def _collect_schedule(sender: Celery, **_: Any) -> None:
    sender.conf.beat_schedule = {**(sender.conf.beat_schedule or {}), **schedule()}


def schedule() -> dict[str, dict[str, Any]]:
    """The beat entries of all installed apps. Raises ValueError when two apps use one name."""
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    found: dict[str, dict[str, Any]] = {}
    for config in apps.get_app_configs():
        if importlib.util.find_spec(f"{config.name}.tasks") is None:
            continue
        entries = getattr(importlib.import_module(f"{config.name}.tasks"), "BEAT", {})
        if taken := found.keys() & entries.keys():
            raise ValueError(f"{config.name}.tasks.BEAT uses names of another app: {', '.join(sorted(taken))}.")
        found.update(entries)
    return found


@signals.setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Having a receiver keeps Celery from replacing Django's logging."""


@signals.before_task_publish.connect
def _send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Let the task's log lines name the request that scheduled it."""
    if headers is not None:
        headers["flowlet_request_id"] = context.request_id()


@signals.task_prerun.connect
def _enter_task(task: Any, task_id: str, **_: Any) -> None:
    request_id = getattr(task.request, "flowlet_request_id", "") or ""
    context.bind_task(name=task.name, task_id=task_id, request_id=str(request_id))
    task.request.flowlet_began = time.perf_counter()


@signals.task_postrun.connect
def _leave_task(task: Any, state: str | None = None, **_: Any) -> None:
    began = getattr(task.request, "flowlet_began", None)
    if began is not None:
        outcome = (state or "unknown").lower()
        metrics.TASKS.labels(task=task.name, outcome=outcome).observe(time.perf_counter() - began)
    context.clear()

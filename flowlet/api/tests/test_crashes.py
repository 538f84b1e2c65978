"""A server that is killed in the middle of a POST: the repetition finds the effect once and gets its answer."""

import http.client
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import orjson
import pytest
from django.conf import settings

from flowlet.api.models import IdempotencyRecord
from flowlet.api.tests.conftest import TEA

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]


@contextmanager
def server(moment):
    """A server process on the test's database, which DATABASE_URL names; its port."""
    environment = os.environ | {"FLOWLET_DATABASE_ROLE": "app", "FLOWLET_LOG_LEVEL": "ERROR"}
    process = subprocess.Popen(
        [sys.executable, "-m", "flowlet.api.tests.crashing", moment],
        stdout=subprocess.PIPE,
        env=environment,
        cwd=settings.BASE_DIR,
        text=True,
    )
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def post(port, key):
    """(status, replayed, body) of the POST, or None when the connection broke."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Authorization": "Bearer fk_live_ada", "Content-Type": "application/json", "Idempotency-Key": key}
    try:
        client.request("POST", "/v1/pots", orjson.dumps(TEA), headers)
        answer = client.getresponse()
        return answer.status, answer.getheader("Idempotency-Replayed"), answer.read()
    except (http.client.HTTPException, ConnectionError):
        return None
    finally:
        client.close()


@pytest.mark.parametrize(
    ("moment", "effects", "replayed"),
    [("before-record", 0, None), ("before-commit", 0, None), ("before-answer", 1, "true")],
)
def test_a_killed_server_leaves_the_effect_and_its_answer_or_neither(pots_made, moment, effects, replayed):
    with server(moment) as (process, port):
        assert post(port, "k") is None
        assert process.wait(timeout=10) == -signal.SIGKILL
    assert (pots_made(), IdempotencyRecord.objects.count()) == (effects, effects)
    with server("never") as (_, port):
        first = post(port, "k")
        again = post(port, "k")
    assert first[:2] == (201, replayed)
    assert again == (201, "true", first[2])
    assert (pots_made(), IdempotencyRecord.objects.count()) == (1, 1)

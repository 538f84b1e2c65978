"""What load balancers and monitoring are told."""

import json

import pytest
from django.db import OperationalError, connection

from flowlet.core import clock
from flowlet.core.ids import uuid7
from flowlet.events.services import outbox
from flowlet.site import health


def checks_of(answer):
    return {name: check["ok"] for name, check in json.loads(answer.content)["checks"].items()}


@pytest.fixture(autouse=True)
def forget(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "_redis", None)


def test_healthz_asks_nobody(client):
    answer = client.get("/healthz")  # without the django_db mark a query would raise
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_ready_when_all_is_well(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert checks_of(answer) == {"database": True, "migrations": True, "outbox": True, "redis": True}


@pytest.mark.django_db
def test_without_redis_it_is_degraded_and_not_down(client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "degraded"
    assert checks_of(answer) == {"database": True, "migrations": True, "outbox": True, "redis": False}


@pytest.mark.django_db
def test_an_event_that_waits_too_long_is_degraded(client, monkeypatch):
    at = clock.now()
    outbox.publish(type="test.waited", partner_id=uuid7(), subject="par_1", data={}, at=at)
    answer = client.get("/readyz")
    assert answer.json()["checks"]["outbox"]["waiting"] == 1
    assert answer.json()["status"] == "ready"
    monkeypatch.setattr(health, "LAG_LIMIT_SECONDS", -1)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


@pytest.mark.django_db
def test_a_missing_migration_is_unavailable(client, owner_connection):
    with owner_connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions' AND name = '0001_initial'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["checks"]["migrations"]["missing"] == 1


@pytest.mark.django_db
def test_without_the_database_it_is_unavailable_and_says_no_secret(client, monkeypatch):
    def refuse(*_, **__):
        raise OperationalError('connection to server at "db", user "flowlet_app" failed')

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] | {"ms": 0} == {"ok": False, "error": "OperationalError", "ms": 0}
    assert b"flowlet_app" not in answer.content


@pytest.mark.django_db
class TestMetrics:
    def test_this_machine_may_scrape(self, client):
        answer = client.get("/metrics")
        assert answer.status_code == 200
        assert b"flowlet_outbox_lag_seconds 0.0" in answer.content
        assert b'flowlet_service_up{service="database"} 1.0' in answer.content
        assert b'flowlet_service_up{service="redis"} 1.0' in answer.content

    def test_redis_away_is_a_figure(self, client, settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        assert b'flowlet_service_up{service="redis"} 0.0' in client.get("/metrics").content

    @pytest.mark.parametrize(
        "extra", [{"REMOTE_ADDR": "10.1.2.3"}, {"HTTP_X_FORWARDED_FOR": "10.1.2.3"}, {"HTTP_FORWARDED": "for=1.2.3.4"}]
    )
    def test_others_may_not_without_the_token(self, client, settings, extra):
        settings.METRICS_TOKEN = "the-token"
        assert client.get("/metrics", **extra).status_code == 403
        assert client.get("/metrics", **extra, headers={"Authorization": "Bearer wrong"}).status_code == 403
        assert client.get("/metrics", **extra, headers={"Authorization": "Bearer the-token"}).status_code == 200

    def test_an_unset_token_lets_nobody_in(self, client, settings):
        settings.METRICS_TOKEN = ""
        for sent in ("Bearer ", "", "Bearer None"):
            assert client.get("/metrics", REMOTE_ADDR="10.1.2.3", headers={"Authorization": sent}).status_code == 403

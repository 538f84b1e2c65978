"""What load balancers and monitoring ask: ``/healthz``, ``/readyz`` and ``/metrics``.

``/healthz`` says that the process answers. ``/readyz`` says whether it can serve: 503 without the database or with migrations
missing; 200 with ``"status": "degraded"`` when only Redis is away or the outbox lags, for money still moves then. ``/metrics`` is
Prometheus text, for a scraper with the token or on this machine.
"""

import hmac
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import prometheus_client
import redis
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.backoff import NoBackoff
from redis.retry import Retry

from flowlet.core import clock
from flowlet.events.selectors import lag
from flowlet.telemetry import metrics

# An event that waited longer than this says that no relay runs.
LAG_LIMIT_SECONDS = 60
DATABASE_TIMEOUT_MS = 3000
REDIS_TIMEOUT_SECONDS = 0.5
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP")
_redis: redis.Redis | None = None
_migrated = False


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nobody."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether requests can be served: 200 ready or degraded, 503 unavailable; with every check's own result."""
    checks = {
        "database": _checked(check_database),
        "migrations": _checked(check_migrations),
        "outbox": _checked(check_outbox),
        "redis": _checked(check_redis),
    }
    if not (checks["database"]["ok"] and checks["migrations"]["ok"]):
        status = "unavailable"
    else:
        status = "ready" if all(check["ok"] for check in checks.values()) else "degraded"
    return JsonResponse({"status": status, "checks": checks}, status=503 if status == "unavailable" else 200)


@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format. Wants ``Authorization: Bearer $FLOWLET_METRICS_TOKEN``, or a direct call from this machine."""
    if not _may_scrape(request):
        return HttpResponse("A token is needed (FLOWLET_METRICS_TOKEN).\n", status=403, content_type="text/plain")
    text = prometheus_client.generate_latest(metrics.registry(_Standing()))
    return HttpResponse(text, content_type=prometheus_client.CONTENT_TYPE_LATEST)


def check_database() -> dict[str, Any]:
    """The database answers within three seconds."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {DATABASE_TIMEOUT_MS}")
        cursor.execute("SELECT pg_is_in_recovery()")
        return {"ok": not cursor.fetchone()[0]}


def check_migrations() -> dict[str, Any]:
    """Every migration of this code is applied. Once that is so it is not asked again by this process."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if missing:
            return {"ok": False, "missing": len(missing)}
        _migrated = True
    return {"ok": True}


def check_outbox() -> dict[str, Any]:
    """No event waits longer than a minute for the relay."""
    found = lag(at=clock.now())
    return {
        "ok": found.seconds <= LAG_LIMIT_SECONDS,
        "waiting": found.waiting,
        "dead": found.dead,
        "lag_seconds": round(found.seconds, 1),
    }


def check_redis() -> dict[str, Any]:
    """Redis answers within half a second."""
    global _redis
    if _redis is None:
        _redis = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
    return {"ok": bool(_redis.ping())}


def _checked(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        result = check()
    except (Error, redis.RedisError, OSError) as error:
        result = {"ok": False, "error": type(error).__name__}
    return {**result, "ms": round((time.perf_counter() - began) * 1000, 1)}


def _may_scrape(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(sent.encode(), token.encode()):
        return True
    direct = not any(name in request.META for name in _FORWARDED)
    return direct and request.META.get("REMOTE_ADDR", "") in {"127.0.0.1", "::1"}


class _Standing(Collector):
    """Figures that are asked for at the moment of the scrape."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Which services answer, and how far the outbox lags."""
        return self._figures()

    def _figures(self) -> Iterator[GaugeMetricFamily]:
        up = GaugeMetricFamily("flowlet_service_up", "Whether a service answers", labels=["service"])
        database = _checked(check_database)
        up.add_metric(["database"], float(database["ok"]))
        up.add_metric(["redis"], float(_checked(check_redis)["ok"]))
        yield up
        outbox = _checked(check_outbox)
        if "lag_seconds" in outbox:
            yield GaugeMetricFamily(
                "flowlet_outbox_lag_seconds", "Age of the oldest event that waits", value=outbox["lag_seconds"]
            )
            yield GaugeMetricFamily("flowlet_outbox_waiting", "Events and deliveries that wait", value=outbox["waiting"])
            yield GaugeMetricFamily("flowlet_outbox_dead", "Deliveries that were given up", value=outbox["dead"])

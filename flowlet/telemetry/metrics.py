"""Prometheus metrics of the platform.

With ``PROMETHEUS_MULTIPROC_DIR`` set (before Python starts), every process keeps its figures in files there and a scrape of any web
worker adds up all of them. ``degraded`` counts each time something went on without a service it wanted.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

REQUESTS = Histogram(
    "flowlet_http_request_seconds",
    "Time to answer a request, by route template",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
DEGRADED = Counter("flowlet_degraded", "Work that went on without a service it wanted", ["service", "work"])
TASKS = Histogram(
    "flowlet_task_seconds",
    "Time a background task ran",
    ["task", "outcome"],
    buckets=(0.01, 0.05, 0.25, 1, 5, 30, 120, 600),
)


def degraded(service: str, *, work: str) -> None:
    """Count one piece of ``work`` (such as ``rate_limit``) that was done without ``service`` (such as ``redis``)."""
    DEGRADED.labels(service=service, work=work).inc()


def registry(*extra: Collector) -> CollectorRegistry:
    """The registry to render for one scrape: all processes' figures, and collectors that ask the database now."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        found = CollectorRegistry()
        MultiProcessCollector(found)
    else:
        found = CollectorRegistry()
        found.register(_Process())
    for collector in extra:
        found.register(collector)
    return found


class _Process(Collector):
    """This process's own figures."""

    def collect(self) -> object:
        """What the default registry holds."""
        return REGISTRY.collect()

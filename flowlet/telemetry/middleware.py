"""First and last of every request: its id, its log line, its time.

An ``X-Request-Id`` that a client sends is taken over when it is 8 to 64 letters, digits, dots, dashes or underscores; otherwise one is
made. It is in ``request.request_id``, in every log line, in problem details, in audit records, and in the answer.
"""

import re
import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from flowlet.core import addresses, ids
from flowlet.telemetry import context, metrics

_FORM = re.compile(r"^[A-Za-z0-9._-]{8,64}$", re.ASCII)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked every few seconds by machines: counted, not logged while all is well.
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

_log = structlog.get_logger("flowlet.access")


def request_id_for(sent: str) -> str:
    """The client's own id if its form is acceptable, else a new one."""
    return sent if _FORM.match(sent) else ids.public_id("req", ids.uuid7())


class RequestMiddleware:
    """Stands outermost, so that whatever answers gets an id and a line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        began = time.perf_counter()
        name = request_id_for(request.headers.get("X-Request-Id", ""))
        request.request_id = name  # type: ignore[attr-defined]
        request.client_ip = addresses.client_ip(request.META, trusted_proxies=settings.TRUSTED_PROXIES)  # type: ignore[attr-defined]
        context.bind_request(name)
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = name
            seconds = time.perf_counter() - began
            method = request.method if request.method in _METHODS else "OTHER"
            route = _route(request)
            metrics.REQUESTS.labels(method=method, route=route, status=response.status_code).observe(seconds)
            if request.path not in _QUIET or response.status_code >= 400:
                write = _log.error if response.status_code >= 500 else _log.info
                write("request", method=method, path=request.path[:200], route=route, status=response.status_code,
                      ms=round(seconds * 1000, 1))  # fmt: skip
            return response
        finally:
            context.clear()


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    return match.route if match is not None else "unmatched"

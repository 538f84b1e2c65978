"""One provider at one address: calls, repeats what may be repeated, asks the breaker, writes down what happened."""

import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import stamina
import structlog
from django.conf import settings
from prometheus_client import Counter, Histogram

from flowlet.core import ids
from flowlet.core.breakers import Breaker
from flowlet.core.network import AddressRefused, Network, Transport, deadline
from flowlet.core.outbound.answers import Unreadable, answer_of, parse_json, read, retry_after
from flowlet.core.outbound.ends import (
    Answer,
    NotAuthorized,
    NotThere,
    OutboundError,
    OutcomeUnknown,
    Refused,
    Throttled,
    Unavailable,
)
from flowlet.core.outbound.requests import Request, Retries, Timeouts, body_of, wait_before_repeating

_log = structlog.get_logger("flowlet.outbound")
SECONDS = Histogram(
    "flowlet_outbound_seconds",
    "Time of one attempt to call a provider",
    ["provider", "operation", "outcome"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
RETRIES = Counter("flowlet_outbound_retries_total", "Attempts after the first", ["provider", "operation"])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
REPEATABLE_METHODS = SAFE_METHODS | {"PUT", "DELETE"}
# After an attempt whose outcome is unknown, these say nothing about what that attempt did.
_SAYS_NOTHING = frozenset({401, 403, 408, 409, 425, 429})
_REDIRECTS = 3


@dataclass(slots=True)
class Outbound:
    """The way to one provider at one address. Threads and forked processes may share it.

    ``headers`` go with each call (a function, so that credentials are read late). ``code_of`` finds the provider's own error code in
    a refusal's JSON. ``says_nothing`` tells answers that leave the outcome open, beyond 408 and 5xx, and that may be asked again.
    ``private_hosts`` may be at private addresses and speak plain HTTP; by default those of FLOWLET_OUTBOUND_PRIVATE_HOSTS.
    """

    provider: str
    base_url: str
    headers: Callable[[], Mapping[str, str]] = dict
    timeouts: Timeouts = field(default_factory=Timeouts)
    retries: Retries = field(default_factory=Retries)
    tls: ssl.SSLContext | None = None
    idempotency_header: str = "Idempotency-Key"
    request_id_header: str = "X-Request-Id"
    max_bytes: int = 8 * 1024 * 1024
    code_of: Callable[[Any], str] = lambda data: ""
    says_nothing: Callable[[Answer], bool] = lambda answer: False
    private_hosts: frozenset[str] | None = None
    breaker: Breaker | None = None
    _clients: dict[int, httpx.Client] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if self.private_hosts is None:
            self.private_hosts = frozenset(settings.OUTBOUND_PRIVATE_HOSTS)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in self.private_hosts):
            raise ValueError(
                f"{self.provider}: the address has to begin with https:// (FLOWLET_OUTBOUND_PRIVATE_HOSTS excepted)."
            )
        if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
            raise ValueError(f"{self.provider}: the address is scheme, host and path, nothing else.")
        self.base_url = self.base_url.rstrip("/")
        self.breaker = self.breaker or Breaker(f"{self.provider}:{parts.netloc}")

    def call(
        self,
        method: str,
        path: str,
        *,
        operation: str,
        query: Mapping[str, Any] | None = None,
        data: Any = None,
        form: list[tuple[str, str]] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str = "",
        safe: bool | None = None,
        repeatable: bool | None = None,
        wants_json: bool = True,
        max_bytes: int = 0,
    ) -> Answer:
        """Call and return the provider's clear yes.

        ``operation`` names the call in logs and metrics (few values: no ids in it). The body is ``data`` as JSON, or ``form``, or
        ``content`` as it is. ``safe`` says that a POST only asks; ``repeatable`` that doing it twice is doing it once.
        Raises Refused, Unavailable or OutcomeUnknown.
        """
        request = Request(
            method=method,
            url=self._url(path),
            operation=operation,
            query=query,
            content=body_of(data, form, content),
            headers=self._headers(data, form, headers, idempotency_key),
            safe=method in SAFE_METHODS if safe is None else safe,
            wants_json=wants_json,
            max_bytes=max_bytes or self.max_bytes,
        )
        if repeatable is None:
            repeatable = request.safe or method in REPEATABLE_METHODS or bool(idempotency_key)
        try:
            for attempt in stamina.retry_context(
                on=lambda error: wait_before_repeating(error) if repeatable else False,
                attempts=self.retries.attempts,
                timeout=self.timeouts.call,
                wait_initial=self.retries.first,
                wait_max=self.retries.longest,
                wait_jitter=self.retries.jitter,
            ):
                with attempt:
                    if attempt.num > 1:
                        RETRIES.labels(provider=self.provider, operation=operation).inc()
                    return self._attempt(request, attempt.num)
        except OutboundError as error:
            clear = isinstance(error, Refused) and error.http_status not in _SAYS_NOTHING
            if request.may_have_happened and not clear and not isinstance(error, OutcomeUnknown):
                raise self._error(OutcomeUnknown, request, answer=error.answer) from error
            raise
        raise AssertionError("unreachable")  # pragma: no cover

    def close(self) -> None:
        """Close this process's connections."""
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()

    def _url(self, path: str) -> str:
        if not path.startswith("/") or path.startswith("//") or ".." in path.split("/"):
            raise ValueError("A path begins with one slash and stays below the provider's address.")
        return self.base_url + path

    def _headers(self, data: Any, form: Any, extra: Mapping[str, str] | None, idempotency_key: str) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip, identity",
            "User-Agent": "flowlet",
            self.request_id_header: str(ids.uuid7()),
        }
        if data is not None:
            headers["Content-Type"] = "application/json"
        elif form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if idempotency_key:
            headers[self.idempotency_header] = idempotency_key
        own = httpx.Headers(headers)
        own.update(self.headers())
        own.update(extra or {})
        return dict(own)

    def _attempt(self, request: Request, number: int) -> Answer:
        wait = self.breaker.wait_seconds()
        if wait:
            self._record(request, number, "open", 0.0)
            raise self._error(Unavailable, request, retry_after_seconds=int(wait) + 1)
        began, status, outcome = time.perf_counter(), 0, "fault"
        try:
            answer = self._exchange(request)
            status = answer.status
            answered = self._judge(request, answer)
            outcome = "answered"
            return answered
        except OutboundError as error:
            outcome = error.outcome
            status = error.answer.status if error.answer else 0
            request.may_have_happened = request.may_have_happened or isinstance(error, OutcomeUnknown)
            raise
        finally:
            if outcome != "fault" and status != httpx.codes.TOO_MANY_REQUESTS:
                self.breaker.tell(success=0 < status < 500)
            self._record(request, number, outcome, time.perf_counter() - began, status)

    def _exchange(self, request: Request) -> Answer:
        """One request and what came back, redirects of questions within the host followed."""
        url, query = request.url, request.query
        try:
            with deadline(self.timeouts.attempt):
                for _ in range(_REDIRECTS + 1):
                    answer, location = self._send(request, url, query)
                    if location is None:
                        return answer
                    url, query = location, None
                return answer
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            refused = isinstance(error.__cause__, AddressRefused)
            raise self._error(
                Unavailable, request, may_repeat=not refused, cause=type(error.__cause__ or error).__name__
            ) from error
        except (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError) as error:
            raise self._no_answer(request, may_repeat=True, cause=type(error).__name__) from error
        except Unreadable as error:
            raise self._no_answer(request, may_repeat=False, cause=str(error)) from error

    def _send(self, request: Request, url: str, query: Mapping[str, Any] | None) -> tuple[Answer, str | None]:
        with self._client().stream(
            request.method, url, params=query, content=request.content, headers=request.headers
        ) as response:
            if response.is_redirect and request.method in SAFE_METHODS:
                location = urljoin(url, response.headers["Location"])
                if urlsplit(location)[:2] == urlsplit(url)[:2]:
                    return answer_of(response, b"", None), location
            body = read(response, request.max_bytes)
            parsed = None
            if body and (request.wants_json or not response.is_success):
                try:
                    parsed = parse_json(body)
                except ValueError:
                    if response.is_success:
                        raise Unreadable("not JSON") from None
            return answer_of(response, body, parsed), None

    def _judge(self, request: Request, answer: Answer) -> Answer:
        if 200 <= answer.status < 300:
            return answer
        if answer.status >= 500 or answer.status == httpx.codes.REQUEST_TIMEOUT or self.says_nothing(answer):
            raise self._no_answer(
                request,
                may_repeat=answer.status != httpx.codes.NOT_IMPLEMENTED,
                answer=answer,
                provider_code=self._code(answer),
                provider_status=answer.status,
            )
        kind = {401: NotAuthorized, 403: NotAuthorized, 404: NotThere, 429: Throttled}.get(answer.status, Refused)
        raise self._error(
            kind,
            request,
            may_repeat=kind is Throttled,
            answer=answer,
            provider_code=self._code(answer),
            provider_status=answer.status,
        )

    def _code(self, answer: Answer) -> str:
        found = self.code_of(answer.data) if isinstance(answer.data, (dict, list)) else ""
        return str(found or "")[:100]

    def _no_answer(self, request: Request, **kwargs: Any) -> OutboundError:
        return self._error(Unavailable if request.safe else OutcomeUnknown, request, **kwargs)

    def _error(
        self,
        kind: type[OutboundError],
        request: Request,
        *,
        may_repeat: bool = False,
        answer: Answer | None = None,
        **details: Any,
    ) -> OutboundError:
        shown = {name: value for name, value in details.items() if value}
        error = kind(f"{kind.title} ({self.provider}).", provider=self.provider, operation=request.operation, **shown)
        error.answer, error.may_repeat = answer, may_repeat
        error.retry_after = retry_after(answer)
        return error

    def _record(self, request: Request, number: int, outcome: str, seconds: float, status: int = 0) -> None:
        SECONDS.labels(provider=self.provider, operation=request.operation, outcome=outcome).observe(seconds)
        line = _log.info if outcome in ("answered", "refused") else _log.warning
        line(
            "outbound call",
            provider=self.provider,
            operation=request.operation,
            method=request.method,
            outcome=outcome,
            status=status,
            duration_ms=round(seconds * 1000, 1),
            attempt=number,
            outbound_id=httpx.Headers(request.headers).get(self.request_id_header, ""),
        )

    def _client(self) -> httpx.Client:
        """This process's client: connections do not survive a fork."""
        pid = os.getpid()
        client = self._clients.get(pid)
        if client is None:
            with self._lock:
                client = self._clients.get(pid)
                if client is None:
                    waits = self.timeouts
                    client = self._clients[pid] = httpx.Client(
                        transport=Transport(network=Network(private_hosts=self.private_hosts or ()), tls=self.tls),
                        timeout=httpx.Timeout(waits.read, connect=waits.connect, pool=waits.connect),
                        follow_redirects=False,
                        trust_env=False,
                    )
        return client

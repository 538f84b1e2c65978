"""The one way out: every call to a provider goes through ``Outbound``.

What can come of a call, and nothing else:

- an ``Answer``: the provider said yes (2xx);
- ``Refused``: the provider said no (4xx); ``NotAuthorized``, ``NotThere`` and ``Throttled`` are kinds of it;
- ``Unavailable``: nothing happened at the provider: not reached, breaker open, or a mere question without an answer;
- ``OutcomeUnknown``: it was sent and no clear answer came back (time-out, connection lost, 5xx, unreadable answer). It may have
  happened. Never take it for a failure: ask again later under the same reference.

Only what is safe is tried again: questions, PUT and DELETE, and a POST that carries an idempotency key, which stays the same over all
attempts. An attempt whose outcome was unknown makes the whole call's outcome unknown, unless a later attempt gets a clear answer.

Never call inside a database transaction that holds locks. Log lines carry names and figures, never bodies, queries or headers.
"""

import json
import os
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

import httpx
import stamina
import structlog
from django.conf import settings
from prometheus_client import Counter, Histogram

from flowlet.core import ids
from flowlet.core.breakers import Breaker
from flowlet.core.errors import DomainError
from flowlet.core.network import AddressRefused, Network, Transport, deadline

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
_LONGEST_WAIT = 10.0
_WRITE_CHUNK = 65_536


class OutboundError(DomainError):
    """A call to a provider did not end in a clear yes. The message is safe to show; ``data`` is the provider's own and is not."""

    code, status, title = "provider.error", 502, "The provider gave no usable answer"
    outcome: ClassVar[str] = "error"

    def __init__(self, message: str = "", *, provider: str = "", operation: str = "", **details: Any) -> None:
        super().__init__(message, provider=provider, operation=operation, **details)
        self.provider, self.operation = provider, operation
        self.answer: Answer | None = None
        self.may_repeat, self.retry_after = False, 0.0


class Unavailable(OutboundError):
    """The provider could not be asked. Nothing happened there; try again later."""

    code, status, title = "provider.unavailable", 503, "The provider cannot be reached at the moment"
    outcome = "unavailable"


class OutcomeUnknown(OutboundError):
    """It was sent to the provider and no clear answer came back: it may have happened. It is looked up later."""

    code, status, title = "provider.outcome_unknown", 504, "The provider did not say what became of it"
    outcome = "unknown"


class Refused(OutboundError):
    """The provider said no. ``details`` name its own code."""

    code, status, title = "provider.refused", 422, "The provider refused"
    outcome = "refused"

    @property
    def provider_code(self) -> str:
        """The provider's own code for the reason, or ""."""
        return str(self.details.get("provider_code", ""))

    @property
    def http_status(self) -> int:
        """The status the provider answered with."""
        return self.answer.status if self.answer else 0

    @property
    def data(self) -> Any:
        """The body, parsed if it was JSON. May hold personal data: keep it out of logs and answers."""
        return self.answer.data if self.answer else None


class NotAuthorized(Refused):
    """Our credentials, or the consent they rest on, are not (or no longer) good at the provider."""

    code, status, title = "provider.not_authorized", 502, "The provider does not accept our credentials"


class NotThere(Refused):
    """The provider does not know what was asked for."""

    code, status, title = "provider.not_found", 404, "The provider has no such thing"


class Throttled(Refused):
    """The provider wants us to ask less often; nothing happened there."""

    code, status, title = "provider.throttled", 503, "The provider wants fewer requests"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: until connected, until the next bytes, for one attempt as a whole, and for all attempts with their pauses."""

    connect: float = 2.0
    read: float = 10.0
    attempt: float = 20.0
    call: float = 45.0


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and how long to wait in between: ``first`` doubling up to ``longest`` seconds, and up to ``jitter`` more."""

    attempts: int = 4
    first: float = 0.2
    longest: float = 5.0
    jitter: float = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``data`` is the JSON with every fraction as Decimal, or None where JSON was not asked for or not there."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    data: Any
    request_id: str


class _Unreadable(Exception):
    """The answer is too large, in an unknown encoding, or not the JSON it was to be."""


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
        request = _Request(
            method=method,
            url=self._url(path),
            operation=operation,
            query=query,
            content=_body(data, form, content),
            headers=self._headers(data, form, headers, idempotency_key),
            safe=method in SAFE_METHODS if safe is None else safe,
            wants_json=wants_json,
            max_bytes=max_bytes or self.max_bytes,
        )
        if repeatable is None:
            repeatable = request.safe or method in REPEATABLE_METHODS or bool(idempotency_key)
        try:
            for attempt in stamina.retry_context(
                on=lambda error: _wait_before_repeating(error) if repeatable else False,
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

    def _attempt(self, request: "_Request", number: int) -> Answer:
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

    def _exchange(self, request: "_Request") -> Answer:
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
        except _Unreadable as error:
            raise self._no_answer(request, may_repeat=False, cause=str(error)) from error

    def _send(self, request: "_Request", url: str, query: Mapping[str, Any] | None) -> tuple[Answer, str | None]:
        with self._client().stream(
            request.method, url, params=query, content=request.content, headers=request.headers
        ) as response:
            if response.is_redirect and request.method in SAFE_METHODS:
                location = urljoin(url, response.headers["Location"])
                if urlsplit(location)[:2] == urlsplit(url)[:2]:
                    return _answer(response, b"", None), location
            body = _read(response, request.max_bytes)
            parsed = None
            if body and (request.wants_json or not response.is_success):
                try:
                    parsed = parse_json(body)
                except ValueError:
                    if response.is_success:
                        raise _Unreadable("not JSON") from None
            return _answer(response, body, parsed), None

    def _judge(self, request: "_Request", answer: Answer) -> Answer:
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

    def _no_answer(self, request: "_Request", **kwargs: Any) -> OutboundError:
        return self._error(Unavailable if request.safe else OutcomeUnknown, request, **kwargs)

    def _error(
        self,
        kind: type[OutboundError],
        request: "_Request",
        *,
        may_repeat: bool = False,
        answer: Answer | None = None,
        **details: Any,
    ) -> OutboundError:
        shown = {name: value for name, value in details.items() if value}
        error = kind(f"{kind.title} ({self.provider}).", provider=self.provider, operation=request.operation, **shown)
        error.answer, error.may_repeat = answer, may_repeat
        error.retry_after = _retry_after(answer)
        return error

    def _record(self, request: "_Request", number: int, outcome: str, seconds: float, status: int = 0) -> None:
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


@dataclass(slots=True)
class _Request:
    """One call, over all its attempts."""

    method: str
    url: str
    operation: str
    query: Mapping[str, Any] | None
    content: bytes | None
    headers: dict[str, str]
    safe: bool
    wants_json: bool
    max_bytes: int
    may_have_happened: bool = False


def parse_json(body: bytes) -> Any:
    """JSON with every fraction as Decimal. Raises ValueError: not JSON, NaN or infinity, nested beyond reason."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("The JSON is nested too deeply.") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")


def _encode(value: Any) -> Any:
    if isinstance(value, Decimal):
        raise TypeError("Say how the provider writes a decimal: as text, or as minor units.")
    raise TypeError(f"{type(value).__name__} is no JSON.")


def _body(data: Any, form: list[tuple[str, str]] | None, content: bytes | None) -> bytes | None:
    if data is not None:
        return json.dumps(data, default=_encode, allow_nan=False, separators=(",", ":")).encode()
    if form is not None:
        return str(httpx.QueryParams(form)).encode()
    return content


def _read(response: httpx.Response, limit: int) -> bytes:
    """The body, unpacked, at most ``limit`` bytes of it."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise _Unreadable("unknown encoding")
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    body = bytearray()
    for chunk in response.iter_raw(_WRITE_CHUNK):
        try:
            body += unpack.decompress(chunk, limit + 1 - len(body)) if unpack else chunk
        except zlib.error:
            raise _Unreadable("broken encoding") from None
        if len(body) > limit:
            raise _Unreadable("too large")
    if unpack and body and not unpack.eof:
        raise _Unreadable("broken encoding")
    return bytes(body)


def _answer(response: httpx.Response, body: bytes, data: Any) -> Answer:
    request_id = response.headers.get("Request-Id") or response.headers.get("X-Request-Id") or ""
    return Answer(status=response.status_code, headers=response.headers, body=body, data=data, request_id=request_id[:200])


def _retry_after(answer: Answer | None) -> float:
    """Seconds of ``Retry-After``; 0 without it, or when it is a date."""
    text = answer.headers.get("Retry-After", "") if answer else ""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0.0


def _wait_before_repeating(error: Exception) -> bool | float:
    """Whether to try again, after how many seconds if the provider said so."""
    if not isinstance(error, OutboundError) or not error.may_repeat or error.retry_after > _LONGEST_WAIT:
        return False
    return error.retry_after or True

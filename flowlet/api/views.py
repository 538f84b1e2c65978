"""``PartnerView``: the base of every endpoint under /v1.

A request passes, in this order: method, key, rate limit, scope, ``Accept``, ids in the path, query, body, idempotency; then the
view's method, which is handed a request that carries ``caller``, ``actor``, ``at``, ``query`` and ``data``. It does not use DRF's
request and renderer machinery, which costs more than the work of most operations; serializers and schema are DRF's.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from moneyed import Money
from rest_framework.response import Response
from rest_framework.views import APIView

from flowlet.api import authentication, errors, idempotency, parsers, problems, uploads
from flowlet.api.authentication import Caller
from flowlet.api.endpoints import Endpoint
from flowlet.api.schema import PartnerSchema
from flowlet.api.throttling import Standing, limiter
from flowlet.core import clock, ids, money
from flowlet.core.actors import Actor, ActorKind
from flowlet.telemetry import context

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class PartnerRequest(Protocol):
    """What a view's method is handed: Django's request with these attributes."""

    caller: Caller
    actor: Actor
    at: datetime
    query: dict[str, Any]
    data: dict[str, Any]


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return money.to_json(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def render(data: Any, status: int = 200) -> HttpResponse:
    """The JSON answer. Money and aware datetimes may stand in ``data`` as they are."""
    return HttpResponse(
        orjson.dumps(data, default=_plain, option=orjson.OPT_UTC_Z), status=status, content_type="application/json"
    )


class PartnerView(APIView):
    """An endpoint for partners; the package's docstring shows one.

    ``required_scopes`` names the scope that each method needs, "" for none. ``path_ids`` maps the id arguments of the route to their
    prefixes; the method is handed the UUIDs, and what is not such an id is a 404. Each method carries an ``@endpoint``
    declaration.
    """

    required_scopes: ClassVar[Mapping[str, str]] = {}
    path_ids: ClassVar[Mapping[str, str]] = {}
    tag: ClassVar[str] = ""
    endpoints: ClassVar[dict[str, Endpoint]] = {}
    schema = PartnerSchema()
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.endpoints = {}
        for method in METHODS:
            function = getattr(cls, method.lower(), None)
            if function is None:
                continue
            if not hasattr(function, "endpoint"):
                raise TypeError(f"{cls.__name__}.{method.lower()} lacks its @endpoint declaration.")
            if method not in cls.required_scopes:
                raise TypeError(f"{cls.__name__}.required_scopes does not name the scope of {method}.")
            cls.endpoints[method] = function.endpoint

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Serve one request; every refusal becomes problem details."""
        standing: Standing | None = None
        try:
            method = "GET" if request.method == "HEAD" else request.method
            endpoint = self.endpoints.get(method or "")
            if endpoint is None:
                allowed = list(self.endpoints)
                raise errors.MethodNotAllowed(f"Use {' or '.join(allowed)}.", allowed=allowed)
            standing = self._admit(request, method)
            response = self._serve(request, method, endpoint, kwargs)
        except Exception as error:
            standing = getattr(error, "standing", standing)
            response = problems.from_exception(error, request)
        if standing is not None:
            response.headers["RateLimit-Policy"] = standing.policy_header
            response.headers["RateLimit"] = standing.header
        response.headers["Cache-Control"] = "no-store"
        return response

    def _admit(self, request: Any, method: str) -> Standing | None:
        """Who is it, may they come so often, and may they do this."""
        at = clock.now()
        ip = authentication.client_ip(request)
        facts = authentication.authenticate(request, ip=ip, at=at)
        request.at = at
        request.caller = Caller(facts.partner_id, facts.mode, facts.key_id, facts.scopes)
        request.actor = Actor(ActorKind.API_KEY, facts.key_id, facts.label, ip, getattr(request, "request_id", ""))
        context.bind_actor(request.actor, partner_id=facts.partner_id)
        standing = limiter.take(facts)
        scope = self.required_scopes[method]
        if scope and scope not in facts.scopes:
            refusal = errors.MissingScope(f"The key lacks the scope {scope}.", scope=scope)
            refusal.standing = standing  # type: ignore[attr-defined]
            raise refusal
        return standing

    def _serve(self, request: Any, method: str, endpoint: Endpoint, kwargs: dict[str, Any]) -> HttpResponseBase:
        self._negotiate(request, endpoint)
        for name, prefix in self.path_ids.items():
            kwargs[name] = ids.parse(prefix, kwargs[name])
        request.query = self._query(request, endpoint)
        handler = getattr(self, method.lower())
        if method not in _WITH_BODY:
            return self._finish(handler(request, **kwargs), endpoint)
        key = idempotency.check_key(request.META.get("HTTP_IDEMPOTENCY_KEY")) if method == "POST" else ""
        if endpoint.upload is not None:
            content, request.file = uploads.read(request, endpoint.upload)
        else:
            content = self._content(request)
        if endpoint.body is not None:
            request.data = endpoint.body.parse(content)
        elif content:
            first = next(iter(content)) if isinstance(content, dict) else ""
            raise errors.Invalid("This operation takes no body.", param=str(first)[:80])
        else:
            request.data = {}
        if method != "POST":
            return self._finish(handler(request, **kwargs), endpoint)
        return idempotency.once(
            partner_id=request.caller.partner_id,
            key=key,
            method=method,
            path=request.get_full_path(),
            content=content if endpoint.upload is None else uploads.content_of(content, request.file),
            at=request.at,
            produce=lambda: self._finish(handler(request, **kwargs), endpoint),
        )

    @staticmethod
    def _negotiate(request: Any, endpoint: Endpoint) -> None:
        accept = request.META.get("HTTP_ACCEPT")
        if not accept or accept == "*/*":
            return
        for part in accept.split(","):
            kind, _, options = part.partition(";")
            kind = kind.strip().lower()
            if options.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
                continue
            if kind == "*/*" or any(kind in {own, f"{own.split('/')[0]}/*"} for own in endpoint.produces):
                return
        raise errors.NotAcceptable(f"This operation answers with {', '.join(endpoint.produces)}.")

    @staticmethod
    def _query(request: Any, endpoint: Endpoint) -> dict[str, Any]:
        if not request.META.get("QUERY_STRING"):
            return {} if endpoint.query is None else endpoint.query.parse({})
        given = parsers.nested(request.GET)
        known = endpoint.query.shared().fields if endpoint.query is not None else {}
        for name in given:
            if name not in known:
                raise errors.UnknownParameter(f"{name[:80]!r} is not a parameter of this operation.", param=name[:80])
        return endpoint.query.parse(given) if endpoint.query is not None else {}

    @staticmethod
    def _content(request: HttpRequest) -> Any:
        raw = request.body
        if not raw:
            if "HTTP_TRANSFER_ENCODING" in request.META:  # a body without length is not read: it must not pass for an empty one
                raise errors.LengthRequired
            return {}
        if request.content_type != "application/json":
            raise errors.UnsupportedMediaType
        return parsers.load(raw)

    @staticmethod
    def _finish(result: Any, endpoint: Endpoint) -> HttpResponseBase:
        if isinstance(result, Response):
            return render(result.data, result.status_code)
        if isinstance(result, HttpResponseBase):
            return result
        return render(result, endpoint.status)

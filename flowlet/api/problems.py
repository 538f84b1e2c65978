"""Every refusal as problem details (RFC 9457): one shape, whoever raised it."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.http.response import Http404
from rest_framework import exceptions

from flowlet.api import errors
from flowlet.core import money
from flowlet.core.errors import DomainError, Invalid

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"
# PostgreSQL: lock_not_available, query_canceled, deadlock_detected, serialization_failure, admin_shutdown, crash_shutdown,
# cannot_connect_now, too_many_connections
_BUSY = {"55P03", "57014", "40P01", "40001", "57P01", "57P02", "57P03", "53300"}


def doc_url(code: str) -> str:
    """Where the code is explained: an anchor on the error page of this installation."""
    return f"{settings.BASE_URL}/docs/errors#{code}"


def body_of(error: DomainError, *, request_id: str = "", parts: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """The members of the problem document. ``parts`` are the single errors of a request with several."""
    url = doc_url(error.code)
    return {
        "type": url,
        "title": error.title,
        "status": error.status,
        "detail": error.message,
        "instance": f"urn:flowlet:request:{request_id}" if request_id else "",
        "code": error.code,
        "param": error.param,
        "request_id": request_id,
        "doc_url": url,
        "details": {name: value for name, value in error.details.items() if value is not None},
        "errors": parts if parts is not None else [],
    }


def _plain(value: Any) -> Any:
    return money.to_json(value) if isinstance(value, money.Money) else str(value)


def respond(error: DomainError, request: HttpRequest, *, parts: list[dict[str, str]] | None = None) -> HttpResponse:
    """The HTTP answer for a refusal, with ``Retry-After``, ``WWW-Authenticate`` and ``Allow`` where they belong."""
    request_id = getattr(request, "request_id", "")
    content = orjson.dumps(body_of(error, request_id=request_id, parts=parts), default=_plain)
    response = HttpResponse(content, status=error.status, content_type=CONTENT_TYPE)
    if error.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="Flowlet"'
    if (seconds := error.details.get("retry_after_seconds")) is not None:
        response["Retry-After"] = str(seconds)
    if allowed := error.details.get("allowed"):
        response["Allow"] = ", ".join(allowed)
    return response


def from_exception(error: Exception, request: HttpRequest) -> HttpResponse:
    """The answer for whatever was raised while a request was served; what nobody anticipated is logged and a clean 500."""
    if isinstance(error, DomainError):
        return respond(error, request)
    if isinstance(error, exceptions.ValidationError):
        return _validation(error, request)
    return respond(_translate(error, request), request)


def _translate(error: Exception, request: HttpRequest) -> DomainError:
    if isinstance(error, RequestDataTooBig):
        return errors.TooLarge(f"The body may have up to {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")
    if isinstance(error, UnreadablePostError):
        return errors.MalformedJson("The body broke off.")
    if isinstance(error, Http404):
        return errors.UnknownRoute()
    if isinstance(error, SuspiciousOperation):
        return Invalid("The request cannot be trusted.")
    if isinstance(error, InterfaceError) or (isinstance(error, DatabaseError) and _is_busy(error)):
        log.warning("request refused: database busy", exc_info=error)
        return errors.ServerBusy(retry_after_seconds=1)
    log.error("unhandled error in %s %s", request.method, request.path, exc_info=error)
    return errors.ServerFault()


def _is_busy(error: DatabaseError) -> bool:
    state = getattr(error.__cause__, "pgcode", None)
    return state in _BUSY or (state is None and isinstance(error, OperationalError))


def _validation(error: exceptions.ValidationError, request: HttpRequest) -> HttpResponse:
    parts = [
        {"code": code if "." in code else f"field.{code}", "param": path, "detail": message}
        for path, code, message in _flatten(error.detail, "")
    ]
    first = parts[0] if parts else {"code": "field.invalid", "param": "", "detail": "The request is not valid."}
    refusal = Invalid(first["detail"], param=first["param"])
    if len(parts) == 1 and not first["code"].startswith("field."):
        refusal.code, refusal.title = first["code"], _title_of(first["code"]) or refusal.title  # type: ignore[misc]
    return respond(refusal, request, parts=parts)


def _title_of(code: str) -> str:
    from flowlet.api.catalogue import by_code

    entry = by_code().get(code)
    return entry.title if entry else ""


def _flatten(detail: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """(param, code, message) of each single error in DRF's nested detail."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            if name == "non_field_errors":
                yield from _flatten(inner, path)
            elif isinstance(name, int):
                yield from _flatten(inner, f"{path}[{name}]")
            else:
                yield from _flatten(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _flatten(inner, f"{path}[{index}]" if nested else path)
    else:
        yield path, getattr(detail, "code", "invalid") or "invalid", str(detail)

"""The pages. All are public: they hold nothing of any tenant."""

import re
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from flowlet.api import catalogue
from flowlet.api.schema import IDEMPOTENCY_KEY
from flowlet.site.portal.document import document
from flowlet.site.portal.pages import page

_CODE = re.compile(r"`{1,2}([^`]+)`{1,2}")


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What Flowlet is for a partner, and where to go from here."""
    return render(request, "portal/landing.html", {"here": "landing"})


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The partner guide."""
    return render(request, "portal/guide.html", {"here": "guide", "page": page("guides/partner")})


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """The error catalogue: one anchor per code, in groups by their first word."""
    groups: dict[str, list[Any]] = {}
    for entry in catalogue.by_code().values():
        explanation = _CODE.sub(r"<code>\1</code>", escape(entry.explanation))
        row = (entry, HTTPStatus(entry.status).phrase, mark_safe(explanation))  # noqa: S308  escaped above
        groups.setdefault(entry.code.split(".")[0], []).append(row)
    context = {"here": "errors", "groups": groups, "fields": catalogue.FIELD_CODES}
    return render(request, "portal/errors.html", context)


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Swagger UI over the document, from our own static files."""
    return render(request, "portal/reference.html", {"here": "reference", "example_key": IDEMPOTENCY_KEY["example"]})


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document."""
    found = document()
    if request.headers.get("If-None-Match") == found.etag:
        return HttpResponseNotModified(headers={"ETag": found.etag})
    return HttpResponse(found.content, content_type="application/json", headers={"ETag": found.etag, "Cache-Control": "no-cache"})

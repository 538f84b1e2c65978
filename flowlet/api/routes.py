"""What is answered where no endpoint is: problem details under /v1, Django's pages elsewhere."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from flowlet.api import errors, problems
from flowlet.core.errors import Invalid

PREFIX = "/v1/"


@csrf_exempt
def unknown(request: HttpRequest, **_: Any) -> HttpResponse:
    """The last route under /v1."""
    return problems.respond(errors.UnknownRoute(f"There is nothing at {request.path[:200]}."), request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler400``."""
    return problems.respond(Invalid(), request) if request.path.startswith(PREFIX) else defaults.bad_request(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """``handler404``."""
    return unknown(request) if request.path.startswith("/v1") else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """``handler500``."""
    return problems.respond(errors.ServerFault(), request) if request.path.startswith(PREFIX) else defaults.server_error(request)

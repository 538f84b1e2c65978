"""Where providers tell us things: ``POST /webhooks/<provider>``, outside the partner API, without a key, proven by signature."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from flowlet.core import clock
from flowlet.core.outbound import Unavailable
from payments.providers.errors import AnswerMalformed, ProviderNotConfigured, WebhookForged
from payments.services import inbox

LARGEST_BYTES = 512 * 1024


@csrf_exempt
@require_POST
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """200 once it is kept, known events included; 400 for a bad signature; 404 for a provider that is not set up here; 413; 503 when the
    signature cannot be checked now. Anything but 200 makes the provider send it again.
    """
    body = _body(request)
    if body is None:
        return _answer(413, "too_large")
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        inbox.receive(provider=provider, body=body, headers=headers, at=clock.now())
    except ProviderNotConfigured:
        return _answer(404, "not_configured")
    except WebhookForged:
        return _answer(400, "signature")
    except AnswerMalformed:
        return _answer(400, "malformed")
    except Unavailable:
        return _answer(503, "cannot_check", retry_after=60)
    return _answer(200)


def _body(request: HttpRequest) -> bytes | None:
    """The body, or None when it is larger than any event."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdigit() or int(announced) > LARGEST_BYTES:
        return None
    body = request.read(LARGEST_BYTES + 1)
    return body if len(body) <= LARGEST_BYTES else None


def _answer(status: int, error: str = "", *, retry_after: int = 0) -> HttpResponse:
    response = JsonResponse({"error": error} if error else {"received": True}, status=status)
    response["Cache-Control"] = "no-store"
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


urlpatterns = [path("<slug:provider>", receive, name="provider-webhook")]

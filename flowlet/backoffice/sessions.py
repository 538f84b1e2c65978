"""How long a sign-in lasts: fifteen minutes without a request, eight hours in any case."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from flowlet.backoffice.actors import actor_of
from flowlet.core import clock
from flowlet.telemetry import context

IDLE: Final = timedelta(minutes=15)
ABSOLUTE: Final = timedelta(hours=8)
# A request renews the mark only when it is older than this, so that reading costs no write.
RENEW_AFTER: Final = timedelta(seconds=30)
SEEN, STARTED = "seen_at", "started_at"

logger = logging.getLogger(__name__)


def start(request: HttpRequest, at: datetime) -> None:
    """Remember when the sign-in happened."""
    request.session[STARTED] = request.session[SEEN] = at.isoformat()


def ended(request: HttpRequest, at: datetime) -> str:
    """Why the sign-in is over: ``idle``, ``expired``, or "" while it lasts. A session without our marks is over."""
    session = request.session
    try:
        seen, started = datetime.fromisoformat(session[SEEN]), datetime.fromisoformat(session[STARTED])
    except (KeyError, ValueError):
        return "expired"
    if at - started >= ABSOLUTE:
        return "expired"
    if at - seen >= IDLE:
        return "idle"
    if at - seen >= RENEW_AFTER:
        session[SEEN] = at.isoformat()
    return ""


def left(request: HttpRequest, at: datetime) -> dict[str, int] | None:
    """In how many seconds the sign-in ends: ``idle`` without another request, ``left`` in any case; None for nobody's."""
    try:
        seen, started = (datetime.fromisoformat(request.session[name]) for name in (SEEN, STARTED))
    except (AttributeError, KeyError, ValueError):
        return None
    return {"idle": int((seen + IDLE - at).total_seconds()), "left": int((started + ABSOLUTE - at).total_seconds())}


class SessionLimits:
    """Ends sign-ins that are idle or too old. Costs requests without a session cookie nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Let the request through, or sign out and lead to the sign-in page, which says why."""
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            why = ended(request, clock.now())
            if why:
                logger.info("sign-in ended", extra={"reason": why})
                logout(request)
                home = reverse("admin:index")
                if request.path.startswith(home):
                    back = request.get_full_path() if request.method == "GET" else home
                    return HttpResponseRedirect(f"{reverse('admin:login')}?{urlencode({'next': back, 'why': why})}")
            else:
                context.bind_actor(actor_of(request))
        return self.get_response(request)

"""For tests of pages: sign a person in with a second factor, press a transition's button, count queries."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.plugins.otp_totp.models import TOTPDevice

from flowlet.backoffice import cells, sessions
from flowlet.backoffice.sites import BackOffice
from flowlet.backoffice.sites import site as the_site
from flowlet.core import clock


def signed_in(user: Any, *, verified: bool = True, **extra: Any) -> Client:
    """A client with a session of ``user``, whose second factor was checked (unless not ``verified``)."""
    client = Client(**extra)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    now = clock.now().isoformat()
    session[sessions.STARTED] = session[sessions.SEEN] = now
    if verified:
        device, _ = TOTPDevice.objects.get_or_create(user=user, name="Authenticator app", defaults={"confirmed": True})
        session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()
    return client


def press(
    client: Client, obj: Model, name: str, /, *, version: str | None = None, site: BackOffice = the_site, **data: Any
) -> HttpResponse:
    """Send the form of the row transition ``name`` as the page would.

    ``version`` is what was on screen, by default the row's present one.
    """
    admin = site._registry[type(obj)]
    shown = admin.version(type(obj)._default_manager.get(pk=obj.pk)) if version is None else version
    url = cells.admin_url(obj).removesuffix("change/")
    return client.post(f"{url}do/{name}/", {"version": shown, **data})


def reveal(
    client: Client, obj: Model, name: str = "personal", *, reason: str = "customer called about a payment"
) -> HttpResponse:
    """Ask to see a masked panel of the row."""
    return client.post(f"{cells.admin_url(obj).removesuffix('change/')}reveal/{name}/", {"reason": reason})


@contextmanager
def at_most(queries: int) -> Iterator[CaptureQueriesContext]:
    """Fail when the block takes more than ``queries`` queries, and print them."""
    with CaptureQueriesContext(connection) as captured:
        yield captured
    listed = "\n".join(f"{n}. {query['sql'][:300]}" for n, query in enumerate(captured.captured_queries, 1))
    if len(captured) > queries:
        raise AssertionError(f"{len(captured)} queries, {queries} allowed:\n{listed}")

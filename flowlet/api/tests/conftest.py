"""A client of the small API of ``pots``."""

from uuid import uuid4

import orjson
import pytest
from django.test import Client

from flowlet.api import authentication, throttling
from flowlet.api.tests import pots
from flowlet.events.models import Event


class Partner(Client):
    """Speaks JSON with a key; each POST has a fresh Idempotency-Key unless one is given."""

    def __init__(self, key="fk_live_ada"):
        super().__init__(raise_request_exception=False)
        self.key = key

    def ask(self, method, path, body=None, *, raw=None, key=None, **headers):
        names = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": str(uuid4()) if key is None else key}
        names |= {name.replace("_", "-"): value for name, value in headers.items()}
        names = {name: value for name, value in names.items() if value is not None}
        content = raw if raw is not None else (b"" if body is None else orjson.dumps(body))
        kind = names.pop("content-type", "application/json" if content else "")
        return self.generic(method, path, content, content_type=kind, headers=names)


@pytest.fixture
def pot_api(settings, monkeypatch):
    """Routes and keys of the small API, and an unused rate limit."""
    settings.ROOT_URLCONF = "flowlet.api.tests.pots"
    monkeypatch.setattr(authentication, "_lookup", pots.lookup)
    limiter = throttling.Limiter()
    monkeypatch.setattr("flowlet.api.views.limiter", limiter)
    limiter._connect().registered_client.flushdb()
    return limiter


@pytest.fixture
def partner(pot_api, db):
    return Partner()


@pytest.fixture
def pots_made():
    """How many pots there are."""
    return lambda: Event.objects.filter(type="pot.opened").count()


TEA = {"name": "tea", "size": {"amount": "12.50", "currency": "USD"}}

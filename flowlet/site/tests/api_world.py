"""Three tenants of the partner API: a company's LIVE and SANDBOX rows, and a stranger; and every operation under /v1."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver

from accounts.choices import Mode, PartnerStatus, Scope
from accounts.models import Partner
from accounts.services import api_keys, partners
from flowlet import urls
from flowlet.api import testing
from flowlet.api.endpoints import Endpoint, example_id
from flowlet.api.testing import Tenant
from flowlet.api.views import PartnerView
from flowlet.core import actors, clock

testing.discover()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one route."""

    method: str
    route: str
    view: type[PartnerView]

    @property
    def endpoint(self) -> Endpoint:
        return self.view.endpoints[self.method]

    @property
    def names(self) -> list[str]:
        """The arguments in the path."""
        return [part[1:-1].split(":")[-1] for part in self.route.split("/") if part.startswith("<")]

    @property
    def template(self) -> str:
        """The path as OpenAPI writes it."""
        return "/".join("{" + part[1:-1].split(":")[-1] + "}" if part.startswith("<") else part for part in self.route.split("/"))

    def path(self, tenant: Tenant, *, of: Tenant | None = None) -> str:
        """The path of the example with the tenant's own ids."""
        path = self.template
        for name in self.names:
            path = path.replace("{" + name + "}", str((of or tenant).real(self.example_of(name))))
        return path

    def example_of(self, name: str) -> str:
        """The example value of an argument in the path."""
        return self.endpoint.path_example.get(name) or example_id(self.view.path_ids[name])

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


def routes(patterns: list[Any] = urls.v1, prefix: str = "/v1/") -> Iterator[tuple[str, Any]]:
    """Every route under /v1 with its view's function."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern.callback


def operations() -> list[Operation]:
    """Every operation of every route."""
    return [
        Operation(method, route, callback.cls)
        for route, callback in routes()
        if issubclass(getattr(callback, "cls", object), PartnerView)
        for method in callback.cls.endpoints
    ]


@dataclass(slots=True)
class World:
    """The tenants; ``own`` is the one that a SANDBOX-only or an ordinary example runs as."""

    live: Tenant
    sandbox: Tenant
    stranger: Tenant

    def owner_of(self, operation: Operation) -> Tenant:
        """Simulations run in the sandbox, and what says that its examples do; all else live."""
        simulated = operation.view.required_scopes[operation.method] == Scope.SIMULATION_WRITE
        return self.sandbox if simulated or getattr(operation.view, "example_mode", "LIVE") == "SANDBOX" else self.live

    def others_than(self, tenant: Tenant) -> list[Tenant]:
        """Whoever must not see the tenant's things."""
        return [other for other in (self.live, self.sandbox, self.stranger) if other is not tenant]


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """The tenants of one test. What its own transaction wrote counts as final, which the commit horizon would deny."""
    monkeypatch.setattr("flowlet.events.selectors.horizon", lambda: 2**62)
    return make_world()


def make_world() -> World:
    """Two active companies with keys that have every scope."""
    acme, other = (_company(name) for name in ("Acme", "Other"))
    return World(live=_tenant(acme.live), sandbox=_tenant(acme.sandbox), stranger=_tenant(other.live))


def _company(name: str) -> partners.Pair:
    pair = partners.create(name=name, country="DE", actor=actors.system("tests"), at=clock.now())
    Partner.objects.filter(pk=pair.live.pk).update(status=PartnerStatus.ACTIVE)  # two officers approve it elsewhere
    return pair


def _tenant(partner: Partner) -> Tenant:
    scopes = [scope for scope in Scope.values if partner.mode == Mode.SANDBOX or scope not in api_keys.SANDBOX_ONLY]
    issued = api_keys.issue(partner_id=partner.pk, name="tests", scopes=scopes, actor=actors.system("tests"), at=clock.now())
    return Tenant(partner_id=partner.pk, key=issued.secret, mode=partner.mode)


def ask(tenant: Tenant, operation: Operation, *, of: Tenant | None = None, **headers: str) -> Any:
    """The answer to the example of the operation, sent by ``tenant`` about the things of ``of`` (its own by default)."""
    endpoint, owner = operation.endpoint, of or tenant
    path = operation.path(tenant, of=owner)
    if endpoint.query_example:
        path += "?" + urlencode(owner.real(dict(endpoint.query_example)))
    body = b"" if endpoint.body_example is None else orjson.dumps(owner.real(endpoint.body_example))
    kind = "application/json" if body else ""
    if endpoint.upload is not None:
        file = SimpleUploadedFile("example", endpoint.upload.example, endpoint.upload.types[0])
        body = encode_multipart(BOUNDARY, {**owner.real(endpoint.body_example), endpoint.upload.name: file})
        kind = MULTIPART_CONTENT
    names = {"Authorization": f"Bearer {tenant.key}", "Idempotency-Key": str(uuid4()), **headers}
    return Client().generic(operation.method, path, body, content_type=kind, headers=names)

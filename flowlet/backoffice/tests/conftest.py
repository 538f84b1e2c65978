"""People and requests for the toolkit's tests."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from flowlet.approvals import registry
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind

PASSWORD = "correct horse battery staple"


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """Makes members of staff with the given roles."""

    def make(*roles: str, email: str = "", **fields: Any) -> Any:
        email = email or f"{'-'.join(roles).lower() or 'nobody'}@flowlet.test"
        return get_user_model().objects.create_user(email, PASSWORD, name="Somebody", is_staff=True, roles=list(roles), **fields)

    return make


@pytest.fixture
def actor() -> Callable[[Any], Actor]:
    """The actor that a person is."""
    return lambda user: Actor(kind=ActorKind.STAFF, id=user.public_id, label="staff")


@pytest.fixture
def pages(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own back office, with one kind of request."""
    settings.ROOT_URLCONF = "flowlet.backoffice.tests.pages"
    monkeypatch.setattr(registry, "_permission_lookup", lambda actor, names: names)
    monkeypatch.setattr(registry, "_kinds", {})
    registry.kind(
        "test.limit",
        label="Change a limit",
        maker_permission="wallets.request_limit_change",
        checker_permission="wallets.approve_limit_change",
        execute=lambda **_: None,
        describe=lambda approval: {},
        exclusive=False,
    )


@pytest.fixture
def request_by(pages: None, actor: Callable[[Any], Actor]) -> Callable[..., Approval]:
    """Submits requests through the real service; ``minutes`` ago."""

    def make(user: Any, subject: str = "wal_1", minutes: int = 0) -> Approval:
        at = clock.now() - timedelta(minutes=minutes)
        return requests.submit(
            kind="test.limit", payload={"daily": "500"}, subject=subject, reason="because", actor=actor(user), at=at
        )

    return make

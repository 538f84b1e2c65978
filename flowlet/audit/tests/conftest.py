"""What the trail's tests share."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from flowlet.audit.models import Record
from flowlet.audit.services import log
from flowlet.core.actors import Actor, ActorKind

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def officer() -> Actor:
    return Actor(kind=ActorKind.STAFF, id="usr_officer", label="Compliance officer", ip="192.0.2.7", request_id="req-1")


@pytest.fixture
def write(officer: Actor) -> Callable[..., Record]:
    def _write(number: int = 0, **more: object) -> Record:
        fields = {"action": "wallet.frozen", "target": f"wal_{number}", "reason": f"deed {number}", "after": {"number": number}}
        return log.record(actor=officer, **{"at": AT, **fields, **more})

    return _write

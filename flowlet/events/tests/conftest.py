"""What the outbox's tests share."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from flowlet.events import registry
from flowlet.events.models import Event
from flowlet.events.services import outbox

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture
def partner_id() -> UUID:
    return uuid4()


@pytest.fixture(autouse=True)
def no_handlers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test registers listens."""
    monkeypatch.setattr(registry, "_handlers", {})


@pytest.fixture
def publish(partner_id: UUID) -> Callable[..., Event]:
    def _publish(number: int = 0, **more: object) -> Event:
        fields = {
            "type": "wallet.opened",
            "partner_id": partner_id,
            "subject": f"wal_{number}",
            "data": {"number": number},
            "at": AT,
        }
        with transaction.atomic():
            return outbox.publish(**{**fields, **more})

    return _publish


@pytest.fixture
def leave_trace() -> Callable[[Event], None]:
    """A handler's effect that can be counted: an event of its own, which nobody listens to."""

    def _leave_trace(event: Event) -> None:
        outbox.publish(type="trace.left", partner_id=None, subject=event.public_id, data={}, at=AT)

    return _leave_trace


def traces() -> list[str]:
    """The events whose handlers left a trace, in order of their ids."""
    return sorted(Event.objects.filter(type="trace.left").values_list("subject", flat=True))

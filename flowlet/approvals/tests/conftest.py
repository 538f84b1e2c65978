"""What the approvals' tests share: a kind that writes a number where others can see it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from flowlet.approvals import registry
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.audit.services import log
from flowlet.core.actors import Actor, ActorKind

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KIND = "limits.change"
PERMISSIONS = {
    "usr_maker": {"limits.request"},
    "usr_checker": {"limits.approve"},
    "usr_both": {"limits.request", "limits.approve"},
    "usr_other": {"limits.request", "limits.approve"},
    "usr_nobody": set(),
    "key_api": {"limits.request", "limits.approve"},
    "nightly": {"limits.request", "limits.approve"},
}


def person(name: str) -> Actor:
    kind = {"key_api": ActorKind.API_KEY, "nightly": ActorKind.SYSTEM}.get(name, ActorKind.STAFF)
    return Actor(kind=kind, id=name, label=name)


@pytest.fixture
def maker() -> Actor:
    return person("usr_maker")


@pytest.fixture
def checker() -> Actor:
    return person("usr_checker")


class Executions:
    """What ``execute`` did: an audit record each, and what it should raise next."""

    def __init__(self) -> None:
        self.raises: Exception | None = None

    def execute(self, *, approval: Approval, actor: Actor, at: datetime) -> None:
        log.record(action="limit.changed", actor=actor, at=at, target=approval.subject, after=approval.payload)
        if self.raises is not None:
            raise self.raises


@pytest.fixture
def executions(monkeypatch: pytest.MonkeyPatch) -> Executions:
    found = Executions()
    monkeypatch.setattr(registry, "_kinds", {})
    monkeypatch.setattr(
        registry, "_permission_lookup", lambda actor, names: {name for name in names if name in PERMISSIONS[actor.id]}
    )
    for name, exclusive in ((KIND, True), ("limits.note", False)):
        registry.kind(
            name,
            label="Change a limit",
            maker_permission="limits.request",
            checker_permission="limits.approve",
            execute=found.execute,
            describe=lambda approval: {"New limit": str(approval.payload["limit"])},
            expires_after=timedelta(days=2),
            exclusive=exclusive,
        )
    return found


@pytest.fixture
def submit(executions: Executions, maker: Actor) -> Callable[..., Approval]:
    def _submit(subject: str = "wal_1", **more: object) -> Approval:
        fields = {
            "kind": KIND,
            "payload": {"limit": "500.00"},
            "subject": subject,
            "reason": "the customer asked",
            "actor": maker,
            "at": AT,
            "partner_id": uuid4(),
        }
        return requests.submit(**{**fields, **more})

    return _submit

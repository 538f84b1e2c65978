"""People and partners, made by the real services."""

from datetime import UTC, datetime

import pytest

from accounts.choices import Role, Scope
from accounts.models import Customer, Partner, User
from accounts.services import api_keys, customers, partners
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core.actors import Actor, ActorKind, system
from flowlet.events.models import Event

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def actor_for(user: User) -> Actor:
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role, ip="192.0.2.1")


@pytest.fixture
def at():
    return AT


@pytest.fixture
def robot():
    return system("tests")


@pytest.fixture
def staff(db):
    """Makes a member of staff with the roles and answers with the actor."""
    made = []

    def make(*roles: str) -> Actor:
        made.append(User.objects.create_user(f"staff{len(made)}@example.com", name="Staff", is_staff=True, roles=list(roles)))
        return actor_for(made[-1])

    return make


@pytest.fixture
def pair(db, at, robot):
    """A new partner: LIVE waiting, SANDBOX active."""
    return partners.create(name="Acme", country="DE", time_zone="Europe/Berlin", actor=robot, at=at)


@pytest.fixture
def sandbox(pair) -> Partner:
    return pair.sandbox


@pytest.fixture
def live(pair, staff, at) -> Partner:
    """The LIVE partner, activated by two people."""
    asked = partners.request_activation(partner_id=pair.live.pk, reason="contract signed", actor=staff(Role.OPERATIONS), at=at)
    requests.approve(approval_id=asked.pk, actor=staff(Role.COMPLIANCE_MANAGER), at=at)
    pair.live.refresh_from_db()
    return pair.live


@pytest.fixture
def other(db, at, robot) -> Partner:
    """Another company's sandbox."""
    return partners.create(name="Globex", country="US", actor=robot, at=at).sandbox


@pytest.fixture
def key_actor():
    return Actor(kind=ActorKind.API_KEY, id="key_x", label="backend")


@pytest.fixture
def issue(sandbox, at, robot):
    """Issues a key of the sandbox."""

    def make(**options) -> api_keys.IssuedKey:
        options = {"partner_id": sandbox.pk, "name": "backend", "scopes": [Scope.CUSTOMERS_READ], "at": at, **options}
        return api_keys.issue(**options, actor=robot)

    return make


ADA = {
    "kind": "PERSON",
    "name": "Ada Lovelace",
    "country": "GB",
    "email": "Ada@Example.com",
    "phone": "+44 20 7946 0958",
    "external_id": "user-1",
    "metadata": {"plan": "gold"},
    "address": {"line1": "12 St James's Square", "city": "London", "country": "GB", "postal_code": "SW1Y 4JH"},
}


@pytest.fixture
def create(sandbox, at, key_actor):
    """Creates a customer of the sandbox: Ada, but for what is named."""

    def make(**changes) -> Customer:
        return customers.create(**{**ADA, "partner_id": sandbox.pk, "actor": key_actor, "at": at, **changes})

    return make


class Trail:
    """What was audited and published since the last look."""

    def __init__(self) -> None:
        self.record = self.event = 0
        self.look()

    def look(self) -> tuple[list[str], list[str]]:
        records = Record.objects.filter(id__gt=self.record).order_by("id")
        events = Event.objects.order_by("id")[self.event :]
        found = [record.action for record in records], [event.type for event in events]
        self.record = max([record.id for record in records], default=self.record)
        self.event += len(found[1])
        return found


@pytest.fixture
def trail(db):
    """Call ``look()`` for the actions audited and the events published since the last look."""
    return Trail()


@pytest.fixture
def no_law(monkeypatch):
    """Nobody above wants data kept: what the law wants is for ``compliance`` to test."""
    monkeypatch.setattr(customers, "_erasure_guard", None)

"""A sandbox partner with a customer, external accounts, mandates; all by the real services."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from accounts.choices import Role
from accounts.models import Customer, Partner, User
from accounts.services import customers, partners
from flowlet.audit.models import Record
from flowlet.core import actors
from flowlet.core.actors import Actor, ActorKind
from flowlet.events.models import Event
from payments.models import ExternalAccount, Mandate
from payments.services import external_accounts, mandates

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
ROBOT = actors.system("tests")
KEY = Actor(kind=ActorKind.API_KEY, id="key_x", label="backend")
STAFF = Actor(kind=ActorKind.STAFF, id="usr_x", label="officer")

US_BANK = {
    "kind": "US_BANK",
    "currency": "USD",
    "owner_name": "Ada Lovelace",
    "routing_number": "021000021",
    "account_number": "000123456789",
    "account_type": "CHECKING",
}
IBAN = {"kind": "IBAN", "currency": "EUR", "owner_name": "Ada Lovelace", "iban": "DE89 3704 0044 0532 0130 00"}
CARD = {
    "kind": "CARD",
    "currency": "USD",
    "owner_name": "Ada Lovelace",
    "card_token": "pm_1Nv0bqLkdIwHu7ix",
    "card_last_four": "4242",
}
CREDITOR = "DE98ZZZ09999999999"


@dataclass
class World:
    """Short words for the services, for one sandbox partner."""

    partner: Partner
    person: Customer
    at: datetime = AT
    seen: dict[str, int] = field(default_factory=lambda: {"record": 0, "event": 0})

    def customer(self, kind: str = "PERSON", name: str = "Grace Hopper") -> Customer:
        return customers.create(partner_id=self.partner.pk, kind=kind, name=name, country="US", actor=ROBOT, at=self.at)

    def add(self, base: dict = US_BANK, *, customer: Customer | None = None, **changes) -> ExternalAccount:
        values = {**base, **changes}
        values = {name: value for name, value in values.items() if value is not ...}
        return external_accounts.create(
            **{
                "partner_id": self.partner.pk,
                "customer_id": (customer or self.person).pk,
                "actor": KEY,
                "at": self.at,
                **values,
            }
        )

    def mandate(self, account: ExternalAccount, **changes) -> Mandate:
        given = {"scheme": "SEPA_CORE", "creditor_id": CREDITOR, "signed_on": date(2026, 2, 1)}
        if account.kind == "US_BANK":
            given = {
                "scheme": "ACH",
                "authorization": "WEB",
                "evidence": "Ticked the box at checkout",
                "signed_on": date(2026, 2, 1),
            }
        return mandates.create(
            **{
                "partner_id": self.partner.pk,
                "external_account_id": account.pk,
                "actor": KEY,
                "at": self.at,
                **given,
                **changes,
            }
        )

    def told(self) -> list[str]:
        """What was audited since the last look; the events say the same, or the look fails."""
        records = list(Record.objects.filter(id__gt=self.seen["record"]).order_by("id"))
        events = list(Event.objects.order_by("id")[self.seen["event"] :])
        self.seen = {"record": records[-1].id if records else self.seen["record"], "event": self.seen["event"] + len(events)}
        assert [record.action for record in records] == [event.type for event in events]
        return [record.action for record in records]


@pytest.fixture
def world(db) -> World:
    partner = partners.create(name="Acme", country="US", actor=ROBOT, at=AT).sandbox
    person = customers.create(partner_id=partner.pk, kind="PERSON", name="Ada Lovelace", country="US", actor=ROBOT, at=AT)
    made = World(partner, person)
    made.told()
    return made


@pytest.fixture
def staff(db):
    """Makes a member of staff with the roles and answers with the actor."""

    def make(*roles: str) -> Actor:
        user = User.objects.create_user(
            f"staff{User.objects.count()}@example.com", name="Staff", is_staff=True, roles=[Role(role) for role in roles]
        )
        return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role)

    return make

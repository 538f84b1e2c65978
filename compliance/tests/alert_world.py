"""What tests of alerts share: a partner with customers, officers, alerts made through the services."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.choices import Role
from accounts.models import Customer, Partner, User
from accounts.services import customers
from compliance.models import Alert
from compliance.services import alerts
from compliance.services.alerts import Evidence
from flowlet.core import actors
from flowlet.core.actors import Actor, ActorKind

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SYSTEM = actors.system("tests")


def seen(key: str, *, at: datetime = AT, **more: Any) -> Evidence:
    """One thing that was seen."""
    facts = {"amount": "9500.00", "currency": "USD", "threshold": "10000.00"}
    return Evidence(**{"key": key, "headline": f"Deposit {key}", "facts": facts, "happened_at": at} | more)


@dataclass
class World:
    """A partner, a customer, people."""

    partner: Partner
    customer: Customer
    made: int = field(default=0)

    def new_customer(self, **values: Any) -> Customer:
        """One more customer."""
        personal = {"name": "Ada Lovelace"} | values
        return customers.create(partner_id=self.partner.pk, kind="PERSON", country="US", actor=SYSTEM, at=AT, **personal)

    def alert(self, *keys: str, **more: Any) -> Alert:
        """An alert that saw what the keys name."""
        self.made += 1
        given = {
            "partner_id": self.partner.pk,
            "customer_id": self.customer.pk,
            "kind": "MONITORING",
            "scenario": "structuring",
            "priority": 40,
            "headline": f"{len(keys) or 1} deposits just below 10,000 USD",
            "at": AT,
        } | more
        told = [seen(key, at=given["at"]) for key in keys or (f"made-{self.made}",)]
        return alerts.raise_alert(**{"evidence": told} | given)

    def alerts(self, count: int, **more: Any) -> list[Alert]:
        """Alerts of scenarios of their own, each more urgent than the one before."""
        return [
            self.alert(f"seen-{n}", scenario=f"scenario_{n}", **{"priority": n % 100, "at": AT + timedelta(minutes=n)} | more)
            for n in range(count)
        ]


def world(name: str = "Acme") -> World:
    """A new one."""
    partner = Partner.objects.create(name=name, mode="LIVE", status="ACTIVE", country="US", time_zone="UTC")
    customer = customers.create(partner_id=partner.pk, kind="PERSON", country="US", name="Ada Lovelace", actor=SYSTEM, at=AT)
    return World(partner, customer)


def person(name: str, role: str = Role.COMPLIANCE_OFFICER) -> Actor:
    """A member of staff, acting; the same one for the same name."""
    email = f"{name}@flowlet.test"
    user = User.objects.filter(email=email).first()
    user = user or User.objects.create_user(email, name=name.capitalize(), is_staff=True, roles=[role])
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.role_labels)

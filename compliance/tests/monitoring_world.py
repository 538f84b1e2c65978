"""Customers and their movements for tests of monitoring, planted as ``compliance.services.planted`` does, on customers that cost nothing."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count

from accounts.choices import KycTier
from accounts.models import Customer, Partner
from compliance.models import CustomerProfile, CustomerRisk
from compliance.services.planted import SCENARIOS, Planter
from compliance.services.planted.cash import structuring
from compliance.services.planted.places import to_embargoed
from flowlet.core.actors import Actor
from wallets.tests.conftest import ROBOT, new_partner

__all__ = ["NOON", "ON", "SCENARIOS", "Watched", "structuring", "to_embargoed"]
ON = date(2026, 3, 20)
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
_numbers = count(1)


@dataclass
class Watched(Planter):
    """A partner whose customers are bare rows, without keys, events and audit."""

    partner: Partner = field(default_factory=new_partner)
    noon: datetime = NOON
    actor: Actor = ROBOT
    chance: random.Random = field(default_factory=lambda: random.Random(20260320))

    def customer(self, *, age=400, tier=KycTier.PREMIUM, kind="PERSON", is_pep=False, **profile) -> Customer:
        number = next(_numbers)
        made = Customer.objects.create(
            partner=self.partner,
            kind=kind,
            kyc_tier=tier,
            country="US",
            personal=b"",
            updated_at=NOON,
            metadata={"n": str(number)},
        )
        Customer.objects.filter(pk=made.pk).update(created_at=NOON - timedelta(days=age))
        if is_pep:
            CustomerRisk.objects.create(partner=self.partner, customer=made, is_exposed=True)
        if profile:
            CustomerProfile.objects.create(customer=made, updated_at=NOON, **profile)
        self.made.append(made)
        return made

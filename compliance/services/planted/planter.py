"""A partner's side on which movements are laid down: customers by the real services, the facts of monitoring about them as they are."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from moneyed import Money

from accounts.choices import CustomerKind, KycTier
from accounts.models import Customer, Partner
from accounts.services import customers
from compliance.choices import Channel, Profession
from compliance.models import Activity
from compliance.services import profiles, ratings
from flowlet.core.actors import Actor

Who = Customer | Sequence[Customer]
Plant = Callable[["Planter"], Who]
Scenarios = Mapping[str, tuple[tuple[Plant, ...], tuple[Plant, ...]]]
_FIRST: Final = (
    "Ada",
    "Blaise",
    "Carla",
    "Diego",
    "Elif",
    "Farid",
    "Greta",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaia",
    "Lars",
    "Mina",
    "Noor",
)
_LAST: Final = ("Almeida", "Brandt", "Castell", "Dorn", "Eklund", "Ferrand", "Grau", "Holm", "Ibsen", "Janda", "Keller", "Lindt")
_REASON: Final = "Planted"


@dataclass
class Planter:
    """Short words for laying down what happened: ``ago`` in days before ``noon`` of the day that is monitored. ``chance`` is seeded."""

    partner: Partner
    noon: datetime
    actor: Actor
    chance: random.Random
    rows: list[Activity] = field(default_factory=list)
    made: list[Customer] = field(default_factory=list)

    def customer(
        self,
        *,
        age: int = 400,
        tier: str = KycTier.PREMIUM,
        kind: str = CustomerKind.PERSON,
        is_pep: bool = False,
        expected_monthly: Decimal | None = None,
        segment: str = "",
    ) -> Customer:
        """Somebody new, ``age`` days old as a customer."""
        by: dict[str, Any] = {"actor": self.actor, "at": self.noon - timedelta(days=age)}
        name = f"{self.chance.choice(_FIRST)} {self.chance.choice(_LAST)}"
        made = customers.create(partner_id=self.partner.pk, kind=kind, name=name, country="US", **by)
        customers.set_kyc_tier(customer_id=made.pk, kyc_tier=tier, reason=_REASON, **by)
        if is_pep:
            told = {"channel": Channel.UNKNOWN, "profession": Profession.UNKNOWN, "reason": _REASON}
            ratings.declare(customer_id=made.pk, is_exposed=True, **told, **by | {"at": self.noon})
        if expected_monthly is not None or segment:
            volume = None if expected_monthly is None else Money(expected_monthly, "USD")
            profiles.declare(customer_id=made.pk, expected_monthly=volume, segment=segment, **by)
        self.made.append(made)
        return made

    def stranger(self) -> UUID:
        """Somebody outside; a device; a movement."""
        return UUID(int=self.chance.getrandbits(128))

    def move(
        self,
        customer: Customer,
        direction: str,
        amount: float | Decimal,
        *,
        ago: float = 0.0,
        other: UUID | None = None,
        new: bool = False,
        kind: str = "TRANSFER",
        rail: str = "ach",
        **options: Any,
    ) -> Activity:
        """One side of a movement with somebody; no transfer stands behind it."""
        row = Activity(
            partner=self.partner,
            customer=customer,
            wallet_id=options.pop("wallet_id", customer.pk),
            source="TRANSFER",
            source_id=self.stranger(),
            direction=direction,
            kind=kind,
            rail=rail,
            currency=options.pop("currency", "USD"),
            amount=Decimal(str(amount)),
            worth=Decimal(str(amount)),
            counterparty=other or self.stranger(),
            is_own=options.pop("is_own", False),
            is_new_counterparty=new,
            is_cash=options.pop("is_cash", False),
            names_parties=options.pop("names_parties", True),
            happened_at=self.noon - timedelta(days=ago),
            previous_at=options.pop("previous_at", self.noon - timedelta(days=ago + 1)),
            **options,
        )
        self.rows.append(row)
        return row

    def send(self, payer: Customer, payee: Customer, amount: float, *, ago: float = 0.0, new: bool = False) -> None:
        """Money between two customers: a row for each."""
        out = self.move(payer, "OUT", amount, ago=ago, other=payee.pk, new=new, kind="WALLET", rail="book")
        into = self.move(payee, "IN", amount, ago=ago, other=payer.pk, new=new, kind="WALLET", rail="book")
        into.source_id = out.source_id

    def lay(self) -> None:
        """Put everything into the database."""
        Activity.objects.bulk_create(self.rows, batch_size=1000)
        self.rows.clear()

    def ordinary(self, many: int = 30) -> list[Customer]:
        """People with a salary, a rent and purchases for three months: nobody should be told of."""
        made = []
        for _ in range(many):
            who, employer, landlord = self.customer(expected_monthly=Decimal(6000)), self.stranger(), self.stranger()
            shops = [self.stranger() for _ in range(5)]
            pay, rent = self.chance.randrange(2500, 4200), self.chance.randrange(700, 1400)
            for month in range(4):
                self.move(who, "IN", pay, ago=month * 30 + 2, other=employer)
                self.move(who, "OUT", rent, ago=month * 30 + 1, other=landlord)
            for day in range(0, 100, 3):
                self.move(who, "OUT", self.chance.randrange(8, 140), ago=day, other=self.chance.choice(shops))
            made.append(who)
        return made

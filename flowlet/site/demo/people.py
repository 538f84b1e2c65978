"""Customers and their wallets, made by the services that the API calls."""

import random
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import phonenumbers

from accounts.choices import CustomerKind, KycTier
from accounts.models import Partner
from accounts.services import customers
from flowlet.core.actors import Actor
from flowlet.site.demo.purses import Purse, Sender
from flowlet.site.demo.words import ADJECTIVES, EMPLOYERS, LANDS, TRADES, Trade, filled
from wallets.services import wallets

TIERS = (KycTier.UNVERIFIED, KycTier.BASIC, KycTier.ENHANCED, KycTier.PREMIUM)
PERSONS_PER_MERCHANT, PERSONS_PER_EMPLOYER = 8, 20


@dataclass(frozen=True, slots=True)
class Cast:
    """One company's customers: ``persons``, ``merchants`` by trade and currency, ``employers``."""

    persons: list[list[Purse]]
    merchants: list[tuple[Trade, dict[str, Purse]]]
    employers: list[Purse]


@dataclass(frozen=True, slots=True)
class Places:
    """Where a company's customers live, by weight, and the currencies they use; the first is everybody's."""

    lands: dict[str, int]
    currencies: dict[str, int]

    @property
    def main(self) -> str:
        """The currency that everybody has a wallet in."""
        return next(iter(self.currencies))


class Crowd:
    """Makes one partner's customers, the same ones for the same seed."""

    def __init__(
        self, *, partner: Partner, places: Places, dice: random.Random, staff: Actor, backend: Actor, at: datetime
    ) -> None:
        self.partner, self.places, self.dice, self.staff, self.backend, self.at = partner, places, dice, staff, backend, at
        self.number = 0
        self.phones: set[str] = set()

    def cast(self, persons: int, *, tick: Any = lambda: None) -> Cast:
        """``persons`` people, a merchant for every eight of them, and an employer for every twenty."""
        made: Cast = Cast([], [], [])
        merchants, employers = businesses(persons)
        for index in range(merchants):
            trade = TRADES[index] if index < len(TRADES) else self.dice.choices(TRADES, [trade.weight for trade in TRADES])[0]
            sender = self._business(self.dice.choice(trade.nouns), tier=KycTier.PREMIUM)
            purses = [self._wallet(sender, currency, "Takings") for currency in self.places.currencies]
            made.merchants.append((trade, {purse.currency: purse for purse in purses}))
            tick()
        for index in range(employers):
            sender = self._business(EMPLOYERS[index % len(EMPLOYERS)], tier=KycTier.PREMIUM)
            made.employers.append(self._wallet(sender, self.places.main, "Payroll"))
            tick()
        for _ in range(persons):
            made.persons.append(self._person())
            tick()
        return made

    def somebody(self, *, is_business: bool) -> Purse:
        """A customer beside the cast, known well enough for large amounts, with one wallet."""
        sender = self._business(EMPLOYERS[0], tier=KycTier.PREMIUM) if is_business else self._person(KycTier.PREMIUM)[0].sender
        return self._wallet(sender, self.places.main, "Second")

    def newcomer(self) -> None:
        """A person of whom nothing is verified yet."""
        self._person(KycTier.UNVERIFIED)

    def namesake(self, name: str, born_on: date) -> None:
        """A person who is called as somebody on a list is, or nearly so."""
        self._person(KycTier.BASIC, name, born_on)

    def _person(self, tier: KycTier | None = None, name: str = "", born_on: date | None = None) -> list[Purse]:
        dice = self.dice
        country = self._country()
        land = LANDS[country]
        name = name or f"{dice.choice(land.first)} {dice.choice(land.last)}"
        tier = tier or dice.choices(TIERS, (8, 42, 38, 12))[0]
        born_on = born_on or date(1950, 1, 1) + timedelta(days=dice.randrange(55 * 365))
        sender = self._customer(
            CustomerKind.PERSON, name, country, tier, born_on=born_on, metadata={"plan": dice.choice(("basic", "basic", "plus"))}
        )
        currencies = [self.places.main]
        currencies += [code for code, percent in list(self.places.currencies.items())[1:] if dice.randrange(100) < percent]
        return [self._wallet(sender, code, "Everyday" if code == self.places.main else "Travel") for code in currencies]

    def _business(self, noun: str, *, tier: KycTier) -> Sender:
        country = self._country()
        name = f"{self.dice.choice(ADJECTIVES)} {noun} {LANDS[country].legal}"
        founded = date(1990, 1, 1) + timedelta(days=self.dice.randrange(30 * 365))
        return self._customer(
            CustomerKind.BUSINESS,
            name,
            country,
            tier,
            incorporated_on=founded,
            registration_number=filled("########", self.dice),
            metadata={"segment": noun.split(maxsplit=1)[0].lower()},
        )

    def _customer(self, kind: CustomerKind, name: str, country: str, tier: KycTier, **more: Any) -> Sender:
        self.number += 1
        dice, land = self.dice, LANDS[country]
        city, postal_code = dice.choice(land.places)
        line1 = land.address.format(
            number=dice.randrange(1, 180), number2=dice.randrange(1, 12), street=dice.choice(land.streets)
        )
        customer = customers.create(
            partner_id=self.partner.pk,
            kind=kind,
            name=name,
            country=country,
            email=f"{_plain(name)}.{self.number}@example.{dice.choice(('com', 'org', 'net'))}",
            phone=self._phone(land.phone),
            address={"line1": line1, "city": city, "postal_code": postal_code, "country": country},
            external_id=f"{'biz' if kind == CustomerKind.BUSINESS else 'usr'}-{self.number:06d}",
            actor=self.backend,
            at=self.at + timedelta(seconds=self.number),
            **more,
        )
        if tier != KycTier.UNVERIFIED:
            reason = "register extract checked" if kind == CustomerKind.BUSINESS else "identity document checked"
            customers.set_kyc_tier(
                customer_id=customer.pk, kyc_tier=tier, reason=reason, actor=self.staff, at=self.at + timedelta(hours=2)
            )
        return Sender(customer_id=customer.pk, name=name, tier=tier)

    def _phone(self, pattern: str) -> str | None:
        """A number of the pattern that nobody has yet, where the numbering plan has it; several of the plans keep some for fiction."""
        number = filled(pattern, self.dice)
        if number in self.phones or not phonenumbers.is_valid_number(phonenumbers.parse(number)):
            return None
        self.phones.add(number)
        return number

    def _wallet(self, sender: Sender, currency: str, name: str) -> Purse:
        wallet = wallets.create(
            partner_id=self.partner.pk,
            customer_id=sender.customer_id,
            currency=currency,
            name=name,
            actor=self.backend,
            at=self.at + timedelta(hours=3),
        )
        return Purse(wallet_id=wallet.pk, account_id=wallet.account_id, currency=currency, sender=sender)

    def _country(self) -> str:
        return self.dice.choices(list(self.places.lands), list(self.places.lands.values()))[0]


def businesses(persons: int) -> tuple[int, int]:
    """How many merchants and employers there are for so many people."""
    return max(len(TRADES), persons // PERSONS_PER_MERCHANT), max(1, persons // PERSONS_PER_EMPLOYER)


def _plain(name: str) -> str:
    ascii_only = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return ".".join("".join(character if character.isalnum() else " " for character in ascii_only).split())

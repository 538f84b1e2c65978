"""One company's story: its customers, their month, a first afternoon in the sandbox, and what is left to do at the end."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.choices import Role
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.core.money import Money
from flowlet.site.demo import ending, suspects
from flowlet.site.demo.companies import Founded, Side
from flowlet.site.demo.month import Month
from flowlet.site.demo.outside import Outside
from flowlet.site.demo.people import Crowd, businesses
from flowlet.site.demo.purses import Limits, price
from wallets.services import top_ups, transfers

DAYS = 30
PERSONS, SANDBOX_PERSONS = 152, 8
SUSPECTS = 900_000  # their numbers begin here

# Called with the phase, and how much more of it is done.
Tick = Callable[[str, int], None]


@dataclass(slots=True)
class Story:
    """What happens to one company from ``began`` to ``at``, told by ``meet``, ``live`` and ``end`` in this order. ``who`` acts as what."""

    founded: Founded
    who: Mapping[Role, Actor]
    scale: float
    dice: random.Random
    began: datetime
    at: datetime
    month: Month | None = None

    @property
    def persons(self) -> int:
        """How many people."""
        return max(10, round(PERSONS * self.scale))

    @property
    def customers(self) -> int:
        """How many customers: people, merchants, employers."""
        return self.persons + sum(businesses(self.persons))

    def meet(self, tick: Tick) -> None:
        """Make the customers, in one transaction: a second or two, and twice as fast as each in its own."""
        live = self.founded.live
        with transaction.atomic():
            crowd = self._crowd(live, self.who[Role.COMPLIANCE_OFFICER], self.began)
            cast = crowd.cast(self.persons, tick=lambda: tick("customers", 1))
        self.month = Month(
            book=live.book,
            cast=cast,
            limits=Limits(),
            dice=self.dice,
            backend=live.backend,
            tick=lambda count: tick("journals", count),
            now=self.at,
        )

    def live(self, tick: Tick) -> None:
        """Let the month pass, day by day."""
        month = self._month()
        month.tick = lambda count: tick("journals", count)
        month.found(month.book.opened_on)
        today = clock.day_of(self.at, zone=month.book.time_zone)
        for number in range(DAYS):
            month.live(today - timedelta(days=DAYS - number), number)

    def end(self) -> UUID:
        """Try the sandbox and leave something to do; answers the wallet of a customer who wants a lower limit."""
        self._play()
        month = self._month()
        ending.leave(self.who, self.founded, month, at=self.at)
        crowd = self._crowd(self.founded.live, self.who[Role.COMPLIANCE_OFFICER], self.began)
        crowd.number, crowd.dice = SUSPECTS, random.Random(SUSPECTS)  # noqa: S311 - the same demo every time
        suspects.plant(month, crowd, at=self.at)
        return month.cast.persons[8][0].wallet_id

    def _month(self) -> Month:
        if self.month is None:
            raise ValueError("Nobody lives before ``meet``.")
        return self.month

    def _crowd(self, side: Side, staff: Actor, began: datetime) -> Crowd:
        return Crowd(
            partner=side.partner,
            places=self.founded.company.places,
            dice=self.dice,
            staff=staff,
            backend=side.backend,
            at=began + timedelta(days=2),
        )

    def _play(self) -> None:
        """What a developer does on the first afternoon with the sandbox, and a day with its banks."""
        side = self.founded.sandbox
        with transaction.atomic():
            cast = self._crowd(side, side.backend, self.at - timedelta(days=3)).cast(SANDBOX_PERSONS)
        zone = ZoneInfo(side.book.time_zone)
        midnight = datetime.combine(self.at.astimezone(zone), time.min, tzinfo=zone)  # top-ups count for today
        previous = None
        for number, (purse, *_) in enumerate(cast.persons):
            moment = max(self.at - timedelta(hours=5) + timedelta(minutes=7 * number), midnight)
            amount = Money(price(100, purse.currency), purse.currency)
            top_ups.simulate(partner_id=side.partner.pk, wallet_id=purse.wallet_id, amount=amount, actor=side.backend, at=moment)
            if previous is not None:
                transfers.make(
                    partner_id=side.partner.pk,
                    source_id=purse.wallet_id,
                    target_id=previous.wallet_id,
                    amount=Money(price(float(Decimal(5) + number), purse.currency), purse.currency),
                    description="Trying it out",
                    actor=side.backend,
                    at=min(moment + timedelta(minutes=2), self.at),
                )
            previous = purse
        officer, approver = self.who[Role.OPERATIONS], self.who[Role.FINANCE]
        Outside(side, cast, officer=officer, approver=approver, at=self.at).live()

"""The story in order. ``run`` answers the credentials and what was made."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from accounts.choices import Role
from flowlet.core import clock
from flowlet.core.money import Money
from flowlet.site.demo import companies, ending, rates
from flowlet.site.demo.companies import COMPANIES, Founded, Member
from flowlet.site.demo.month import Month
from flowlet.site.demo.people import Cast, Crowd
from flowlet.site.demo.purses import Limits, price
from wallets.services import top_ups, transfers

DAYS = 30
PERSONS, JOURNALS = 170, 20_000
SANDBOX_PERSONS = 8
SEED = 20_260_101

# Called with the phase, how much more of it is done, and how much there is in all.
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Told:
    """What the seed made."""

    members: list[Member]
    partners: list[Founded]
    counts: dict[str, int] = field(default_factory=dict)

    def credentials(self) -> dict[str, Any]:
        """For ``--credentials``: see ``flowlet.runtime.demo``."""
        return {"users": [member.card() for member in self.members], "partners": [founded.card() for founded in self.partners]}


def run(*, scale: float, progress: Progress = lambda phase, done, total: None, at: datetime | None = None) -> Told:
    """Make the demo in an empty, migrated database; ``scale`` 1 is about 20,000 journals.

    Each call of a service is a transaction of its own, as in real life, but for the customers, who come in groups.
    """
    at = at or clock.now()
    dice = random.Random(SEED)  # noqa: S311 - the same demo every time
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET synchronous_commit = off")  # whoever loses a half-made demo makes it again
    began = at - timedelta(days=DAYS + 12)
    opened_on = (began - timedelta(days=2)).date().replace(day=1)
    with transaction.atomic():
        members = companies.hire(at=began)
        rates.publish(through=at, days=DAYS + 75)
        told = Told(members, [companies.found(company, members=members, opened_on=opened_on, at=began) for company in COMPANIES])
    months = _people(told, scale, dice, began, at, progress)
    _live(told, months, scale, at, progress)
    for founded in told.partners:
        _play(founded, dice, at)
    ending.tell(told.members, [(founded, month) for founded, month in zip(told.partners, months, strict=True)], at=at)
    ending.prove(progress)
    told.counts = ending.counts()
    return told


def _people(told: Told, scale: float, dice: random.Random, began: datetime, at: datetime, progress: Progress) -> list[Month]:
    persons = max(10, round(PERSONS * scale))
    staff = next(member.actor for member in told.members if member.role == Role.COMPLIANCE_OFFICER)
    limits, months = Limits(), []
    businesses = max(7, persons // 8) + max(1, persons // 20)
    for founded in told.partners:
        crowd = _crowd(founded, dice, staff, began, founded.live)
        cast = _together(crowd, persons, lambda: progress("customers", 1, (persons + businesses) * len(told.partners)))
        months.append(
            Month(
                book=founded.live.book,
                cast=cast,
                limits=limits,
                dice=dice,
                backend=founded.live.backend,
                tick=lambda count: None,
                now=at,
            )
        )
    return months


def _crowd(founded: Founded, dice: random.Random, staff: Any, began: datetime, side: companies.Side) -> Crowd:
    return Crowd(
        partner=side.partner,
        places=founded.company.places,
        dice=dice,
        staff=staff,
        backend=side.backend,
        at=began + timedelta(days=2),
    )


def _together(crowd: Crowd, persons: int, tick: Callable[[], None]) -> Cast:
    """One transaction for the customers: made in a second or two, and twice as fast as each in its own."""
    with transaction.atomic():
        return crowd.cast(persons, tick=tick)


def _live(told: Told, months: list[Month], scale: float, at: datetime, progress: Progress) -> None:
    total = round(JOURNALS * scale)
    for month in months:
        month.tick = lambda count: progress("journals", count, total)
        month.found(month.book.opened_on)
    for number in range(DAYS):
        for month in months:
            today = clock.day_of(at, zone=month.book.time_zone)
            month.live(today - timedelta(days=DAYS - number), number)


def _play(founded: Founded, dice: random.Random, at: datetime) -> None:
    """What a developer does on the first afternoon with the sandbox."""
    side = founded.sandbox
    staff = side.backend
    with transaction.atomic():
        cast = _crowd(founded, dice, staff, at - timedelta(days=3), side).cast(SANDBOX_PERSONS)
    zone = ZoneInfo(side.book.time_zone)
    midnight = datetime.combine(at.astimezone(zone), time.min, tzinfo=zone)  # top-ups count for today
    previous = None
    for number, (purse, *_) in enumerate(cast.persons):
        moment = max(at - timedelta(hours=5) + timedelta(minutes=7 * number), midnight)
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
                at=min(moment + timedelta(minutes=2), at),
            )
        previous = purse

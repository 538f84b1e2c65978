"""The whole demo in order. ``run`` answers the credentials and what was made."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.choices import Role
from compliance.services import duties
from flowlet.core import clock
from flowlet.core.actors import Actor
from flowlet.db import transactions
from flowlet.decisions import registry
from flowlet.site.demo import bank, companies, ending, listed, rates, side_by_side, suspects
from flowlet.site.demo.companies import COMPANIES, Founded, Member
from flowlet.site.demo.story import DAYS, Story

JOURNALS = 20_000
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


@registry.unhurried()
def run(
    *,
    scale: float,
    progress: Progress = lambda phase, done, total: None,
    at: datetime | None = None,
    processes: bool = False,
) -> Told:
    """Make the demo in an empty, migrated database; ``scale`` 1 is about 20,000 journals.

    Each call of a service is a transaction of its own, as in real life, but for the customers, who come in groups. With ``processes``
    each company has a process of its own; what happens is the same, on a busy machine as well.
    """
    at = at or clock.now()
    _hurry()
    began = at - timedelta(days=DAYS + 12)
    opened_on = (began - timedelta(days=2)).date().replace(day=1)
    with transaction.atomic():
        members = companies.hire(at=began)
        rates.publish(through=at, days=DAYS + 75)
        told = Told(members, [companies.found(company, members=members, opened_on=opened_on, at=began) for company in COMPANIES])
    who = {member.role: member.actor for member in reversed(members)}
    listed.publish(officer=who[Role.COMPLIANCE_OFFICER], began=began, at=at)
    duties.bring_in(actor=who[Role.COMPLIANCE_OFFICER], at=began)
    stories = [
        Story(founded, who, scale, random.Random(SEED + number), began=began, at=at)  # noqa: S311 - the same demo every time
        for number, founded in enumerate(told.partners)
    ]
    count = _InTurn({"customers": sum(story.customers for story in stories), "journals": round(JOURNALS * scale)}, progress)
    if processes:
        careful = side_by_side.tell(stories, first=_hurry, tick=count)
        _hurry()
    else:
        careful = _one_after_another(stories, count)
    count.end()
    _state(told.partners, officer=who[Role.OPERATIONS], at=at)
    suspects.watch(who, began=began, at=at)
    ending.ask(who, wallet_id=careful[0], at=at)
    ending.prove(progress)
    told.counts = ending.counts()
    return told


def _one_after_another(stories: list[Story], tick: "_InTurn") -> list[Any]:
    for story in stories:
        story.meet(tick)
    for story in stories:
        story.live(tick)
    return [story.end() for story in stories]


def _state(partners: list[Founded], *, officer: Actor, at: datetime) -> None:
    """The banks of the LIVE sides state the week up to yesterday, the story's last day. Nothing is in flight by now, so all of it lies in
    the past.
    """
    transactions.wait_for_horizon(timeout_seconds=10)
    for founded in partners:
        side = founded.live
        bank.state(side, last=clock.day_of(at, zone=side.book.time_zone) - timedelta(days=1), officer=officer, at=at)


def _hurry() -> None:
    """No time-out, and commits that do not wait for the disk: whoever loses a half-made demo makes it again."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET synchronous_commit = off")


class _InTurn:
    """Reports phases one after the other, though they overlap: what is done of a later one is told when the earlier is complete."""

    def __init__(self, totals: Mapping[str, int], progress: Progress) -> None:
        self.totals, self.progress = dict(totals), progress
        self.told, self.untold = dict.fromkeys(totals, 0), dict.fromkeys(totals, 0)

    def __call__(self, phase: str, done: int) -> None:
        """So much more of the phase is done."""
        self.untold[phase] += done
        for name, total in self.totals.items():
            if self.untold[name]:
                self.progress(name, self.untold[name], max(total, self.told[name] + self.untold[name]))
                self.told[name], self.untold[name] = self.told[name] + self.untold[name], 0
            if self.told[name] < total:
                break

    def end(self) -> None:
        """Everything is done: the last phase's total was an estimate, and is known now."""
        name = list(self.totals)[-1]
        self.progress(name, 0, self.told[name])

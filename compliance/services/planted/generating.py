"""All scenarios planted at once, with decoys and ordinary lives, on a sandbox's side; and the truth as CSV."""

import csv
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime, time
from enum import StrEnum
from io import StringIO
from typing import Final

from accounts.choices import Mode
from accounts.models import Customer, Partner
from accounts.services import partners
from compliance.services.planted import SCENARIOS
from compliance.services.planted.planter import Plant, Planter
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid

ORDINARY: Final = 30  # people with ordinary lives, each time
NAME: Final = "Planted scenarios"


class Role(StrEnum):
    """What somebody is: AROUND are those who had a part in a pattern or decoy without being the one that it is about."""

    PLANTED, DECOY, AROUND, ORDINARY = "PLANTED", "DECOY", "AROUND", "ORDINARY"


@dataclass(frozen=True, slots=True)
class Truth:
    """Who is what: of which scenario (none of ordinary people), by which pattern, which of its groups."""

    scenario: str
    role: str
    pattern: str
    group: int
    customer: str


def company(*, actor: Actor, at: datetime) -> Partner:
    """The sandbox side of a new company."""
    return partners.create(name=f"{NAME} {at:%Y-%m-%d %H:%M:%S}", country="US", actor=actor, at=at).sandbox


def generate(
    *,
    partner: Partner,
    on: date,
    seed: int,
    scale: int,
    actor: Actor,
    progress: Callable[[str], None] = lambda name: None,
) -> list[Truth]:
    """Plant every scenario ``scale`` times, to be found on the day ``on`` (UTC). The seed decides names, amounts of ordinary lives, order
    and whom strangers are; ids of customers are new each time. No money is booked: these are facts of monitoring alone.

    Raises Invalid for the live side of a partner.
    """
    if partner.mode != Mode.SANDBOX:
        raise Invalid("Launderers are planted in a sandbox.", param="partner")
    noon = datetime.combine(on, time(12), UTC)
    planter = Planter(partner=partner, noon=noon, actor=actor, chance=random.Random(seed))  # noqa: S311 - no secret
    found: list[Truth] = []
    group = 0
    for _ in range(scale):
        wanted = [
            (name, role, plant)
            for name, both in SCENARIOS.items()
            for role, plants in zip((Role.PLANTED, Role.DECOY), both, strict=True)
            for plant in plants
        ]
        planter.chance.shuffle(wanted)
        for name, role, plant in wanted:
            group += 1
            progress(name)
            found += _plant(planter, name, role, plant, group)
        found += [Truth("", Role.ORDINARY, "ordinary", 0, one.public_id) for one in planter.ordinary(ORDINARY)]
        planter.made.clear()
        planter.lay()
    return found


def _plant(planter: Planter, name: str, role: Role, plant: Plant, group: int) -> list[Truth]:
    who = plant(planter)
    about = {one.pk for one in ([who] if isinstance(who, Customer) else who)}
    rows = [Truth(name, role if one.pk in about else Role.AROUND, plant.__name__, group, one.public_id) for one in planter.made]
    planter.made.clear()
    return rows


def written(rows: Iterable[Truth]) -> str:
    """As CSV with a heading."""
    out = StringIO()
    table = csv.DictWriter(out, [one.name for one in fields(Truth)], lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(row) for row in rows)
    return out.getvalue()


def read(text: str) -> Sequence[Truth]:
    """What ``written`` wrote. Raises Invalid."""
    try:
        return [Truth(**{**row, "group": int(row["group"]), "role": Role(row["role"])}) for row in csv.DictReader(StringIO(text))]
    except (KeyError, TypeError, ValueError):
        raise Invalid("This is no file of generate_aml_scenarios.", param="truth") from None

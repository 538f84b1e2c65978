"""What the rules find on a day, against what was planted: recall and false positives per scenario."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from accounts.models import Customer
from compliance.policies import scenarios
from compliance.services import monitoring
from compliance.services.activities import day_of
from compliance.services.planted.generating import Role, Truth
from flowlet.rules import selectors


@dataclass(frozen=True, slots=True)
class Scored:
    """One scenario. ``planted`` and ``found`` count patterns, ``wrong`` its own decoys and ordinary people who were found, ``others`` those
    who belong to other scenarios, whose patterns may well be this one's too. Where no rule asks about it, nothing was found.
    """

    scenario: str
    is_asked: bool
    planted: int
    found: int
    wrong: int
    others: int

    @property
    def recall(self) -> float:
        """The share of the planted patterns that were found."""
        return self.found / self.planted if self.planted else 1.0

    @property
    def precision(self) -> float | None:
        """The share of what was found rightly, others left out."""
        return self.found / (self.found + self.wrong) if self.found + self.wrong else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"recall": self.recall, "precision": self.precision}


def score(truth: Sequence[Truth], *, on: date) -> list[Scored]:
    """How the rules in force and in shadow do on the day that was monitored, worst first."""
    since, until = day_of(on)
    known = {row.customer for row in truth}
    found: dict[str, set[str]] = {}
    for rule_set in (scenarios.ACTIVITY, scenarios.PATTERNS):
        for running in selectors.running(rule_set):
            told = monitoring.found_by(running.version, since=since, until=until)
            keys = Customer.objects.filter(pk__in=[one.customer_id for one in told])
            found.setdefault(running.version.name, set()).update(known.intersection(row.public_id for row in keys.only("pk")))
    names = {row.scenario for row in truth if row.scenario} | found.keys()
    made = [_one(name, truth, found.get(name, set()), is_asked=name in found) for name in sorted(names)]
    return sorted(made, key=lambda one: (one.recall, -one.wrong))


def _one(name: str, truth: Sequence[Truth], told: set[str], *, is_asked: bool) -> Scored:
    mine = [row for row in truth if row.scenario == name]
    groups = {row.group: row for row in mine if row.role == Role.PLANTED}
    hit = {row.group for row in mine if row.role == Role.PLANTED and row.customer in told}
    wrong = {row.customer for row in truth if row.customer in told and row.role == Role.ORDINARY}
    wrong |= {row.customer for row in mine if row.customer in told and row.role == Role.DECOY}
    right = {row.customer for row in mine if row.role == Role.PLANTED}
    return Scored(name, is_asked, len(groups), len(hit), len(wrong), len(told - wrong - right))

"""A rule of monitoring tried on months that were: besides the engine's counts, whom it would have told of, and how officers decided then.

A customer counts as right where an alert of the scenario about something in that time was confirmed, and as wrong where it was found
to be a false positive or explained. Who was never decided about counts for neither.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from compliance.choices import AlertKind, AlertState, Disposition
from compliance.models import Alert
from compliance.services import monitoring, patterns
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.rules import queries, selectors
from flowlet.rules.choices import RuleStatus
from flowlet.rules.models import Backtest, RuleVersion
from flowlet.rules.selectors import Running
from flowlet.rules.services import backtests

Progress = Callable[[str, int, int], None]  # a step, how much of it is done, of how much
SAMPLE = 10  # hits that are shown in sentences


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a version would have told, by customer. ``precision`` and ``recall`` are None where nobody was decided about; ``newest`` are
    the keys of the last hits.
    """

    customers: int
    alerts_per_day: Decimal
    live_customers: int | None
    both: int | None
    confirmed: int
    refuted: int
    found_confirmed: int
    found_refuted: int
    newest: tuple[int, ...]

    @property
    def precision(self) -> Decimal | None:
        """The share of the decided ones found that were confirmed."""
        return _share(self.found_confirmed, self.found_confirmed + self.found_refuted)

    @property
    def recall(self) -> Decimal | None:
        """The share of the confirmed ones that were found."""
        return _share(self.found_confirmed, self.confirmed)

    def as_dict(self) -> dict[str, Any]:
        """For JSON, without keys of rows."""
        return {name: value for name, value in asdict(self).items() if name != "newest"} | {
            "precision": self.precision,
            "recall": self.recall,
        }


def _quietly(step: str, done: int, of: int) -> None:
    """Nobody wants to know."""


def run(
    *,
    ruleversion_id: UUID,
    since: datetime,
    until: datetime,
    measure: bool = False,
    progress: Progress = _quietly,
    actor: Actor,
    at: datetime,
) -> tuple[Backtest, Judged]:
    """Try the version, and compare with what officers decided. ``measure`` makes the measures of each day first, for patterns of days
    that were never run. ``progress`` hears of each step how much of it is done. Raises as ``flowlet.rules.services.backtests.run``.
    """
    if measure:
        days = (until - since).days + 1
        for number in range(days):
            progress("Measuring around customers", number, days)
            day = (since + timedelta(days=number)).date()
            for name in patterns.NAMES:
                patterns.measure(name, on=day, partner_id=None)
    progress("Asking about everything that happened", 0, 1)
    made = backtests.run(ruleversion_id=ruleversion_id, since=since, until=until, actor=actor, at=at)
    version = RuleVersion.objects.select_related("rule_set").get(pk=ruleversion_id)
    return made, judged(version, since=since, until=until, progress=progress)


def judged(version: RuleVersion, *, since: datetime, until: datetime, progress: Progress = _quietly) -> Judged:
    """Whom the version would have told of between two moments, against how officers decided about the scenario."""
    told = _told(version, since, until, partial(progress, "Counting customers, day by day"))
    found = {customer for customer, _, _ in told}
    live = selectors.version_in(version.rule_set.name, version.name, RuleStatus.LIVE)
    if live is None or live.pk == version.pk:
        other = None
    else:
        other = {one[0] for one in _told(live, since, until, partial(progress, "Counting those of the live version"))}
    decided = (
        Alert.objects.filter(
            kind=AlertKind.MONITORING,
            scenario=version.name,
            state=AlertState.CLOSED,
            evidence__happened_at__gte=since,
            evidence__happened_at__lt=until,
        )
        .distinct()
        .values_list("customer_id", "disposition")
    )
    confirmed = {customer for customer, disposition in decided if disposition == Disposition.CONFIRMED}
    refuted = {customer for customer, disposition in decided} - confirmed
    days = max(1, (until - since).days)
    return Judged(
        customers=len(found),
        alerts_per_day=round(Decimal(len(told)) / days, 2),
        live_customers=None if other is None else len(other),
        both=None if other is None else len(other & found),
        confirmed=len(confirmed),
        refuted=len(refuted),
        found_confirmed=len(found & confirmed),
        found_refuted=len(found & refuted),
        newest=tuple(key for _, _, key in told[: -SAMPLE - 1 : -1]),
    )


def sample(version: RuleVersion, keys: Sequence[int]) -> list[dict[str, Any]]:
    """Hits in sentences, with the customers' own numbers as they are now."""
    running = Running(version=version, rule=selectors.compiled(version))
    sheets = queries.sheets(running.rule.vocabulary, keys)
    return [
        {
            "customer": ids.public_id("cus", UUID(sheets[key]["customer"])),
            "at": sheets[key].at.isoformat(),
            "why": monitoring.sentences(running, running.rule.explain(sheets[key])),
        }
        for key in keys
        if key in sheets
    ]


def _told(
    version: RuleVersion, since: datetime, until: datetime, progress: Callable[[int, int], None]
) -> list[tuple[UUID, int, int]]:
    """Customers, the days on which there would have been something to tell of them, and the key of the last hit of the day."""
    told = []
    begin = since
    while begin < until:
        progress((begin - since).days, max(1, (until - since).days))
        end = min(begin + timedelta(days=1), until)
        for one in monitoring.found_by(version, since=begin, until=end):
            told.append((one.customer_id, (begin - since).days, one.keys[-1]))
        begin = end
    return told


def _share(part: int, whole: int) -> Decimal | None:
    return round(Decimal(part) / whole, 4) if whole else None

"""The day's run: take the day's movements in, measure around customers, ask every running rule, and raise what they find as alerts.

A run is a row whose steps are committed one by one: interrupted, it goes on after the last one. Evidence is named by the transactions
behind it, so that a day that is run again tells nothing twice, and what arrived late is told. Rules in shadow are asked and counted, and
raise nothing. No step files a report: what is found is evidence for an officer.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max

from compliance import events
from compliance.choices import AlertKind
from compliance.errors import MonitoringBusy
from compliance.models import Activity, CustomerDay, MonitoringRun
from compliance.policies import scenarios
from compliance.selectors import vocabularies
from compliance.selectors.vocabularies import MEASURE_OF
from compliance.services import activities, alerts, patterns
from compliance.services.activities import day_of
from flowlet.audit.services import log
from flowlet.core import ids
from flowlet.core.actors import Actor
from flowlet.core.errors import DomainError, Invalid
from flowlet.db import locks
from flowlet.rules import queries, selectors, tree
from flowlet.rules.explaining import Explanation
from flowlet.rules.models import RuleVersion
from flowlet.rules.selectors import Running
from flowlet.rules.vocabulary import Facts

MOST_TRANSACTIONS = 60  # named by one piece of evidence
AT_ONCE = 200  # customers of one transaction
ENDED = timedelta(hours=36)  # after a day began in UTC it has ended in the last zone
LAST_ZONE = timedelta(hours=12)  # business days of partners west of Greenwich end so long after the day in UTC
LOOK_BACK = timedelta(hours=36)  # what moved before the day and was not told of yet
_ALIAS = {vocabularies.ACTIVITY: "a", vocabularies.CUSTOMER_DAY: "d"}
_LONGEST_PROBLEM = 500
Progress = Callable[[str], None]


@dataclass(slots=True)
class Found:
    """What one rule found about one customer on one day: the keys of what matched, the last one last."""

    customer_id: UUID
    partner_id: UUID
    keys: list[int]


def run(
    *, on: date, partner_id: UUID | None = None, actor: Actor, at: datetime, progress: Progress = lambda step: None
) -> MonitoringRun:
    """Monitor a day (UTC) of all partners or of one; goes on with a run of it that was interrupted.

    Raises Invalid for a day to come, MonitoringBusy while the day is being monitored.
    """
    since, _ = day_of(on)
    if since > at:
        raise Invalid("That day has not begun.", param="on")
    with locks.alone(f"compliance.monitoring:{on}") as is_ours:
        if not is_ours:
            raise MonitoringBusy(f"{on} is being monitored.")
        return _run(on=on, partner_id=partner_id, actor=actor, at=at, progress=progress)


def run_due(*, actor: Actor, at: datetime) -> list[MonitoringRun]:
    """Monitor all days since the last one monitored that have ended in every zone, however long nobody did. Raises MonitoringBusy."""
    due = (at - ENDED).date()
    last = MonitoringRun.objects.filter(partner=None, finished_at__isnull=False).aggregate(last=Max("day"))["last"]
    first = due if last is None else last + timedelta(days=1)
    return [run(on=first + timedelta(days=number), actor=actor, at=at) for number in range((due - first).days + 1)]


def _run(*, on: date, partner_id: UUID | None, actor: Actor, at: datetime, progress: Progress) -> MonitoringRun:
    row = MonitoringRun.objects.filter(day=on, partner_id=partner_id, finished_at=None).order_by(
        "-pk"
    ).first() or MonitoringRun.objects.create(day=on, partner_id=partner_id, started_at=at, actor=str(actor))
    where = "at the beginning"
    try:
        for name, work in _steps(on=on, partner_id=partner_id, at=at):
            if name not in row.steps:
                progress(name)
                where, began = name, time.monotonic()
                row.steps[name] = {**work(), "milliseconds": round((time.monotonic() - began) * 1_000)}
                row.save(update_fields=["steps"])
            where = f"after {name}"
    except Exception as error:
        row.problem = f"{where}: {told(error)}"[:_LONGEST_PROBLEM]
        row.save(update_fields=["problem"])
        raise
    with transaction.atomic():
        row.finished_at, row.problem = max(at, row.started_at), ""
        row.save(update_fields=["finished_at", "problem"])
        log.record(
            action=events.MONITORING_RAN,
            actor=actor,
            at=at,
            target=row.public_id,
            after={"day": on, "partner": str(partner_id or ""), "alerts": total(row, "alerts"), "hits": total(row, "hits")},
        )
    return row


def told(error: Exception) -> str:
    """What went wrong, for people: without the rows that a database names below its first line."""
    return error.message if isinstance(error, DomainError) else f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def total(row: MonitoringRun, what: str) -> int:
    """The sum of a figure over the steps."""
    return sum(step.get(what, 0) for step in row.steps.values())


def step_names() -> list[str]:
    """The steps of a run that begins now, in order."""
    at = datetime(2000, 1, 1, tzinfo=UTC)
    return [name for name, _ in _steps(on=at.date(), partner_id=None, at=at)]


def _steps(*, on: date, partner_id: UUID | None, at: datetime) -> Iterator[tuple[str, Callable[[], dict[str, int]]]]:
    since, until = day_of(on)
    scope: dict[str, Any] = {"on": on, "partner_id": partner_id}

    def take() -> dict[str, int]:
        return {"new": activities.take_in(since=since - LOOK_BACK, until=until + LAST_ZONE)}

    def forget() -> dict[str, int]:
        patterns.forget(**scope)
        return {}

    yield "activities", take
    yield "begin", forget
    for name in patterns.NAMES:
        yield f"measure {name}", lambda name=name: {"customers": patterns.measure(name, **scope)}
    for rule_set in (scenarios.ACTIVITY, scenarios.PATTERNS):
        for running in selectors.running(rule_set):
            version = running.version
            yield (
                f"{rule_set} {version.name} {version.number}",
                lambda running=running, rule_set=rule_set: _ask(running, rule_set, **scope, at=at),
            )


# One rule


def found_by(version: RuleVersion, *, since: datetime, until: datetime, partner_id: UUID | None = None) -> list[Found]:
    """Whom the version matches between two moments, and what of theirs. No alert comes of it."""
    query, alias = selectors.compiled(version).query(), _ALIAS[version.rule_set.vocabulary]
    statement = (
        f"SELECT {alias}.customer_id, {alias}.partner_id, {query.key} FROM {query.relation}"  # noqa: S608 - declared, values bound
        f" WHERE {query.moment} >= %(since)s AND {query.moment} < %(until)s"
        f" AND (%(partner)s::uuid IS NULL OR {alias}.partner_id = %(partner)s::uuid) AND ({query.condition})"
        f" ORDER BY {query.moment}, 3"
    )
    found: dict[UUID, Found] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(statement, {**query.params, "since": since, "until": until, "partner": partner_id})
        for customer, partner, key in cursor:
            found.setdefault(customer, Found(customer, partner, [])).keys.append(key)
    return list(found.values())


def _ask(running: Running, rule_set: str, *, on: date, partner_id: UUID | None, at: datetime) -> dict[str, int]:
    """Ask a rule about the day, and raise what it found if it is live."""
    since, until = day_of(on)
    found = found_by(running.version, since=since, until=until, partner_id=partner_id)
    raised = 0
    if running.has_effect:
        for begin in range(0, len(found), AT_ONCE):
            raised += _raise(running, rule_set, found[begin : begin + AT_ONCE], at=at)
    return {"hits": sum(len(one.keys) for one in found), "customers": len(found), "alerts": raised}


@transaction.atomic
def _raise(running: Running, rule_set: str, found: Sequence[Found], *, at: datetime) -> int:
    version = running.version
    sheets = queries.sheets(running.rule.vocabulary, [one.keys[-1] for one in found])
    days = _days(rule_set, found)
    raised = 0
    # In one order, as alerts are locked by what they are about.
    for one in sorted(found, key=lambda one: str(one.customer_id)):
        sheet = sheets.get(one.keys[-1])
        if sheet is None:
            continue
        told = running.rule.explain(sheet)
        keys = list(one.keys[-MOST_TRANSACTIONS:]) if rule_set == scenarios.ACTIVITY else []
        rows = _activities([*keys, *_behind(running, told, sheet, days.get(one.keys[-1]))])
        references = [row.reference for row in rows]
        standing = _standing(days.get(one.keys[-1]))
        headline = f"{version.title}: {sentences(running, told)[0]}"
        alerts.raise_alert(
            partner_id=one.partner_id,
            customer_id=one.customer_id,
            kind=AlertKind.MONITORING,
            scenario=version.name,
            priority=int(version.effect.get("priority", 50)),
            headline=headline,
            evidence=[
                alerts.Evidence(
                    key=_digest(standing or sorted(references)),
                    headline=headline,
                    facts={
                        "rule": version.public_id,
                        "version": version.number,
                        "code": version.effect.get("code", ""),
                        "hits": len(one.keys),
                        "why": sentences(running, told),
                        "transactions": references,
                        **({"customers": [ids.public_id("cus", UUID(key)) for key in standing]} if standing else {}),
                    },
                    happened_at=sheet.at,
                    payment_id=next((ids.public_id("pay", row.source_id) for row in rows if row.source == "PAYMENT"), None),
                )
            ],
            at=at,
        )
        raised += 1
    return raised


def sentences(running: Running, told: Explanation) -> list[str]:
    """Why, with the customer's own numbers: what was counted and measured first, then the rest."""
    counted = {leaf.path for leaf in tree.leaves(running.rule.condition) if _is_counted(leaf)}
    decisive = sorted(told.decisive, key=lambda finding: finding.path not in counted)
    return [finding.sentence for finding in decisive]


def _is_counted(leaf: tree.Leaf) -> bool:
    return any(
        isinstance(operand, tree.Window) or (isinstance(operand, tree.FactRef) and operand.fact.name in MEASURE_OF)
        for operand in tree.operands(leaf)
    )


def _behind(running: Running, told: Explanation, sheet: Facts, day: CustomerDay | None) -> list[int]:
    """The keys of the activities behind what decided: the rows of its windows, and what its measures were made of."""
    decided = {finding.path for finding in told.decisive}
    found: list[int] = []
    for leaf in tree.leaves(running.rule.condition):
        if leaf.path not in decided:
            continue
        for operand in tree.operands(leaf):
            if isinstance(operand, tree.Window):
                found += queries.rows(operand, sheet, key="s.id", most=MOST_TRANSACTIONS)
            elif isinstance(operand, tree.FactRef) and day is not None and operand.fact.name in MEASURE_OF:
                found += day.activities.get(MEASURE_OF[operand.fact.name]) or []
    return found


def _days(rule_set: str, found: Iterable[Found]) -> dict[int, CustomerDay]:
    if rule_set == scenarios.ACTIVITY:
        return {}
    return {row.pk: row for row in CustomerDay.objects.filter(pk__in=[one.keys[-1] for one in found])}


def _standing(day: CustomerDay | None) -> list[str]:
    """Whom a pattern that no transaction made is about: it is the same tomorrow, and told of once."""
    return list(day.figures.get("sharing_members", [])) if day is not None and set(day.activities) == {"sharing"} else []


def _activities(keys: Iterable[int]) -> list[Activity]:
    """The activities, oldest first, each movement once."""
    wanted = list(dict.fromkeys(keys))[:MOST_TRANSACTIONS]
    found: dict[UUID, Activity] = {}
    for row in Activity.objects.filter(pk__in=wanted).order_by("happened_at", "pk"):
        found.setdefault(row.source_id, row)
    return list(found.values())


def _digest(names: Iterable[str]) -> str:
    return sha256("\n".join(names).encode()).hexdigest()[:32]

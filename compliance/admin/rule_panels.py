"""What the page of a rule shows: what it says, how its versions differ, what it finds."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.selectors import staff
from compliance.choices import TrialState
from compliance.choices.work import HIGH, URGENT
from compliance.models import MonitoringRun, RuleTrial
from compliance.policies import rule_parameters, rule_wording
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.models import Approval
from flowlet.backoffice import cells, charts, panels, permissions
from flowlet.core.errors import DomainError
from flowlet.rules import selectors
from flowlet.rules.choices import RuleStatus
from flowlet.rules.models import RuleVersion

SHOWN, DAYS = 20, 30


def urgency(priority: Any) -> Any:
    """A priority, coloured as alerts of it are."""
    if not isinstance(priority, int):
        return cells.DASH
    return cells.badge(priority, "bad" if priority >= URGENT else "warn" if priority >= HIGH else "neutral")


def step_of(row: RuleVersion) -> str:
    """What a day's run calls the asking of this version."""
    return f"{row.rule_set.name} {row.name} {row.number}"


def facts(row: RuleVersion) -> list[tuple[str, Any]]:
    """What it is and who wanted it."""
    maker = f"{row.maker_kind}:{row.maker_id}"
    checker = f"{row.checker_kind}:{row.checker_id}" if row.checker_id else ""
    people = staff.behind([maker, checker])
    waiting = Approval.objects.filter(subject=row.public_id, status=ApprovalStatus.PENDING).first()
    return [
        ("Set", row.rule_set.label),
        ("Name", cells.code(row.name)),
        ("Version", row.number),
        ("Scenario", row.effect.get("code") or cells.DASH),
        ("Priority", row.effect.get("priority", cells.DASH)),
        *([("At the gate", rule_parameters.OUTCOMES.get(row.effect["outcome"]))] if row.effect.get("outcome") else []),
        ("Why", row.note),
        ("Written by", cells.actor(maker, people.get(maker))),
        ("Written", row.created_at),
        ("Came here", row.moved_at),
        *([("Released by", cells.actor(checker, people.get(checker)))] if checker else []),
        *([("Waits for a second person", cells.link(waiting, waiting.public_id))] if waiting else []),
        ("Digest", cells.code(row.digest)),
    ]


def words(row: RuleVersion, request: HttpRequest) -> dict[str, Any]:
    """Its sentence, and the same laid out; or why it cannot be read any more."""
    try:
        rule = selectors.compiled(row)
    except DomainError as refused:
        return {"words": f"It cannot be read any more: {refused.message}", "lines": []}
    may_write = permissions.allows(request.user, "compliance.write_rule")
    url = reverse("admin:flowlet_rules_ruleversion_editor", args=[row.public_id]) if may_write else ""
    return {"words": rule.words, "lines": rule_wording.lines(rule.condition), "edit_url": url}


def numbers(row: RuleVersion) -> list[tuple]:
    """Its parameters."""
    if selectors.problem_with(row):
        return []
    return [
        (one.label, one.text, one.unit or cells.DASH) for one in rule_parameters.parameters(selectors.compiled(row).condition)
    ]


def others(row: RuleVersion) -> list[tuple]:
    """All versions of the rule, newest first, each with its difference from the one before."""
    rows = list(
        RuleVersion.objects.select_related("rule_set")
        .filter(rule_set=row.rule_set_id, name=row.name)
        .order_by("-number")[: SHOWN + 1]
    )
    found = []
    for one, before in zip(rows, [*rows[1:], None], strict=True):
        said = [] if before is None else difference(before, one)
        found.append(
            (
                cells.link(one, f"Version {one.number}") if one.pk != row.pk else f"Version {one.number}",
                cells.choice(one, "status", RuleStatus),
                one.created_at,
                one.note,
                "; ".join(said) or cells.DASH,
            )
        )
    return found[:SHOWN]


def difference(before: RuleVersion, after: RuleVersion) -> list[str]:
    """In words: conditions, then priority and the like."""
    if selectors.problem_with(before) or selectors.problem_with(after):
        said = ["The condition"] if before.condition != after.condition else []
    else:
        said = [f"{what}: {how}" for what, how in rule_wording.differences(selectors.compiled(before), selectors.compiled(after))]
    keys = sorted(before.effect.keys() | after.effect.keys())
    return said + [
        f"{key.capitalize()}: {before.effect.get(key, cells.DASH)} → {after.effect.get(key, cells.DASH)}"
        for key in keys
        if before.effect.get(key) != after.effect.get(key)
    ]


def trials(row: RuleVersion) -> list[tuple]:
    """The newest first."""
    rows = RuleTrial.objects.filter(version=row).select_related("backtest").order_by("-pk")[:SHOWN]
    return [
        (
            cells.link(one, f"{one.since:%Y-%m-%d} to {one.until - timedelta(seconds=1):%Y-%m-%d}"),
            cells.choice(one, "state", TrialState),
            one.asked_at,
            f"{one.backtest.hits:,}" if one.backtest else cells.DASH,
            one.by_customer.get("alerts_per_day", cells.DASH),
            one.by_customer.get("precision") or cells.DASH,
            one.by_customer.get("recall") or cells.DASH,
        )
        for one in rows
    ]


def per_day(row: RuleVersion) -> list[charts.Point]:
    """Hits on the days that were monitored."""
    step = step_of(row)
    runs = MonitoringRun.objects.filter(partner=None, finished_at__isnull=False).order_by("-day", "-id")[: DAYS * 2]
    found: dict[date, int] = {}
    for run in runs:
        if step in run.steps:
            found.setdefault(run.day, run.steps[step].get("hits", 0))
    return [charts.Point(day, Decimal(found[day])) for day in sorted(found)[-DAYS:]]


PANELS = (
    panels.Custom(title="Matches when", page="compliance/rule_words.html", wide=True, load=words),
    panels.Facts(title="Rule", rows=facts),
    panels.Table(title="Numbers", columns=("What", "Value", "Unit"), figures=("Value",), rows=numbers, wide=False, empty="None."),
    panels.BarChart(title="Hits on the last days", points=per_day, empty="No day was monitored with it yet."),
    panels.Table(
        title="Backtests",
        columns=("Days", "State", "Asked", "Hits", "Alerts a day", "Precision", "Recall"),
        figures=("Hits", "Alerts a day", "Precision", "Recall"),
        rows=trials,
        empty="Not tried from here yet.",
    ),
    panels.Table(title="Versions", columns=("Version", "State", "Written", "Why", "Difference from the one before"), rows=others),
    panels.History(),
)

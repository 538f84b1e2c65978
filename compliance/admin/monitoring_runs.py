"""Runs of monitoring: each day that was watched, what every rule found on it, how long it took, what stopped it."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from compliance.admin.rule_panels import step_of
from compliance.models import MonitoringRun
from compliance.services import monitoring
from compliance.services.monitoring import total
from flowlet.backoffice import ReadOnlyAdmin, cells, panels, site
from flowlet.rules.models import RuleVersion

Step = tuple[str, dict[str, int]]


class StateFilter(admin.SimpleListFilter):
    """Done, or not yet."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Three."""
        return [("done", "Done"), ("failed", "Broke off"), ("open", "Not done")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """The chosen ones."""
        if self.value() == "done":
            return queryset.filter(finished_at__isnull=False)
        if self.value() == "failed":
            return queryset.filter(finished_at=None).exclude(problem="")
        return queryset.filter(finished_at=None, problem="") if self.value() == "open" else queryset


def state_of(row: MonitoringRun) -> Any:
    """As a badge."""
    said = ("Done", "good") if row.finished_at else ("Broke off", "bad") if row.problem else ("Not done", "info")
    return cells.badge(*said)


def lasted(row: MonitoringRun) -> str:
    """The time that its steps took."""
    return f"{total(row, 'milliseconds') / 1_000:,.1f} s"


def facts(row: MonitoringRun) -> list[tuple[str, Any]]:
    """What it did, and what stopped it."""
    left = [] if row.finished_at else [name for name in monitoring.step_names() if name not in row.steps]
    return [
        ("Day", cells.day(row.day)),
        ("Partner", cells.link(row.partner) if row.partner else "all"),
        ("Begun", row.started_at),
        ("Done", row.finished_at),
        ("Steps took", lasted(row)),
        ("Activities taken in", f"{row.steps.get('activities', {}).get('new', 0):,}"),
        ("Hits", f"{total(row, 'hits'):,}"),
        ("Pieces of evidence told", f"{total(row, 'alerts'):,}"),
        *(
            [("Stopped by", row.problem), ("Goes on", "with the next run of the schedule, or `monitor --on`")]
            if row.problem
            else []
        ),
        *([("Steps left", ", ".join(left))] if left else []),
        ("By", row.actor),
    ]


def asked(row: MonitoringRun) -> list[tuple]:
    """What each rule found, those that found most first."""
    versions = {step_of(one): one for one in RuleVersion.objects.select_related("rule_set").filter(name__in=_names(row))}
    found = []
    for name, step in _steps(row, rules=True):
        version = versions.get(name)
        said = cells.link(version, f"{version.title} · version {version.number}") if version else name
        figures = (step.get(each, 0) for each in ("hits", "customers", "alerts", "milliseconds"))
        found.append((step.get("hits", 0), (said, name.partition(" ")[0], *(f"{figure:,}" for figure in figures))))
    return [cells_of for _, cells_of in sorted(found, key=lambda pair: -pair[0])]


def measured(row: MonitoringRun) -> list[tuple]:
    """What was done before rules were asked."""
    return [
        (name.capitalize(), f"{step.get('customers', step.get('new', 0)):,}", f"{step.get('milliseconds', 0):,}")
        for name, step in _steps(row, rules=False)
    ]


def _steps(row: MonitoringRun, *, rules: bool) -> Iterator[Step]:
    return ((name, step) for name, step in row.steps.items() if ("hits" in step) is rules)


def _names(row: MonitoringRun) -> list[str]:
    return [name.split(" ")[1] for name, _ in _steps(row, rules=True)]


class MonitoringRunAdmin(ReadOnlyAdmin):
    """One run over one day."""

    section, icon, menu_order, menu_title = "Evidence", "radar", 54, "Days monitored"
    view_permission = "compliance.view_rule"
    thing, things = "run of monitoring", "runs of monitoring"
    list_display = ("day", "state_", "partner_", "activities", "hits", "told", "duration", "started_at", "problem")
    list_filter = (StateFilter,)
    list_select_related = ("partner",)
    ordering = ("-day", "-id")
    figures = ("activities", "hits", "told", "duration")
    panels = (
        panels.Facts(title="Run", rows=facts),
        panels.Table(
            title="Measured", columns=("What", "Found around", "ms"), figures=("Found around", "ms"), rows=measured, wide=False
        ),
        panels.Table(
            title="Rules",
            columns=("Rule", "Set", "Hits", "Customers", "Told", "ms"),
            figures=("Hits", "Customers", "Told", "ms"),
            rows=asked,
            empty="No rule was asked.",
        ),
        panels.History(),
    )

    def title_of(self, obj: MonitoringRun) -> str:
        """The day."""
        return f"{obj.day}, {obj.partner or 'all partners'}"

    def status_of(self, obj: MonitoringRun) -> Any:
        """Done, or not."""
        return state_of(obj)

    @admin.display(description="state")
    def state_(self, obj: MonitoringRun) -> Any:
        """As a badge."""
        return state_of(obj)

    @admin.display(description="partner")
    def partner_(self, obj: MonitoringRun) -> Any:
        """One, or all."""
        return cells.link(obj.partner) if obj.partner else "all"

    @admin.display(description="activities")
    def activities(self, obj: MonitoringRun) -> str:
        """Those that were new."""
        return f"{obj.steps.get('activities', {}).get('new', 0):,}"

    @admin.display(description="hits")
    def hits(self, obj: MonitoringRun) -> str:
        """Of all rules."""
        return f"{total(obj, 'hits'):,}"

    @admin.display(description="told")
    def told(self, obj: MonitoringRun) -> str:
        """Pieces of evidence."""
        return f"{total(obj, 'alerts'):,}"

    @admin.display(description="took")
    def duration(self, obj: MonitoringRun) -> str:
        """Its steps together."""
        return lasted(obj)


site.register(MonitoringRun, MonitoringRunAdmin)

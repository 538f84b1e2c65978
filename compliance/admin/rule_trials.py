"""Backtests that were asked for: how far each is, and what it found."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from accounts.models import Customer
from accounts.selectors import staff
from compliance.choices import TrialState
from compliance.models import RuleTrial
from flowlet.backoffice import ReadOnlyAdmin, cells, charts, panels, site

UNDER_WAY = (TrialState.WAITING, TrialState.RUNNING)
_SHARES = (("Precision", "precision"), ("Recall", "recall"))


def days_of(row: RuleTrial) -> str:
    """The first and the last one."""
    return f"{row.since:%Y-%m-%d} to {row.until - timedelta(seconds=1):%Y-%m-%d}"


def facts(row: RuleTrial) -> list[tuple[str, Any]]:
    """What was asked for, and what came of it."""
    return [
        ("Rule", cells.link(row.version, f"{row.version.title} · version {row.version.number}")),
        ("Days", days_of(row)),
        ("Asked for by", cells.actor(row.asked_by, staff.behind([row.asked_by]).get(row.asked_by))),
        ("Asked for", row.asked_at),
        *([("Problem", row.problem)] if row.problem else []),
        *([("Took", f"{row.backtest.milliseconds:,} ms")] if row.backtest else []),
        *([("Progress", progress(row))] if row.state in UNDER_WAY else []),
    ]


def progress(row: RuleTrial) -> Any:
    """What the worker is at."""
    if row.state == TrialState.WAITING:
        return "Waits for a worker. This page looks again by itself."
    said = row.step or "Begun"
    return format_html(
        '{}, {}&nbsp;% <progress max="100" value="{}" aria-label="{}"></progress>', said, row.percent, row.percent, said
    )


def found(row: RuleTrial) -> list[tuple[str, Any]]:
    """The counts, beside those of the live version; how officers had decided."""
    if row.backtest is None:
        return []
    made, told = row.backtest, row.by_customer
    decided = told["confirmed"] + told["refuted"]
    return [
        ("Looked at", f"{made.judged:,}"),
        ("Hits", f"{made.hits:,}"),
        ("It cannot tell", f"{made.unknown:,}"),
        ("Customers", f"{told['customers']:,}"),
        ("Alerts a day", told["alerts_per_day"]),
        *(
            [
                ("Hits of the live version", f"{made.live_hits:,}, of both {made.both:,}"),
                ("Customers of the live version", f"{told['live_customers']:,}, of both {told['both']:,}"),
            ]
            if made.live_version_id and told["both"] is not None
            else []
        ),
        *((label, share(told[name])) for label, name in _SHARES if decided),
        (
            "Officers decided",
            f"{told['confirmed']:,} confirmed, of which found {told['found_confirmed']:,}; {told['refuted']:,} not, of which found"
            f" {told['found_refuted']:,}"
            if decided
            else "about nobody: no precision and no recall",
        ),
    ]


def share(told: str | None) -> str:
    """In percent."""
    return cells.DASH if told is None else f"{Decimal(told) * 100:.1f} %"


def per_day(row: RuleTrial) -> list[charts.Point]:
    """Hits by day, quiet days too."""
    if row.backtest is None or not row.backtest.per_day:
        return []
    first, last = row.since.date(), (row.until - timedelta(seconds=1)).date()
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return [charts.Point(day, Decimal(row.backtest.per_day.get(day.isoformat(), 0))) for day in days]


def sample(row: RuleTrial) -> list[tuple]:
    """Some of the last hits, in sentences."""
    return [
        (
            cells.link(Customer(pk=Customer.key(one["customer"])), one["customer"]),
            datetime.fromisoformat(one["at"]),
            " ".join(one["why"]),
        )
        for one in row.sample
    ]


class RuleTrialAdmin(ReadOnlyAdmin):
    """One backtest."""

    section, icon, menu_order, menu_title = "Settings", "history", 44, "Backtests of rules"
    in_menu = False
    view_permission = "compliance.view_rule"
    thing, things = "backtest", "backtests"
    list_display = ("public_id", "rule", "days", "state_", "asked_at")
    list_filter = ("state",)
    list_select_related = ("version",)
    panels = (
        panels.Facts(title="Backtest", rows=facts),
        panels.Facts(title="Found", rows=found),
        panels.BarChart(title="Hits by day", points=per_day, empty="No hits."),
        panels.Table(title="Some of the last hits", columns=("Customer", "When", "Why"), rows=sample, empty="None."),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleTrial]:
        """With the version and what was counted."""
        return super().get_queryset(request).select_related("version", "backtest")

    def title_of(self, obj: RuleTrial) -> str:
        """Which rule, which days."""
        return f"{obj.version.title}, version {obj.version.number}: {days_of(obj)}"

    def status_of(self, obj: RuleTrial) -> Any:
        """How far it is."""
        return self.state_(obj)

    def looks_again(self, obj: RuleTrial) -> bool:
        """Until it has ended."""
        return obj.state in UNDER_WAY

    @admin.display(description="rule")
    def rule(self, obj: RuleTrial) -> Any:
        """The version."""
        return cells.link(obj.version, f"{obj.version.title} · version {obj.version.number}")

    @admin.display(description="days")
    def days(self, obj: RuleTrial) -> str:
        """Which."""
        return days_of(obj)

    @admin.display(description="state")
    def state_(self, obj: RuleTrial) -> Any:
        """As a badge."""
        return cells.choice(obj, "state", TrialState)


site.register(RuleTrial, RuleTrialAdmin)

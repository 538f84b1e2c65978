"""Periods: soft-closed, reopened, closed, in order."""

from typing import Any

from django.contrib import admin

from flowlet.backoffice import CaseAdmin, Transition, cells, panels, site
from flowlet.core.actors import Actor
from ledger.admin import people
from ledger.admin.filters import BookFilter
from ledger.choices import PeriodStatus
from ledger.models import Period
from ledger.services import periods

TONES = {PeriodStatus.OPEN: "good", PeriodStatus.SOFT_CLOSED: "warn", PeriodStatus.CLOSED: "neutral"}


def _may_soft_close(period: Period, actor: Actor) -> None:
    periods.check_can_soft_close(period=period)


def _may_reopen(period: Period, actor: Actor) -> None:
    periods.check_can_reopen(period=period)


def _may_close(period: Period, actor: Actor) -> None:
    periods.check_can_close(period=period)


def _preview(period: Period) -> list[tuple[str, Any]]:
    if period.status == PeriodStatus.CLOSED:
        return [("Closed", period.closed_at), ("By", people.one(period.closed_by))]
    found = periods.preview(period=period)
    return [
        ("Can be closed", found.refusal.message if found.refusal else cells.badge("now", "good")),
        ("Journals not sealed yet", found.unsealed_journals),
    ]


class PeriodAdmin(CaseAdmin):
    """One period of a book."""

    section, icon, menu_order = "Books", "event_available", 40
    list_display = ("span", "book", "state", "closed_at")
    list_filter = (BookFilter, "status")
    list_select_related = ("book",)
    ordering = ("-starts_on",)
    page_budget = 30
    version_fields = ("status",)
    panels = (
        panels.Facts(title="Period", fields=("book", "starts_on", "ends_on", "status")),
        panels.Facts(title="Closing", rows=_preview),
    )
    transitions = (
        Transition(
            name="soft_close",
            label="Soft-close",
            key="s",
            permission="ledger.close_period",
            service=periods.soft_close,
            policy=_may_soft_close,
            confirm="From now on only adjustments by finance are taken. It can be reopened.",
        ),
        Transition(
            name="reopen",
            label="Reopen",
            permission="ledger.reopen_period",
            service=periods.reopen,
            policy=_may_reopen,
            reason_required=True,
        ),
        Transition(
            name="close",
            label="Close",
            style="danger",
            permission="ledger.close_period",
            service=periods.close,
            policy=_may_close,
            confirm="Nothing can be posted into the period any more, for good.",
        ),
    )

    @admin.display(description="days")
    def span(self, period: Period) -> str:
        """From and to."""
        return str(period)

    @admin.display(description="state")
    def state(self, period: Period) -> Any:
        """As a badge."""
        return cells.badge(period.get_status_display(), TONES[PeriodStatus(period.status)])

    def title_of(self, obj: Period) -> str:
        """Days and book."""
        return f"{obj}, {obj.book}"

    def status_of(self, obj: Period) -> Any:
        """As a badge."""
        return self.state(obj)


site.register(Period, PeriodAdmin)

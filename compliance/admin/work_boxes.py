"""What waits in each queue, on the first page."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest

from compliance.choices import FollowUp
from compliance.choices.reports import PREPARE
from compliance.choices.work import WORK
from compliance.models import Alert, NoteCall, Report
from compliance.models.report import WAITING
from compliance.policies.report_deadlines import CONTINUING_DAYS
from compliance.selectors import work
from flowlet.backoffice import cells, home
from flowlet.backoffice.home import Queue, Waiting
from flowlet.core import clock

COUNTED = 1000


def _waiting(name: str) -> Any:
    def load(request: HttpRequest) -> Waiting:
        found, at = work.queue(name), clock.now()
        rows = work.waiting(found, person=request.user, at=at).order_by("due_at").values_list("opened_at", "due_at")
        moments = list(rows[: COUNTED + 1])
        return Waiting(
            count=min(len(moments), COUNTED),
            url=f"{cells.admin_url(found.model, 'changelist')}?queue={name}",
            oldest_at=moments[0][0] if moments else None,
            is_late=bool(moments) and moments[0][1] < at,
            text="and more" if len(moments) > COUNTED else "",
        )

    return load


def _calls(request: HttpRequest) -> Waiting:
    """Notes that call the person; the oldest leads there."""
    found = NoteCall.objects.filter(user=request.user, seen_at=None).select_related("note__alert", "note__case").order_by("id")
    rows = list(found[:100])
    first = (rows[0].note.alert or rows[0].note.case) if rows else None
    url = cells.admin_url(first) if first else cells.admin_url(Alert, "changelist")
    return Waiting(count=len(rows), url=url, oldest_at=rows[0].note.created_at if rows else None)


def _running_out(request: HttpRequest) -> Waiting:
    """Reports that have not left, from ten days before they are due."""
    days = Report.objects.filter(state__in=WAITING).exclude(alarm=None).order_by("due_on").values_list("due_on", flat=True)
    return _days(days, "waiting&due=10", late_before=clock.now().date())


def _to_look_at_again(request: HttpRequest) -> Waiting:
    """Reports whose ninety days are over; late when one of continuing activity would be."""
    days = Report.objects.filter(follow_up=FollowUp.DUE).order_by("filed_on").values_list("filed_on", flat=True)
    return _days(days, "again", late_before=clock.now().date() - timedelta(days=CONTINUING_DAYS))


def _days(found: Any, place: str, *, late_before: date) -> Waiting:
    days = list(found[: COUNTED + 1])
    return Waiting(
        count=min(len(days), COUNTED),
        url=f"{cells.admin_url(Report, 'changelist')}?queue={place}",
        is_late=bool(days) and days[0] < late_before,
        text="and more" if len(days) > COUNTED else "",
    )


# Hits are among the alerts: one box for both.
for order, one in enumerate(found for found in work.QUEUES.values() if found.name != "hits"):
    home.register(
        Queue(name=f"work_{one.name}", title=one.label, permission=one.permission, order=5 + order, load=_waiting(one.name))
    )
home.register(Queue(name="work_calls", title="Notes that call you", permission=WORK, order=4, load=_calls))
home.register(Queue(name="report_alarms", title="Reports whose time runs out", permission=PREPARE, order=15, load=_running_out))
home.register(
    Queue(
        name="report_follow_ups", title="Reported activity to look at again", permission=PREPARE, order=16, load=_to_look_at_again
    )
)

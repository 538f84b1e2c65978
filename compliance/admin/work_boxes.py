"""What waits in each queue, on the first page."""

from typing import Any

from django.http import HttpRequest

from compliance.choices.work import WORK
from compliance.models import Alert, NoteCall
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


# Hits are among the alerts: one box for both.
for order, one in enumerate(found for found in work.QUEUES.values() if found.name != "hits"):
    home.register(
        Queue(name=f"work_{one.name}", title=one.label, permission=one.permission, order=5 + order, load=_waiting(one.name))
    )
home.register(Queue(name="work_calls", title="Notes that call you", permission=WORK, order=4, load=_calls))

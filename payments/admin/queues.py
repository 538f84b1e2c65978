"""What payments put on the first page: the queues, and the flow of the day. Live payments only, the sandbox is the partners' own; but
in the demo, whose business day with the banks is in the sandboxes, these too (``settings.WORKED_MODES``).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest

from flowlet.backoffice import actor_of, cells, home
from flowlet.core import clock
from payments.admin import furniture
from payments.choices import BatchStatus, DayStatus
from payments.models import Batch, BusinessDay, Payment
from payments.selectors import flows, queues
from payments.selectors.queues import Queue

COUNTED = 1000
DECIDE, BOOK, RELEASE, CLOSE = (
    "payments.decide_payment",
    "payments.book_outcome",
    "payments.release_file",
    "payments.close_day",
)


def counted(rows: QuerySet, moment: str, url: str, late_after: timedelta) -> home.Waiting:
    """The first thousand, with the oldest."""
    moments = list(rows.order_by("pk").values_list(moment, flat=True)[: COUNTED + 1])
    oldest = min(moments, default=None)
    return home.Waiting(
        count=min(len(moments), COUNTED),
        url=url,
        oldest_at=oldest,
        is_late=oldest is not None and clock.now() - oldest > late_after,
        text="and more" if len(moments) > COUNTED else "",
    )


def queue(name: Queue, late_after: timedelta, *, is_shown_empty: bool = False) -> Callable[[HttpRequest], home.Waiting | None]:
    """How a queue of payments is loaded; an empty one stays away unless it is somebody's daily work."""

    def load(request: HttpRequest) -> home.Waiting | None:
        rows = queues.waiting(name, modes=settings.WORKED_MODES, at=clock.now())
        if name == Queue.APPROVAL:
            rows = rows.exclude(created_by=str(actor_of(request)))
        url = f"{cells.admin_url(Payment, 'changelist')}?queue={name}&{furniture.worked_modes()}"
        found = counted(rows, "updated_at", url, late_after)
        return found if found.count or is_shown_empty else None

    return load


def files(request: HttpRequest) -> home.Waiting | None:
    """Files that wait for a person; those of one person are released by the run itself."""
    url = f"{cells.admin_url(Batch, 'changelist')}?status__exact={BatchStatus.BUILT}"
    rows = Batch.objects.filter(status=BatchStatus.BUILT, partner__mode__in=settings.WORKED_MODES)
    found = counted(rows.exclude(needs_two=True, built_by=str(actor_of(request))), "created_at", url, timedelta(hours=1))
    return found if found.count else None


def open_days(request: HttpRequest) -> home.Waiting | None:
    """Days that somebody began to close, and that lack something."""
    url = cells.admin_url(BusinessDay, "changelist")
    rows = BusinessDay.objects.filter(book__partner__mode__in=settings.WORKED_MODES).exclude(status=DayStatus.CLOSED)
    found = counted(rows, "created_at", url, timedelta(days=1))
    return found if found.count else None


def flow(request: HttpRequest) -> dict[str, Any]:
    """What has moved today."""
    url = cells.admin_url(Payment, "flow")
    return {"flows": furniture.drawn(flows.of_day(clock.now().date(), modes=settings.WORKED_MODES)), "url": url}


HOURS = timedelta(hours=4)
for _name, _title, _permission, _late, _order in (
    (Queue.REVIEW, "Payments in review", DECIDE, HOURS, 15),
    (Queue.APPROVAL, "Payments to approve", DECIDE, HOURS, 16),
    (Queue.UNKNOWN, "Outcome unknown", BOOK, timedelta(days=1), 20),
    (Queue.HELD_UP, "Payments held up", BOOK, timedelta(days=1), 21),
    (Queue.RETURNS, "Returned in 30 days", BOOK, timedelta(days=60), 23),
):
    home.register(
        home.Queue(
            name=f"payments.{_name}",
            title=_title,
            permission=_permission,
            load=queue(_name, _late, is_shown_empty=_name == Queue.REVIEW),
            order=_order,
        )
    )
home.register(home.Queue(name="payments.files", title="Files to release", permission=RELEASE, load=files, order=18))
home.register(home.Queue(name="payments.days", title="Days to close", permission=CLOSE, load=open_days, order=30))
home.register(
    home.Custom(
        name="payments.flow",
        title="Payments today",
        page="payments/flow_home.html",
        load=flow,
        permission="payments.view_payment",
        order=15,
        note="What was settled, failed, returned or disputed, by rail and currency",
    )
)

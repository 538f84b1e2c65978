"""What a person may do to a business day as it stands. Each check raises what the service would, before anybody tries."""

from datetime import datetime, timedelta

from flowlet.core import clock
from flowlet.core.actors import Actor
from payments import errors
from payments.choices import Closing, DayStatus
from payments.models import BusinessDay
from payments.models.day import UNDER_WAY

# Longer than a task may take: whoever has not got on since is dead.
STALE = timedelta(minutes=40)


def is_stale(day: BusinessDay, *, at: datetime) -> bool:
    """Whether the run under way has died."""
    return day.closing == Closing.RUNNING and day.closing_moved_at is not None and at - day.closing_moved_at > STALE


def check_can_ask_to_close(day: BusinessDay, actor: Actor | None = None, *, at: datetime | None = None) -> None:
    """Raises DayNotReady when it is closed, DayBeingClosed while somebody else's run is under way."""
    if day.status == DayStatus.CLOSED:
        raise errors.DayNotReady("The day is closed.", day=str(day.day), missing=[])
    if day.closing in UNDER_WAY and not is_stale(day, at=at or clock.now()):
        raise errors.DayBeingClosed(day=str(day.day), step=day.closing_step)


def check_is_closed(day: BusinessDay, actor: Actor | None = None) -> None:
    """Raises DayNotClosed; that it is the newest one is checked by the service."""
    if day.status != DayStatus.CLOSED:
        raise errors.DayNotClosed("The day is not closed.", newest=None)

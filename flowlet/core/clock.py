"""The one place where the wall clock is read; services are handed the moment as ``at``."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(tz=UTC)


def day_of(at: datetime, *, zone: str) -> date:
    """The calendar day on which the moment ``at`` falls in the time zone named ``zone`` (IANA name)."""
    return at.astimezone(ZoneInfo(zone)).date()

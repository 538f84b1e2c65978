"""The one place where the wall clock is read; services are handed the moment as ``at``."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(tz=UTC)


def day_of(at: datetime, *, zone: str) -> date:
    """The calendar day on which the moment ``at`` falls in the time zone named ``zone`` (IANA name)."""
    return at.astimezone(ZoneInfo(zone)).date()


def beginning_of(day: date, *, zone: str) -> datetime:
    """The moment, in UTC, at which the calendar day begins in the time zone named ``zone`` (IANA name)."""
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)

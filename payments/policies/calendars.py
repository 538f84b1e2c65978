"""Days on which banks settle: the Federal Reserve's (XFED), T2's (XECB), and a calendar of rails that never close.

These are not the public holidays: on Friday 3 July 2026 America celebrates and the Federal Reserve is open. Weekends are closed in
both. Source: the calendars of frbservices.org and the ECB, as the package ``holidays`` has them.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

import holidays

_DAY = timedelta(days=1)
_SATURDAY = 5


class Calendar(StrEnum):
    """Whose days count."""

    XFED = "XFED"
    XECB = "XECB"
    EVERY_DAY = "EVERY_DAY"


@lru_cache(maxsize=256)
def _holidays(calendar: Calendar, year: int) -> MappingProxyType[date, str]:
    """The holidays of a year by day, each with its name; may hold days that fall on a weekend."""
    if calendar is Calendar.EVERY_DAY:
        return MappingProxyType({})
    found = holidays.financial_holidays(calendar.value, years=year, language="en_US")
    return MappingProxyType({day: name for day, name in found.items() if day.year == year})


def holiday(day: date, *, calendar: Calendar) -> str:
    """The name of the holiday that ``day`` is in the calendar, ``""`` when it is none."""
    return _holidays(Calendar(calendar), day.year).get(day, "")


def is_banking_day(day: date, *, calendar: Calendar) -> bool:
    """Whether money can settle on that day."""
    calendar = Calendar(calendar)
    return calendar is Calendar.EVERY_DAY or (day.weekday() < _SATURDAY and day not in _holidays(calendar, day.year))


def next_banking_day(day: date, *, calendar: Calendar) -> date:
    """The first banking day after ``day``."""
    return next(_banking_days(day, _DAY, calendar))


def previous_banking_day(day: date, *, calendar: Calendar) -> date:
    """The last banking day before ``day``."""
    return next(_banking_days(day, -_DAY, calendar))


def on_or_after(day: date, *, calendar: Calendar) -> date:
    """The day itself when it is a banking day, else the next one."""
    return next_banking_day(day - _DAY, calendar=calendar)


def on_or_before(day: date, *, calendar: Calendar) -> date:
    """The day itself when it is a banking day, else the one before."""
    return previous_banking_day(day + _DAY, calendar=calendar)


def add_banking_days(day: date, count: int, *, calendar: Calendar) -> date:
    """The ``count``-th banking day after ``day`` (before it where negative); for zero the day itself or the next banking day.

    A Saturday plus one banking day is Monday.
    """
    if count == 0:
        return on_or_after(day, calendar=calendar)
    days = _banking_days(day, _DAY if count > 0 else -_DAY, calendar)
    for _ in range(abs(count) - 1):
        next(days)
    return next(days)


def banking_days_between(start: date, end: date, *, calendar: Calendar) -> int:
    """How many banking days lie after ``start`` up to and including ``end``; negative where ``end`` is before ``start``."""
    if end < start:
        return -banking_days_between(end, start, calendar=calendar)
    return sum(is_banking_day(start + _DAY * n, calendar=calendar) for n in range(1, (end - start).days + 1))


def _banking_days(day: date, step: timedelta, calendar: Calendar) -> Iterator[date]:
    """The banking days after ``day``, or before it where ``step`` goes back, one after the other."""
    while True:
        day += step
        if is_banking_day(day, calendar=calendar):
            yield day

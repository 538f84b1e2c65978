"""The banking days of the Federal Reserve: not Saturday, not Sunday, not one of its holidays.

A holiday on a Saturday is not made up on the Friday before; one on a Sunday is on the Monday after (Federal Reserve, K.8). The
public holidays of the United States differ, so the financial calendar is asked. payments.policies.calendars has the calendars of all
rails; this storey cannot ask it, and a test holds both to the same days.
"""

from datetime import date
from functools import lru_cache

import holidays


@lru_cache(maxsize=64)
def _holidays_of(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("XFED", years=year))


def is_holiday(day: date) -> bool:
    """The Federal Reserve keeps this day as a holiday."""
    return day in _holidays_of(day.year)


def is_banking_day(day: date) -> bool:
    """The Federal Reserve settles on this day."""
    return day.weekday() < 5 and not is_holiday(day)

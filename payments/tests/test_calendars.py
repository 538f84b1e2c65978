"""Banking days: real holidays of both calendars, and what holds of any day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.policies import calendars
from payments.policies.calendars import Calendar

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
ANY = st.sampled_from(Calendar)


@pytest.mark.parametrize(
    ("day", "calendar", "is_open"),
    [
        (date(2026, 7, 3), Calendar.XFED, True),  # a public holiday in the US, as the 4th is a Saturday
        (date(2026, 7, 4), Calendar.XFED, False),
        (date(2027, 7, 5), Calendar.XFED, False),  # the 4th is a Sunday: the Federal Reserve closes on Monday
        (date(2026, 11, 26), Calendar.XFED, False),
        (date(2026, 11, 27), Calendar.XFED, True),
        (date(2026, 4, 3), Calendar.XFED, True),
        (date(2026, 4, 3), Calendar.XECB, False),
        (date(2026, 5, 1), Calendar.XECB, False),
        (date(2026, 12, 26), Calendar.XECB, False),
        (date(2026, 10, 3), Calendar.XECB, False),  # a Saturday
        (date(2028, 10, 3), Calendar.XECB, True),  # Germany's own holiday is none of T2's
        (date(2026, 12, 25), Calendar.EVERY_DAY, True),
        (date(2026, 12, 26), Calendar.EVERY_DAY, True),
    ],
    ids=str,
)
def test_banks_are_open(day, calendar, is_open):
    assert calendars.is_banking_day(day, calendar=calendar) is is_open


def test_the_year_2026_has_these_holidays_of_t2():
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    found = {day: calendars.holiday(day, calendar=Calendar.XECB) for day in year}
    assert [day.strftime("%d.%m") for day in year if found[day]] == ["01.01", "03.04", "06.04", "01.05", "25.12", "26.12"]
    assert found[date(2026, 4, 6)] == "Easter Monday"
    assert sum(calendars.is_banking_day(day, calendar=Calendar.XECB) for day in year) == 256
    assert sum(calendars.is_banking_day(day, calendar=Calendar.XFED) for day in year) == 251


@pytest.mark.parametrize(
    ("day", "count", "wanted"),
    [
        (date(2026, 11, 25), 1, date(2026, 11, 27)),
        (date(2026, 11, 25), 2, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
        (date(2026, 11, 28), 0, date(2026, 11, 30)),
        (date(2026, 11, 27), 0, date(2026, 11, 27)),
        (date(2026, 11, 30), -1, date(2026, 11, 27)),
        (date(2026, 11, 27), -1, date(2026, 11, 25)),
    ],
    ids=str,
)
def test_counts_banking_days_over_thanksgiving(day, count, wanted):
    assert calendars.add_banking_days(day, count, calendar=Calendar.XFED) == wanted


@given(DAYS, ANY)
def test_neighbours_are_banking_days_with_none_between(day, calendar):
    before, after = (
        calendars.previous_banking_day(day, calendar=calendar),
        calendars.next_banking_day(day, calendar=calendar),
    )
    assert before < day < after
    for found in (before, after):
        assert calendars.is_banking_day(found, calendar=calendar)
    between = [before + timedelta(days=n) for n in range(1, (after - before).days)]
    assert [one for one in between if calendars.is_banking_day(one, calendar=calendar)] in ([], [day])
    if calendars.is_banking_day(day, calendar=calendar):
        assert calendars.on_or_after(day, calendar=calendar) == calendars.on_or_before(day, calendar=calendar) == day
        assert calendars.next_banking_day(before, calendar=calendar) == day
    else:
        assert calendars.on_or_after(day, calendar=calendar) == after
        assert calendars.on_or_before(day, calendar=calendar) == before


@given(DAYS, st.integers(1, 30), ANY)
def test_days_that_are_added_are_counted_and_come_back(day, count, calendar):
    later = calendars.add_banking_days(day, count, calendar=calendar)
    assert calendars.banking_days_between(day, later, calendar=calendar) == count
    assert calendars.banking_days_between(later, day, calendar=calendar) == -count
    back = calendars.add_banking_days(later, -count, calendar=calendar)
    assert back == calendars.on_or_before(day, calendar=calendar)


@given(DAYS)
def test_a_week_never_passes_without_a_banking_day(day):
    for calendar in (Calendar.XFED, Calendar.XECB):
        assert (calendars.next_banking_day(day, calendar=calendar) - day).days <= 5

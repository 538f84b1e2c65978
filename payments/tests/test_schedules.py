"""Recurring payments: months of unequal length, closed banks, ends; and what holds of every rule."""

from datetime import date, timedelta
from itertools import islice

import pytest
from dateutil import rrule
from hypothesis import assume, given
from hypothesis import strategies as st

from payments.errors import MalformedSchedule
from payments.policies import calendars, schedules
from payments.policies.calendars import Calendar
from payments.policies.schedules import Frequency, Rule, SkippedDay

D, W, M, Y = Frequency


def days(rule, most=12):
    return [str(found.on) for found in islice(schedules.occurrences(rule), most)]


def nominal(rule, most=12):
    return [str(found.nominal_on) for found in islice(schedules.occurrences(rule), most)]


def rule(starts_on, frequency, **more):
    return Rule(starts_on=date.fromisoformat(starts_on), frequency=frequency, **more)


@pytest.mark.parametrize(
    ("given_rule", "wanted"),
    [
        (rule("2026-01-30", D, every=2, count=3), ["2026-01-30", "2026-02-01", "2026-02-03"]),
        (rule("2026-01-01", W, count=3), ["2026-01-01", "2026-01-08", "2026-01-15"]),
        (rule("2026-01-01", W, weekdays=(0, 3), count=4), ["2026-01-01", "2026-01-05", "2026-01-08", "2026-01-12"]),
        (rule("2026-01-01", W, every=2, weekdays=(0,), count=2), ["2026-01-12", "2026-01-26"]),
        (rule("2026-01-31", M, count=4), ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        (rule("2028-01-31", M, count=2), ["2028-01-31", "2028-02-29"]),
        (rule("2026-01-15", M, day=31, count=2), ["2026-01-31", "2026-02-28"]),
        (rule("2026-01-15", M, day=10, count=2), ["2026-02-10", "2026-03-10"]),
        (rule("2026-11-30", M, every=3, count=3), ["2026-11-30", "2027-02-28", "2027-05-30"]),
        (rule("2028-02-29", Y, count=5), ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        (rule("2026-01-31", M, ends_on=date(2026, 3, 30)), ["2026-01-31", "2026-02-28"]),
        (rule("2026-01-31", M, ends_on=date(2026, 3, 31)), ["2026-01-31", "2026-02-28", "2026-03-31"]),
        (rule("2026-01-15", M, day=10, ends_on=date(2026, 2, 1)), []),
    ],
    ids=str,
)
def test_falls_on_these_days_where_every_day_counts(given_rule, wanted):
    assert days(given_rule) == nominal(given_rule) == wanted


@pytest.mark.parametrize(
    ("skipped_day", "wanted"),
    [
        # The last of January, February and May 2026 is a Saturday, Saturday and Sunday.
        (SkippedDay.PREVIOUS, ["2026-02-02", "2026-02-27", "2026-03-31", "2026-04-30", "2026-05-29"]),
        (SkippedDay.NEXT, ["2026-02-02", "2026-03-02", "2026-03-31", "2026-04-30", "2026-06-01"]),
        (SkippedDay.NEXT_SAME_MONTH, ["2026-02-02", "2026-02-27", "2026-03-31", "2026-04-30", "2026-05-29"]),
        (SkippedDay.SKIP, ["2026-03-31", "2026-04-30", "2026-06-30", "2026-07-31", "2026-08-31"]),
    ],
)
def test_moves_when_banks_are_closed(skipped_day, wanted):
    found = rule("2026-01-31", M, skipped_day=skipped_day, calendar=Calendar.XECB)
    assert days(found, 5) == wanted


def test_the_next_day_of_the_same_month_is_taken_in_the_middle_of_a_month():
    found = rule("2026-08-15", M, skipped_day=SkippedDay.NEXT_SAME_MONTH, calendar=Calendar.XFED, count=3)
    assert days(found) == ["2026-08-17", "2026-09-15", "2026-10-15"]


def test_daily_payments_are_made_once_on_each_banking_day():
    for skipped_day in SkippedDay:
        found = rule("2026-11-25", D, skipped_day=skipped_day, calendar=Calendar.XFED, count=4)
        assert days(found) == ["2026-11-25", "2026-11-27", "2026-11-30", "2026-12-01"]


def test_what_falls_on_the_same_day_is_paid_once_and_counted_once():
    found = rule("2026-11-28", W, weekdays=(0, 5, 6), skipped_day=SkippedDay.NEXT, calendar=Calendar.XECB, count=2)
    assert days(found) == ["2026-11-30", "2026-12-07"]
    assert nominal(found) == ["2026-11-28", "2026-12-05"]
    assert [one.number for one in schedules.occurrences(found)] == [1, 2]


def test_a_rule_that_never_falls_on_a_banking_day_ends_in_the_end():
    assert days(rule("2026-11-29", W, skipped_day=SkippedDay.SKIP, calendar=Calendar.XECB)) == []


def test_the_next_one_is_found_from_any_day():
    found = rule("2026-01-31", M, calendar=Calendar.XECB, count=3)
    assert schedules.next_occurrence(found, after=date(2020, 1, 1)).on == date(2026, 2, 2)
    assert schedules.next_occurrence(found, after=date(2026, 2, 2)).on == date(2026, 3, 2)
    assert schedules.next_occurrence(found, after=date(2026, 3, 31)) is None
    between = schedules.occurrences_between(found, first=date(2026, 2, 2), last=date(2026, 3, 2))
    assert [one.number for one in between] == [1, 2]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"every": 0}, "every"),
        ({"every": 367}, "every"),
        ({"weekdays": (1,)}, "weekdays"),
        ({"frequency": W, "weekdays": (7,)}, "weekdays"),
        ({"frequency": W, "weekdays": (1, 0)}, "weekdays"),
        ({"frequency": W, "weekdays": (1, 1)}, "weekdays"),
        ({"frequency": W, "day": 3}, "day"),
        ({"day": 0}, "day"),
        ({"day": 32}, "day"),
        ({"count": 0}, "count"),
        ({"count": 5_001}, "count"),
        ({"count": 3, "ends_on": date(2027, 1, 1)}, "count"),
        ({"ends_on": date(2025, 12, 31)}, "ends_on"),
        ({"starts_on": date(9950, 1, 1)}, "starts_on"),
    ],
    ids=str,
)
def test_a_rule_that_contradicts_itself_is_refused(fields, param):
    with pytest.raises(MalformedSchedule) as refused:
        Rule(**{"starts_on": date(2026, 1, 1), "frequency": M, **fields})
    assert refused.value.param == param


def test_reads_in_words():
    closed = {"calendar": Calendar.XECB, "skipped_day": SkippedDay.PREVIOUS}
    assert schedules.describe(rule("2026-01-31", M, every=3, count=4, **closed)) == (
        "every 3 months on the last day, from 2026-01-31, 4 times; when banks are closed: the banking day before"
    )
    assert schedules.describe(rule("2026-01-01", W, weekdays=(0, 4))) == "every week on Monday, Friday, from 2026-01-01"
    assert schedules.describe(rule("2026-02-15", Y, ends_on=date(2030, 1, 1))) == (
        "every year on day 15 of February, from 2026-02-15 until 2030-01-01"
    )
    assert schedules.describe(rule("2026-02-15", D, count=1)) == "every day, from 2026-02-15, 1 time"


# What holds of every rule


@st.composite
def rules(draw, calendar=None):
    frequency = draw(st.sampled_from(Frequency))
    starts_on = draw(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
    more, every = {}, draw(st.integers(1, 5))
    if frequency == W:
        more["weekdays"] = tuple(sorted(draw(st.sets(st.integers(0, 6), max_size=4))))
    if frequency in {M, Y}:
        more["day"] = draw(st.none() | st.integers(1, 31))
    end = draw(st.sampled_from(["never", "on", "count"]))
    if end == "on":
        more["ends_on"] = starts_on + timedelta(days=draw(st.integers(0, 1_000)))
    if end == "count":
        more["count"] = draw(st.integers(1, 49 // every if frequency == Y else 20))
    return Rule(
        starts_on=starts_on,
        frequency=frequency,
        every=every,
        skipped_day=draw(st.sampled_from(SkippedDay)),
        calendar=calendar or draw(st.sampled_from(Calendar)),
        **more,
    )


@given(rules())
def test_falls_on_banking_days_only_each_once_in_order_and_never_before_its_start(found):
    made = list(islice(schedules.occurrences(found), 25))
    assert all(calendars.is_banking_day(one.on, calendar=found.calendar) for one in made)
    assert [one.on for one in made] == sorted({one.on for one in made})
    assert [one.nominal_on for one in made] == sorted({one.nominal_on for one in made})
    assert [one.number for one in made] == list(range(1, len(made) + 1))
    assert all(one.on >= found.starts_on and one.nominal_on >= found.starts_on for one in made)
    if found.calendar == Calendar.EVERY_DAY:
        assert all(one.on == one.nominal_on for one in made)


@given(rules())
def test_is_moved_as_the_rule_says(found):
    for one in islice(schedules.occurrences(found), 25):
        assert abs((one.on - one.nominal_on).days) <= 5
        if calendars.is_banking_day(one.nominal_on, calendar=found.calendar):
            assert one.on == one.nominal_on
        elif found.skipped_day == SkippedDay.NEXT:
            assert one.on == calendars.next_banking_day(one.nominal_on, calendar=found.calendar)
        elif found.skipped_day == SkippedDay.PREVIOUS:
            before = calendars.previous_banking_day(one.nominal_on, calendar=found.calendar)
            assert one.on == before or before < found.starts_on
        elif found.skipped_day == SkippedDay.NEXT_SAME_MONTH:
            before = calendars.previous_banking_day(one.nominal_on, calendar=found.calendar)
            assert (one.on.month == one.nominal_on.month) or before < found.starts_on
        else:
            pytest.fail("a payment on a closed day was not skipped")


@given(rules())
def test_ends_when_it_is_to_end(found):
    made = list(islice(schedules.occurrences(found), 400))
    if found.count is not None:
        assert len(made) <= found.count
        if found.skipped_day != SkippedDay.SKIP:
            assert len(made) == found.count
    if found.ends_on is not None:
        assert all(one.nominal_on <= found.ends_on for one in made)


@given(rules())
def test_is_the_same_each_time_and_from_its_document(found):
    first = list(islice(schedules.occurrences(found), 10))
    again = schedules.from_json(schedules.to_json(found), calendar=found.calendar)
    assert again == found
    assert list(islice(schedules.occurrences(again), 10)) == first


@given(rules(), st.integers(0, 2_000))
def test_the_next_one_is_the_first_that_is_later(found, offset):
    after = found.starts_on + timedelta(days=offset)
    late = schedules.next_occurrence(found, after=after)
    made = list(islice((one for one in schedules.occurrences(found) if one.on > after), 1))
    assert [late] == (made or [None])
    upto = schedules.occurrences_between(found, first=found.starts_on, last=after)
    assert late is None or late.number == len(upto) + 1


@given(rules(calendar=Calendar.EVERY_DAY))
def test_agrees_with_an_independent_reading(found):
    """dateutil leaves out months that lack the day; asked for several days of which the last is wanted, it clamps as we do."""
    wanted = found.day or found.starts_on.day
    assume(found.frequency != Y or wanted <= 28)
    frequency = {D: rrule.DAILY, W: rrule.WEEKLY, M: rrule.MONTHLY, Y: rrule.YEARLY}[found.frequency]
    options = {"byweekday": found.weekdays or None} if found.frequency == W else {}
    if found.frequency == M:
        options = {"bymonthday": range(min(wanted, 28), wanted + 1), "bysetpos": -1}
    if found.frequency == Y:
        options = {"bymonth": found.starts_on.month, "bymonthday": wanted}
    theirs = rrule.rrule(frequency, dtstart=found.starts_on, interval=found.every, wkst=rrule.MO, **options)
    ours = [one.on for one in islice(schedules.occurrences(found), 20)]
    assert ours == [moment.date() for moment in islice(theirs, len(ours))]


@pytest.mark.parametrize(("frequency", "every", "count"), [(Y, 5, 10), (M, 12, 50), (W, 1, 2_401), (D, 366, 33)])
def test_a_count_whose_last_payment_lies_beyond_what_is_followed_is_refused(frequency, every, count):
    with pytest.raises(MalformedSchedule):
        Rule(starts_on=date(2026, 1, 1), frequency=frequency, every=every, count=count)

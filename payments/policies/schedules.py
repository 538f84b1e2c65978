"""Recurring payments: a rule says on which days they fall, and what happens when banks are closed on such a day.

The *nominal* day is the rule's own, such as the last of each month; the payment goes *on* that day or on the banking day that the
rule puts in its place. Of occurrences that fall on one and the same day the first is kept, so that nobody pays twice on a Monday for
the weekend. The nominal day names an occurrence for good, whatever else has been skipped or moved.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from payments.errors import MalformedSchedule
from payments.policies import calendars
from payments.policies.calendars import Calendar

HORIZON_YEARS = 50
MOST_OCCURRENCES = 5_000


class Frequency(StrEnum):
    """How often."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


class SkippedDay(StrEnum):
    """What happens on a day on which banks are closed.

    NEXT_SAME_MONTH is the next banking day unless that lies in another month, then the one before (ISDA: Modified Following).
    """

    PREVIOUS = "PREVIOUS"
    NEXT = "NEXT"
    NEXT_SAME_MONTH = "NEXT_SAME_MONTH"
    SKIP = "SKIP"


# Days, weeks, months and years of which the last surely lies within the horizon, whatever closed banks move together.
_WITHIN_HORIZON = {Frequency.DAILY: 12_000, Frequency.WEEKLY: 2_400, Frequency.MONTHLY: 588, Frequency.YEARLY: 49}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a recurring payment falls.

    ``every`` counts days, weeks, months or years from ``starts_on``. ``weekdays`` (0 is Monday) are for WEEKLY, ``day`` (1 to 31) for
    MONTHLY and YEARLY; where missing they are those of ``starts_on``. A month without that day has it on its last, so 31 is always
    the last. It ends with the last nominal day up to ``ends_on``, or after ``count`` payments, or never. Raises MalformedSchedule.
    """

    starts_on: date
    frequency: Frequency
    every: int = 1
    weekdays: tuple[int, ...] = ()
    day: int | None = None
    ends_on: date | None = None
    count: int | None = None
    skipped_day: SkippedDay = SkippedDay.NEXT
    calendar: Calendar = Calendar.EVERY_DAY

    def __post_init__(self) -> None:
        if not 1 <= self.every <= 366:
            raise MalformedSchedule("Every 1 to 366 of them.", param="every")
        if self.starts_on.year > date.max.year - HORIZON_YEARS - 1:
            raise MalformedSchedule("That is too far away.", param="starts_on")
        if self.weekdays and self.frequency != Frequency.WEEKLY:
            raise MalformedSchedule("Weekdays are for weekly payments.", param="weekdays")
        if list(self.weekdays) != sorted(set(self.weekdays)) or not all(0 <= one <= 6 for one in self.weekdays):
            raise MalformedSchedule("Weekdays are numbers from 0 (Monday) to 6, each once and in order.", param="weekdays")
        if self.day is not None and self.frequency not in {Frequency.MONTHLY, Frequency.YEARLY}:
            raise MalformedSchedule("A day of the month is for monthly and yearly payments.", param="day")
        if self.day is not None and not 1 <= self.day <= 31:
            raise MalformedSchedule("A day of the month lies between 1 and 31; 31 is the last.", param="day")
        if self.ends_on is not None and self.count is not None:
            raise MalformedSchedule("It ends on a day or after a number of payments, not both.", param="count")
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise MalformedSchedule("It does not end before it starts.", param="ends_on")
        if self.count is not None and not 1 <= self.count <= MOST_OCCURRENCES:
            raise MalformedSchedule(f"It ends after 1 to {MOST_OCCURRENCES} payments.", param="count")
        if self.count is not None and self.every * self.count > _WITHIN_HORIZON[self.frequency]:
            raise MalformedSchedule(f"The last of them lies more than {HORIZON_YEARS} years ahead; take fewer.", param="count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """The ``number``-th payment of a rule: due by the rule on ``nominal_on``, made on the banking day ``on``."""

    number: int
    nominal_on: date
    on: date


def occurrences(rule: Rule) -> Iterator[Occurrence]:
    """All payments of the rule in their order; a rule that never ends is followed for 50 years."""
    number, last = 0, None
    for nominal_on in _nominal_days(rule):
        on = _payment_day(rule, nominal_on)
        if on is None or (last is not None and on <= last):
            continue
        number, last = number + 1, on
        yield Occurrence(number=number, nominal_on=nominal_on, on=on)
        if number == rule.count:
            return


def next_occurrence(rule: Rule, *, after: date) -> Occurrence | None:
    """The first payment made later than the day ``after``; None when there is none any more."""
    return next((found for found in occurrences(rule) if found.on > after), None)


def occurrences_between(rule: Rule, *, first: date, last: date) -> list[Occurrence]:
    """The payments made from ``first`` up to and including ``last``."""
    found = []
    for occurrence in occurrences(rule):
        if occurrence.on > last:
            break
        if occurrence.on >= first:
            found.append(occurrence)
    return found


def _payment_day(rule: Rule, nominal_on: date) -> date | None:
    """The day on which the payment is made; None when it is left out. Never before the rule starts."""
    if calendars.is_banking_day(nominal_on, calendar=rule.calendar):
        return nominal_on
    after = calendars.next_banking_day(nominal_on, calendar=rule.calendar)
    before = calendars.previous_banking_day(nominal_on, calendar=rule.calendar)
    if rule.skipped_day == SkippedDay.SKIP:
        return None
    wants_before = rule.skipped_day == SkippedDay.PREVIOUS or (
        rule.skipped_day == SkippedDay.NEXT_SAME_MONTH and (after.year, after.month) != (nominal_on.year, nominal_on.month)
    )
    return before if wants_before and before >= rule.starts_on else after


def _nominal_days(rule: Rule) -> Iterator[date]:
    """The rule's own days, in order, from ``starts_on`` to its end or the horizon."""
    horizon = date(rule.starts_on.year + HORIZON_YEARS, 12, 31)
    end = horizon if rule.ends_on is None else min(rule.ends_on, horizon)
    for day in _endless(rule):
        if day > end:
            return
        if day >= rule.starts_on:
            yield day


def _endless(rule: Rule) -> Iterator[date]:
    start, step = rule.starts_on, 0
    monday = start - timedelta(days=start.weekday())
    while True:
        if rule.frequency == Frequency.DAILY:
            yield start + timedelta(days=step)
        elif rule.frequency == Frequency.WEEKLY:
            for weekday in rule.weekdays or (start.weekday(),):
                yield monday + timedelta(weeks=step, days=weekday)
        else:
            months = step * (12 if rule.frequency == Frequency.YEARLY else 1)
            year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
            wanted = rule.day or start.day
            yield date(year, month + 1, min(wanted, monthrange(year, month + 1)[1]))
        step += rule.every


# As they are stored and sent


def to_json(rule: Rule) -> dict[str, Any]:
    """The rule without its calendar, which is the rail's."""
    return {
        "starts_on": rule.starts_on.isoformat(),
        "frequency": rule.frequency.value,
        "every": rule.every,
        "weekdays": list(rule.weekdays),
        "day": rule.day,
        "ends_on": rule.ends_on and rule.ends_on.isoformat(),
        "count": rule.count,
        "skipped_day": rule.skipped_day.value,
    }


def from_json(value: Mapping[str, Any], *, calendar: Calendar) -> Rule:
    """What ``to_json`` gave, with the rail's calendar."""
    days = {name: value[name] and date.fromisoformat(value[name]) for name in ("starts_on", "ends_on")}
    return Rule(
        **days,
        frequency=Frequency(value["frequency"]),
        every=value["every"],
        weekdays=tuple(value["weekdays"]),
        day=value["day"],
        count=value["count"],
        skipped_day=SkippedDay(value["skipped_day"]),
        calendar=calendar,
    )


_UNITS = {Frequency.DAILY: "day", Frequency.WEEKLY: "week", Frequency.MONTHLY: "month", Frequency.YEARLY: "year"}
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MOVED = {
    SkippedDay.PREVIOUS: "the banking day before",
    SkippedDay.NEXT: "the next banking day",
    SkippedDay.NEXT_SAME_MONTH: "the next banking day of the month, else the one before",
    SkippedDay.SKIP: "skipped",
}


def describe(rule: Rule) -> str:
    """In words: ``every month on day 15, from 2026-01-15 until 2026-12-31; when banks are closed: the next banking day``."""
    unit = _UNITS[rule.frequency]
    said = f"every {unit}" if rule.every == 1 else f"every {rule.every} {unit}s"
    if rule.frequency == Frequency.WEEKLY:
        said += " on " + ", ".join(_WEEKDAYS[one] for one in rule.weekdays or (rule.starts_on.weekday(),))
    if rule.frequency in {Frequency.MONTHLY, Frequency.YEARLY}:
        wanted = rule.day or rule.starts_on.day
        said += " on the last day" if wanted == 31 else f" on day {wanted}"
        if rule.frequency == Frequency.YEARLY:
            said += f" of {rule.starts_on:%B}"
    said += f", from {rule.starts_on}"
    if rule.ends_on is not None:
        said += f" until {rule.ends_on}"
    if rule.count is not None:
        said += f", {rule.count} time{'s' if rule.count > 1 else ''}"
    if rule.calendar != Calendar.EVERY_DAY:
        said += f"; when banks are closed: {_MOVED[rule.skipped_day]}"
    return said

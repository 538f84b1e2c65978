"""Until when a payment goes with which run of its rail, and on which day its money moves.

Each rail has the deadlines of its scheme or of our bank, in the time zone of that place, and we finish earlier by a lead of our own.
Those of our bank are assumptions here; the setting ``BANK_DEADLINES`` says what they are.
A cut-off is a moment: what arrives at it or later goes with the next one. Rails that never close have none: what comes goes at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

from payments.policies import calendars
from payments.policies.calendars import Calendar

NEW_YORK, FRANKFURT, LONDON = "America/New_York", "Europe/Berlin", "Europe/London"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a rail closes and when its money moves.

    ``deadlines`` are times of a day in ``zone``, on the days of ``calendar``; none for a rail that never closes. ``lead`` is how much
    earlier we finish. ``value_days`` banking days of ``value_calendar`` after it was processed the money moves; ``settles`` at these times,
    one for each deadline, where the rail has settlement windows.
    """

    calendar: Calendar
    zone: str
    value_calendar: Calendar
    value_days: int
    source: str
    deadlines: tuple[time, ...] = ()
    lead: timedelta = timedelta(0)
    settles: tuple[time, ...] = ()

    def cutoffs(self) -> list[time]:
        """Our own times of a day, earliest first."""
        return sorted((datetime.combine(date(2000, 1, 1), deadline) - self.lead).time() for deadline in self.deadlines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One run of a rail: what is there before ``cutoff_at`` is processed on ``processing_on``, and its money moves on ``value_on``."""

    cutoff_at: datetime
    processing_on: date
    value_on: date


_HALF_HOUR = timedelta(minutes=30)

# By rail and whether it is to be the same day. Deadlines of our bank are the defaults of the setting.
RULES: dict[tuple[str, bool], Rule] = {
    ("ach", True): Rule(
        calendar=Calendar.XFED,
        zone=NEW_YORK,
        deadlines=(time(10, 30), time(14, 45), time(16, 45)),
        settles=(time(13), time(17), time(18)),
        lead=_HALF_HOUR,
        value_calendar=Calendar.XFED,
        value_days=0,
        source="FedACH same-day schedule since 19 March 2021: settled at 13:00, 17:00 and 18:00 ET",
    ),
    ("ach", False): Rule(
        calendar=Calendar.XFED,
        zone=NEW_YORK,
        deadlines=(time(17, 30),),
        lead=_HALF_HOUR,
        value_calendar=Calendar.XFED,
        value_days=1,
        source="our bank's deadline; FedACH settles at 8:30 ET on the next banking day",
    ),
    ("sepa_ct", False): Rule(
        calendar=Calendar.XECB,
        zone=FRANKFURT,
        deadlines=(time(15, 30),),
        lead=_HALF_HOUR,
        value_calendar=Calendar.XECB,
        value_days=1,
        source="our bank's deadline; EPC125-05 and PSD2 article 83: by the end of the next banking business day",
    ),
    ("sepa_dd", False): Rule(
        calendar=Calendar.XECB,
        zone=FRANKFURT,
        deadlines=(time(12, 0),),
        lead=_HALF_HOUR,
        value_calendar=Calendar.XECB,
        value_days=1,
        source="our bank's deadline; EPC016-06: a collection reaches the debtor's bank a day before it is due (D-1)",
    ),
    ("wire", False): Rule(
        calendar=Calendar.XFED,
        zone=NEW_YORK,
        deadlines=(time(18, 45),),
        lead=timedelta(minutes=45),
        value_calendar=Calendar.XFED,
        value_days=0,
        source="Fedwire Funds Service: customer transfers until 18:45 ET, settled at once",
    ),
    ("card", False): Rule(
        calendar=Calendar.EVERY_DAY,
        zone="UTC",
        value_calendar=Calendar.XFED,
        value_days=2,
        source="the acquirer takes payments at any time and pays out two banking days later",
    ),
    ("open_banking", False): Rule(
        calendar=Calendar.EVERY_DAY,
        zone=LONDON,
        value_calendar=Calendar.EVERY_DAY,
        value_days=0,
        source="Faster Payments and SEPA Instant: at any time, at once",
    ),
    ("book", False): Rule(
        calendar=Calendar.EVERY_DAY,
        zone="UTC",
        value_calendar=Calendar.EVERY_DAY,
        value_days=0,
        source="inside the book: at any time, at once",
    ),
}


def rule(rail: str, *, same_day: bool = False) -> Rule:
    """The rail's rule. Raises LookupError for a rail that is none, or that knows no same day."""
    return _rule(rail, same_day, None if same_day else settings.BANK_DEADLINES.get(rail))


@lru_cache(maxsize=256)
def _rule(rail: str, same_day: bool, deadline: time | None) -> Rule:
    try:
        found = RULES[rail, same_day]
    except KeyError:
        raise LookupError(f"There is no {'same-day ' if same_day else ''}rail {rail}.") from None
    return found if deadline is None else replace(found, deadlines=(deadline,))


def next_cutoff(rail: str, at: datetime, *, same_day: bool = False, zone: str = "") -> Window:
    """The run with which goes what is there at the moment ``at``: the first whose cut-off is later.

    On a rail that never closes that is ``at`` itself, and the day is counted in ``zone`` where one is given.
    """
    found = rule(rail, same_day=same_day)
    if not found.deadlines:
        return _window(found, at.astimezone(UTC), at.astimezone(ZoneInfo(zone or found.zone)).date())
    return next(window for window in _windows(found, at.astimezone(ZoneInfo(found.zone)).date()) if window.cutoff_at > at)


def settlement_time(rail: str, cutoff_at: datetime, *, same_day: bool) -> time:
    """The time of day, in the rail's zone, at which what goes with this cut-off settles.

    Raises LookupError for a rail without settlement windows, and for a moment that is no cut-off of it.
    """
    found = rule(rail, same_day=same_day)
    windows = dict(zip(found.cutoffs(), found.settles, strict=bool(found.settles)))
    return windows[cutoff_at.astimezone(ZoneInfo(found.zone)).time()]


def last_cutoff(rail: str, *, value_on: date, same_day: bool = False) -> Window:
    """The last run whose money moves on ``value_on`` at the latest, for a rail with cut-offs: a payment for that day goes with it.

    Raises LookupError for a rail that never closes.
    """
    found = rule(rail, same_day=same_day)
    if not found.deadlines:
        raise LookupError(f"{rail} has no cut-offs.")
    processing_on = calendars.on_or_before(value_on, calendar=found.value_calendar)
    if found.value_days:
        processing_on = calendars.add_banking_days(processing_on, -found.value_days, calendar=found.value_calendar)
    processing_on = calendars.on_or_before(processing_on, calendar=found.calendar)
    return list(_windows_of(found, processing_on))[-1]


def closing(rail: str, day: date, *, same_day: bool = False) -> datetime:
    """When the rail's business day is over: what comes at this moment or later is processed on a later day.

    Midnight, in the rail's zone, on a rail that never closes.
    """
    found = rule(rail, same_day=same_day)
    if not found.deadlines:
        return datetime.combine(day + timedelta(days=1), time(0), tzinfo=ZoneInfo(found.zone)).astimezone(UTC)
    return list(_windows_of(found, day))[-1].cutoff_at


def last_of_month(rail: str, day: date, *, same_day: bool = False) -> date:
    """The rail's last business day in the day's month."""
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return calendars.on_or_before(following - timedelta(days=1), calendar=rule(rail, same_day=same_day).calendar)


def _windows(rule: Rule, day: date) -> Iterator[Window]:
    """The runs from ``day`` on."""
    day = calendars.on_or_after(day, calendar=rule.calendar)
    while True:
        yield from _windows_of(rule, day)
        day = calendars.next_banking_day(day, calendar=rule.calendar)


def _windows_of(rule: Rule, day: date) -> Iterator[Window]:
    """The runs of one day. No cut-off lies in the hours that a change of the clocks skips or repeats."""
    for cutoff in rule.cutoffs():
        yield _window(rule, datetime.combine(day, cutoff, tzinfo=ZoneInfo(rule.zone)).astimezone(UTC), day)


def _window(rule: Rule, cutoff_at: datetime, day: date) -> Window:
    value_on = calendars.add_banking_days(day, rule.value_days, calendar=rule.value_calendar)
    return Window(cutoff_at=cutoff_at, processing_on=day, value_on=value_on)

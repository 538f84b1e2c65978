"""Cut-offs: known moments on both sides of the Atlantic, over changes of the clocks, and what holds of any moment."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from flowlet.settings.payments import BANK_DEADLINES, bank_deadlines
from payments.policies import calendars, cutoffs
from payments.policies.cutoffs import FRANKFURT, NEW_YORK

CLOSING = [key for key, rule in cutoffs.RULES.items() if rule.deadlines]
OPEN = [key for key, rule in cutoffs.RULES.items() if not rule.deadlines]
MOMENTS = st.integers(0, 9 * 366 * 86_400_000).map(lambda ms: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
INSTANT = timedelta(microseconds=1)
WORDS = {0: ("that day", "at once"), 1: ("next banking day",), 2: ("two banking days",)}


def at(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def shown(window, zone):
    return window.cutoff_at.astimezone(ZoneInfo(zone)).isoformat()[:16], str(window.processing_on), str(window.value_on)


@pytest.mark.parametrize(
    ("moment", "wanted"),
    [
        ("2026-11-24T08:00", ("2026-11-24T10:00", "2026-11-24", "2026-11-24")),
        ("2026-11-24T09:59:59", ("2026-11-24T10:00", "2026-11-24", "2026-11-24")),
        ("2026-11-24T10:00", ("2026-11-24T14:15", "2026-11-24", "2026-11-24")),
        ("2026-11-24T14:15", ("2026-11-24T16:15", "2026-11-24", "2026-11-24")),
        ("2026-11-24T16:15", ("2026-11-25T10:00", "2026-11-25", "2026-11-25")),
        ("2026-11-25T20:00", ("2026-11-27T10:00", "2026-11-27", "2026-11-27")),  # Thanksgiving lies between
        ("2026-07-02T20:00", ("2026-07-03T10:00", "2026-07-03", "2026-07-03")),  # the Federal Reserve is open
    ],
)
def test_same_day_ach_has_three_windows_on_the_days_of_the_federal_reserve(moment, wanted):
    assert shown(cutoffs.next_cutoff("ach", at(moment, NEW_YORK), same_day=True), NEW_YORK) == wanted


@pytest.mark.parametrize(
    ("rail", "zone", "moment", "wanted"),
    [
        ("ach", NEW_YORK, "2026-11-24T16:59", ("2026-11-24T17:00", "2026-11-24", "2026-11-25")),
        ("ach", NEW_YORK, "2026-11-25T16:59", ("2026-11-25T17:00", "2026-11-25", "2026-11-27")),
        ("ach", NEW_YORK, "2026-11-25T17:00", ("2026-11-27T17:00", "2026-11-27", "2026-11-30")),
        ("wire", NEW_YORK, "2026-11-24T17:59", ("2026-11-24T18:00", "2026-11-24", "2026-11-24")),
        ("wire", NEW_YORK, "2026-11-25T18:00", ("2026-11-27T18:00", "2026-11-27", "2026-11-27")),
        ("sepa_ct", FRANKFURT, "2026-04-02T14:59", ("2026-04-02T15:00", "2026-04-02", "2026-04-07")),  # Easter
        ("sepa_ct", FRANKFURT, "2026-04-02T15:00", ("2026-04-07T15:00", "2026-04-07", "2026-04-08")),
        ("sepa_dd", FRANKFURT, "2026-12-23T11:00", ("2026-12-23T11:30", "2026-12-23", "2026-12-24")),
        ("sepa_dd", FRANKFURT, "2026-12-23T11:30", ("2026-12-24T11:30", "2026-12-24", "2026-12-28")),
    ],
)
def test_other_rails_close_once_a_day(rail, zone, moment, wanted):
    assert shown(cutoffs.next_cutoff(rail, at(moment, zone)), zone) == wanted


def test_the_time_on_the_wall_stays_when_the_clocks_change():
    before = cutoffs.next_cutoff("ach", at("2026-03-06T12:00", NEW_YORK))
    after = cutoffs.next_cutoff("ach", at("2026-03-09T12:00", NEW_YORK))
    assert (before.cutoff_at, after.cutoff_at) == (
        datetime(2026, 3, 6, 22, 0, tzinfo=UTC),
        datetime(2026, 3, 9, 21, 0, tzinfo=UTC),
    )
    # Three weeks in which New York has summer time and Frankfurt has not.
    assert cutoffs.next_cutoff("sepa_ct", at("2026-03-27T12:00", FRANKFURT)).cutoff_at == datetime(2026, 3, 27, 14, 0, tzinfo=UTC)
    assert cutoffs.next_cutoff("sepa_ct", at("2026-03-30T12:00", FRANKFURT)).cutoff_at == datetime(2026, 3, 30, 13, 0, tzinfo=UTC)


def test_a_moment_counts_wherever_it_is_told():
    here = at("2026-11-24T16:59", NEW_YORK)
    assert cutoffs.next_cutoff("ach", here) == cutoffs.next_cutoff("ach", here.astimezone(ZoneInfo("Asia/Tokyo")))


@pytest.mark.parametrize(("rail", "same_day"), OPEN)
@given(moment=MOMENTS)
def test_a_rail_that_never_closes_takes_it_at_once(rail, same_day, moment):
    window = cutoffs.next_cutoff(rail, moment, same_day=same_day)
    rule = cutoffs.rule(rail)
    assert window.cutoff_at == moment
    assert window.processing_on == moment.astimezone(ZoneInfo(rule.zone)).date()
    assert window.value_on == calendars.add_banking_days(window.processing_on, rule.value_days, calendar=rule.value_calendar)


def test_the_day_of_a_rail_that_never_closes_is_that_of_the_given_zone():
    moment = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    assert cutoffs.next_cutoff("book", moment).value_on == date(2026, 11, 25)
    assert cutoffs.next_cutoff("book", moment, zone=NEW_YORK).value_on == date(2026, 11, 24)


def test_a_card_pays_out_two_banking_days_later():
    assert cutoffs.next_cutoff("card", datetime(2026, 11, 28, 9, 0, tzinfo=UTC)).value_on == date(2026, 12, 1)


@pytest.mark.parametrize(("rail", "same_day"), CLOSING)
@given(moment=MOMENTS)
def test_the_next_cutoff_is_later_and_none_lies_between(rail, same_day, moment):
    rule = cutoffs.rule(rail, same_day=same_day)
    window = cutoffs.next_cutoff(rail, moment, same_day=same_day)
    assert window.cutoff_at > moment
    local = window.cutoff_at.astimezone(ZoneInfo(rule.zone))
    assert local.time() in rule.cutoffs()
    assert local.date() == window.processing_on
    assert calendars.is_banking_day(window.processing_on, calendar=rule.calendar)
    assert calendars.is_banking_day(window.value_on, calendar=rule.value_calendar)
    between = calendars.banking_days_between(window.processing_on, window.value_on, calendar=rule.value_calendar)
    assert between == rule.value_days
    # From any moment before it, it is the next or an earlier one is: never is it passed over.
    assert cutoffs.next_cutoff(rail, window.cutoff_at - INSTANT, same_day=same_day) == window
    assert cutoffs.next_cutoff(rail, moment - timedelta(hours=3), same_day=same_day).cutoff_at <= window.cutoff_at
    assert cutoffs.next_cutoff(rail, window.cutoff_at, same_day=same_day).cutoff_at > window.cutoff_at


@pytest.mark.parametrize(("rail", "same_day"), CLOSING)
@given(value_on=st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_the_last_cutoff_for_a_day_is_in_time_and_the_one_after_it_is_not(rail, same_day, value_on):
    window = cutoffs.last_cutoff(rail, value_on=value_on, same_day=same_day)
    assert window.value_on <= value_on
    assert cutoffs.next_cutoff(rail, window.cutoff_at, same_day=same_day).value_on > value_on


def test_a_collection_for_monday_goes_on_friday():
    window = cutoffs.last_cutoff("sepa_dd", value_on=date(2026, 11, 30))
    assert shown(window, FRANKFURT) == ("2026-11-27T11:30", "2026-11-27", "2026-11-30")


def test_a_rail_that_is_none_is_a_fault():
    for ask in (
        lambda: cutoffs.next_cutoff("pigeon", datetime.now(tz=UTC)),
        lambda: cutoffs.next_cutoff("wire", datetime.now(tz=UTC), same_day=True),
        lambda: cutoffs.last_cutoff("book", value_on=date(2026, 1, 1)),
    ):
        with pytest.raises(LookupError):
            ask()


def test_the_table_in_the_docs_is_the_table_in_the_code():
    lines = (settings.BASE_DIR / "docs" / "architecture.md").read_text(encoding="utf-8").split("\n")
    told = {}
    for line in lines:
        name, _, rest = line.removeprefix("| ").partition(" | ")
        for rail in re.findall(r"`(\w+)`", name):
            key = (rail, "same day" in name)
            if key in cutoffs.RULES and line.startswith("| `"):
                told[key] = rest
    assert set(told) == set(cutoffs.RULES)
    for key, rule in cutoffs.RULES.items():
        assert re.findall(r"\d\d:\d\d", told[key]) == [f"{cutoff:%H:%M}" for cutoff in rule.cutoffs()]
        assert ("every day" in told[key]) is (rule.calendar == calendars.Calendar.EVERY_DAY)

        assert any(words in told[key] for words in WORDS[rule.value_days])


def test_our_banks_deadlines_are_what_the_setting_says_and_others_stay(settings):
    noon = at("2026-11-24T12:00", NEW_YORK)
    assert shown(cutoffs.next_cutoff("ach", noon), NEW_YORK)[0] == "2026-11-24T17:00"
    settings.BANK_DEADLINES = settings.BANK_DEADLINES | {"ach": time(16, 0), "sepa_dd": time(9, 0)}
    assert shown(cutoffs.next_cutoff("ach", noon), NEW_YORK)[0] == "2026-11-24T15:30"
    assert cutoffs.last_cutoff("ach", value_on=date(2026, 11, 25)).cutoff_at == at("2026-11-24T15:30", NEW_YORK)
    assert cutoffs.closing("sepa_dd", date(2026, 11, 24)) == at("2026-11-24T08:30", FRANKFURT)
    assert shown(cutoffs.next_cutoff("ach", noon, same_day=True), NEW_YORK)[0] == "2026-11-24T14:15"
    assert shown(cutoffs.next_cutoff("sepa_ct", at("2026-11-24T12:00", FRANKFURT)), FRANKFURT)[0] == "2026-11-24T15:00"


def test_the_defaults_of_the_setting_are_the_tables_own():
    assert {(rail, False): (deadline,) for rail, deadline in bank_deadlines().items()} == {
        (rail, False): cutoffs.RULES[rail, False].deadlines for rail in BANK_DEADLINES
    }


def test_the_setting_is_read_by_rail(monkeypatch):
    monkeypatch.setenv("FLOWLET_BANK_DEADLINES", "ach:16:00, wire:18:00")
    assert bank_deadlines() == {**BANK_DEADLINES, "ach": time(16), "wire": time(18)}


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ("card:16:00", "'card' is none of ach, sepa_ct, sepa_dd, wire"),
        ("ach", "'ach' is not RAIL:HH:MM"),
        ("ach:4pm", "'ach:4pm' is not RAIL:HH:MM"),
        ("ach:24:00", "'ach:24:00' is not RAIL:HH:MM"),
        ("ach:02:30", "ach lies between 04:00 and 23:59"),
        ("wire:19:00", "wire lies between 04:00 and 18:45"),
    ],
)
def test_a_deadline_that_cannot_be_stops_the_start(monkeypatch, said, complaint):
    monkeypatch.setenv("FLOWLET_BANK_DEADLINES", said)
    with pytest.raises(ImproperlyConfigured, match=complaint):
        bank_deadlines()

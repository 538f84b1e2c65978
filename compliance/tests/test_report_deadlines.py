"""By when reports are due, travelling through the days."""

from datetime import date, timedelta

import pytest
from moneyed import Money

from compliance.policies import report_deadlines
from compliance.policies.report_deadlines import BeforeItsCause, Filer
from flowlet.core.errors import Invalid

DETERMINED = date(2028, 1, 31)  # a leap year is ahead


@pytest.mark.parametrize(
    ("has_suspect", "filer", "due_on"),
    [
        (True, Filer.BANK, date(2028, 3, 1)),
        (False, Filer.BANK, date(2028, 3, 31)),
        (True, Filer.MSB, date(2028, 3, 1)),
        (False, Filer.MSB, date(2028, 3, 1)),
    ],
)
def test_a_report_is_due_thirty_or_sixty_days_after_the_determination(has_suspect, filer, due_on):
    deadline = report_deadlines.sar_deadline(determined_on=DETERMINED, has_suspect=has_suspect, filer=filer)
    assert deadline.due_on == due_on
    assert deadline.rule.startswith("31 CFR 10")
    assert "determination" in deadline.reason


def test_the_days_to_a_deadline_pass_one_by_one_with_their_alarms():
    deadline = report_deadlines.sar_deadline(determined_on=DETERMINED, has_suspect=True)
    seen = {}
    for passed in range(33):
        on = DETERMINED + timedelta(days=passed)
        assert deadline.days_left(on=on) == 30 - passed
        assert deadline.is_overdue(on=on) is (passed > 30)
        seen[30 - passed] = deadline.alarm(on=on)
    assert [left for left, alarm in seen.items() if alarm is None] == list(range(30, 10, -1))
    assert [left for left, alarm in seen.items() if alarm == 10] == [10, 9, 8, 7, 6]
    assert [left for left, alarm in seen.items() if alarm == 5] == [5, 4, 3, 2]
    assert [left for left, alarm in seen.items() if alarm == 1] == [1, 0]
    assert [left for left, alarm in seen.items() if alarm == 0] == [-1, -2]
    assert deadline.alarms_on == (date(2028, 2, 20), date(2028, 2, 25), date(2028, 2, 29))


def test_continuing_activity_is_looked_at_after_ninety_days_and_filed_within_a_hundred_and_twenty():
    filed_on = date(2026, 11, 20)
    assert report_deadlines.continuing_review_on(filed_on=filed_on) == date(2027, 2, 18)
    assert report_deadlines.continuing_deadline(filed_on=filed_on).due_on == date(2027, 3, 20)


def test_cash_is_reported_within_fifteen_days_of_the_transaction():
    deadline = report_deadlines.ctr_deadline(transacted_on=date(2026, 12, 24))
    assert deadline.due_on == date(2027, 1, 8)
    assert not deadline.is_overdue(on=date(2027, 1, 8))
    assert deadline.is_overdue(on=date(2027, 1, 9))


def test_a_determination_does_not_precede_what_it_is_about():
    report_deadlines.check_determination(determined_on=DETERMINED, began_on=DETERMINED)
    with pytest.raises(BeforeItsCause):
        report_deadlines.check_determination(determined_on=DETERMINED, began_on=DETERMINED + timedelta(days=1))


def test_thresholds_are_those_of_the_institution():
    assert report_deadlines.reaches_threshold(Money("5000", "USD"))
    assert not report_deadlines.reaches_threshold(Money("4999.99", "USD"))
    assert report_deadlines.reaches_threshold(Money("2000", "USD"), filer=Filer.MSB)
    with pytest.raises(Invalid):
        report_deadlines.reaches_threshold(Money("5000", "EUR"))

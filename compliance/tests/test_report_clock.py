"""The clock of reports: each alarm once, who is due sooner first, and what was reported looked at again after ninety days."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.management import call_command

from accounts.choices import Role
from compliance import errors
from compliance.admin import work_boxes
from compliance.models import Report
from compliance.services import report_batches, report_clock, reports
from compliance.tasks.reports import BEAT, watch_reports
from compliance.tests.alert_world import person
from compliance.tests.reports_made import CTR, SAR
from compliance.tests.test_reports import AT, CHECKER, MAKER, answer, approved, content, drafted, filed
from flowlet.audit.models import Record
from flowlet.core.actors import system
from flowlet.core.errors import Forbidden

pytestmark = pytest.mark.django_db
CLOCK = system("compliance.watch_reports")
DUE = date(2026, 12, 2)


def on(day):
    return datetime.combine(day, time(9), UTC)


def remind(days_before):
    return report_clock.remind(actor=CLOCK, at=on(DUE - timedelta(days=days_before)))


def told(row, action="compliance.report.reminded"):
    return list(Record.objects.filter(target=row.public_id, action=action).order_by("id").values_list("reason", flat=True))


def again(day):
    return report_clock.look_again(actor=CLOCK, at=on(day))


def state(row):
    row.refresh_from_db()
    return row.follow_up


def test_each_alarm_is_told_once_and_brings_the_report_forward():
    row = drafted()
    seen = []
    for days in (11, 10, 10, 9, 5, 5, 4, 1, 0, -1, -1, -30):
        made = remind(days)
        row.refresh_from_db()
        seen.append((days, made, row.alarm, row.priority))
    assert seen == [
        (11, 0, None, 50),
        (10, 1, 10, 60),
        (10, 0, 10, 60),
        (9, 0, 10, 60),
        (5, 1, 5, 70),
        (5, 0, 5, 70),
        (4, 0, 5, 70),
        (1, 1, 1, 90),
        (0, 0, 1, 90),
        (-1, 1, 0, 100),
        (-1, 0, 0, 100),
        (-30, 0, 0, 100),
    ]
    assert told(row) == [
        "Due on 2026-12-02: 10 days left.",
        "Due on 2026-12-02: 5 days left.",
        "Due on 2026-12-02: 1 days left.",
        "Late since 2026-12-02.",
    ]


def test_a_clock_that_stood_still_tells_the_alarm_that_is_on():
    row = drafted()
    assert remind(-3) == 1
    assert told(row) == ["Late since 2026-12-02."]


def test_whoever_it_waits_for_it_is_reminded_of_until_it_leaves():
    waiting, done = approved(), drafted(CTR)
    reports.withdraw(report_id=done.pk, reason="below the threshold", actor=MAKER, at=AT)
    assert remind(5) == 1
    assert told(waiting) and not told(done)
    report_batches.file(kind="SAR", actor=CHECKER, at=AT)
    assert remind(1) == 0


def test_another_day_begins_the_alarms_anew():
    row = drafted()
    assert remind(5) == 1
    later = DUE - timedelta(days=20)
    reports.change(report_id=row.pk, content=content(), determined_on=later, reason="found later", actor=MAKER, at=on(later))
    assert Report.objects.get(pk=row.pk).alarm is None
    assert report_clock.remind(actor=CLOCK, at=on(later + timedelta(days=20))) == 1


def test_what_was_reported_is_looked_at_again_after_ninety_days_and_once():
    filed(SAR)
    row = Report.objects.get()
    assert row.filed_on == date(2026, 11, 22)
    assert again(date(2027, 2, 19)) == 0
    assert again(date(2027, 2, 20)) == 1
    assert again(date(2027, 2, 21)) == 0
    assert state(row) == "DUE"
    assert told(row, "compliance.report.to_look_at_again") == ["A report of continuing activity is in time until 2027-03-22."]
    for who, refusal in ((CLOCK, Forbidden), (MAKER, None), (MAKER, errors.NotToFollow)):
        given = {"report_id": row.pk, "reason": "no credits since", "actor": who, "at": on(date(2027, 2, 22))}
        if refusal is None:
            report_clock.nothing_went_on(**given)
        else:
            with pytest.raises(refusal):
                report_clock.nothing_went_on(**given)
    assert (state(row), told(row, "compliance.report.looked_at_again")) == ("DONE", ["no credits since"])
    assert again(date(2027, 8, 1)) == 0


def test_a_continuing_report_is_the_look_and_one_that_is_not_filed_is_none():
    batch = filed(SAR)
    row = Report.objects.get()
    report_batches.acknowledge(batch_id=batch.pk, content=answer(("31000000000001", "")), actor=CHECKER, at=AT)
    day = date(2027, 2, 20)
    assert again(day) == 1
    follower = reports.go_on(report_id=row.pk, actor=MAKER, at=on(day))
    assert state(row) == "DONE"
    reports.withdraw(report_id=follower.pk, reason="nothing to tell", actor=MAKER, at=on(day))
    assert state(row) == ""
    assert (again(day), state(row)) == (1, "DUE")
    reports.go_on(report_id=row.pk, actor=MAKER, at=on(day))
    Report.objects.filter(pk=row.pk).update(follow_up="")
    assert (again(day), state(row)) == (0, "DONE"), "it is followed already"


def test_an_amendment_has_no_ninety_days_of_its_own_and_cash_has_none():
    filed(SAR)
    row = Report.objects.get()
    made = reports.amend(report_id=row.pk, determined_on=AT.date(), actor=MAKER, at=AT)
    reports.propose(report_id=made.pk, actor=MAKER, at=AT)
    reports.approve(report_id=made.pk, actor=CHECKER, at=AT)
    report_batches.file(kind="SAR", actor=CHECKER, at=AT)
    filed(CTR)
    assert again(date(2027, 3, 1)) == 1
    assert (state(row), state(made)) == ("DUE", "DONE")


def test_the_first_page_counts_both_and_says_what_is_late(monkeypatch):
    filed(SAR)
    row = drafted()
    remind(10)
    again(date(2027, 2, 20))
    for now, late in ((on(date(2027, 2, 20)), (True, False)), (on(date(2027, 3, 23)), (True, True))):
        monkeypatch.setattr(work_boxes.clock, "now", lambda now=now: now)
        boxes = work_boxes._running_out(None), work_boxes._to_look_at_again(None)
        assert [box.count for box in boxes] == [1, 1]
        assert tuple(box.is_late for box in boxes) == late
    assert [box.url.partition("?")[2] for box in boxes] == ["queue=waiting&due=10", "queue=again"]
    assert row.pk != Report.objects.get(follow_up="DUE").pk


def test_the_schedule_and_the_command_have_it(monkeypatch):
    filed(SAR)
    row = Report.objects.get()
    monkeypatch.setattr("compliance.tasks.reports.clock.now", lambda: on(date(2027, 2, 20)))
    watch_reports()
    assert state(row) == "DUE"
    assert BEAT["compliance-watch-reports"]["task"] == watch_reports.name
    person("ada", Role.COMPLIANCE_OFFICER)
    given = ("export_reports", "nothing-went-on", row.public_id, "--as", "ada@flowlet.test", "--reason", "looked at all credits")
    call_command(*given)
    assert state(row) == "DONE"

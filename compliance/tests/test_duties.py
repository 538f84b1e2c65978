"""The register of duties: shipped once, met in turn, proven by live figures."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, transaction

from accounts.choices import Role
from accounts.roles import permissions_of
from accounts.services import customers, partners
from compliance import errors
from compliance.models import Duty, DutyFulfilment
from compliance.services import duties, duty_evidence, rights
from flowlet.audit.models import Record
from flowlet.core import actors
from flowlet.core.errors import Invalid

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROBOT = actors.system("tests")
pytestmark = pytest.mark.django_db


@pytest.fixture
def register():
    """The shipped duties."""
    assert duties.bring_in(actor=ROBOT, at=AT) == len(duties.SHIPPED)


def duty(code):
    return Duty.objects.get(code=code)


def fulfil(code, at=AT):
    return duties.fulfil(duty_id=duty(code).pk, reason="seen to it", actor=ROBOT, at=at)


def test_shipped_duties_come_once_and_stay_as_officers_left_them(register):
    duties.save(duty_id=duty("training").pk, title="Train everybody", reason="wider", actor=ROBOT, at=AT)
    assert duties.bring_in(actor=ROBOT, at=AT) == 0
    assert duty("training").title == "Train everybody"


def test_every_shipped_duty_has_source_control_owner_and_a_query_that_there_is(register):
    for row in Duty.objects.all():
        assert all([row.title, row.source, row.control, row.owner])
        assert row.evidence in {"", *duty_evidence.QUERIES}
        assert any(character.isdigit() for character in row.source) or row.source.startswith("FATF")
    assert set(duty_evidence.QUERIES) <= {row.evidence for row in Duty.objects.all()}


@pytest.mark.parametrize(
    ("code", "first", "next_one"),
    [
        ("sanctions-lists", date(2026, 3, 9), date(2026, 3, 16)),
        ("retention", date(2026, 4, 2), date(2026, 5, 2)),
        ("fatf-lists", date(2026, 5, 28), date(2026, 8, 28)),
        ("ofac-annual", date(2026, 9, 30), date(2027, 9, 30)),
        ("cip", None, None),
    ],
)
def test_a_duty_comes_round_in_its_turn(register, code, first, next_one):
    assert duty(code).due_on == first
    at = AT if first is None else datetime(first.year, first.month, first.day, 12, tzinfo=UTC)
    assert fulfil(code, at).due_on == next_one
    assert duty(code).fulfilled_on == at.date()


def test_a_duty_met_late_is_next_due_after_today_and_on_its_own_day(register):
    assert fulfil("retention", datetime(2026, 8, 20, tzinfo=UTC)).due_on == date(2026, 9, 2)
    kept = DutyFulfilment.objects.get()
    assert (kept.due_on, kept.note) == (date(2026, 4, 2), "seen to it")


def test_a_duty_of_a_months_last_days_comes_back_to_its_day_after_a_short_month():
    noon = datetime(2027, 1, 31, 12, tzinfo=UTC)
    duties.bring_in(actor=ROBOT, at=noon)
    days = [duty("retention").due_on]
    for _ in range(3):
        days.append(fulfil("retention", datetime.combine(days[-1], noon.timetz())).due_on)
    assert days == [date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30), date(2027, 5, 31)]
    duties.save(duty_id=duty("retention").pk, due_on=date(2027, 6, 15), reason="moved", actor=ROBOT, at=noon)
    assert fulfil("retention", datetime(2027, 6, 15, tzinfo=UTC)).due_on == date(2027, 7, 15)


def test_what_is_due_is_said_two_weeks_ahead(register):
    assert [row.code for row in duties.due(on=date(2026, 3, 8))] == []
    assert [row.code for row in duties.due(on=date(2026, 3, 9))] == ["sanctions-lists"]
    duties.save(duty_id=duty("sanctions-lists").pk, is_retired=True, reason="no more", actor=ROBOT, at=AT)
    assert [row.code for row in duties.due(on=date(2026, 3, 9))] == []
    with pytest.raises(errors.DutyNotFound):
        fulfil("sanctions-lists")


def test_figures_are_live_and_kept_as_they_were_when_the_duty_was_met(register):
    partner = partners.create(name="Acme", country="DE", actor=ROBOT, at=AT).sandbox
    one = customers.create(partner_id=partner.pk, kind="PERSON", name="Ada", country="DE", actor=ROBOT, at=AT)
    rights.receive(customer_id=one.pk, kind="ACCESS", actor=ROBOT, at=AT)
    figures = {figure.label: (figure.value, figure.is_good) for figure in duties.figures(duty("rights"), at=AT)}
    assert figures == {"Requests of persons open": ("1", True), "overdue": ("0", True)}
    late = AT + timedelta(days=40)
    assert [figure.is_good for figure in duties.figures(duty("rights"), at=late)] == [True, False]
    fulfil("rights", late)
    assert DutyFulfilment.objects.get().figures[1] == {"label": "overdue", "value": "1", "is_good": False}


@pytest.mark.parametrize("name", sorted(duty_evidence.QUERIES))
def test_every_query_answers_on_an_empty_platform(name):
    found = duty_evidence.figures(name, at=AT)
    assert found and all(figure.label and figure.value for figure in found)


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": ""},
        {"code": "training"},
        {"evidence": "magic"},
        {"recurrence": "ALWAYS"},
        {"due_on": None},
        {"code": "No Capitals"},
    ],
)
def test_a_duty_without_sense_is_refused(register, wrong):
    given = {"code": "new-one", "title": "x", "source": "31 CFR 1", "control": "x", "evidence": "", "owner": Role.FINANCE}
    given |= {"recurrence": "YEARLY", "due_on": date(2027, 1, 1), "is_retired": False, **wrong}
    with pytest.raises(Invalid):
        duties.save(**given, reason="because", actor=ROBOT, at=AT)
    assert Duty.objects.count() == len(duties.SHIPPED)


def test_every_step_is_in_the_audit_and_what_was_done_cannot_be_rewritten(register):
    fulfil("training")
    assert Record.objects.filter(action="compliance.duty.fulfilled").count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute("UPDATE compliance_dutyfulfilment SET note = 'x'")


def test_whoever_owns_a_shipped_duty_may_say_that_it_was_met(register, staff_of):
    for role in set(Duty.objects.values_list("owner", flat=True)):
        assert {"compliance.view_duty", "compliance.work_duty"} <= permissions_of(staff_of(role))


def test_the_command_lists_shows_and_meets(staff_of, capsys):
    acting = ["--as", staff_of(Role.COMPLIANCE_MANAGER).email]
    call_command("duties", "bring-in", *acting)
    row = duty("sanctions-lists")
    call_command("duties", "show", row.public_id)
    call_command("duties", "fulfil", row.public_id, "--reason", "lists are fresh", *acting)
    said = capsys.readouterr().out
    assert f"{len(duties.SHIPPED)} duties came." in said and "none (look)" in said and "sanctions-lists: next" in said


def test_the_command_writes_a_duty_down_changes_and_retires_it(db, staff_of, capsys):
    acting = ["--reason", "board of March", "--as", staff_of(Role.COMPLIANCE_MANAGER).email]
    told = ["--title", "Tell the board", "--source", "AMLR Art. 9", "--control", "A report", "--owner", "compliance_manager"]
    call_command("duties", "create", "board-report", *told, "--recurrence", "yearly", "--due-on", "2030-01-31", *acting)
    row = duty("board-report")
    assert (row.due_on, row.owner, row.evidence) == (date(2030, 1, 31), "COMPLIANCE_MANAGER", "")
    call_command("duties", "edit", row.public_id, "--title", "Tell the whole board", "--evidence", "rights_answered", *acting)
    row.refresh_from_db()
    assert (row.title, row.evidence, row.source, row.due_on) == (
        "Tell the whole board",
        "rights_answered",
        "AMLR Art. 9",
        date(2030, 1, 31),
    )
    with pytest.raises(CommandError, match="title"):
        call_command("duties", "edit", row.public_id, "--title", "x" * 201, *acting)
    call_command("duties", "edit", row.public_id, "--recurrence", "always", "--retired", "yes", *acting)
    row.refresh_from_db()
    assert (row.due_on, row.is_retired, row.title) == (None, True, "Tell the whole board")
    reasons = Record.objects.filter(action="compliance.duty.changed").values_list("reason", flat=True)
    assert list(reasons) == ["board of March"] * 3

"""What holds for every queue: different items for everybody, skills, locks, given one by one and by many, spread, filters that are kept."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, connections

from accounts.choices import Role
from accounts.models import User
from compliance import errors
from compliance.choices.work import SKILLS
from compliance.models import Alert, Case, CustomerRisk, Report, SavedFilter, Verification
from compliance.policies.work import TERMS
from compliance.selectors import work
from compliance.services import queues, reports, saved_filters
from compliance.tests.alert_world import AT, SYSTEM, person, world
from compliance.tests.work_made import FIRSTS, made, user
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, signed_in

NOW = AT + timedelta(hours=1)
MANAGER = Role.COMPLIANCE_MANAGER
COMMANDS = {Alert: "alerts", Case: "cases", Verification: "verifications", CustomerRisk: "risk", Report: "export_reports"}
FILTERS = {
    "alerts": lambda row: "kind=MONITORING",
    "cases": lambda row: "urgency=high",
    "verifications": lambda row: "level=BASIC",
    "reviews": lambda row: f"band={row.band}",
    "reports": lambda row: "kind=SAR",
}


def skill_of(queue):
    """A skill that reaches all that ``made`` makes for the queue, and one that reaches nothing of it."""
    skill = {"alerts": "MONITORING", "hits": "SCREENING"}.get(queue, work.queue(queue).skill)
    return skill, next(one for one in SKILLS if one != skill)


def skilled(actor, *kinds, most_open=20):
    queues.set_skills(person=user(actor), kinds=kinds, most_open=most_open, actor=person("boss", MANAGER), at=NOW)
    return actor


@pytest.fixture
def at_once(transactional_db):
    """Calls a function with each argument, all in the same moment, each in a thread with a connection of its own."""

    def call(function, arguments, **more):
        gate = threading.Barrier(len(arguments))

        def one(argument):
            connection.ensure_connection()
            gate.wait(30)
            return function(argument, **more)

        return list(pool.map(one, arguments))

    with ThreadPoolExecutor(22) as pool:
        yield call
        call(lambda _: connections.close_all(), range(22))


def test_in_every_queue_twenty_who_press_next_at_once_get_twenty_different_items_the_most_urgent_first(at_once):
    """One database that is committed to for all queues: making one takes longer than the test."""
    able = [person(f"officer-{n}", MANAGER) for n in range(20)]
    strangers, elsewhere = [person(f"stranger-{n}", MANAGER) for n in range(2)], person("elsewhere", MANAGER)
    for queue in work.QUEUES:
        rows, by_skill = made(queue, 24, company=queue), bool(work.queue(queue).skill)
        model, (skill, other) = type(rows[0]), skill_of(queue)
        queues.hold(item_id=rows[-1].pk, model=model, actor=elsewhere, at=NOW)
        queues.assign(item_id=rows[-2].pk, model=model, person=user(elsewhere), actor=elsewhere, at=NOW)
        for officer in (*able[:3], *strangers) if by_skill else ():
            skilled(officer, other if officer in strangers else skill)
        pressing = able + (strangers if by_skill else [])
        filters = {} if model is Report else {"partner": rows[0].partner.public_id}

        given = at_once(lambda who, **of: queues.next_item(actor=who, at=NOW, **of), pressing, queue=queue, filters=filters)

        assert {row.pk for row in given[:20]} == {row.pk for row in rows[2:22]}, queue
        assert [row.locked_by.public_id for row in given[:20]] == [officer.id for officer in able], queue
        assert given[20:] == [None] * (len(pressing) - 20), queue


@pytest.mark.parametrize("queue", FIRSTS)
def test_work_of_every_kind_is_spread_by_skill_and_the_load_of_all_work(db, queue):
    skill, other = skill_of(queue)
    rows = made(queue, 4)
    model, boss = type(rows[0]), person("boss", MANAGER)
    ada, ben = skilled(person("ada", MANAGER), skill, most_open=3), skilled(person("ben", MANAGER), skill, most_open=2)
    skilled(person("eve", MANAGER), other)
    queues.take(item_id=world("Another").alert().pk, actor=ada, at=NOW)
    queues.hold(item_id=rows[3].pk, model=model, actor=boss, at=NOW)

    def whose():
        return [model.objects.get(pk=row.pk).assignee for row in reversed(rows)]

    assert queues.spread(model=model, actor=SYSTEM, at=NOW) == 3
    assert whose() == [None, user(ben), user(ada), user(ben)], "what is open stays, and ada has an alert already"
    assert queues.spread(model=model, actor=SYSTEM, at=NOW + timedelta(hours=1)) == 1
    assert whose()[0] == user(ada), "ben has all that he is given at a time"


@pytest.mark.parametrize("queue", FIRSTS)
def test_who_has_other_skills_is_offered_what_was_given_to_them_all_the_same(db, queue):
    first, given = made(queue, 2)
    ada = skilled(person("ada", MANAGER), skill_of(queue)[1])
    assert queues.next_item(queue=queue, actor=ada, at=NOW) is None
    queues.take(item_id=given.pk, model=type(given), actor=ada, at=NOW)
    assert queues.next_item(queue=queue, actor=ada, at=NOW).pk == given.pk
    assert type(first).objects.get(pk=first.pk).locked_by is None


def test_what_one_person_proposed_is_not_spread_to_them(db):
    [row] = made("verifications", 1)
    ada, ben = (skilled(person(name, MANAGER), "VERIFICATION") for name in ("ada", "ben"))
    Verification.objects.update(proposed_by=str(ada), proposed_at=NOW, needs_two=True)
    assert queues.spread(model=Verification, actor=SYSTEM, at=NOW) == 1
    row.refresh_from_db()
    assert row.assignee == user(ben)


def test_a_report_is_locked_by_who_has_it_open_and_let_go_by_the_decision(db):
    [row] = made("reports", 1)
    ada, ben = person("ada"), person("ben", MANAGER)
    assert (row.opened_at, row.due_at.date(), row.due_at.hour) == (AT, row.due_on + timedelta(days=1), 0)
    queues.next_item(queue="reports", actor=ada, at=NOW)
    for deed in (reports.propose, lambda **given: reports.withdraw(reason="the invoice was real", **given)):
        with pytest.raises(errors.ItemTaken, match="Ada has it open"):
            deed(report_id=row.pk, actor=ben, at=NOW)
    with pytest.raises(errors.ItemTaken):
        reports.change(report_id=row.pk, content=reports.content_of(row), reason="the amount", actor=ben, at=NOW)
    queues.take(item_id=row.pk, model=Report, actor=ada, at=NOW)
    proposed = reports.propose(report_id=row.pk, actor=ada, at=NOW)
    assert (proposed.locked_by, proposed.assignee) == (None, None)
    assert queues.next_item(queue="filings", actor=ben, at=NOW).pk == row.pk
    [record] = Record.objects.filter(target=row.public_id, action="compliance.report.assigned")
    assert (record.partner_id, record.after) == (None, {"assignee": ada.id})


def closing(disposition, reason_code):
    return {"disposition": disposition, "reason_code": reason_code, "words": "One cause"}


@pytest.mark.parametrize(
    ("kind", "scenario", "how", "done"),
    [
        ("MONITORING", "structuring", closing("FALSE_POSITIVE", "RULE_TOO_BROAD"), True),
        ("MONITORING", "structuring", closing("EXPLAINED", "SINGLE_EVENT"), True),
        ("MONITORING", "structuring", closing("CONFIRMED", "NO_EXPLANATION"), False),
        ("SCREENING", "pep", closing("HIT_CLEARED", "NAME_ONLY"), True),
        ("SCREENING", "own_list", closing("HIT_CLEARED", "NAME_ONLY"), True),
        ("SCREENING", "pep", closing("HIT_CONFIRMED", "SAME_PERSON"), False),
        ("SCREENING", "sanctions", closing("HIT_CLEARED", "NAME_ONLY"), False),
    ],
)
def test_suspicions_and_names_on_sanctions_lists_are_never_decided_with_many(db, kind, scenario, how, done):
    alert = world().alert(kind=kind, scenario=scenario)
    result = queues.close_many(alert_ids=[alert.pk], **how, actor=person("ada"), at=NOW)
    alert.refresh_from_db()
    assert (result.done, bool(alert.disposition)) == (done, done)
    assert list(result.refused) == ([] if done else [alert.public_id])


@pytest.mark.parametrize("queue", FIRSTS)
def test_every_page_gives_many_spreads_and_keeps_filters_which_next_stays_in(db, queue):
    rows = made(queue, 3)
    model, boss, ada = type(rows[0]), person("boss", MANAGER), person("ada", MANAGER)
    client, listing = signed_in(user(boss)), cells.admin_url(type(rows[0]), "changelist")
    narrow = FILTERS[queue](rows[0])
    form = client.get(f"{listing}do/assign_many/?queue={queue}&{narrow}").content.decode()
    assert all(row.public_id in form for row in rows), "what waits in the queue and its filter is offered"
    given = {"items": [row.public_id for row in rows[1:]], "person": str(user(ada).pk), "reason": "Knows them"}
    client.post(f"{listing}do/assign_many/?queue={queue}", given)
    assert set(model.objects.filter(assignee=user(ada)).values_list("pk", flat=True)) == {row.pk for row in rows[1:]}
    assert Record.objects.filter(action=TERMS[model].fact, reason="Knows them").count() == 2
    client.post(f"{listing}keep/?queue={queue}&{narrow}&owner=nobody", {"name": "Nobody's"})
    shown = client.get(f"{listing}?queue={queue}").content.decode()
    assert f'href="?queue={queue}&amp;{narrow}&amp;owner=nobody"' in shown
    assert "do/spread/" in shown
    asks = ["Keep this filter as" in client.get(f"{listing}?queue={place}").content.decode() for place in (queue, "all")]
    assert asks == [True, False], "what is kept is a queue's"
    opened = client.post(f"{listing}next/?queue={queue}&{narrow}&owner=nobody")["Location"]
    assert opened == f"{cells.admin_url(rows[0])}?queue={queue}&{narrow}&owner=nobody"
    assert client.post(f"{listing}next/?queue={queue}&{narrow.partition('=')[0]}=nonsense").status_code == 302
    assert "There is no filter" in client.get(listing).content.decode()
    skilled(ada, skill_of(queue)[0])
    queues.leave(item_id=rows[0].pk, model=model, actor=boss, at=NOW)
    client.post(f"{listing}do/spread/")
    assert model.objects.get(pk=rows[0].pk).assignee == user(ada)
    other = cells.admin_url(Case if model is Alert else Alert, "changelist")
    assert "Nobody&#x27;s</a>" in shown and "owner=nobody&quot;" not in client.get(other).content.decode()
    officer = signed_in(user(person("officer")))
    assert officer.post(f"{listing}do/assign_many/", given).status_code == 403


@pytest.mark.parametrize("queue", FIRSTS)
def test_every_command_of_a_queue_has_the_words_of_its_page(db, queue, capsys):
    rows = made(queue, 3)
    model, boss, ada = type(rows[0]), person("boss", MANAGER), person("ada", MANAGER)
    command, narrow = COMMANDS[model], FILTERS[queue](rows[0])

    def do(*words, by=boss):
        call_command(command, *words, "--as", user(by).email)
        return capsys.readouterr().out

    do("keep-filter", "Mine", "--filter", narrow, "--filter", "owner=mine")
    assert do("filters").strip() == f"Mine  queue={queue}&{narrow}&owner=mine"
    do("assign", rows[0].public_id, "--to", user(ada).email)
    assert model.objects.get(pk=rows[0].pk).assignee == user(ada), "to whom it was given, not who gave it"
    record = Record.objects.filter(target=rows[0].public_id, action=TERMS[model].fact).latest("id")
    assert record.actor_id == boss.id
    do("take", rows[1].public_id)
    assert [row.public_id in do("list", "--saved", "Mine") for row in rows] == [False, True, False]
    assert rows[1].public_id in do("next", "--saved", "Mine")
    assert rows[2].public_id in do("list", "--filter", "owner=nobody")
    assert do("assign-many", "--filter", "owner=nobody", "--to", user(ada).email).strip() == "1 done."
    assert do("spread").strip() == "0 given."
    do("remove-filter", "Mine")
    assert not SavedFilter.objects.exists()
    with pytest.raises(CommandError, match="You keep no filter Mine"):
        do("next", "--saved", "Mine")
    with pytest.raises(CommandError, match="manage_queue"):
        do("assign-many", "--to", user(ada).email, by=person("officer"))


def test_a_kept_filter_of_other_work_is_refused(db):
    ada = person("ada")
    saved_filters.keep(person=user(ada), name="Late", queue="cases", filters={"due": "late"}, at=NOW)
    with pytest.raises(CommandError, match="Late is of the queue cases"):
        call_command("alerts", "list", "--saved", "Late", "--as", user(ada).email)


def test_how_many_reports_somebody_has_is_shown_to_those_alone_who_may_know_of_reports(db):
    [row] = made("reports", 1)
    officer = skilled(person("ada"), "REPORT")
    queues.take(item_id=row.pk, model=Report, actor=officer, at=NOW)
    has = {}
    for role in (Role.AUDITOR, MANAGER):
        who = User.objects.create_user(f"{role}@flowlet.test".lower(), name="Somebody", is_staff=True, roles=[role])
        shown = signed_in(who).get("/admin/compliance/officerskill/").context["cl"].result_list
        has[role] = [row.open_count for row in shown]
    assert has == {Role.AUDITOR: [0], MANAGER: [1]}


def test_the_form_of_a_report_keeps_others_out_as_long_as_it_is_open(db):
    [row] = made("reports", 1)
    ada, ben = person("ada"), person("ben")
    opened = press(signed_in(user(ada)), row, "fill", reason="to complete the draft")
    shown = signed_in(user(ada)).get(opened["Location"]).content.decode()
    hold = shown.partition('data-hold="')[2].partition('"')[0]
    assert signed_in(user(ada)).post(hold).status_code == 200
    refused = press(signed_in(user(ben)), row, "fill", reason="to complete the draft")
    assert (refused.status_code, "Ada has it open" in refused.content.decode()) == (409, True)

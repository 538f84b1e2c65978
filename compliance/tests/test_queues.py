"""Queues of alerts: the most urgent first, within the filter; what is open is locked; work is given by skill and load."""

from datetime import timedelta

import pytest

from accounts.choices import Role
from accounts.models import Partner, User
from compliance import errors, events
from compliance.choices import AlertState
from compliance.models import Alert, Case, SavedFilter
from compliance.policies.work import LOCK
from compliance.selectors import work
from compliance.services import alerts, queues, saved_filters
from compliance.tests.alert_world import AT, SYSTEM, person, world
from flowlet.audit.models import Record
from flowlet.core.errors import Forbidden, FourEyesRequired, Invalid
from flowlet.core.states import IllegalMove

NOW = AT + timedelta(days=1)


@pytest.fixture
def here(db):
    return world()


@pytest.fixture
def ada(db):
    return person("ada")


@pytest.fixture
def ben(db):
    return person("ben")


@pytest.fixture
def boss(db):
    return person("boss", Role.COMPLIANCE_MANAGER)


def user(actor):
    return User.fetch(actor.id)


def press_next(actor, queue="alerts", at=NOW, **more):
    return queues.next_item(queue=queue, actor=actor, at=at, **more)


def close(alert, actor):
    return alerts.decide(alert_id=alert.pk, disposition="FALSE_POSITIVE", reason_code="USUAL_BEHAVIOUR", actor=actor, at=NOW)


def propose(alert, actor):
    return alerts.decide(alert_id=alert.pk, disposition="CONFIRMED", reason_code="NO_EXPLANATION", actor=actor, at=NOW)


def test_the_most_urgent_comes_first_then_what_is_due_then_what_is_older(here, ada):
    low = here.alert("a", scenario="low", priority=10)
    late = here.alert("b", scenario="late", priority=60, at=AT + timedelta(hours=2))
    early = here.alert("c", scenario="early", priority=60, at=AT)
    twin = here.alert("d", scenario="twin", priority=60, at=AT)
    urgent = here.alert("e", scenario="urgent", priority=90)
    for expected in (urgent, early, twin, late, low):
        found = press_next(ada)
        assert found.pk == expected.pk
        close(found, ada)
    assert press_next(ada) is None


def test_what_is_open_is_nobody_elses_until_the_lock_runs_out_or_it_is_left(here, ada, ben):
    only = here.alert()
    assert press_next(ada).pk == only.pk
    assert press_next(ada).pk == only.pk, "it stays one's own"
    assert press_next(ben) is None
    with pytest.raises(errors.ItemTaken, match="Ada has it open"):
        queues.hold(item_id=only.pk, actor=ben, at=NOW)
    queues.hold(item_id=only.pk, actor=ada, at=NOW + LOCK / 2)
    assert press_next(ben, at=NOW + LOCK) is None
    assert press_next(ben, at=NOW + LOCK * 3 / 2).pk == only.pk
    assert not queues.leave(item_id=only.pk, actor=ada, at=NOW)
    assert queues.leave(item_id=only.pk, actor=ben, at=NOW)
    assert press_next(ada, at=NOW).pk == only.pk


def test_a_decision_lets_go(here, ada, ben):
    found = press_next(ada) if here.alert() else None
    assert propose(found, ada).locked_by is None
    assert press_next(ben, "second").pk == found.pk


def test_next_after_an_item_lets_it_go_and_goes_down_the_order_and_begins_again(here, ada, ben):
    first, second, third = reversed(here.alerts(3))
    assert press_next(ada).pk == first.pk
    assert press_next(ada, after=first.pk).pk == second.pk
    assert press_next(ben).pk == first.pk
    assert press_next(ada, after=second.pk).pk == third.pk
    assert press_next(ada, after=third.pk).pk == second.pk
    assert Alert.objects.filter(locked_by=user(ada)).count() == 1


@pytest.mark.parametrize(
    ("filters", "scenario"),
    [
        ({}, "urgent"),
        ({"kind": "RISK"}, "risk"),
        ({"scenario": "plain"}, "plain"),
        ({"urgency": "high"}, "high"),
        ({"urgency": "other", "kind": "MONITORING"}, "plain"),
        ({"owner": "mine"}, "mine"),
        ({"owner": "nobody", "urgency": "high"}, "high"),
        ({"due": "late"}, "urgent"),
        ({"due": "day", "urgency": "other"}, None),
        ({"partner": "theirs"}, None),
    ],
)
def test_next_stays_in_the_filter(here, ada, filters, scenario):
    for name, more in {
        "plain": {},
        "risk": {"kind": "RISK", "priority": 5},
        "high": {"priority": 60},
        "urgent": {"priority": 80},
        "mine": {"priority": 30},
    }.items():
        here.alert(name, scenario=name, **more)
    queues.take(item_id=Alert.objects.get(scenario="mine").pk, actor=ada, at=NOW)
    other = Partner.objects.create(name="Other", mode="LIVE", status="ACTIVE", country="US", time_zone="UTC")
    filters = {name: other.public_id if value == "theirs" else value for name, value in filters.items()}
    found = press_next(ada, filters=filters)
    assert (found.scenario if found else None) == scenario


@pytest.mark.parametrize(
    "asked",
    [
        {"queue": "nonsense"},
        {"filters": {"nonsense": "1"}},
        {"filters": {"kind": "NONSENSE"}},
        {"filters": {"urgency": "nonsense"}},
        {"filters": {"partner": "par_1"}},
        {"filters": {"due": "-99999999999"}},
        {"filters": {"due": "-999999"}},
        {"filters": {"scenario": "a\0b"}},
    ],
)
def test_refuses_a_queue_or_a_filter_that_there_is_not(here, ada, asked):
    here.alert()
    with pytest.raises(errors.QueueUnknown):
        press_next(ada, **asked)


@pytest.mark.parametrize(
    ("role", "queue", "may"),
    [
        (Role.COMPLIANCE_OFFICER, "alerts", True),
        (Role.COMPLIANCE_OFFICER, "escalated", False),
        (Role.COMPLIANCE_MANAGER, "escalated", True),
        (Role.AUDITOR, "alerts", False),
        (Role.FRAUD_ANALYST, "alerts", False),
    ],
)
def test_a_queue_is_for_those_who_hold_its_right(here, ada, role, queue, may):
    alert = here.alert()
    if queue == "escalated":
        alerts.escalate(alert_id=alert.pk, reason="Too large for me", actor=ada, at=NOW)
    them = person("them", role)
    if may:
        assert press_next(them, queue).pk == alert.pk
    else:
        with pytest.raises(Forbidden):
            press_next(them, queue)


def test_a_process_takes_nothing(here):
    here.alert()
    with pytest.raises(Forbidden):
        press_next(SYSTEM)


def test_what_was_proposed_is_offered_to_everybody_but_who_proposed_it(here, ada, ben):
    alert = here.alert()
    propose(alert, ada)
    assert press_next(ada, "second") is None
    assert press_next(ben) is None, "it is nobody's first decision any more"
    assert press_next(ben, "second").pk == alert.pk


@pytest.mark.parametrize(
    ("worked", "filters", "scenarios"),
    [
        (("LIVE",), {}, ["live"]),
        (("LIVE",), {"mode": "SANDBOX"}, ["sandbox"]),
        (("LIVE",), {"partner": "sandbox"}, ["sandbox"]),
        (("LIVE", "SANDBOX"), {}, ["sandbox", "live"]),
        (("LIVE", "SANDBOX"), {"mode": "LIVE"}, ["live"]),
    ],
)
def test_queues_hold_the_modes_that_officers_work_on_and_another_where_it_is_asked_for(
    here, ada, boss, settings, worked, filters, scenarios
):
    settings.WORKED_MODES = worked
    sandbox = Partner.objects.create(name="Acme", mode="SANDBOX", status="ACTIVE", country="US", time_zone="UTC")
    here.alert("a", scenario="live", priority=40)
    here.alert("b", scenario="sandbox", priority=90, partner_id=sandbox.pk, customer_id=None)
    filters = {name: sandbox.public_id if value == "sandbox" else value for name, value in filters.items()}
    found = work.waiting(work.queue("alerts"), person=user(ada), at=NOW, filters=filters)
    assert [alert.scenario for alert in found] == scenarios
    assert press_next(ada, filters=filters).scenario == scenarios[0]
    queues.set_skills(person=user(ada), kinds=["MONITORING"], most_open=5, actor=boss, at=NOW)
    assert queues.spread(actor=SYSTEM, at=NOW + LOCK) == len(worked)


def test_who_has_skills_is_offered_what_they_reach(here, ada, boss):
    here.alert("a", kind="SCREENING", priority=90)
    risk = here.alert("b", kind="RISK", priority=10)
    queues.set_skills(person=user(ada), kinds=["RISK"], most_open=5, actor=boss, at=NOW)
    assert press_next(ada).pk == risk.pk


# Given


def test_what_is_given_is_in_review_and_offered_to_nobody_else_and_given_back_it_is_open(here, ada, ben, boss):
    alert = here.alert()
    given = queues.assign(item_id=alert.pk, person=user(ada), reason="Knows them", actor=boss, at=NOW)
    assert (given.assignee, given.state) == (user(ada), AlertState.IN_REVIEW)
    assert press_next(ben) is None
    assert press_next(ada).pk == alert.pk
    back = queues.assign(item_id=alert.pk, person=None, actor=ada, at=NOW)
    assert (back.assignee, back.state) == (None, AlertState.OPEN)
    [first, second] = Record.objects.filter(target=alert.public_id, action=events.ALERT_ASSIGNED).order_by("id")
    assert (first.reason, first.after["assignee"], second.before["assignee"]) == ("Knows them", ada.id, ada.id)


def test_refuses_to_give_work_to_who_does_none_or_proposed_it_or_when_it_is_over(here, ada, boss):
    alert = here.alert()
    for who in (person("auditor", Role.AUDITOR), person("gone")):
        if who.label == "Compliance officer":
            User.objects.filter(pk=user(who).pk).update(is_active=False)
        with pytest.raises(Forbidden):
            queues.assign(item_id=alert.pk, person=user(who), actor=boss, at=NOW)
    propose(alert, ada)
    with pytest.raises(FourEyesRequired):
        queues.assign(item_id=alert.pk, person=user(ada), actor=boss, at=NOW)
    closed = close(here.alert("x", scenario="other"), ada)
    with pytest.raises(IllegalMove):
        queues.take(item_id=closed.pk, actor=ada, at=NOW)
    with pytest.raises(errors.AlertNotFound):
        queues.take(item_id=here.partner.pk, actor=ada, at=NOW)


def test_many_are_given_and_closed_each_on_its_own_and_what_is_refused_says_why(here, ada, ben, boss):
    made = here.alerts(5)
    assert press_next(ben).pk == made[4].pk
    keys = [alert.pk for alert in made]
    given = queues.assign_many(item_ids=keys, person=user(ada), actor=boss, at=NOW)
    assert (given.done, given.refused) == (4, {made[4].public_id: "Ben has it open until 09:10 UTC."})
    how = {"disposition": "FALSE_POSITIVE", "reason_code": "RULE_TOO_BROAD", "words": "One cause for all"}
    closed = queues.close_many(alert_ids=keys, **how, actor=ada, at=NOW)
    assert (closed.done, list(closed.refused)) == (4, [made[4].public_id])
    assert set(Alert.objects.filter(state=AlertState.CLOSED).values_list("words", "reason_code")) == {
        ("One cause for all", "RULE_TOO_BROAD")
    }
    for count in (0, 201):
        with pytest.raises(Invalid):
            queues.close_many(alert_ids=keys * count, **how, actor=ada, at=NOW)


def test_work_is_spread_by_skill_and_load_the_most_urgent_first(here, ada, ben, boss):
    away = person("away")
    for who, kinds, most, is_away in (
        (ada, ["MONITORING"], 3, False),
        (ben, ["MONITORING", "SCREENING"], 2, False),
        (away, ["MONITORING"], 9, True),
    ):
        queues.set_skills(person=user(who), kinds=kinds, most_open=most, is_away=is_away, actor=boss, at=NOW)
    monitoring = here.alerts(4)
    here.alert("hit", kind="SCREENING", priority=95)
    here.alert("risk", kind="RISK", priority=99)
    queues.take(item_id=monitoring[0].pk, actor=ada, at=NOW)
    open_ = press_next(boss, filters={"scenario": "scenario_3"})

    assert queues.spread(actor=SYSTEM, at=NOW) == 3

    whose = Alert.objects.order_by("priority").values_list("scenario", "kind", "assignee__name")
    assert list(whose) == [
        ("scenario_0", "MONITORING", "Ada"),
        ("scenario_1", "MONITORING", "Ben"),
        ("scenario_2", "MONITORING", "Ada"),
        ("scenario_3", "MONITORING", None),
        ("structuring", "SCREENING", "Ben"),
        ("structuring", "RISK", None),
    ]
    assert open_.pk == monitoring[3].pk
    assert queues.spread(actor=SYSTEM, at=NOW) == 0


def test_skills_are_set_for_who_does_such_work_and_are_audited(here, ada, boss):
    queues.set_skills(person=user(ada), kinds=["RISK"], most_open=5, actor=boss, at=NOW)
    queues.set_skills(person=user(ada), kinds=["RISK", "OTHER"], most_open=6, is_away=True, actor=boss, at=NOW)
    [first, second] = Record.objects.filter(target=ada.id, action=events.OFFICER_SKILLS_SET).order_by("id")
    assert (first.before, second.before["most_open"], second.after["kinds"]) == (None, 5, ["OTHER", "RISK"])
    with pytest.raises(Forbidden):
        queues.set_skills(person=user(person("auditor", Role.AUDITOR)), kinds=["RISK"], most_open=5, actor=boss, at=NOW)
    for wrong in ({"kinds": [], "most_open": 5}, {"kinds": ["NONSENSE"], "most_open": 5}, {"kinds": ["RISK"], "most_open": 0}):
        with pytest.raises(Invalid):
            queues.set_skills(person=user(ada), **wrong, actor=boss, at=NOW)


def test_people_keep_filters_under_names_of_their_own(here, ada, ben):
    mine, theirs = user(ada), user(ben)
    saved_filters.keep(person=mine, name="Urgent  hits", queue="hits", filters={"urgency": "urgent"}, at=NOW)
    saved_filters.keep(person=mine, name="Urgent hits", queue="hits", filters={"due": "late"}, at=NOW)
    saved_filters.keep(person=theirs, name="Urgent hits", queue="alerts", filters={}, at=NOW)
    assert [(one.name, one.query) for one in saved_filters.of(mine, model=Alert)] == [("Urgent hits", "queue=hits&due=late")]
    assert saved_filters.of(mine, model=Case) == []
    with pytest.raises(errors.QueueUnknown):
        saved_filters.keep(person=mine, name="x", queue="hits", filters={"nonsense": "1"}, at=NOW)
    with pytest.raises(Invalid):
        saved_filters.keep(person=mine, name="  ", queue="hits", filters={}, at=NOW)
    for n in range(saved_filters.MOST - 1):
        saved_filters.keep(person=mine, name=f"f{n}", queue="hits", filters={}, at=NOW)
    with pytest.raises(Invalid, match="remove one first"):
        saved_filters.keep(person=mine, name="one too many", queue="hits", filters={}, at=NOW)
    saved_filters.remove(person=mine, name="Urgent hits")
    with pytest.raises(errors.QueueUnknown):
        saved_filters.remove(person=mine, name="Urgent hits")
    assert SavedFilter.objects.filter(user=theirs).count() == 1

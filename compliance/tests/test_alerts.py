"""Alerts: raised once for what was seen, growing while they are open, decided for good, some of them by two."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction

from accounts.choices import Role
from compliance import errors, events
from compliance.choices import AlertKind, AlertState, Disposition, ReasonCode
from compliance.models import Alert, AlertEvidence
from compliance.models.alert import TWO_PEOPLE
from compliance.policies import alerts as policies
from compliance.services import alerts, decisions
from compliance.states import ALERT_MOVES
from compliance.tests.alert_world import AT, SYSTEM, person, seen, world
from flowlet.audit import witnesses
from flowlet.audit.models import Record
from flowlet.audit.services import checks, seals
from flowlet.core.errors import Forbidden, FourEyesRequired, Invalid
from flowlet.core.states import IllegalMove
from flowlet.events.models import Event

HOUR = timedelta(hours=1)


@pytest.fixture
def here(db):
    return world()


@pytest.fixture
def ada(db):
    return person("ada")


@pytest.fixture
def ben(db):
    return person("ben")


def told(alert):
    return [event.type for event in Event.objects.filter(subject=alert.public_id).order_by("id")]


def deeds(alert):
    return list(Record.objects.filter(target=alert.public_id).order_by("id").values_list("action", flat=True))


def decide(alert, disposition, actor, at=AT + HOUR, **more):
    reason = policies.REASONS[disposition][0]
    given = {"reason_code": reason, "words": "Looked at it."} | more
    return alerts.decide(alert_id=alert.pk, disposition=disposition, actor=actor, at=at, **given)


def proposed(here, actor, disposition=Disposition.CONFIRMED, **more):
    return decide(here.alert(**more), disposition, actor)


def test_what_is_seen_opens_an_alert_with_its_evidence_and_tells_it_without_partner_and_customer(here):
    payment_less = seen("p-1", facts={"sum": Decimal("66420.10"), "on": AT.date()})

    alert = alerts.raise_alert(
        partner_id=here.partner.public_id,
        customer_id=here.customer.public_id,
        kind=AlertKind.MONITORING,
        scenario="structuring",
        priority=85,
        headline="7 deposits of 9,150 to 9,900 USD in 6 days",
        evidence=[payment_less, seen("p-2")],
        at=AT,
    )

    alert.refresh_from_db()
    assert (alert.state, alert.priority, alert.evidence_count) == (AlertState.OPEN, 85, 2)
    assert (alert.opened_at, alert.due_at) == (AT, AT + 24 * HOUR)
    first = alert.evidence.get(key="p-1")
    assert first.facts == {"sum": "66420.10", "on": "2026-11-02"}
    [event] = Event.objects.filter(subject=alert.public_id)
    assert (event.type, event.partner_id) == (events.ALERT_RAISED, None)
    shown = f"{event.data} {Record.objects.get(target=alert.public_id).after}"
    assert here.customer.public_id not in shown and here.partner.public_id not in shown


def test_told_twice_it_adds_nothing_and_tells_nothing(here):
    first = here.alert("a", "b")
    before = (Record.objects.count(), Event.objects.count())

    again = here.alert("b", "a", "a", at=AT + HOUR)

    assert (again.pk, again.evidence_count, again.evidence_at) == (first.pk, 2, AT)
    assert (Record.objects.count(), Event.objects.count()) == before


def test_what_is_new_joins_the_open_alert_and_says_why_anew(here):
    first = here.alert("a")
    grown = here.alert("a", "b", "c", at=AT + HOUR)
    assert (grown.pk, grown.evidence_count, grown.evidence_at, grown.headline) == (
        first.pk,
        3,
        AT + HOUR,
        "3 deposits just below 10,000 USD",
    )
    assert told(grown) == [events.ALERT_RAISED]
    assert deeds(grown) == [events.ALERT_RAISED, events.ALERT_GREW]


@pytest.mark.parametrize(
    "other", [{"kind": "RISK"}, {"scenario": "velocity"}, {"customer_id": None}, {"customer_id": "somebody else"}]
)
def test_another_kind_scenario_or_customer_is_another_alert_with_the_same_key(here, other):
    if other.get("customer_id"):
        other = {"customer_id": here.new_customer(name="Grace Hopper").pk}
    assert here.alert("a").pk != here.alert("a", **other).pk
    assert AlertEvidence.objects.count() == 2


def test_an_alert_without_a_customer_is_found_again(here):
    assert here.alert("a", customer_id=None).pk == here.alert("b", customer_id=None).pk


def test_what_comes_after_the_decision_is_another_alert_and_what_was_told_before_is_not(here, ada):
    first = here.alert("a")
    decide(first, Disposition.FALSE_POSITIVE, ada)
    assert here.alert("a").pk == first.pk
    later = here.alert("a", "b")
    assert later.pk != first.pk
    assert [one.key for one in later.evidence.all()] == ["b"]


def test_priority_of_an_open_alert_only_rises_and_the_day_it_is_due_only_comes_nearer(here):
    alert = here.alert("a", priority=40)
    assert alert.due_at == AT + 240 * HOUR
    assert here.alert("b", priority=20).priority == 40
    raised = here.alert("a", priority=90, at=AT + HOUR)
    assert (raised.priority, raised.due_at) == (90, AT + 25 * HOUR)
    later = here.alert("c", priority=95, at=AT + 20 * HOUR)
    assert (later.priority, later.due_at) == (95, AT + 25 * HOUR)
    with pytest.raises(IntegrityError, match="only grow"), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(priority=1)


@pytest.mark.parametrize("more", [{"priority": 101}, {"priority": -1}])
def test_refuses_a_priority_that_is_none(here, more):
    with pytest.raises(Invalid):
        here.alert("a", **more)
    assert not Alert.objects.exists()


def test_refuses_an_alert_that_saw_nothing(here):
    with pytest.raises(errors.AlertWithoutEvidence):
        alerts.raise_alert(
            partner_id=here.partner.pk,
            customer_id=None,
            kind="OTHER",
            scenario="x",
            priority=1,
            headline="x",
            evidence=[],
            at=AT,
        )


@pytest.mark.parametrize("kind", AlertKind.values)
def test_each_kind_has_its_service_level_and_the_more_urgent_is_due_earlier(kind):
    due = [policies.due_at(kind, priority=priority, at=AT) for priority in (80, 79, 50, 49, 0)]
    assert AT < due[0] < due[1] == due[2] < due[3] == due[4]


@pytest.mark.django_db(transaction=True)
def test_sixteen_at_once_tell_the_same_and_different_things_and_there_is_one_alert():
    here = world()
    gate = threading.Barrier(16)

    def tell(n):
        try:
            connection.ensure_connection()
            gate.wait(30)
            return here.alert("same", f"own-{n}", priority=n).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(tell, range(16)))

    alert = Alert.objects.get()
    assert found == {alert.pk}
    assert (alert.evidence_count, alert.evidence.count(), alert.priority) == (17, 17, 15)
    assert deeds(alert).count(events.ALERT_RAISED) == 1
    assert told(alert) == [events.ALERT_RAISED]


def test_evidence_is_never_changed(here):
    here.alert("a")
    for spoil in (lambda: AlertEvidence.objects.update(headline="x"), lambda: AlertEvidence.objects.all().delete()):
        with pytest.raises(Exception, match="append-only|permission denied"), transaction.atomic():
            spoil()


# Decisions


def test_a_false_positive_is_closed_by_one_person(here, ada):
    alert = decide(here.alert(), Disposition.FALSE_POSITIVE, ada)
    alert.refresh_from_db()
    assert (alert.state, alert.decided_by, alert.checked_by, alert.closed_at) == (AlertState.CLOSED, str(ada), "", AT + HOUR)
    assert told(alert) == [events.ALERT_RAISED, events.ALERT_CLOSED]
    assert Event.objects.filter(type=events.ALERT_CLOSED).get().data["disposition"] == "FALSE_POSITIVE"


@pytest.mark.parametrize(
    ("kind", "disposition"),
    [("MONITORING", "CONFIRMED"), ("RISK", "CONFIRMED"), ("SCREENING", "HIT_CLEARED"), ("SCREENING", "HIT_CONFIRMED")],
)
def test_what_takes_two_people_waits_for_the_second_one(here, ada, ben, kind, disposition):
    alert = proposed(here, ada, disposition, kind=kind)
    assert (alert.state, alert.closed_at) == (AlertState.PROPOSED, None)
    assert told(alert) == [events.ALERT_RAISED]

    done = alerts.confirm(alert_id=alert.pk, actor=ben, at=AT + 2 * HOUR)

    assert (done.state, done.decided_by, done.checked_by) == (AlertState.CLOSED, str(ada), str(ben))
    assert told(alert) == [events.ALERT_RAISED, events.ALERT_CLOSED]
    assert not list(decisions.differences())


def test_refuses_to_confirm_ones_own_decision_and_nothing_happens(here, ada):
    alert = proposed(here, ada)
    before = deeds(alert)
    with pytest.raises(FourEyesRequired):
        alerts.confirm(alert_id=alert.pk, actor=ada, at=AT + 2 * HOUR)
    alert.refresh_from_db()
    assert (alert.state, deeds(alert)) == (AlertState.PROPOSED, before)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ({"state": "CLOSED", "closed_at": AT, "checked_by": "self"}, "alert_is_checked_by_another_person"),
        ({"state": "CLOSED", "closed_at": AT}, "alert_that_needs_two_people_had_them"),
        (
            {"state": "CLOSED", "closed_at": AT, "checked_by": "staff:usr_x", "decided_by": "staff:usr_y"},
            "what was proposed stays",
        ),
        (
            {"state": "OPEN", "disposition": "", "reason_code": "", "words": "", "decided_by": "", "decided_at": None},
            "cannot become",
        ),
    ],
)
def test_the_database_refuses_self_approval_by_shell(here, ada, written, named):
    alert = proposed(here, ada)
    written = {name: str(ada) if value == "self" else value for name, value in written.items()}
    with pytest.raises(IntegrityError, match=named), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(**written)


def test_the_database_refuses_to_close_with_two_names_what_nobody_proposed(here, ada):
    alert = here.alert()
    with pytest.raises(IntegrityError, match="checked without being proposed"), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(
            state="CLOSED",
            disposition="CONFIRMED",
            reason_code="NO_EXPLANATION",
            decided_by=str(ada),
            decided_at=AT,
            checked_by="staff:usr_x",
            closed_at=AT,
        )


def test_the_second_person_sends_it_back_with_a_reason(here, ada, ben):
    alert = proposed(here, ada)
    back = alerts.send_back(alert_id=alert.pk, reason="Ask for the invoice first", actor=ben, at=AT + 2 * HOUR)
    assert (back.state, back.disposition, back.decided_by) == (AlertState.IN_REVIEW, "", "")
    record = Record.objects.get(target=alert.public_id, action=events.ALERT_SENT_BACK)
    assert (record.reason, record.before["disposition"]) == ("Ask for the invoice first", "CONFIRMED")


def test_new_evidence_sends_a_proposed_decision_back_to_review(here, ada):
    alert = proposed(here, ada)
    here.alert("something new")
    alert.refresh_from_db()
    assert (alert.state, alert.disposition, alert.evidence_count) == (AlertState.IN_REVIEW, "", 2)


@pytest.mark.parametrize(
    ("kind", "disposition"),
    [("SCREENING", "FALSE_POSITIVE"), ("SCREENING", "CONFIRMED"), ("MONITORING", "HIT_CLEARED"), ("RISK", "NONSENSE")],
)
def test_an_alert_ends_as_its_kind_does(here, ada, kind, disposition):
    alert = here.alert(kind=kind)
    with pytest.raises(errors.WrongDisposition):
        alerts.decide(alert_id=alert.pk, disposition=disposition, reason_code="DATA_ERROR", actor=ada, at=AT)
    assert deeds(alert) == [events.ALERT_RAISED]


@pytest.mark.parametrize("disposition", Disposition.values)
def test_each_end_has_reasons_of_its_own(here, ada, disposition):
    others = set(ReasonCode) - set(policies.REASONS[disposition])
    alert = here.alert(kind="SCREENING" if disposition.startswith("HIT") else "OTHER")
    with pytest.raises(errors.WrongDisposition):
        decide(alert, disposition, ada, reason_code=min(others))
    assert decide(alert, disposition, ada).reason_code == policies.REASONS[disposition][0]


def test_every_reason_goes_with_one_end():
    listed = [reason for reasons in policies.REASONS.values() for reason in reasons]
    assert sorted(listed) == sorted(ReasonCode)


def test_a_process_decides_nothing(here):
    alert = here.alert()
    for deed in (
        lambda: decide(alert, Disposition.FALSE_POSITIVE, SYSTEM),
        lambda: alerts.confirm(alert_id=alert.pk, actor=SYSTEM, at=AT),
        lambda: alerts.escalate(alert_id=alert.pk, reason="because of it", actor=SYSTEM, at=AT),
    ):
        with pytest.raises(Forbidden):
            deed()


def test_what_somebody_else_has_open_is_not_decided_until_the_lock_runs_out(here, ada, ben):
    from accounts.models import User

    alert = here.alert()
    Alert.objects.filter(pk=alert.pk).update(locked_by=User.fetch(ben.id), locked_until=AT + 2 * HOUR)
    with pytest.raises(errors.ItemTaken, match=r"Ben has it open until 11:00 UTC\."):
        decide(alert, Disposition.FALSE_POSITIVE, ada)
    done = decide(alert, Disposition.FALSE_POSITIVE, ada, at=AT + 3 * HOUR)
    assert (done.state, done.locked_by) == (AlertState.CLOSED, None)


WAYS = {
    AlertState.OPEN: lambda alert, ada: None,
    AlertState.IN_REVIEW: lambda alert, ada: Alert.objects.filter(pk=alert.pk).update(state=AlertState.IN_REVIEW),
    AlertState.ESCALATED: lambda alert, ada: alerts.escalate(alert_id=alert.pk, reason="see this", actor=ada, at=AT),
    AlertState.PROPOSED: lambda alert, ada: decide(alert, Disposition.CONFIRMED, ada),
    AlertState.CLOSED: lambda alert, ada: decide(alert, Disposition.FALSE_POSITIVE, ada),
}
DEEDS = {
    "close": (lambda alert, ben: decide(alert, Disposition.FALSE_POSITIVE, ben), AlertState.CLOSED),
    "propose": (lambda alert, ben: decide(alert, Disposition.CONFIRMED, ben), AlertState.PROPOSED),
    "confirm": (lambda alert, ben: alerts.confirm(alert_id=alert.pk, actor=ben, at=AT), AlertState.CLOSED),
    "send back": (lambda alert, ben: alerts.send_back(alert_id=alert.pk, reason="no", actor=ben, at=AT), AlertState.IN_REVIEW),
    "escalate": (lambda alert, ben: alerts.escalate(alert_id=alert.pk, reason="see", actor=ben, at=AT), AlertState.ESCALATED),
}
FROM = {"confirm": {AlertState.PROPOSED}, "send back": {AlertState.PROPOSED, AlertState.ESCALATED}}
OTHERS = {*AlertState} - {AlertState.PROPOSED}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("came_from", AlertState)
def test_an_alert_moves_only_as_the_table_says(here, ada, came_from, deed):
    alert, manager = here.alert(), person("mia", Role.COMPLIANCE_MANAGER)
    WAYS[came_from](alert, ada)
    do, to = DEEDS[deed]
    if to in ALERT_MOVES[came_from] and came_from in FROM.get(deed, OTHERS):
        assert do(alert, manager).state == to
        return
    with pytest.raises(IllegalMove):
        do(alert, manager)
    alert.refresh_from_db()
    assert alert.state == came_from


@pytest.mark.parametrize("deed", ["close", "propose", "send back"])
def test_what_was_escalated_is_a_managers_to_decide_or_to_hand_back(here, ada, ben, deed):
    alert, manager = here.alert(), person("mia", Role.COMPLIANCE_MANAGER)
    WAYS[AlertState.ESCALATED](alert, ada)
    do, to = DEEDS[deed]
    with pytest.raises(Forbidden, match="a manager decides it or hands it back"):
        do(alert, ben)
    assert do(alert, manager).state == to
    if deed == "send back":
        assert decide(alert, Disposition.FALSE_POSITIVE, ben).state == AlertState.CLOSED


def test_a_closed_alert_is_never_changed_and_no_alert_is_deleted(here, ada):
    alert = decide(here.alert(), Disposition.FALSE_POSITIVE, ada)
    for name, value in (("words", "other"), ("disposition", "EXPLAINED"), ("state", "OPEN"), ("priority", 99)):
        with pytest.raises(IntegrityError, match="a decision is final"), transaction.atomic():
            Alert.objects.filter(pk=alert.pk).update(**{name: value})
    with pytest.raises(IntegrityError, match="alerts are kept"), transaction.atomic():
        Alert.objects.filter(pk=alert.pk)._raw_delete("default")


def test_two_people_are_needed_where_the_constraint_says_so():
    assert {found for found in Disposition if policies.needs_two(found)} == set(TWO_PEOPLE)


# Proof


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        ("UPDATE compliance_alert SET disposition = 'EXPLAINED', reason_code = 'FUNDS_PROVEN'", "does not say what was decided"),
        ("UPDATE compliance_alert SET words = 'Nothing to see'", "does not say what was decided"),
        ("UPDATE compliance_alert SET decided_by = 'staff:usr_other'", "does not say what was decided"),
        (
            "UPDATE compliance_alert SET state = 'OPEN', disposition = '', reason_code = '', words = '', decided_by = '',"
            " decided_at = NULL, closed_at = NULL",
            "is not closed any more",
        ),
        ("DELETE FROM compliance_alertevidence; DELETE FROM compliance_alert", "is not closed any more"),
    ],
)
def test_sql_that_tampers_with_a_decision_is_found(superuser_connection, tamper, says):
    alert = decide(world().alert(), Disposition.FALSE_POSITIVE, person("ada"))
    seals.seal_all(at=AT)
    assert checks.verify(actor=SYSTEM, at=AT).intact
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(tamper)

    found = checks.verify(actor=SYSTEM, at=AT)

    assert not found.intact
    [text] = found.differences
    assert text.startswith(f"decisions: {alert.public_id} ") and says in text
    broken = Record.objects.get(action="audit.broken")
    assert broken.after["differences"] == found.differences
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_audit", stdout=out, stderr=err)
    assert says in err.getvalue() and "is intact" not in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_an_alert_that_was_closed_by_sql_alone_is_found(superuser_connection):
    alert = world().alert()
    with superuser_connection.cursor() as cursor:
        cursor.execute(
            "UPDATE compliance_alert SET state = 'CLOSED', disposition = 'EXPLAINED', reason_code = 'FUNDS_PROVEN',"
            " decided_by = 'staff:usr_x', decided_at = now(), closed_at = now()"
        )
    assert list(witnesses.differences()) == [f"decisions: {alert.public_id} is closed, and nobody closed it."]

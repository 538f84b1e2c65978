"""A change of a list screens exactly those whom it may concern, once; a look-back screens all, and goes on where it stopped."""

import io
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import override_settings

from accounts.choices import Role
from accounts.models import Customer
from accounts.services import customers
from compliance import events
from compliance.choices import HitState
from compliance.handlers import screening as handlers
from compliance.models import Hit, ScreeningRun, ScreeningSubject
from compliance.selectors.screening import status_of
from compliance.services import screening, screening_hits, screening_runs, verification_expiry, verification_owners
from compliance.tasks import screening as tasks
from compliance.tests import kyc
from compliance.tests.screening_world import (
    AT,
    BRANNIKOV,
    DELTORA,
    ROBOT,
    TARHUNI,
    change,
    exposed,
    hits,
    person,
    sanctions,
    screened,
)
from flowlet.core.actors import Actor, ActorKind
from flowlet.events.models import Event
from payments.tests.world import fresh_world
from wallets.tests.conftest import new_partner

pytestmark = pytest.mark.django_db
MAKER = Actor(kind=ActorKind.STAFF, id="usr_a")
CHECKER = Actor(kind=ActorKind.STAFF, id="usr_b")
LATER = AT + timedelta(days=1)
HIT_FACTS = ("opened", "lapsed", "cleared", "confirmed")
PEOPLE = ("Fyodor Brannikov", "Mohammed Abdurrahman al-Tarhouni", "Grace Hopper", "Ada Lovelace", "Wenyuan Zeng")


@pytest.fixture
def partner():
    return new_partner()


@pytest.fixture
def crowd(partner):
    """Customers who were screened against an empty world."""
    sanctions((1, "ZZYZX, Quorthon"))
    made = {name: person(partner, name) for name in PEOPLE}
    for one in made.values():
        assert screened(one).found == 0
    return made


def cleared(hit, at=AT):
    row = screening_hits.locked(hit.pk)
    screening_hits.decide([row], HitState.CLEARED, reason="another birth", decided_by=str(MAKER), actor=CHECKER, at=at)
    return row


def opened():
    return Event.objects.filter(type=events.HIT_OPENED).count()


def test_a_new_version_screens_only_those_whom_its_entries_may_concern_and_tells_what_is_new(crowd):
    version = sanctions((1, "ZZYZX, Quorthon"), BRANNIKOV, TARHUNI, at=LATER)
    run = change(version, at=LATER)
    assert (run.cause, run.version, run.state, run.found) == ("LIST", version, "DONE", 2)
    assert run.screened < len(crowd)
    assert hits(crowd["Fyodor Brannikov"]) == [("ofac-101", "OPEN")]
    assert hits(crowd["Mohammed Abdurrahman al-Tarhouni"]) == [("ofac-102", "OPEN")]
    assert (len(hits()), opened()) == (2, 2)


def test_a_version_is_screened_once_however_often_it_is_told(crowd):
    version = sanctions((1, "ZZYZX, Quorthon"), BRANNIKOV, at=LATER)
    first = change(version, at=LATER)
    again = change(version, at=LATER + timedelta(hours=1))
    assert (again, again.screened, again.ended_at) == (first, first.screened, LATER)
    assert (ScreeningRun.objects.filter(cause="LIST").count(), opened()) == (1, 1)


def test_it_finds_what_screening_everybody_would_find_with_the_same_figures(crowd):
    version = sanctions((1, "ZZYZX, Quorthon"), BRANNIKOV, TARHUNI, DELTORA, at=LATER)
    change(version, at=LATER)
    by_change = sorted(Hit.objects.values_list("subject__key", "entry", "match", "priority"))
    screening_runs.look_back(actor=ROBOT, at=LATER)
    assert sorted(Hit.objects.values_list("subject__key", "entry", "match", "priority")) == by_change
    assert (len(by_change), opened()) == (2, 2)


def test_an_entry_that_left_takes_its_open_hits_with_it_and_leaves_what_was_decided(crowd):
    change(sanctions((1, "ZZYZX, Quorthon"), BRANNIKOV, TARHUNI, at=LATER), at=LATER)
    cleared(Hit.objects.get(entry="ofac-102"))
    run = change(sanctions((1, "ZZYZX, Quorthon"), at=LATER + timedelta(days=1)), at=LATER)
    assert (run.lapsed, hits()) == (1, [("ofac-101", "LAPSED"), ("ofac-102", "CLEARED")])
    run = change(sanctions((1, "ZZYZX, Quorthon"), BRANNIKOV, at=LATER + timedelta(days=2)), at=LATER)
    assert (run.reopened, hits()) == (1, [("ofac-101", "OPEN"), ("ofac-102", "CLEARED")])


@pytest.mark.parametrize(
    ("remarks", "aliases", "state"),
    [
        ("DOB 12 Apr 1961; POB Sampletown, Testland.", (), HitState.CLEARED),
        ("DOB 12 Apr 1961; Linked To: SAMPLE HOLDING.", (), HitState.CLEARED),
        ("DOB 13 Apr 1961.", (), HitState.OPEN),
        ("DOB 12 Apr 1961; Passport 714455991 (Russia).", (), HitState.OPEN),
        ("DOB 12 Apr 1961.", ((101, "BRANNIKOFF, Fedor"),), HitState.OPEN),
    ],
)
def test_a_cleared_hit_stays_cleared_until_the_entry_changes_materially(crowd, remarks, aliases, state):
    change(sanctions((*BRANNIKOV, "DOB 12 Apr 1961."), at=LATER), at=LATER)
    cleared(Hit.objects.get())
    version = sanctions((*BRANNIKOV, remarks), aliases=aliases, at=LATER + timedelta(days=1))
    run = change(version, at=LATER + timedelta(days=1))
    assert hits() == [("ofac-101", state)]
    assert (run.reopened, opened()) == ((1, 2) if state == HitState.OPEN else (0, 1))


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"email": "f@example.com"}, "CLEARED"),
        ({"metadata": {"a": "b"}}, "CLEARED"),
        ({"born_on": date(1970, 1, 1)}, "OPEN"),
        ({"country": "RU"}, "OPEN"),
    ],
)
def test_a_cleared_hit_stays_cleared_until_the_customer_changes_materially(crowd, changes, state):
    change(sanctions(BRANNIKOV, at=LATER), at=LATER)
    hit = cleared(Hit.objects.get())
    customer = crowd["Fyodor Brannikov"]
    customers.update(customer_id=customer.pk, changes=changes, actor=ROBOT, at=LATER)
    screened(customer, at=LATER)
    assert hits() == [("ofac-101", state)]
    hit.refresh_from_db()
    assert (hit.decided_by, hit.reason) == (("", "") if state == "OPEN" else (str(MAKER), "another birth"))


def test_a_cleared_hit_survives_a_look_back_and_one_with_an_expired_clearing_is_open_again(crowd):
    change(sanctions(BRANNIKOV, at=LATER), at=LATER)
    hit = cleared(Hit.objects.get())
    screening_runs.look_back(actor=ROBOT, at=LATER)
    assert hits() == [("ofac-101", "CLEARED")]
    assert screening_hits.expire_due(actor=ROBOT, at=hit.expires_at - timedelta(seconds=1)) == 0
    assert screening_hits.expire_due(actor=ROBOT, at=hit.expires_at) == 1
    assert (hits(), opened()) == ([("ofac-101", "OPEN")], 2)


def test_a_look_back_makes_subjects_of_customers_who_never_were_and_goes_on_where_it_stopped(crowd, partner, monkeypatch):
    person(partner, "Quorthon Zzyzx")
    monkeypatch.setattr(screening_runs, "BATCH", 2)
    seen = []

    def stop(done, total):
        seen.append((done, total))
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screening_runs.look_back(actor=ROBOT, at=LATER, told=stop)
    run = screening_runs.interrupted()
    assert (seen, run.screened, run.state) == ([(0, 6), (2, 6), (4, 6)], 4, "RUNNING")
    ended = screening_runs.look_back(run=run, actor=ROBOT, at=LATER, told=lambda *told: seen.append(told))
    assert (seen[3:], ended.pk, ended.screened, ended.found, ended.state) == ([(4, 6), (6, 6)], run.pk, 6, 1, "DONE")
    assert screening_runs.interrupted() is None
    assert ScreeningSubject.objects.count() == 6


def test_a_run_about_a_list_that_was_interrupted_is_handed_out_again_and_ends(crowd, monkeypatch):
    version = sanctions((1, "ZZYZX, Quorthon"), BRANNIKOV, TARHUNI, at=LATER)
    first = ScreeningRun.objects.none()
    monkeypatch.setattr(screening_runs, "BATCH", 1)
    calls = []

    def keep(**what):
        if calls:
            raise RuntimeError("the worker died")
        calls.append(1)
        return real(**what)

    real = screening.keep
    monkeypatch.setattr(screening, "keep", keep)
    with pytest.raises(RuntimeError):
        change(version, at=LATER)
    first = ScreeningRun.objects.get(version=version)
    assert (first.state, first.screened) == ("RUNNING", 1)
    assert version.public_id in screening_runs.unscreened()
    monkeypatch.setattr(screening, "keep", real)
    run = change(version, at=LATER)
    assert (run.pk, run.state, len(hits())) == (first.pk, "DONE", 2)
    assert version.public_id not in screening_runs.unscreened()
    assert opened() == 2


# From events to tasks


@pytest.mark.parametrize(
    ("kind", "data", "asked"),
    [
        ("customer.created", {}, True),
        ("customer.updated", {"changed": ["metadata", "name"]}, True),
        ("customer.updated", {"changed": ["country"]}, True),
        ("customer.updated", {"changed": ["email", "external_id", "metadata", "phone"]}, False),
    ],
)
def test_who_is_new_or_changed_in_what_is_compared_is_screened(monkeypatch, kind, data, asked):
    calls = []
    monkeypatch.setattr(tasks.screen_customer, "delay", lambda **given: calls.append(given))
    handlers.screen_customer(Event(type=kind, subject="cus_x", data=data))
    assert calls == ([{"customer_id": "cus_x"}] if asked else [])


def test_the_first_part_of_an_import_speaks_for_all(monkeypatch):
    calls = []
    monkeypatch.setattr(tasks.screen_change, "delay", lambda **given: calls.append(given))
    for part in (1, 2, 3):
        handlers.screen_change(Event(type=events.WATCHLIST_IMPORTED, subject="wlv_x", data={"part": part}))
    assert calls == [{"version_id": "wlv_x"}]


def test_the_tasks_do_what_they_are_asked_to_and_twice_without_harm(partner):
    version = sanctions(BRANNIKOV)
    customer = person(partner, "Fyodor Brannikov")
    for _ in range(2):
        tasks.screen_customer(customer_id=customer.public_id)
        tasks.screen_change(version_id=version.public_id)
        with override_settings(CELERY_TASK_ALWAYS_EAGER=True):
            tasks.sweep_screening()
    assert (hits(), opened()) == ([("ofac-101", "OPEN")], 1)


# The command, and who else is screened


def run_command(**options):
    out = io.StringIO()
    call_command("rescreen", stdout=out, **options)
    return out.getvalue()


def test_the_command_screens_everybody_in_somebodys_name_and_goes_on_where_it_stopped(crowd, partner, monkeypatch, officer):
    sanctions((1, "ZZYZX, Quorthon"), BRANNIKOV, at=LATER)
    monkeypatch.setattr(screening_runs, "BATCH", 2)
    with monkeypatch.context() as patched:
        patched.setattr(screening_runs.screening, "keep", fails_after(3))
        with pytest.raises(KeyboardInterrupt):
            run_command(person=officer.email)
    run = screening_runs.interrupted()
    assert (run.screened, run.started_by) == (2, f"staff:{officer.public_id}")
    said = run_command(person=officer.email)
    assert f"Going on with {run.public_id} after 2 subjects." in said
    assert f"{run.public_id}: 5 subjects screened; hits: 1 found, 0 reopened, 0 lapsed." in said
    found = json.loads(run_command(person=officer.email, json=True))
    assert (found["screened"], found["found"], found["run"] == run.public_id) == (5, 0, False)
    assert opened() == 1


def fails_after(calls):
    left, real = [calls], screening.keep

    def keep(**what):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return real(**what)

    return keep


def test_the_command_is_not_for_everybody(staff_of):
    with pytest.raises(CommandError, match="decide_hit|may not|right"):
        run_command(person=staff_of(Role.FINANCE).email)
    assert ScreeningRun.objects.count() == 0


def test_a_look_back_finds_accounts_outside_that_were_never_screened():
    world = fresh_world()
    sanctions(BRANNIKOV)
    account = world.bank(world.wallet(), owner_name="Fyodor Brannikov")
    run = screening_runs.look_back(actor=ROBOT, at=LATER)
    assert (run.screened, run.found) == (2, 1)
    assert Hit.objects.get().subject.key == account.public_id
    handlers.end_counterparty(Event(type="external_account.closed", subject=account.public_id, created_at=LATER))
    assert hits() == [("ofac-101", "LAPSED")]


def test_who_is_new_and_was_lost_on_the_way_to_a_worker_is_handed_out_again(monkeypatch):
    world = fresh_world()
    wallet = world.wallet()
    lost, done = world.bank(wallet), world.bank(wallet)
    new = person(world.partner, "Ada Example", at=world.at)
    for customer in Customer.objects.exclude(pk=new.pk):
        screened(customer, at=world.at)
    tasks.screen_counterparty(external_account_id=done.public_id)
    asked = []
    for task in (tasks.screen_customer, tasks.screen_counterparty):
        monkeypatch.setattr(task, "delay", lambda **said: asked.extend(said.values()))

    def sweep(after):
        asked.clear()
        monkeypatch.setattr(tasks.clock, "now", lambda: world.at + after)
        tasks.sweep_screening()
        return asked

    assert sweep(timedelta(minutes=1)) == []
    assert sweep(timedelta(minutes=11)) == [new.public_id, lost.public_id]
    assert sweep(timedelta(days=4)) == []


def test_owners_of_a_business_are_screened_as_its_newest_verification_tells_them(partner):
    sanctions(BRANNIKOV)
    company = kyc.business(partner)
    screened(company)
    row = kyc.opened(company, "ENHANCED")

    def tell(*names):
        owners = [kyc.OWNER | {"name": name, "share": Decimal(30)} for name in names]
        verification_owners.give(verification_id=row.pk, owners=owners, actor=ROBOT, at=row.created_at)
        tasks.screen_owners(customer_id=company.public_id)

    tell("Fyodor Brannikov", "Grace Hopper")
    [hit] = Hit.objects.all()
    assert (hit.subject.kind, hit.entry, status_of(company.pk)) == ("OWNER", "ofac-101", "IN_PROGRESS")
    cleared(hit)
    tell("Fyodor Brannikov", "Ada Lovelace")
    owners = ScreeningSubject.objects.filter(kind="OWNER")
    assert (owners.count(), owners.filter(ended_at=None).count()) == (3, 2)
    assert (hits(), status_of(company.pk)) == ([("ofac-101", "CLEARED")], "CLEAR")
    verification_expiry.sweep(actor=ROBOT, at=row.expires_at)
    row = kyc.opened(company, "PREMIUM", row.expires_at)
    tasks.screen_owners(customer_id=company.public_id)
    assert owners.filter(ended_at=None).count() == 2, "the newer verification does not say yet"
    tell()
    assert not owners.filter(ended_at=None).exists()


def test_a_partner_may_know_that_screening_is_in_progress_and_never_why(partner, crowd):
    fresh = person(partner, "Quite Newcomer")
    assert [status_of(one.pk) for one in (fresh, crowd["Fyodor Brannikov"])] == ["IN_PROGRESS", "CLEAR"]
    change(sanctions((1, "ZZYZX, Quorthon"), BRANNIKOV, at=LATER), at=LATER)
    exposed("Grace Hopper", at=LATER)
    screened(crowd["Grace Hopper"], at=LATER)
    assert [status_of(crowd[name].pk) for name in ("Fyodor Brannikov", "Grace Hopper")] == ["IN_PROGRESS", "CLEAR"]
    row = screening_hits.locked(Hit.objects.get(entry="ofac-101").pk)
    screening_hits.decide([row], HitState.CONFIRMED, reason="it is", decided_by=str(MAKER), actor=CHECKER, at=LATER)
    assert status_of(crowd["Fyodor Brannikov"].pk) == "IN_PROGRESS"


def told(customer):
    """What the partner is told of the customer, once everything that happened was handled, and handled again."""
    happened = Event.objects.filter(type__in=[events.STANDING_TOUCHED, *map("compliance.hit.{}".format, HIT_FACTS)]).order_by(
        "pk"
    )
    for event in [*happened, *happened]:
        handlers.tell_standing(event)
    rows = Event.objects.filter(type=events.SCREENING_CHANGED, subject=customer.public_id).order_by("pk")
    assert {(row.partner_id, row.data["customer_id"]) for row in rows} <= {(customer.partner_id, customer.public_id)}
    return [row.data["screening"] for row in rows]


def test_each_change_of_what_a_partner_may_know_is_told_once(partner, crowd):
    known = crowd["Fyodor Brannikov"]
    assert told(known) == ["CLEAR"]
    change(sanctions((1, "ZZYZX, Quorthon"), BRANNIKOV, at=LATER), at=LATER)
    exposed("Grace Hopper", at=LATER)
    screened(crowd["Grace Hopper"], at=LATER)
    assert told(known) == ["CLEAR", "IN_PROGRESS"]
    assert told(crowd["Grace Hopper"]) == ["CLEAR"], "who is politically exposed is not told"
    cleared(Hit.objects.get(entry="ofac-101"), at=LATER)
    assert told(known) == ["CLEAR", "IN_PROGRESS", "CLEAR"]
    screening_hits.reopen(hit_id=Hit.objects.get(entry="ofac-101").pk, reason="new papers", actor=CHECKER, at=LATER)
    assert told(known) == ["CLEAR", "IN_PROGRESS", "CLEAR", "IN_PROGRESS"]


def test_the_partner_is_told_when_nobody_is_left_to_be_looked_at(partner):
    sanctions(BRANNIKOV)
    company = kyc.business(partner)
    screened(company)
    row = kyc.opened(company, "ENHANCED")
    assert told(company) == ["CLEAR"]
    for name, expected in (("Fyodor Brannikov", ["CLEAR", "IN_PROGRESS"]), ("", ["CLEAR", "IN_PROGRESS", "CLEAR"])):
        owners = [kyc.OWNER | {"name": name, "share": Decimal(30)}] if name else []
        verification_owners.give(verification_id=row.pk, owners=owners, actor=ROBOT, at=row.created_at)
        tasks.screen_owners(customer_id=company.public_id)
        assert told(company) == expected


def test_nothing_is_told_of_a_closed_customer(partner, crowd):
    gone = crowd["Ada Lovelace"]
    customers.close(customer_id=gone.pk, reason="asked for", actor=ROBOT, at=LATER)
    assert told(gone) == []

"""Closing in the background: asked for once, done by one, said how far it is, found again when it was lost, and never without its reason."""

from datetime import timedelta

import pytest

from accounts.choices import Role
from accounts.services import staff
from flowlet.audit.models import Record
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind
from flowlet.events.models import Event
from ledger.models import Book
from payments import errors, handlers, tasks
from payments.choices import Closing, DayStatus
from payments.models import BusinessDay
from payments.policies import days as policies
from payments.services import closings, days
from payments.tests.world import STAFF, fresh_world

C = Closing
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(transactional_db):
    return fresh_world()


@pytest.fixture
def person(world):
    user = staff.create_staff(email="f@example.com", name="F", roles=[Role.FINANCE], actor=STAFF, at=world.at).user
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label="Finance")


def ask(world, person, at=None):
    book = Book.objects.get(partner=world.partner)
    return closings.ask(book_id=book.pk, day=world.at.date() - timedelta(days=1), actor=person, at=at or clock.now())


def run(row, claim="one", at=None):
    closings.run(day_id=row.pk, claim=claim, at=at or clock.now())
    row.refresh_from_db()
    return row


def test_a_day_is_closed_in_the_name_of_who_asked(world, person):
    row = ask(world, person)
    assert (row.closing, row.status, row.runs) == (C.ASKED, DayStatus.OPEN, 0)
    run(row)
    assert (row.closing, row.status, row.closed_by, row.closing_step) == (C.DONE, DayStatus.CLOSED, str(person), "")
    assert [record.actor_label for record in Record.objects.filter(target=row.public_id)] == ["Finance", "Finance"]


def test_the_worker_hears_of_it_by_an_event_that_partners_do_not_see(world, person, monkeypatch):
    row = ask(world, person)
    event = Event.objects.get(type="payments.day.closing_asked")
    assert (event.subject, event.partner_id) == (row.public_id, None)
    heard = []
    monkeypatch.setattr(tasks.close_day, "delay", lambda **given: heard.append(given))
    handlers.close_day(event)
    assert heard == [{"day_id": row.public_id}]
    tasks.close_day(day_id=row.public_id)
    row.refresh_from_db()
    assert row.status == DayStatus.CLOSED


def test_nobody_asks_twice_and_nobody_closes_twice(world, person):
    row = ask(world, person)
    with pytest.raises(errors.DayBeingClosed):
        ask(world, person)
    run(row)
    assert run(row, claim="another").runs == 1
    with pytest.raises(errors.DayNotReady):
        ask(world, person)
    assert closings.waiting(at=clock.now() + timedelta(days=1)) == []


def test_what_broke_a_run_is_said_and_it_can_be_run_again(world, person, monkeypatch):
    row = ask(world, person)

    def burst(*given):
        raise RuntimeError("secret of somebody")

    steps = tuple((name, burst if name == "verify" else step) for name, step in days.STEPS)
    with monkeypatch.context() as patched:
        patched.setattr(days, "STEPS", steps)
        with pytest.raises(RuntimeError):
            run(row)
    row.refresh_from_db()
    assert (row.closing, row.closing_step, row.status) == (C.FAILED, "verify", DayStatus.OPEN)
    assert "'verify' broke off: RuntimeError" in row.failure and "secret" not in row.failure
    assert run(ask(world, person)).status == DayStatus.CLOSED
    row.refresh_from_db()
    assert (row.closing, row.failure) == (C.DONE, "")


def test_the_step_is_written_down_before_it_is_taken(world, person, monkeypatch):
    row, seen = ask(world, person), []

    def noted(name, step):
        def look(*given):
            seen.append((name, *BusinessDay.objects.values_list("closing", "closing_step").get(pk=row.pk)))
            return step(*given)

        return look

    monkeypatch.setattr(days, "STEPS", tuple((name, noted(name, step)) for name, step in days.STEPS))
    run(row)
    assert seen == [(name, C.RUNNING, name) for name, _ in days.STEPS]


def test_a_run_whose_worker_died_is_taken_over_by_its_own_task_at_once_and_by_others_later(world, person):
    row = ask(world, person)
    row.closing_claim = "one"
    days.get_on(row, C.RUNNING, step="prove", at=clock.now())
    assert run(row, claim="another").closing == C.RUNNING
    with pytest.raises(errors.DayBeingClosed):
        ask(world, person)
    assert closings.waiting(at=clock.now()) == []
    later = clock.now() + policies.STALE + timedelta(seconds=1)
    assert closings.waiting(at=later) == [row.pk]
    assert closings.ask(book_id=row.book_id, day=row.day, actor=person, at=later).closing == C.ASKED
    days.get_on(row, C.RUNNING, step="prove", at=clock.now())
    assert run(row, claim="one").status == DayStatus.CLOSED


def test_a_lost_task_is_handed_out_again(world, person, monkeypatch):
    row = ask(world, person, at=clock.now() - timedelta(minutes=2))
    heard = []
    monkeypatch.setattr(tasks.close_day, "delay", lambda **given: heard.append(given))
    tasks.sweep_closings()
    assert heard == [{"day_id": row.public_id}]


def test_a_run_by_command_shows_on_the_page_too(world):
    book = Book.objects.get(partner=world.partner)
    row = days.close(book_id=book.pk, day=world.at.date() - timedelta(days=1), actor=STAFF, at=clock.now())
    assert (row.closing, row.closing_asked_by, row.status) == (C.DONE, "", DayStatus.CLOSED)

"""Verifications and reviews of customers' risk as work: next, lock, given, the clock, and let go by the decision."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.choices import Role
from accounts.models import User
from accounts.services import customers
from compliance import errors
from compliance.choices.work import NEVER
from compliance.models import CustomerRisk, Verification
from compliance.policies.work import LOCK
from compliance.services import queues, ratings, verification_decisions
from compliance.tests import kyc
from compliance.tests.alert_world import person
from compliance.tests.kyc import AT, SYSTEM
from flowlet.audit.models import Record
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, signed_in
from flowlet.core import clock
from flowlet.core.errors import Forbidden, FourEyesRequired
from flowlet.core.states import IllegalMove

DUE = datetime(2031, 10, 20, 12, tzinfo=UTC)  # within thirty days of the reviews of 2 November 2031


@pytest.fixture
def people(db):
    partner = kyc.company()
    names = ("Ada Lovelace", "Grace Hopper", "Alan Turing")
    return [
        kyc.person(partner, name=name, email=f"person-{n}@example.com", phone=f"+44207946001{n}") for n, name in enumerate(names)
    ]


@pytest.fixture
def ada(db):
    return person("ada")


@pytest.fixture
def ben(db):
    return person("ben")


def verification_of(customer, at=AT):
    return kyc.submitted(customer, at=at)


def review_of(customer, at=AT):
    ratings.rate(customer_ids=[customer.pk], cause="FIRST", actor=SYSTEM, at=at)
    return CustomerRisk.objects.get(customer=customer)


def approve(row, actor, at):
    return verification_decisions.approve(verification_id=row.pk, actor=actor, at=at)


def complete(row, actor, at):
    return ratings.complete_review(customer_id=row.customer_id, reason="papers are fresh", actor=actor, at=at)


KINDS = pytest.mark.parametrize(
    ("queue", "model", "begin", "decide", "at"),
    [
        ("verifications", Verification, verification_of, approve, AT + timedelta(hours=1)),
        ("reviews", CustomerRisk, review_of, complete, DUE),
    ],
    ids=["verifications", "reviews"],
)


@KINDS
def test_it_is_taken_locked_given_and_let_go_by_its_decision(people, ada, ben, queue, model, begin, decide, at):
    rows = [begin(customer) for customer in people]
    model.objects.filter(pk=rows[2].pk).update(priority=90)

    def press_next(actor, **more):
        return queues.next_item(queue=queue, actor=actor, at=at, **more)

    urgent, first = press_next(ada), press_next(ben)
    assert (urgent.pk, first.pk) == (rows[2].pk, rows[0].pk)
    with pytest.raises(errors.ItemTaken, match="Ada has it open"):
        decide(urgent, ben, at)
    with pytest.raises(errors.ItemTaken):
        queues.take(item_id=urgent.pk, model=model, actor=ben, at=at)
    queues.assign(item_id=rows[1].pk, model=model, person=User.fetch(ada.id), reason="Knows them", actor=ben, at=at)
    assert press_next(ben).pk == first.pk, "what was given is offered to nobody else"
    assert press_next(ada, filters={"owner": "mine"}).pk == rows[1].pk
    record = Record.objects.get(target=rows[1].public_id, action__endswith="assigned")
    assert (record.reason, record.after) == ("Knows them", {"assignee": ada.id})
    decide(urgent, ada, at)
    urgent.refresh_from_db()
    assert (urgent.locked_by, urgent.assignee) == (None, None)
    assert press_next(ben, after=first.pk) is None
    with pytest.raises(Forbidden):
        queues.assign(item_id=first.pk, model=model, person=User.fetch(person("eve", Role.AUDITOR).id), actor=ben, at=at)
    with pytest.raises(Forbidden):
        press_next(person("eve", Role.AUDITOR))


def test_a_verification_has_its_hours_by_level_and_risk_and_none_once_decided(people, ada):
    row = verification_of(people[0])
    assert (row.priority, row.opened_at, row.due_at) == (40, AT, AT + timedelta(hours=120))
    risky = people[1]
    review_of(risky)
    CustomerRisk.objects.filter(customer=risky).update(band="HIGH")
    row_of_risky = verification_of(risky)
    assert (row_of_risky.priority, row_of_risky.due_at) == (70, AT + timedelta(hours=72))
    queues.take(item_id=row.pk, model=Verification, actor=ada, at=AT)
    again = {"ask_code": "UNREADABLE", "item_ids": [row.items.get(kind="NAME").pk]}
    row = verification_decisions.ask_again(verification_id=row.pk, **again, actor=ada, at=AT)
    assert (row.priority, row.due_at, row.assignee) == (0, NEVER, User.fetch(ada.id)), "it comes back to whose it was"
    with pytest.raises(IllegalMove):
        queues.take(item_id=row.pk, model=Verification, actor=ada, at=AT)


def test_who_proposed_an_approval_is_not_offered_or_given_it(people, ada, ben):
    row = verification_of(people[0])
    Verification.objects.update(needs_two=True)
    queues.take(item_id=row.pk, model=Verification, actor=ada, at=AT)
    approve(row, ada, AT)
    assert queues.next_item(queue="verifications", actor=ada, at=AT) is None
    with pytest.raises(FourEyesRequired):
        queues.assign(item_id=row.pk, model=Verification, person=User.fetch(ada.id), actor=ben, at=AT)
    assert queues.next_item(queue="verifications", actor=ben, at=AT + LOCK).pk == row.pk


@pytest.mark.parametrize(("on", "waits"), [(date(2031, 10, 2), False), (date(2031, 10, 3), True), (date(2032, 5, 1), True)])
def test_a_review_waits_from_thirty_days_before_its_day_unless_the_customer_is_gone(people, ada, on, waits):
    row = review_of(people[0])
    assert (row.review_on, row.priority, row.due_at) == (date(2031, 11, 2), 20, datetime(2031, 11, 3, tzinfo=UTC))
    at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC)
    assert (queues.next_item(queue="reviews", actor=ada, at=at) is not None) == waits
    customers.close(customer_id=people[0].pk, reason="Left us", actor=SYSTEM, at=at)
    assert queues.next_item(queue="reviews", actor=ada, at=at) is None


def test_the_pages_open_the_next_show_who_has_it_and_keep_others_out(people, ada, ben):
    at = clock.now()
    first, second = (verification_of(customer, at) for customer in people[:2])
    mine, theirs = (signed_in(User.fetch(actor.id)) for actor in (ada, ben))
    listing = cells.admin_url(Verification, "changelist")
    assert mine.post(f"{listing}next/?queue=verifications")["Location"] == f"{cells.admin_url(first)}?queue=verifications"
    assert "open: Ada" in theirs.get(listing).content.decode()
    assert "Ada has it open until" in theirs.get(cells.admin_url(first)).content.decode()
    assert press(theirs, first, "approve").status_code == 409
    assert theirs.post(f"{listing}{first.public_id}/hold/").status_code == 409
    press(theirs, second, "take")
    assert Verification.objects.get(pk=second.pk).assignee == User.fetch(ben.id)
    assert press(mine, first, "approve")["Location"].startswith(listing), "what is left was given to somebody else"
    home = theirs.get("/admin/").content.decode()
    assert "Verifications to decide" in home and "Customers to review" in home


def test_opening_the_page_of_a_review_locks_it_and_leaves_the_page_good(people, ada):
    row = review_of(people[0])
    client, url = signed_in(User.fetch(ada.id)), cells.admin_url(row)
    version = client.get(url).content.decode().partition('name="version" value="')[2].partition('"')[0]
    queues.hold(item_id=row.pk, model=CustomerRisk, actor=ada, at=clock.now())
    answer = client.post(url.replace("change/", "do/complete_review/"), {"version": version, "reason": "data are fresh"})
    row.refresh_from_db()
    assert (answer.status_code, row.reviewed_on) == (302, clock.now().date())

"""The feed of events, through the door."""

from datetime import timedelta
from uuid import uuid4

import orjson
import pytest
from django.db import transaction
from django.test import Client

from accounts.choices import Scope
from accounts.services import api_keys, partners
from flowlet.core import clock
from flowlet.core.actors import system
from flowlet.db.transactions import wait_for_horizon
from flowlet.events.services import outbox
from flowlet.site.api import events

pytestmark = pytest.mark.django_db(transaction=True)


class Program(Client):
    """A partner's program with a key."""

    def __init__(self, key):
        super().__init__(raise_request_exception=True)
        self.key = key

    def ask(self, path, **query):
        answer = self.get(f"/v1/{path}", query_params=query or None, headers={"Authorization": f"Bearer {self.key}"})
        return answer.status_code, orjson.loads(answer.content)


@pytest.fixture
def partner():
    return partners.create(name="Acme", country="DE", actor=system("tests"), at=clock.now()).sandbox


@pytest.fixture
def program(partner):
    issued = api_keys.issue(partner_id=partner.pk, name="b", scopes=[Scope.EVENTS_READ], actor=system("tests"), at=clock.now())
    return Program(issued.secret)


@pytest.fixture
def publish(partner):
    def _publish(subject, kind="customer.created", **more):
        with transaction.atomic():
            return outbox.publish(
                **{"type": kind, "partner_id": partner.pk, "subject": subject, "data": {"n": subject}, "at": clock.now(), **more}
            )

    return _publish


def feed(program, **query):
    assert wait_for_horizon(timeout_seconds=240)
    status, body = program.ask("events", **query)
    assert status == 200, body
    return body


def test_a_reader_goes_on_where_it_stopped(program, publish):
    seen, cursor = [], {}
    for round_ in range(3):
        for number in range(3):
            publish(f"cus_{round_}{number}")
        while True:
            body = feed(program, type="customer.*", limit="2", **cursor)
            seen += [event["subject"] for event in body["data"]]
            if body["data"]:
                cursor = {"starting_after": body["data"][-1]["id"]}
            if not body["has_more"]:
                break
    assert seen == [f"cus_{round_}{number}" for round_ in range(3) for number in range(3)]


def test_an_event_is_shown_whole_and_can_be_read_by_its_id(program, publish):
    event = publish("cus_1", data={"amount": {"amount": "12.50", "currency": "USD"}})
    [shown] = feed(program, subject="cus_1")["data"]
    assert shown == {
        "id": event.public_id,
        "type": "customer.created",
        "subject": "cus_1",
        "data": {"amount": {"amount": "12.50", "currency": "USD"}},
        "api_version": "v1",
        "created_at": event.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert program.ask(f"events/{event.public_id}") == (200, shown)


def test_types_narrow_it_and_unknown_ones_are_refused(program, publish):
    publish("cus_1")
    publish("cus_2", kind="customer.frozen")
    publish("cus_3", kind="customer.closed")
    found = feed(program, type="customer.created,customer.closed")["data"]
    assert [event["subject"] for event in found] == ["cus_1", "cus_3"]
    for wrong in ("customer.creatd", "customers.*", "nothing", "*", "customer.created,x.y", "approval.submitted"):
        status, problem = program.ask("events", type=wrong)
        assert (status, problem["code"], problem["param"]) == (400, "event.unknown_type", "type"), wrong


def test_anothers_and_the_platforms_own_events_are_not_there(program, publish):
    hidden = [publish("cus_1", partner_id=uuid4()), publish("cus_2", partner_id=None)]
    old = publish("cus_3", at=clock.now() - timedelta(days=30, minutes=1))
    assert feed(program, type="customer.*")["data"] == []
    for event in [*hidden, old]:
        status, problem = program.ask(f"events/{event.public_id}")
        assert (status, problem["code"]) == (404, "event.not_found")
        status, problem = program.ask("events", starting_after=event.public_id)
        assert (status, problem["code"], problem["param"]) == (400, "event.cursor_gone", "starting_after")


def test_a_key_without_the_scope_is_refused(partner):
    issued = api_keys.issue(partner_id=partner.pk, name="b", scopes=[Scope.CUSTOMERS_READ], actor=system("tests"), at=clock.now())
    assert Program(issued.secret).ask("events")[0] == 403


def test_every_event_that_the_apps_name_is_known_and_no_internal_one():
    assert {"customer.created", "partner.activated", "api_key.revoked", "payment.settled"} <= set(events.known_types())
    inside = ("approval.", "ledger.", "payments.suspense.", "compliance.report.", "compliance.alert.", "compliance.case.")
    assert not [name for name in events.known_types() if name.startswith((*inside, "compliance.hit.", "compliance.risk."))]

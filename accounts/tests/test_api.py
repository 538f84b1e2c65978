"""Customers and the own key, through the door."""

from uuid import uuid4

import orjson
import pytest
from django.test import Client

from accounts.choices import Role, Scope
from accounts.models import Customer
from accounts.services import api_keys, customers

pytestmark = pytest.mark.django_db
BODY = {
    "kind": "PERSON",
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "+442079460958",
    "country": "GB",
    "address": {"line1": "12 St James's Square", "city": "London", "country": "GB"},
    "born_on": "1990-12-10",
    "external_id": "user-1",
    "metadata": {"plan": "gold"},
}


class Program(Client):
    """A partner's program: JSON, a key, and a fresh Idempotency-Key for each POST."""

    def __init__(self, key: str) -> None:
        super().__init__(raise_request_exception=True)
        self.key = key

    def ask(self, method, path, body=None, **query):
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": str(uuid4())}
        content = b"" if body is None else orjson.dumps(body)
        kind = "application/json" if content else ""
        answer = self.generic(method, f"/v1/{path}", content, content_type=kind, headers=headers, query_params=query or None)
        return answer.status_code, orjson.loads(answer.content)


@pytest.fixture
def program(issue):
    return Program(issue(scopes=[Scope.CUSTOMERS_READ, Scope.CUSTOMERS_WRITE]).secret)


@pytest.fixture
def stranger(issue, other):
    return Program(issue(partner_id=other.pk, scopes=[Scope.CUSTOMERS_READ, Scope.CUSTOMERS_WRITE]).secret)


@pytest.fixture
def ada(program):
    status, body = program.ask("POST", "customers", BODY)
    assert status == 201
    return body


def codes(body):
    return {(fault["param"], fault["code"]) for fault in body["errors"]}


def test_a_customer_is_created_and_read_as_it_was_given(program, ada):
    status, body = program.ask("GET", f"customers/{ada['id']}")
    assert (status, body) == (200, ada)
    times = {name: body.pop(name) for name in ("created_at", "updated_at")}
    assert times["created_at"] == times["updated_at"]
    assert body == {
        **BODY,
        "id": ada["id"],
        "status": "ACTIVE",
        "kyc_tier": "UNVERIFIED",
        "address": {**BODY["address"], "line2": None, "region": None, "postal_code": None},
        "incorporated_on": None,
        "registration_number": None,
        "is_erased": False,
        "freeze": None,
        "closed_at": None,
    }


@pytest.mark.parametrize(
    ("wrong", "status", "code", "param"),
    [
        ({"email": "ada"}, 400, "customer.malformed_email", "email"),
        ({"phone": "020 7946"}, 400, "customer.malformed_phone", "phone"),
        ({"country": "XX"}, 400, "country.unknown", "country"),
        ({"born_on": "2990-01-01"}, 400, "customer.impossible_date", "born_on"),
        ({"incorporated_on": "1990-01-01"}, 400, "customer.field_not_for_kind", "incorporated_on"),
        ({"address": {"line1": "x", "city": "y", "country": "XX"}}, 400, "country.unknown", "address.country"),
        ({"external_id": "user-1"}, 409, "customer.duplicate_external_id", "external_id"),
        ({"password": "x"}, 400, None, "password"),
        ({"address": {"line1": "x", "city": "y", "country": "GB", "planet": "z"}}, 400, None, "address.planet"),
        ({"name": 1}, 400, None, "name"),
        ({"metadata": {"a": 1}}, 400, None, "metadata.a"),
        ({"kind": "ROBOT"}, 400, None, "kind"),
    ],
)
def test_a_wrong_customer_is_refused_with_code_and_param(program, ada, wrong, status, code, param):
    got, body = program.ask("POST", "customers", {**BODY, "external_id": "user-2", **wrong})
    assert got == status
    assert body["param"] == param
    assert code is None or body["code"] == code
    assert Customer.objects.count() == 1


def test_patch_changes_what_is_named(program, ada):
    status, body = program.ask("PATCH", f"customers/{ada['id']}", {"phone": None, "name": "Augusta King"})
    assert status == 200
    assert body == {**ada, "phone": None, "name": "Augusta King", "updated_at": body["updated_at"]}
    status, same = program.ask("PATCH", f"customers/{ada['id']}", {})
    assert (status, same) == (200, body)
    status, emptied = program.ask("PATCH", f"customers/{ada['id']}", {"metadata": {}})
    assert (status, emptied["metadata"]) == (200, {})
    status, body = program.ask("PATCH", f"customers/{ada['id']}", {"kyc_tier": "PREMIUM"})
    assert (status, body["param"]) == (400, "kyc_tier")


def test_customers_are_listed_newest_first_and_filtered(program, ada):
    _, grace = program.ask("POST", "customers", {"kind": "PERSON", "name": "Grace Hopper", "country": "US"})

    def found(**query):
        status, body = program.ask("GET", "customers", **query)
        assert status == 200
        return [row["id"] for row in body["data"]], body["has_more"]

    assert found() == ([grace["id"], ada["id"]], False)
    assert found(limit="1") == ([grace["id"]], True)
    assert found(limit="1", starting_after=grace["id"]) == ([ada["id"]], False)
    assert found(email="ADA@example.com") == ([ada["id"]], False)
    assert found(phone="+44 20 7946 0958") == ([ada["id"]], False)
    assert found(name="hopper") == ([grace["id"]], False)
    assert found(external_id="user-1") == ([ada["id"]], False)
    assert found(**{"metadata[plan]": "gold"}) == ([ada["id"]], False)
    assert found(country="US", kind="PERSON", status="ACTIVE", kyc_tier="UNVERIFIED") == ([grace["id"]], False)
    assert found(status="FROZEN") == ([], False)
    assert found(**{"created[gt]": ada["created_at"]}) == ([grace["id"]], False)


def test_a_list_of_many_customers_takes_as_many_queries_as_of_one(program, ada, django_assert_num_queries):
    for n in range(5):
        program.ask("POST", "customers", {"kind": "PERSON", "name": f"Ada {n}", "country": "US"})
    program.ask("GET", "customers")
    with django_assert_num_queries(3):  # key, customers, keys of subjects
        assert len(program.ask("GET", "customers")[1]["data"]) == 6


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"email": "ada"}, "customer.malformed_email"),
        ({"phone": "12"}, "customer.malformed_phone"),
        ({"name": "…"}, "customer.malformed_name"),
        ({"shoe_size": "44"}, "request.unknown_parameter"),
    ],
)
def test_a_filter_that_can_find_nothing_is_refused(program, ada, query, code):
    status, body = program.ask("GET", "customers", **query)
    assert (status, body["code"]) == (400, code)


def test_the_partner_freezes_and_unfreezes_and_closes(program, ada):
    status, body = program.ask("POST", f"customers/{ada['id']}/freeze", {"reason": "lost phone"})
    assert (status, body["status"], body["freeze"]) == (200, "FROZEN", {"origin": "PARTNER", "reason": "lost phone"})
    assert program.ask("POST", f"customers/{ada['id']}/freeze", {"reason": "again"})[1]["code"] == "state.illegal_move"
    assert program.ask("POST", f"customers/{ada['id']}/close", {})[1]["code"] == "customer.frozen"
    assert program.ask("POST", f"customers/{ada['id']}/unfreeze", {"reason": "found"})[1]["freeze"] is None
    status, body = program.ask("POST", f"customers/{ada['id']}/close")
    assert (status, body["status"], body["closed_at"]) == (200, "CLOSED", body["updated_at"])
    status, body = program.ask("PATCH", f"customers/{ada['id']}", {"name": "Grace"})
    assert (status, body["code"]) == (409, "customer.closed")


def test_why_the_platform_froze_is_not_told_to_the_partner(program, ada, staff, at):
    officer = staff(Role.COMPLIANCE_OFFICER)
    customers.freeze(customer_id=Customer.key(ada["id"]), reason="suspicion of fraud", actor=officer, at=at)
    status, body = program.ask("GET", f"customers/{ada['id']}")
    assert (status, body["freeze"]) == (200, {"origin": "PLATFORM", "reason": None})
    status, body = program.ask("POST", f"customers/{ada['id']}/unfreeze", {"reason": "please"})
    assert (status, body["code"]) == (403, "customer.frozen_by_platform")
    assert Customer.objects.get().is_frozen


def test_an_erased_customer_is_said_to_be_erased(program, ada, robot, at):
    program.ask("POST", f"customers/{ada['id']}/close")
    customers.erase(customer_id=Customer.key(ada["id"]), reason="asked to", actor=robot, at=at)
    status, body = program.ask("GET", f"customers/{ada['id']}")
    assert (status, body["is_erased"]) == (200, True)
    assert [body[name] for name in ("name", "email", "phone", "address", "born_on")] == [None] * 5
    assert (body["country"], body["external_id"]) == ("GB", None)


def test_another_partners_customer_is_404_everywhere(stranger, ada):
    for method, path, body in [
        ("GET", f"customers/{ada['id']}", None),
        ("PATCH", f"customers/{ada['id']}", {"name": "Mine"}),
        ("POST", f"customers/{ada['id']}/freeze", {"reason": "mine"}),
        ("POST", f"customers/{ada['id']}/unfreeze", {"reason": "mine"}),
        ("POST", f"customers/{ada['id']}/close", {}),
    ]:
        status, answer = stranger.ask(method, path, body)
        assert (status, answer["code"]) == (404, "customer.not_found")
    assert stranger.ask("GET", "customers")[1] == {"data": [], "has_more": False}
    assert stranger.ask("GET", "customers", email="ada@example.com")[1]["data"] == []
    assert Customer.objects.get().status == "ACTIVE"


def test_reading_and_writing_are_two_scopes(issue, ada):
    reader = Program(issue(scopes=[Scope.CUSTOMERS_READ]).secret)
    writer = Program(issue(scopes=[Scope.CUSTOMERS_WRITE]).secret)
    assert reader.ask("GET", f"customers/{ada['id']}")[0] == 200
    assert writer.ask("GET", f"customers/{ada['id']}")[1]["code"] == "auth.missing_scope"
    assert reader.ask("POST", "customers", BODY)[1]["code"] == "auth.missing_scope"
    assert Customer.objects.count() == 1


def test_a_key_learns_whose_it_is_whatever_its_scopes(issue, sandbox):
    issued = issue(scopes=[Scope.EVENTS_READ], allowed_networks=["127.0.0.0/8"])
    status, body = Program(issued.secret).ask("GET", "me")
    assert status == 200
    assert body == {
        "partner": {
            "id": sandbox.public_id,
            "name": "Acme",
            "mode": "SANDBOX",
            "status": "ACTIVE",
            "country": "DE",
            "time_zone": "Europe/Berlin",
        },
        "key": {
            "id": issued.key.public_id,
            "name": "backend",
            "hint": issued.key.hint,
            "scopes": ["events:read"],
            "allowed_networks": ["127.0.0.0/8"],
            "rate_per_second": 100,
            "burst": 200,
            "expires_at": None,
            "created_at": "2026-03-01T12:00:00Z",
        },
    }


def test_a_revoked_key_is_refused_with_the_next_request(program, issue, robot, at):
    assert program.ask("GET", "customers")[0] == 200
    key = api_keys.ApiKey.objects.get()
    api_keys.revoke(key_id=key.pk, reason="leaked", actor=robot, at=at)
    status, body = program.ask("GET", "customers")
    assert (status, body["code"]) == (401, "auth.invalid_key")


def test_a_repeated_creation_is_answered_from_the_record(program):
    headers = {"Authorization": f"Bearer {program.key}", "Idempotency-Key": "one"}
    answers = [
        program.generic("POST", "/v1/customers", orjson.dumps(BODY), content_type="application/json", headers=headers)
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert Customer.objects.count() == 1

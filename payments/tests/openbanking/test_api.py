"""Consents through the partner API, from the first request to the end, in the sandbox."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from accounts.choices import Scope
from accounts.models import Partner
from accounts.services import api_keys, customers, partners
from flowlet.core import actors, clock, ids
from payments.models import Consent

ROBOT = actors.system("tests")


class Caller:
    """A partner's backend with a key of all scopes."""

    def __init__(self, partner, scopes=None):
        at = clock.now()
        scopes = scopes or [scope for scope in Scope.values if not (partner.is_live and scope in api_keys.SANDBOX_ONLY)]
        self.key = api_keys.issue(partner_id=partner.pk, name="tests", scopes=scopes, actor=ROBOT, at=at).secret
        made = customers.create(partner_id=partner.pk, kind="PERSON", name="Ada Lovelace", country="GB", actor=ROBOT, at=at)
        self.customer_id = made.public_id

    def ask(self, method, path, body=None, answers=200, **query):
        names = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": str(uuid4())}
        client = Client()
        if method == "GET":
            answer = client.get(f"/v1/{path}", query, headers=names)
        else:
            answer = client.post(f"/v1/{path}", body or {}, content_type="application/json", headers=names)
        assert answer.status_code == answers, answer.content
        return answer.json()

    def new(self, **changes):
        return {
            "customer_id": self.customer_id,
            "bank": "sandbox",
            "scopes": ["TRANSACTIONS"],
            "visitor": {"ip": "198.51.100.7"},
            **changes,
        }


@pytest.fixture
def pair(db):
    return partners.create(name="Acme", country="GB", actor=ROBOT, at=clock.now())


@pytest.fixture
def caller(pair):
    return Caller(pair.sandbox)


def given(caller, **changes):
    asked = caller.ask("POST", "consents", caller.new(**changes), 201)
    back = caller.ask("POST", f"simulations/consents/{asked['id']}/visit", {"decision": "APPROVE"})
    return caller.ask("POST", f"consents/{asked['id']}/complete", back)


def test_a_bank_is_connected_read_and_disconnected_without_anything_but_requests(caller):
    (bank,) = caller.ask("GET", "banks")["data"]
    asked = caller.ask("POST", "consents", caller.new(bank=bank["name"]), 201)
    assert (asked["status"], asked["scopes"]) == ("AWAITING", ["ACCOUNTS", "TRANSACTIONS"])
    back = caller.ask("POST", f"simulations/consents/{asked['id']}/visit", {"decision": "APPROVE"})
    assert asked["redirect_url"].endswith(back["parameters"]["state"])
    done = caller.ask("POST", f"consents/{asked['id']}/complete", back)
    assert done["status"] == "AUTHORISED" and "redirect_url" not in done

    accounts = caller.ask("GET", f"consents/{asked['id']}/accounts")["data"]
    assert [(row["id"], row["scheme"], row["currency"]) for row in accounts] == [
        ("current", "SORT_CODE", "GBP"),
        ("savings", "IBAN", "EUR"),
    ]
    moved = caller.ask("GET", f"consents/{asked['id']}/transactions", account_id="current")["data"]
    assert {row["direction"] for row in moved} == {"IN", "OUT"} and all(row["amount"]["currency"] == "GBP" for row in moved)
    refused = caller.ask("GET", f"consents/{asked['id']}/balances", answers=403, account_id="current")
    assert refused["code"] == "payments.scope_not_consented"

    assert caller.ask("POST", f"consents/{asked['id']}/revoke")["status"] == "REVOKED"
    assert caller.ask("GET", f"consents/{asked['id']}/accounts", answers=409)["code"] == "payments.consent_ended"
    assert [row["status"] for row in caller.ask("GET", "consents")["data"]] == ["REVOKED"]


def test_the_sandbox_bank_is_not_for_live_keys(pair):
    Partner.objects.filter(pk=pair.live.pk).update(status="ACTIVE")  # two officers approve it elsewhere
    live = Caller(pair.live)
    assert live.ask("GET", "banks") == {"data": []}
    refused = live.ask("POST", "consents", live.new(), 400)
    assert (refused["code"], refused["param"]) == ("payments.bank_not_offered", "bank")
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": []},
        {"scopes": ["PAYMENTS"]},
        {"scopes": "ACCOUNTS"},
        {"visitor": {}},
        {"visitor": {"ip": "somewhere"}},
        {"bank": 7},
        {"expires_at": "2026-01-15"},
        {"colour": "red"},
    ],
)
def test_a_body_of_the_wrong_form_is_refused(caller, change):
    caller.ask("POST", "consents", caller.new(**change), 400)
    assert not Consent.objects.exists()


@pytest.mark.parametrize("parameters", [None, [], {"state": 7}, {"state": None}, "state=x"])
def test_what_a_browser_brings_back_is_an_object_of_texts(caller, parameters):
    asked = caller.ask("POST", "consents", caller.new(), 201)
    caller.ask("POST", f"consents/{asked['id']}/complete", {"parameters": parameters}, 400)
    assert Consent.objects.get().status == "AWAITING"


def test_somebody_elses_answer_is_refused(caller):
    asked, other = (caller.ask("POST", "consents", caller.new(), 201) for _ in range(2))
    back = caller.ask("POST", f"simulations/consents/{other['id']}/visit", {"decision": "APPROVE"})
    refused = caller.ask("POST", f"consents/{asked['id']}/complete", back, 400)
    assert (refused["code"], refused["param"]) == ("payments.callback_refused", "state")
    assert set(Consent.objects.values_list("status", flat=True)) == {"AWAITING"}


@pytest.mark.parametrize(("first", "last"), [(-400, 0), (0, -1)])
def test_the_days_asked_for_are_at_most_a_year_and_in_order(caller, first, last):
    consent, today = given(caller), clock.now().date()
    days = {"from_on": str(today + timedelta(days=first)), "to_on": str(today + timedelta(days=last))}
    refused = caller.ask("GET", f"consents/{consent['id']}/transactions", answers=400, account_id="current", **days)
    assert refused["param"] == "from_on"


def test_days_narrow_what_is_read(caller):
    consent, today = given(caller), clock.now().date()
    days = {"from_on": str(today - timedelta(days=5)), "to_on": str(today - timedelta(days=2))}
    found = caller.ask("GET", f"consents/{consent['id']}/transactions", account_id="current", **days)["data"]
    assert found and all(days["from_on"] <= row["booked_on"] <= days["to_on"] for row in found)


def test_an_account_that_is_none_is_not_found(caller):
    consent = given(caller, scopes=["BALANCES"])
    assert (
        caller.ask("GET", f"consents/{consent['id']}/balances", answers=404, account_id="x")["code"] == "payments.no_such_account"
    )
    caller.ask("GET", f"consents/{consent['id']}/balances", answers=400)


def test_the_list_is_narrowed_by_customer_status_and_metadata(caller):
    consent = given(caller, metadata={"flow": "a"})
    caller.ask("POST", "consents", caller.new(metadata={"flow": "b"}), 201)
    for query in ({"status": "AUTHORISED"}, {"metadata[flow]": "a"}, {"status": "AUTHORISED", "customer_id": caller.customer_id}):
        assert [row["id"] for row in caller.ask("GET", "consents", **query)["data"]] == [consent["id"]]
    assert caller.ask("GET", "consents", customer_id=ids.public_id("cus", uuid4()))["data"] == []


def test_a_key_that_may_only_read_asks_for_no_consent(pair):
    reader = Caller(pair.sandbox, scopes=["consents:read"])
    assert reader.ask("POST", "consents", reader.new(), 403)["code"]
    assert reader.ask("GET", "consents") == {"data": [], "has_more": False}

"""External accounts and mandates over HTTP: what comes back, and what never does."""

import uuid

import pytest
from django.test import Client

from accounts.choices import Scope
from accounts.services import api_keys
from payments.models import AccountVerification, ExternalAccount
from payments.tests.external.conftest import AT, CREDITOR, ROBOT

NUMBER = "000123456789"


class Caller:
    """A sandbox key with every scope."""

    def __init__(self, partner) -> None:
        issued = api_keys.issue(partner_id=partner.pk, name="tests", scopes=list(Scope.values), actor=ROBOT, at=AT)
        self.headers = {"Authorization": f"Bearer {issued.secret}"}

    def post(self, path, body=None):
        headers = {**self.headers, "Idempotency-Key": str(uuid.uuid4())}
        return Client().post(f"/v1/{path}", body, content_type="application/json", headers=headers)

    def get(self, path):
        return Client().get(f"/v1/{path}", headers=self.headers)


@pytest.fixture
def caller(world):
    return Caller(world.partner)


@pytest.fixture
def us_bank(world):
    return {
        "customer_id": world.person.public_id,
        "kind": "US_BANK",
        "currency": "USD",
        "owner_name": "Ada Lovelace",
        "routing_number": "021000021",
        "account_number": NUMBER,
        "account_type": "CHECKING",
    }


def test_from_an_account_to_its_verification_with_what_curl_can_do(caller, us_bank):
    made = caller.post("external_accounts", us_bank)
    assert (made.status_code, made.json()["status"], made.json()["last_four"]) == (201, "PENDING", "6789")
    path = f"external_accounts/{made.json()['id']}"
    begun = caller.post(f"{path}/verifications", {"method": "MICRO_DEPOSITS"})
    assert (begun.status_code, begun.json()["tries_left"]) == (201, 3)

    def name(*texts):
        amounts = [{"amount": text, "currency": "USD"} for text in texts]
        return caller.post(f"{path}/micro_deposits", {"amounts": amounts})

    wrong = name("0.01", "0.02")
    assert (wrong.status_code, wrong.json()["status"], wrong.json()["tries_left"]) == (200, "PENDING", 2)
    assert AccountVerification.objects.get().tries_left == 2
    assert name("0.45", "0.32").json()["status"] == "VERIFIED"
    shown = caller.get(path).json()
    assert (shown["status"], shown["verification"], shown["verification_method"]) == ("ACTIVE", "VERIFIED", "MICRO_DEPOSITS")


def test_a_whole_number_never_comes_back(caller, us_bank):
    made = caller.post("external_accounts", us_bank)
    path = f"external_accounts/{made.json()['id']}"
    answers = [made, caller.get(path), caller.get("external_accounts"), caller.get("events"), caller.post(f"{path}/close", {})]
    again = caller.post("external_accounts", {**us_bank, "account_number": f"{NUMBER}x!"})
    assert [answer.status_code for answer in (*answers, again)] == [201, 200, 200, 200, 200, 400]
    assert not any(NUMBER in answer.content.decode() for answer in (*answers, again))


def test_the_same_account_again_is_a_conflict_that_names_it(caller, us_bank):
    made = caller.post("external_accounts", us_bank).json()
    again = caller.post("external_accounts", us_bank)
    assert (again.status_code, again.json()["code"]) == (409, "payments.external_account_known")
    assert again.json()["details"] == {"external_account": made["id"]}


@pytest.mark.parametrize(
    ("changes", "status", "code", "param"),
    [
        ({"routing_number": "021000022"}, 400, "payments.malformed_routing_number", "routing_number"),
        ({"account_number": 123456789}, 400, "request.invalid", "account_number"),
        ({"surprise": "me"}, 400, "request.invalid", "surprise"),
        ({"owner_address": {"country": "US", "line1": "Broadway 1"}}, 400, "request.invalid", None),
        ({"card_token": "4242424242424242"}, 400, "payments.field_not_for_kind", "card_token"),
        ({"currency": "EUR"}, 422, "payments.currency_not_for_kind", "currency"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name(caller, us_bank, changes, status, code, param):
    answer = caller.post("external_accounts", {**us_bank, **changes})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if param:
        assert answer.json()["param"] == param
    assert not ExternalAccount.objects.exists()


def test_plaid_and_officers_are_not_to_be_asked_for_by_key(caller, us_bank):
    path = f"external_accounts/{caller.post('external_accounts', us_bank).json()['id']}/verifications"
    for method in ("PLAID", "MANUAL"):
        assert caller.post(path, {"method": method}).status_code == 400


def test_a_mandate_lives_and_ends(caller, world, us_bank):
    iban = {"kind": "IBAN", "currency": "EUR", "owner_name": "Ada Lovelace", "iban": "DE89 3704 0044 0532 0130 00"}
    account = caller.post("external_accounts", {"customer_id": world.person.public_id, **iban}).json()
    assert (account["last_four"], account["bic"], account["country"]) == ("3000", "COBADEFFXXX", "DE")
    given = {"external_account_id": account["id"], "scheme": "SEPA_CORE", "creditor_id": CREDITOR, "signed_on": "2026-03-01"}
    made = caller.post("mandates", {**given, "reference": "Rent-1"}).json()
    assert (made["status"], made["reference"], made["expires_on"]) == ("ACTIVE", "Rent-1", "2029-03-01")
    assert [row["id"] for row in caller.get("mandates?reference=RENT-1").json()["data"]] == [made["id"]]
    twin = caller.post("mandates", {**given, "reference": "rent-1"})
    assert (twin.status_code, twin.json()["code"]) == (409, "payments.duplicate_mandate_reference")
    assert caller.post(f"mandates/{made['id']}/revoke", {}).json()["status"] == "REVOKED"
    assert caller.post(f"mandates/{made['id']}/revoke", {}).json()["code"] == "payments.mandate_ended"


def test_the_evidence_of_an_authorization_is_not_shown_again(caller, us_bank):
    account = caller.post("external_accounts", us_bank).json()
    given = {"external_account_id": account["id"], "scheme": "ACH", "authorization": "WEB", "signed_on": "2026-03-01"}
    made = caller.post("mandates", {**given, "evidence": "Ticked the box at 192.0.2.7"})
    assert made.status_code == 201
    assert "192.0.2.7" not in made.content.decode() + caller.get(f"mandates/{made.json()['id']}").content.decode()

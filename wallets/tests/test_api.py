"""What partners see over HTTP: forms, refusals, balances after postings, files. Examples and tenants are tested for all apps at once."""

from uuid import uuid4

import orjson
import pytest
from django.test import Client

from accounts.choices import Scope
from accounts.models import Partner
from accounts.services import api_keys
from flowlet.api import throttling
from flowlet.events.models import Event
from wallets.models import Hold, Transfer, Wallet
from wallets.services import wallets
from wallets.tests.conftest import ROBOT, STAFF, footprint


class Api(Client):
    """Speaks JSON with a key of the partner."""

    def __init__(self, partner, at):
        super().__init__(raise_request_exception=False)
        scopes = [scope for scope in Scope.values if partner.mode == "SANDBOX" or scope not in api_keys.SANDBOX_ONLY]
        self.key = api_keys.issue(partner_id=partner.pk, name="tests", scopes=scopes, actor=ROBOT, at=at).secret

    def ask(self, method, path, body=None, *, key=None):
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": key or str(uuid4())}
        content = b"" if body is None else orjson.dumps(body)
        return self.generic(method, f"/v1/{path}", content, content_type="application/json" if content else "", headers=headers)

    def get_json(self, path):
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.content
        return answer.json()


@pytest.fixture
def api(world, monkeypatch):
    monkeypatch.setattr("flowlet.api.views.limiter", throttling.Limiter())
    return Api(world.partner, world.at)


def money(amount, currency="USD"):
    return {"amount": amount, "currency": currency}


def sending(a, b, amount="2.50", **more):
    return {"source_wallet_id": a.public_id, "target_wallet_id": b.public_id, "amount": money(amount), **more}


def refused(answer, status, code, param=""):
    body = answer.json()
    assert (answer.status_code, body["code"], body["param"]) == (status, code, param), body
    return body


def test_a_partner_opens_tops_up_and_transfers(world, api):
    ada = world.customer()
    a, b = (
        api.ask("POST", "wallets", {"customer_id": ada.public_id, "currency": "USD", "metadata": {"n": str(n)}}).json()
        for n in range(2)
    )
    top_up = api.ask("POST", "simulations/top_ups", {"wallet_id": a["id"], "amount": money("10.00")}).json()
    assert top_up["balances"] == [
        {"wallet_id": a["id"], "total": money("10.00"), "held": money("0.00"), "available": money("10.00")}
    ]
    made = api.ask("POST", "transfers", {"source_wallet_id": a["id"], "target_wallet_id": b["id"], "amount": money("2.50")})
    assert made.status_code == 201
    assert [(x["wallet_id"], x["available"]) for x in made.json()["balances"]] == [
        (a["id"], money("7.50")),
        (b["id"], money("2.50")),
    ]
    shown = api.get_json(f"transfers/{made.json()['id']}")
    assert shown == {name: value for name, value in made.json().items() if name != "balances"}
    assert api.get_json(f"wallets/{a['id']}")["balance"]["total"] == money("7.50")
    assert [w["id"] for w in api.get_json("wallets?metadata[n]=1")["data"]] == [b["id"]]
    listed = api.get_json(f"wallets/{a['id']}/transactions")
    assert [(t["type"], t["direction"], t["amount"]["amount"]) for t in listed["data"]] == [
        ("TRANSFER", "OUT", "2.50"),
        ("TOP_UP", "IN", "10.00"),
    ]
    assert listed["data"][0]["cause_id"] == shown["id"] and listed["data"][0]["counterparty_wallet_id"] == b["id"]
    following = api.get_json(f"wallets/{a['id']}/transactions?starting_after={listed['data'][0]['id']}&limit=1")
    assert following == {"data": [listed["data"][1]], "has_more": False}


def test_a_wallet_gets_another_name_and_other_metadata(world, api):
    wallet = world.wallet("10", name="Main", metadata={"plan": "gold"}, external_id="w-1")
    before = api.get_json(f"wallets/{wallet.public_id}")
    answer = api.ask("PATCH", f"wallets/{wallet.public_id}", {"name": "Holidays"})
    assert answer.status_code == 200
    assert answer.json() == {**before, "name": "Holidays", "updated_at": answer.json()["updated_at"]}
    assert answer.json() == api.ask("PATCH", f"wallets/{wallet.public_id}", {"name": "Holidays"}).json()
    changed = api.ask("PATCH", f"wallets/{wallet.public_id}", {"name": None, "metadata": {"plan": "platinum"}}).json()
    assert (changed["name"], changed["metadata"], changed["external_id"]) == (None, {"plan": "platinum"}, "w-1")
    assert [found["id"] for found in api.get_json("wallets?metadata[plan]=platinum")["data"]] == [wallet.public_id]
    assert Event.objects.filter(type="wallet.updated").count() == 2


@pytest.mark.parametrize(
    "body", [{"currency": "EUR"}, {"external_id": "w-2"}, {"name": 7}, {"metadata": None}, {"metadata": {"n": 1}}]
)
def test_a_wallets_change_of_wrong_form_is_refused_and_writes_nothing(world, api, body):
    wallet = world.wallet(name="Main")
    before = footprint()
    answer = api.ask("PATCH", f"wallets/{wallet.public_id}", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "request.invalid")
    assert footprint() == before


def test_a_key_that_only_reads_renames_nothing(world, api):
    wallet = world.wallet(name="Main")
    issued = api_keys.issue(partner_id=world.partner.pk, name="r", scopes=["wallets:read"], actor=ROBOT, at=world.at)
    reader = Api(world.partner, world.at)
    reader.key = issued.secret
    refused(reader.ask("PATCH", f"wallets/{wallet.public_id}", {"name": "Mine"}), 403, "auth.missing_scope")
    assert Wallet.objects.get().name == "Main"


def test_a_repeated_transfer_takes_effect_once(world, api):
    a, b = world.wallet("10"), world.wallet()
    first, again = (api.ask("POST", "transfers", sending(a, b), key="same") for _ in range(2))
    assert (first.status_code, first.content, again["Idempotency-Replayed"]) == (201, again.content, "true")
    assert Transfer.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"amount": {"amount": 2.5, "currency": "USD"}}, 400, "money.malformed_amount", "amount.amount"),
        ({"amount": money("NaN")}, 400, "money.malformed_amount", "amount.amount"),
        ({"amount": money("1e3")}, 400, "money.malformed_amount", "amount.amount"),
        ({"amount": money("1.001")}, 400, "money.too_precise", "amount.amount"),
        ({"amount": money("10.5", "JPY")}, 400, "money.too_precise", "amount.amount"),
        ({"amount": money("-1")}, 400, "money.not_positive", "amount.amount"),
        ({"amount": money("0.00")}, 400, "money.not_positive", "amount.amount"),
        ({"amount": money("1" + "0" * 20)}, 400, "money.malformed_amount", "amount.amount"),
        ({"amount": money("1" + "0" * 19)}, 400, "money.too_large", "amount.amount"),
        ({"amount": money("1", "ZZZ")}, 400, "money.unknown_currency", "amount.currency"),
        ({"amount": money("1", "EUR")}, 422, "wallets.currency_mismatch", "amount.currency"),
        ({"colour": "red"}, 400, "request.invalid", "colour"),
        ({"expires_at": "2030-01-01T00:00:00Z"}, 400, "request.invalid", "expires_at"),
        ({"capture": False, "expires_at": "2000-01-01T00:00:00Z"}, 400, "wallets.expiry_out_of_range", "expires_at"),
        ({"amount": money("10.01")}, 422, "wallets.insufficient_funds", "amount"),
        ({"description": "a\u0007b"}, 400, "request.invalid", "description"),
    ],
)
def test_refuses_at_the_door_or_behind_it_and_writes_nothing(world, api, change, status, code, param):
    a, b = world.wallet("10"), world.wallet()
    before = footprint()
    refused(api.ask("POST", "transfers", sending(a, b) | change), status, code, param)
    assert footprint() == before


def test_a_limit_says_what_is_left(world, api):
    a, b = world.wallet("500", tier="UNVERIFIED"), world.wallet()
    api.ask("POST", "transfers", sending(a, b, "70"))
    body = refused(api.ask("POST", "transfers", sending(a, b, "30.01")), 422, "wallets.limit_exceeded")
    assert (body["details"]["span"], body["details"]["left"]) == ("daily", money("30.00"))


def test_authorise_capture_void_and_refund(world, api):
    a, b = world.wallet("10"), world.wallet()
    made = api.ask("POST", "transfers", sending(a, b, "6", capture=False)).json()
    assert (made["status"], made["balances"][0]["held"]) == ("AUTHORIZED", money("6.00"))
    part = api.ask("POST", f"transfers/{made['id']}/capture", {"amount": money("2")}).json()
    assert (part["status"], part["captured"]) == ("AUTHORIZED", money("2.00"))
    done = api.ask("POST", f"transfers/{made['id']}/void").json()
    assert (done["status"], done["balances"][0]["available"]) == ("COMPLETED", money("8.00"))
    refunded = api.ask("POST", f"transfers/{made['id']}/refunds", {"reason": "broken"})
    assert (refunded.status_code, refunded.json()["refunded"]) == (201, money("2.00"))
    refused(api.ask("POST", f"transfers/{made['id']}/refunds", {}), 422, "wallets.refund_too_large", "amount")
    assert [row["amount"] for row in api.get_json(f"transfers/{made['id']}/refunds")["data"]] == [money("2.00")]
    assert [row["id"] for row in api.get_json(f"transfers?wallet_id={b.public_id}")["data"]] == [made["id"]]


def test_holds_are_placed_captured_and_released(world, api):
    a, b = world.wallet("10"), world.wallet()
    hold = api.ask("POST", "holds", {"wallet_id": a.public_id, "amount": money("6"), "external_id": "h-1"}).json()
    done = api.ask("POST", f"holds/{hold['id']}/capture", {"target_wallet_id": b.public_id, "amount": money("2")})
    assert done.status_code == 201
    assert (done.json()["hold"]["remaining"], done.json()["transfer"]["hold_id"]) == (money("4.00"), hold["id"])
    released = api.ask("POST", f"holds/{hold['id']}/release", {"reason": "left early"}).json()
    assert (released["status"], released["balances"][0]["available"]) == ("RELEASED", money("8.00"))
    refused(api.ask("POST", f"holds/{hold['id']}/release"), 409, "wallets.hold_ended")
    assert [row["id"] for row in api.get_json("holds?external_id=h-1")["data"]] == [hold["id"]]
    assert Hold.objects.get().status == "RELEASED"


def test_a_batch_answers_item_by_item_or_not_at_all(world, api):
    a, b = world.wallet("10"), world.wallet()
    items = [sending(a, b, "6", external_id="one"), sending(a, b, "6"), sending(a, b, "4")]
    found = api.ask("POST", "transfer_batches", {"transfers": items}).json()
    assert (found["made"], found["refused"]) == (2, 1)
    assert found["results"][1]["refusal"]["code"] == "wallets.insufficient_funds"
    assert found["results"][2]["transfer"]["balances"][1]["total"] == money("10.00")
    before = footprint()
    body = refused(
        api.ask("POST", "transfer_batches", {"transfers": [sending(b, a, "1"), items[1]], "is_atomic": True}),
        422,
        "ledger.batch_refused",
    )
    assert body["details"] == {"item": 1, "reason": "wallets.insufficient_funds"}
    refused(api.ask("POST", "transfer_batches", {"transfers": []}), 400, "request.invalid", "transfers")
    refused(api.ask("POST", "transfer_batches", {"transfers": [items[1]] * 1001}), 400, "request.invalid", "transfers")
    assert footprint() == before


def test_play_money_is_for_the_sandbox(world):
    live = Partner.objects.get(pk=world.partner.sibling_id)
    Partner.objects.filter(pk=live.pk).update(status="ACTIVE")
    world.partner = live
    wallet = world.wallet()
    answer = Api(live, world.at).ask("POST", "simulations/top_ups", {"wallet_id": wallet.public_id, "amount": money("1")})
    assert (answer.status_code, answer.json()["code"]) == (403, "auth.missing_scope")
    assert world.balance(wallet) == ("0", "0")


def test_the_platforms_reason_for_a_freeze_is_not_told(world, api):
    a = world.wallet()
    wallets.freeze(wallet_id=a.pk, reason="suspicion of fraud", actor=STAFF, at=world.at)
    shown = api.ask("GET", f"wallets/{a.public_id}")
    assert shown.json()["freeze"] == {"origin": "PLATFORM", "reason": None}
    assert b"suspicion" not in shown.content
    refused(api.ask("POST", f"wallets/{a.public_id}/unfreeze", {"reason": "please"}), 403, "wallets.frozen_by_platform")


def test_balances_of_days(world, api):
    a, b = world.wallet("10"), world.wallet()
    yesterday = (world.at.date().toordinal() - 1, world.at.date())
    world.send(a, b, "4", effective_on=world.at.date().fromordinal(yesterday[0]))
    day = world.at.date().fromordinal(yesterday[0])
    assert api.get_json(f"wallets/{b.public_id}/balance?as_of={day}")["total"] == money("4.00")
    assert api.get_json(f"wallets/{a.public_id}/balance?as_of={day}")["total"] == money("-4.00")
    assert api.get_json(f"wallets/{a.public_id}/balance")["available"] == money("6.00")
    refused(api.ask("GET", f"wallets/{a.public_id}/balance?as_of=2999-01-01"), 400, "wallets.day_out_of_range", "as_of")


def test_a_statement_comes_in_three_forms(world, api):
    a, b = world.wallet("10"), world.wallet()
    world.send(a, b, "4")
    path = f"wallets/{a.public_id}/statement?month={world.at:%Y-%m}"
    shown = api.get_json(path)
    assert (shown["opening"], shown["incoming"], shown["outgoing"], shown["closing"]) == (
        money("0.00"), money("10.00"), money("4.00"), money("6.00"),
    )  # fmt: skip
    assert [line["balance"] for line in shown["lines"]] == [money("10.00"), money("6.00")]
    for kind, start in (("csv", b"day,type"), ("pdf", b"%PDF")):
        answer = api.ask("GET", f"{path}&format={kind}")
        assert answer.content.startswith(start)
        assert answer["Content-Disposition"] == f'attachment; filename="statement-{a.public_id}-{world.at:%Y-%m}.{kind}"'
    refused(api.ask("GET", f"wallets/{a.public_id}/statement?month=2999-01"), 400, "wallets.statement_out_of_range", "month")
    refused(api.ask("GET", f"wallets/{a.public_id}/statement?month=2026-13"), 400, "request.invalid", "month")


def test_a_wallets_own_limits_are_set_when_it_is_opened(world, api):
    ada = world.customer()
    body = {"customer_id": ada.public_id, "currency": "USD", "limits": {"daily": "5.00"}}
    made = api.ask("POST", "wallets", body).json()
    assert made["limits"] == {"per_transaction": None, "daily": "5.00", "monthly": None}
    refused(api.ask("POST", "wallets", body | {"limits": {"daily": "5.001"}}), 400, "wallets.malformed_limits", "daily")
    refused(api.ask("POST", "wallets", body | {"limits": {"daily": 5}}), 400, "request.invalid", "limits.daily")
    refused(api.ask("POST", "wallets", body | {"currency": "CHF"}), 422, "wallets.no_limit_for_currency", "currency")
    assert Wallet.objects.count() == 1


def test_a_transfer_takes_few_queries(world, api, django_assert_max_num_queries):
    a, b = world.wallet("10"), world.wallet()
    api.ask("POST", "transfers", sending(a, b, "1"))
    with django_assert_max_num_queries(12):
        assert api.ask("POST", "transfers", sending(a, b, "1")).status_code == 201
    with django_assert_max_num_queries(3):
        api.get_json(f"wallets/{a.public_id}")

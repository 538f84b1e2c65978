"""Plaid, three ways: our client and Plaid's own SDK against the stand-in, and every message against Plaid's own description."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import jwt
import pytest

from flowlet.core.breakers import Breaker
from flowlet.core.money import Money
from flowlet.core.outbound import OutcomeUnknown, Refused, Retries, Timeouts, Unavailable
from payments.providers.errors import AnswerMalformed, WebhookForged
from payments.providers.plaid import webhooks
from payments.providers.plaid.client import LOGIN_IS_OVER, Plaid
from payments.tests.standins import contract
from payments.tests.standins.plaid import PlaidStandIn
from payments.tests.standins.server import Asked, Fault, Reply, running

SPEC = "plaid-2020-09-14_1.697.4.yml"


@pytest.fixture
def standin():
    with running(PlaidStandIn) as found:
        yield found


def client_of(standin, **options):
    options.setdefault("retries", Retries(attempts=3, first=0.01, longest=0.02, jitter=0))
    options.setdefault("timeouts", Timeouts(connect=1, read=0.4, attempt=1, call=5))
    options.setdefault("breaker", Breaker(f"test-{uuid.uuid4()}", threshold=50))
    options.setdefault("secret", standin.secret)
    return Plaid(client_id=standin.client_id, base_url=standin.url, private_hosts=frozenset({"127.0.0.1"}), **options)


@pytest.fixture
def client(standin):
    return client_of(standin, webhook_url="https://flowlet.example/webhooks/plaid")


@pytest.fixture
def access(client, standin):
    return client.exchange(standin.link()).access_token


def usd(text):
    return Money(Decimal(text), "USD")


def assert_contract(standin):
    wanted = contract.of(SPEC)
    assert [text for asked, reply in standin.log for text in wanted.problems(asked, reply)] == []


# Our client against the stand-in


def test_a_customer_links_a_bank_and_a_public_token_works_once(client, standin):
    token = client.link_token(customer_ref="cus_1", products=("auth",), countries=("US",))
    assert token.token.startswith("link-")
    assert timedelta(hours=3) < token.expires_at - datetime.now(tz=UTC) < timedelta(hours=5)
    public = standin.link()
    item = client.exchange(public)
    assert item.id == standin.items[item.access_token]["item_id"]
    assert item.access_token not in repr(item)
    with pytest.raises(Refused) as caught:
        client.exchange(public)
    assert caught.value.provider_code == "INVALID_PUBLIC_TOKEN"


def test_a_repaired_login_needs_no_products(client, standin, access):
    client.link_token(customer_ref="cus_1", products=("auth",), countries=("US",), access=access)
    sent = standin.log[-1][0].json
    assert sent["access_token"] == access and "products" not in sent


def test_balances_are_exact_or_not_there(client, access):
    checking, savings, pension = client.accounts(access)
    assert (checking.available, checking.current) == (usd("100.00"), usd("110.50"))
    assert (savings.available, savings.current) == (None, usd("210.00"))
    assert pension.current is None, "23631.9805 is finer than a cent, and is not rounded"
    (one,) = client.balances(access, account_ids=(savings.id,))
    assert one.id == savings.id


def test_numbers_and_owners_are_read_and_kept_out_of_what_is_printed(client, access):
    found = client.numbers(access)
    assert [(row.routing_number, row.account_number) for row in found.us] == [
        ("011401533", "111122223330000"),
        ("011401533", "111122223331111"),
    ]
    assert [(row.iban, row.bic) for row in found.iban] == [("GB29NWBK60161331926819", "NWBKGB21")]
    assert "111122223330000" not in repr(found) and "GB29NWBK" not in repr(found)
    owner = client.owners(access)[0]
    assert owner.names == ("Alberta Bobbeth Charleson",)
    assert (owner.emails, owner.phones) == (("accountholder0@example.com",), ("+1 111-555-3333",))
    assert "Alberta" not in repr(owner) and "example.com" not in repr(owner)


def test_all_pages_of_changes_are_read_and_the_sign_is_ours(client, standin, access):
    pending = standin.add(access, 12.34, pending=True)
    for number in range(1100):
        standin.add(access, -1.1, name=f"pay {number}")
    posted = standin.add(access, 12.34, replaces=pending)
    standin.drop(access, pending)
    standin.change(access, posted, amount=12.3)
    found = client.changes(access)
    assert len(found.added) == 1102
    assert (found.added[0].amount, found.added[0].is_pending, found.added[0].on) == (usd("-12.34"), True, date(2026, 11, 2))
    assert found.added[1].amount == usd("1.10")
    assert found.added[-1].replaces == pending
    assert found.removed == [pending]
    assert [(row.id, row.amount) for row in found.modified] == [(posted, usd("-12.30"))]
    assert client.changes(access, cursor=found.cursor).added == []
    standin.add(access, 1)
    assert [row.amount for row in client.changes(access, cursor=found.cursor).added] == [usd("-1.00")]


def test_a_change_under_our_feet_begins_the_pages_anew_from_the_first_cursor(client, standin, access):
    for _ in range(600):
        standin.add(access, 1)
    standin.mutations = 2
    found = client.changes(access)
    assert len(found.added) == len({row.id for row in found.added}) == 600
    cursors = [asked.json.get("cursor", "") for asked, _ in standin.log if asked.path == "/transactions/sync"]
    assert cursors[0] == cursors[2] == cursors[4] == ""
    standin.mutations = 99
    with pytest.raises(Unavailable):
        client.changes(access)


def test_a_cursor_that_does_not_move_is_not_followed_for_ever(client, standin, access):
    page = {"added": [], "modified": [], "removed": [], "next_cursor": "c", "has_more": True}
    standin.faults.append(Fault("REPLY", path="/transactions/sync", times=99, reply=Reply(200, page)))
    with pytest.raises(AnswerMalformed):
        client.changes(access)
    assert standin.faults[0].times == 97


def test_an_amount_without_an_iso_currency_is_not_guessed_at(client, standin, access):
    standin.add(access, 5)
    standin.items[access]["changes"][0][1].update(iso_currency_code=None, unofficial_currency_code="BTC")
    (row,) = client.changes(access).added
    assert row.amount is None


def test_removal_twice_is_removal(client, access):
    client.remove(access)
    client.remove(access)
    with pytest.raises(Refused) as caught:
        client.accounts(access)
    assert caught.value.provider_code in LOGIN_IS_OVER


def test_a_lost_answer_to_a_removal_is_asked_again_and_one_to_an_exchange_is_not(client, standin, access):
    standin.faults.append(Fault("LOSE_ANSWER", path="/item/remove"))
    client.remove(access)
    assert access not in standin.items
    standin.faults.append(Fault("LOSE_ANSWER", path="/item/public_token/exchange"))
    with pytest.raises(OutcomeUnknown):
        client.exchange(standin.link())
    assert len(standin.items) == 1


@pytest.mark.parametrize("fault", ["LOSE_ANSWER", "LOSE_REQUEST", "ERROR", "SLOW"])
def test_questions_are_asked_again(client, standin, access, fault):
    standin.faults.append(Fault(fault, path="/accounts/get", times=2, seconds=0.6))
    assert len(client.accounts(access)) == 3


def test_a_login_that_is_over_is_told(client, access):
    client.sandbox_reset_login(access)
    with pytest.raises(Refused) as caught:
        client.balances(access)
    assert caught.value.provider_code == "ITEM_LOGIN_REQUIRED"
    assert caught.value.provider_code in LOGIN_IS_OVER


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"accounts": None},
        {"accounts": [{}]},
        {"accounts": [{"account_id": "a", "type": "depository", "balances": {"current": "1", "iso_currency_code": "USD"}}]},
    ],
)
def test_an_answer_that_lacks_what_counts_is_not_guessed_at(client, standin, access, data):
    standin.faults.append(Fault("REPLY", path="/accounts/get", reply=Reply(200, data)))
    with pytest.raises(AnswerMalformed):
        client.accounts(access)


# Every message against Plaid's own description


def test_every_message_of_our_client_and_the_stand_in_is_as_plaid_describes_it(client, standin):
    client.link_token(customer_ref="cus_1", products=("auth", "transactions"), countries=("US", "DE"))
    public = client.sandbox_public_token(institution_id="ins_109508", products=("auth", "identity", "transactions"))
    access = client.exchange(public).access_token
    first = client.accounts(access)[0]
    client.balances(access, account_ids=(first.id,))
    client.numbers(access)
    client.owners(access)
    line = standin.add(access, 12.5)
    cursor = client.changes(access).cursor
    standin.change(access, line, amount=13)
    standin.drop(access, line)
    client.changes(access, cursor=cursor)
    client.sandbox_fire_webhook(access, code="SYNC_UPDATES_AVAILABLE")
    client.webhook_key(standin.key_id)
    client.sandbox_reset_login(access)
    with pytest.raises(Refused):
        client.accounts(access)
    standin.items[access]["login_ok"] = True
    client.remove(access)
    assert {asked.path for asked, _ in standin.log} >= {
        "/link/token/create",
        "/item/public_token/exchange",
        "/accounts/get",
        "/accounts/balance/get",
        "/auth/get",
        "/identity/get",
        "/transactions/sync",
        "/item/remove",
        "/webhook_verification_key/get",
    }
    assert_contract(standin)
    wanted = contract.of(SPEC)
    assert wanted.schema_problems("SyncUpdatesAvailableWebhook", standin.sent[0][0]) == []


def test_the_description_does_find_what_is_wrong(standin, client, access):
    client.accounts(access)
    asked, reply = standin.log[-1]
    wanted = contract.of(SPEC)
    assert wanted.problems(asked, reply) == []
    spoilt = json.loads(reply.body)
    spoilt["accounts"][0]["type"] = "sock"
    del spoilt["accounts"][1]["balances"]["limit"]
    assert len(wanted.problems(asked, Reply(200, spoilt))) == 2
    assert wanted.problems(Asked("POST", asked.path, [], asked.headers, b"{}"), reply)


# Plaid's own SDK against the stand-in


def test_plaid_s_own_sdk_is_content_with_the_stand_in(standin):
    import plaid
    from plaid.api import plaid_api
    from plaid.model.accounts_balance_get_request import AccountsBalanceGetRequest
    from plaid.model.accounts_get_request import AccountsGetRequest
    from plaid.model.auth_get_request import AuthGetRequest
    from plaid.model.country_code import CountryCode
    from plaid.model.identity_get_request import IdentityGetRequest
    from plaid.model.item_public_token_exchange_request import ItemPublicTokenExchangeRequest
    from plaid.model.item_remove_request import ItemRemoveRequest
    from plaid.model.link_token_create_request import LinkTokenCreateRequest
    from plaid.model.link_token_create_request_user import LinkTokenCreateRequestUser
    from plaid.model.products import Products
    from plaid.model.sandbox_public_token_create_request import SandboxPublicTokenCreateRequest
    from plaid.model.transactions_sync_request import TransactionsSyncRequest
    from plaid.model.webhook_verification_key_get_request import WebhookVerificationKeyGetRequest

    configuration = plaid.Configuration(host=standin.url, api_key={"clientId": standin.client_id, "secret": standin.secret})
    api = plaid_api.PlaidApi(plaid.ApiClient(configuration))
    api.link_token_create(
        LinkTokenCreateRequest(
            client_name="Flowlet",
            language="en",
            country_codes=[CountryCode("US")],
            user=LinkTokenCreateRequestUser(client_user_id="cus_1"),
            products=[Products("auth")],
        )
    )
    public = api.sandbox_public_token_create(
        SandboxPublicTokenCreateRequest(
            institution_id="ins_109508", initial_products=[Products("auth"), Products("identity"), Products("transactions")]
        )
    ).public_token
    access = api.item_public_token_exchange(ItemPublicTokenExchangeRequest(public_token=public)).access_token
    assert len(api.accounts_get(AccountsGetRequest(access_token=access)).accounts) == 3
    assert api.accounts_balance_get(AccountsBalanceGetRequest(access_token=access)).accounts[0].balances.current == 110.5
    assert api.auth_get(AuthGetRequest(access_token=access)).numbers.ach[0].routing == "011401533"
    assert api.identity_get(IdentityGetRequest(access_token=access)).accounts[0].owners[0].names == ["Alberta Bobbeth Charleson"]
    standin.add(access, 12.5)
    assert api.transactions_sync(TransactionsSyncRequest(access_token=access)).added[0].amount == 12.5
    assert api.webhook_verification_key_get(WebhookVerificationKeyGetRequest(key_id=standin.key_id)).key.kid == standin.key_id
    api.item_remove(ItemRemoveRequest(access_token=access))
    with pytest.raises(plaid.ApiException) as caught:
        api.accounts_get(AccountsGetRequest(access_token=access))
    assert json.loads(caught.value.body)["error_code"] == "ITEM_NOT_FOUND"
    assert_contract(standin)


# Signatures


BODY = b'{\n  "webhook_type": "TRANSACTIONS",\n  "webhook_code": "SYNC_UPDATES_AVAILABLE",\n  "item_id": "i1",\n  "environment": "production"\n}'
SIGNED_AT = 1_700_000_000
AT = datetime.fromtimestamp(SIGNED_AT + 5, tz=UTC)


@pytest.fixture
def keys(client):
    return webhooks.Keys(client.webhook_key)


def test_plaid_s_signature_is_good_and_its_key_is_asked_for_once(standin, keys):
    for _ in range(3):
        assert webhooks.verify(BODY, token=standin.sign(BODY, at=SIGNED_AT), keys=keys, at=AT) == (SIGNED_AT, standin.key_id)
    assert len(standin.log) == 1
    standin.new_key()
    assert webhooks.verify(BODY, token=standin.sign(BODY, at=SIGNED_AT), keys=keys, at=AT) == (SIGNED_AT, standin.key_id)
    assert len(standin.log) == 2


@pytest.mark.parametrize(
    ("change", "body", "at"),
    [
        ({}, BODY + b" ", AT),
        ({}, BODY, AT + timedelta(seconds=296)),
        ({}, BODY, AT - timedelta(seconds=306)),
        ({"request_body_sha256": "0" * 64}, BODY, AT),
        ({"request_body_sha256": None}, BODY, AT),
        ({"iat": "1700000000"}, BODY, AT),
        ({"iat": None}, BODY, AT),
        ({"header": {"alg": "ES256", "kid": "bfbd5111-8e33-4643-8ced-999999999999"}}, BODY, AT),
        ({"header": {"alg": "ES256", "kid": "../../item/remove"}}, BODY, AT),
        ({"header": {"alg": "ES256"}}, BODY, AT),
        ({"header": {"alg": "HS256", "kid": "known"}}, BODY, AT),
        ({"header": {"alg": "none", "kid": "known"}}, BODY, AT),
    ],
)
def test_a_forged_altered_or_old_signature_is_refused(standin, keys, change, body, at):
    header = change.pop("header", None) if "header" in change else None
    if header and header.get("kid") == "known":
        header["kid"] = standin.key_id
    token = standin.sign(BODY, at=SIGNED_AT, header=header, **change)
    with pytest.raises(WebhookForged):
        webhooks.verify(body, token=token, keys=keys, at=at)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", "x" * 5000])
def test_what_is_no_token_is_refused_without_asking_plaid(standin, keys, token):
    with pytest.raises(WebhookForged):
        webhooks.verify(BODY, token=token, keys=keys, at=AT)
    assert standin.log == []


def test_another_s_key_under_a_known_id_is_refused(standin, keys):
    token = standin.sign(BODY, at=SIGNED_AT)
    head, claims, _ = token.split(".")
    with running(PlaidStandIn) as other:
        forged = other.sign(BODY, at=SIGNED_AT, header={"alg": "ES256", "kid": standin.key_id})
        with pytest.raises(WebhookForged):
            webhooks.verify(BODY, token=forged, keys=keys, at=AT)
    with pytest.raises(WebhookForged):
        webhooks.verify(BODY, token=f"{head}.{claims}.{'A' * 86}", keys=keys, at=AT)


def test_a_key_that_has_ended_is_refused(standin, keys):
    standin.keys[standin.key_id][1]["expired_at"] = SIGNED_AT - 10
    with pytest.raises(WebhookForged):
        webhooks.verify(BODY, token=standin.sign(BODY, at=SIGNED_AT), keys=keys, at=AT)


def test_made_up_key_ids_do_not_make_us_flood_plaid(standin, keys):
    outcomes = []
    for number in range(30):
        token = standin.sign(BODY, at=SIGNED_AT, header={"alg": "ES256", "kid": f"made-up-{number:08d}"})
        try:
            webhooks.verify(BODY, token=token, keys=keys, at=AT)
        except (WebhookForged, Unavailable) as refusal:
            outcomes.append(type(refusal))
    assert outcomes == [WebhookForged] * 10 + [Unavailable] * 20
    assert len(standin.log) == 10


def test_an_independent_reading_agrees_with_the_stand_in_s_signature(standin):
    token = standin.sign(BODY, at=SIGNED_AT)
    key = jwt.PyJWK.from_dict(standin.keys[standin.key_id][1])
    assert jwt.decode(token, key, algorithms=["ES256"], options={"verify_iat": False})["iat"] == SIGNED_AT


def test_an_event_is_read_and_a_later_one_with_the_same_words_is_another():
    fact = webhooks.read(BODY, signed_at=SIGNED_AT)
    assert (fact.kind, fact.subject, fact.is_live) == ("TRANSACTIONS.SYNC_UPDATES_AVAILABLE", "i1", True)
    assert webhooks.read(BODY, signed_at=SIGNED_AT).event_id == fact.event_id
    assert webhooks.read(BODY, signed_at=SIGNED_AT + 1).event_id != fact.event_id
    for bad in (b"", b"[]", b"{}", b'{"webhook_type": "ITEM"}'):
        with pytest.raises(AnswerMalformed):
            webhooks.read(bad, signed_at=SIGNED_AT)

"""The door for providers' events: proven, sealed, kept once, answered at once."""

import json

import pytest
from django.test import Client

from flowlet.core import actors, clock
from flowlet.events.models import Event
from payments.choices import InboundStatus
from payments.models import InboundEvent
from payments.providers import registry
from payments.services import inbox

ROBOT = actors.system("tests")
S = InboundStatus
pytestmark = pytest.mark.django_db


def event(event_id="evt_1", kind="tests.happened", **changes):
    data = {
        "id": event_id,
        "object": "event",
        "type": kind,
        "created": int(clock.now().timestamp()),
        "livemode": True,
        "data": {"object": {"id": "obj_1", "name": "Ada Lovelace"}},
    }
    return json.dumps(data | changes).encode()


def post(body, header, *, path="/webhooks/stripe", name="Stripe-Signature"):
    return Client().post(path, body, content_type="application/json", headers={name: header})


def receive(stripe, body=None):
    body = body or event()
    return inbox.receive(provider="stripe", body=body, headers={"stripe-signature": stripe.sign(body)}, at=clock.now())


# At the door


def test_an_event_is_kept_sealed_and_answered_at_once(stripe):
    body = event()
    answer = post(body, stripe.sign(body))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    row = InboundEvent.objects.get()
    assert (row.provider, row.event_id, row.kind, row.about, row.is_live) == ("stripe", "evt_1", "tests.happened", "obj_1", True)
    assert (row.status, row.attempts, row.proof) == (S.RECEIVED, 0, "secret 2 of 2")
    assert b"Ada" not in bytes(row.sealed) and b"Lovelace" not in bytes(row.sealed)
    assert inbox.fact_of(row).data["data"]["object"]["name"] == "Ada Lovelace"
    told = Event.objects.get(type="payments.inbound.received")
    assert (told.partner_id, told.subject, told.data) == (None, row.public_id, {"provider": "stripe", "kind": "tests.happened"})
    assert stripe.log == [], "nobody was asked while the provider waited"


def test_the_same_event_again_is_answered_as_the_first_and_kept_once(stripe):
    body = event()
    assert [post(body, stripe.sign(body)).status_code for _ in range(3)] == [200, 200, 200]
    assert InboundEvent.objects.count() == 1
    assert Event.objects.filter(type="payments.inbound.received").count() == 1
    assert receive(stripe, event("evt_2")) is True


@pytest.mark.parametrize(
    ("body", "header", "status"),
    [
        (event(), "", 400),
        (event(), "t=1,v1=00", 400),
        (b"not json", None, 400),
        (b"{}", None, 400),
        (event("evt_" + "1" * 200), None, 400),
        (event(kind="x\x00y"), None, 400),
        (b"x" * (512 * 1024 + 1), None, 413),
    ],
    ids=["unsigned", "forged", "no JSON", "nothing in it", "a long id", "a zero byte", "too large"],
)
def test_what_is_forged_malformed_or_too_large_leaves_nothing_behind(stripe, body, header, status):
    answer = post(body, stripe.sign(body) if header is None else header)
    assert answer.status_code == status
    assert InboundEvent.objects.count() == Event.objects.filter(type__startswith="payments.inbound").count() == 0


def test_a_replay_after_five_minutes_is_refused(stripe):
    body = event()
    old = stripe.sign(body, at=int(clock.now().timestamp()) - 301)
    assert post(body, old).status_code == 400
    assert InboundEvent.objects.count() == 0


def test_a_large_body_is_not_read_to_its_end(stripe):
    answer = Client().post("/webhooks/stripe", b"x" * 10, content_type="application/json", headers={"Content-Length": "99999999"})
    assert answer.status_code == 413


@pytest.mark.parametrize("provider", ["stripe", "plaid", "nobody"])
def test_a_provider_that_is_not_set_up_takes_nothing(provider):
    body = event()
    assert post(body, "t=1,v1=0", path=f"/webhooks/{provider}").status_code == 404
    assert Client().get("/webhooks/stripe").status_code == 405


def test_plaid_s_events_are_proven_by_its_key_and_known_by_their_signature(plaid):
    access = _linked(plaid)
    plaid.tell(access, "SYNC_UPDATES_AVAILABLE")

    def send(body, header):
        return post(body, header, path="/webhooks/plaid", name="Plaid-Verification").status_code

    assert plaid.send(send, copies=3) == [200, 200, 200]
    row = InboundEvent.objects.get()
    assert (row.provider, row.kind, row.about) == ("plaid", "TRANSACTIONS.SYNC_UPDATES_AVAILABLE", plaid.items[access]["item_id"])
    assert row.proof == f"key {plaid.key_id}"
    assert [asked.path for asked, _ in plaid.log].count("/webhook_verification_key/get") == 1
    body = b'{"webhook_type": "ITEM", "webhook_code": "ERROR", "item_id": "i"}'
    assert send(body, plaid.sign(b"another body")) == 400


def test_plaid_s_events_wait_with_plaid_while_its_key_cannot_be_asked_for(plaid, settings):
    body = b'{"webhook_type": "ITEM", "webhook_code": "ERROR", "item_id": "i"}'
    header = plaid.sign(body)
    plaid.close()
    answer = post(body, header, path="/webhooks/plaid", name="Plaid-Verification")
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert InboundEvent.objects.count() == 0


def _linked(plaid):
    client = registry.plaid()
    return client.exchange(plaid.link()).access_token

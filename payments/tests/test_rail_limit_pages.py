"""The pages of limits per rail, and what partners read of them."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.choices import Role
from accounts.models import User
from flowlet.api import throttling
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.backoffice import cells
from flowlet.backoffice.testing import press, signed_in
from flowlet.core.actors import Actor, ActorKind
from payments.choices import Rail
from payments.models import Payment, RailLimit
from payments.policies import cutoffs, rail_limits
from payments.tests.world import PaymentWorld, fresh_world
from wallets.tests.conftest import new_partner
from wallets.tests.test_api import Api

REASON = "as in the contract"
NEW = reverse("admin:payments_raillimit_do_list", args=["request_new"])


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def api(world, monkeypatch):
    monkeypatch.setattr("flowlet.api.views.limiter", throttling.Limiter())
    return Api(world.partner, world.at)


@pytest.fixture
def people(db):
    return {
        role: User.objects.create_user(f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
        for role in (Role.OPERATIONS, Role.FINANCE, Role.AUDITOR)
    }


@pytest.fixture
def approve(people, world):
    def _approve():
        checker = Actor(kind=ActorKind.STAFF, id=people[Role.FINANCE].public_id, label="finance")
        return requests.approve(approval_id=Approval.objects.get(status="PENDING").pk, actor=checker, at=world.at)

    return _approve


def given(**changes):
    return {"rail": "ach", "direction": "OUT", "currency_code": "USD", "maximum": "50.00", "reason": REASON, **changes}


def limited(world, **figures):
    """A limit as an approved request would have written it."""
    values = {"rail": "ach", "direction": "OUT", "currency": "USD"} | figures
    return RailLimit.objects.create(
        partner=world.partner, valid_from=world.at, created_at=world.at, reason=REASON, approval_id=uuid4(), **values
    )


# The back office


def test_first_limits_are_asked_for_and_count_once_another_person_has_approved(people, world, approve):
    client = signed_in(people[Role.OPERATIONS])
    asked = given(partner=world.partner.public_id, kind="WITHDRAWAL", customer_daily="80", partner_daily_count="3")
    assert client.post(NEW, asked).status_code == 302
    assert not RailLimit.objects.exists()
    approve()
    row = RailLimit.objects.get()
    assert (row.partner, row.rail, row.direction, row.kind, row.reason) == (world.partner, "ach", "OUT", "WITHDRAWAL", REASON)
    assert (row.maximum, row.customer_daily, row.partner_daily_count, row.minimum) == (50, 80, 3, None)
    wallet = world.wallet("500.00")
    world.pay(wallet, "40.00", kind="WITHDRAWAL", to=world.bank(wallet, relation="OWN"))
    page = signed_in(people[Role.AUDITOR]).get(cells.admin_url(row)).content.decode()
    said = "one payment at most 50.00 USD; customer: 80.00 USD a day; partner: 3 payments a day"
    for shown in ("Acme (Sandbox)", said, "40.00", "Payments of that day", REASON):
        assert shown in page, shown
    listed = client.get(cells.admin_url(RailLimit, "changelist")).content.decode()
    assert "Acme (Sandbox)" in listed and said in listed


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"maximum": ""}, "Limit something"),
        ({"maximum": "0.001"}, "USD has 2 decimals."),
        ({"maximum": "-1"}, "greater than or equal to 0"),
        ({"minimum": "51"}, "minimum is at most maximum."),
        ({"rail": "sepa_dd", "currency_code": "EUR"}, "SEPA direct debit carries IN."),
        ({"kind": "COLLECTION"}, "Use TRANSFER, WITHDRAWAL, or none for all."),
        ({"currency_code": "EUR"}, "ACH carries USD."),
        ({"currency_code": "usd"}, "Enter a valid value."),
        ({"currency_code": "XXX"}, "cannot be held as money"),
        ({"partner": "par_nobody"}, "par_… was expected."),
        ({"reason": ""}, "This field is required."),
    ],
    ids=str,
)
def test_what_does_not_make_limits_is_said_and_nothing_is_asked(people, changes, complaint):
    answer = signed_in(people[Role.OPERATIONS]).post(NEW, given(**changes))
    assert answer.status_code in {400, 404}
    assert complaint in answer.content.decode()
    assert not Approval.objects.exists()


def test_a_change_starts_from_what_there_is_and_may_take_the_limits_away(people, world, approve):
    row = limited(world, maximum=Decimal("12.50"), customer_daily_count=7)
    client = signed_in(people[Role.OPERATIONS])
    form = client.get(f"{cells.admin_url(row).removesuffix('change/')}do/request_change/").content.decode()
    assert 'value="12.50"' in form and 'value="7"' in form
    assert press(client, row, "request_change", is_withdrawn="on", reason=REASON).status_code == 302
    approve()
    newest = RailLimit.objects.latest("id")
    assert (newest.is_withdrawn, newest.maximum, newest.partner) == (True, None, world.partner)
    page = client.get(cells.admin_url(newest)).content.decode()
    assert "none of its own" in page and row.public_id in page
    assert press(client, newest, "request_change", is_withdrawn="on", reason=REASON).status_code == 409
    assert press(signed_in(people[Role.AUDITOR]), newest, "request_change", maximum="1", reason=REASON).status_code == 403


# The partner


def test_partners_read_their_limits_with_what_is_used_and_when_it_renews(world, api):
    row = limited(world, maximum=Decimal(500), customer_daily=Decimal(100), partner_monthly=Decimal(1000))
    limited(world, direction="IN", customer_daily_count=2)
    wallet, other = world.wallet("500.00"), world.wallet("500.00")
    world.pay(wallet, "40.00", to=world.bank(wallet))
    world.pay(other, "10.00", to=world.bank(other))
    answer = api.get_json("payment_limits")
    [credits, found] = answer["data"]
    assert (credits["direction"], credits["per_customer"]["daily_count"]) == ("IN", 2)
    day = cutoffs.next_cutoff("ach", world.at).processing_on
    assert found["id"] == row.public_id
    assert (found["maximum"], found["minimum"], found["kind"]) == ({"amount": "500.00", "currency": "USD"}, None, None)
    assert found["per_customer"] == {"daily": {"amount": "100.00", "currency": "USD"}, "daily_count": None, "monthly": None}
    assert found["per_partner"] == {"daily": None, "daily_count": None, "monthly": {"amount": "1000.00", "currency": "USD"}}
    usage = found["usage"]
    assert (usage["business_day"], usage["customer"]) == (day.isoformat(), None)
    assert usage["day_renews_at"] == cutoffs.closing("ach", day).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert usage["month_renews_at"] == rail_limits.month_ends("ach", day).strftime("%Y-%m-%dT%H:%M:%SZ")
    both = {"amount": "50.00", "currency": "USD"}
    assert usage["partner"] == {"daily": both, "daily_count": 2, "monthly": both}
    [_, of_customer] = api.get_json(f"payment_limits?customer_id={wallet.customer.public_id}")["data"]
    mine = {"amount": "40.00", "currency": "USD"}
    assert of_customer["usage"]["customer"] == {"daily": mine, "daily_count": 1, "monthly": mine}
    rails = {one["rail"]: one for one in answer["rails"]}
    assert set(rails) == set(Rail.values)
    assert rails["ach"] == {
        "rail": "ach",
        "currencies": ["USD"],
        "maximum": "99999999.99",
        "same_day_maximum": "1000000.00",
    }


def test_a_partner_sees_neither_limits_nor_customers_of_another(world, api):
    stranger = PaymentWorld(partner=new_partner("Other"), at=world.at)
    limited(stranger, maximum=Decimal(5))
    assert api.get_json("payment_limits")["data"] == []
    answer = api.ask("GET", f"payment_limits?customer_id={stranger.customer().public_id}")
    assert (answer.status_code, answer.json()["code"]) == (404, "customer.not_found")


def test_the_refusal_over_http_says_which_limit_how_much_is_left_and_when_it_renews(world, api):
    row = limited(world, customer_daily=Decimal(100))
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    world.pay(wallet, "70.00", to=bank)
    answer = api.ask(
        "POST",
        "payments",
        {
            "kind": "TRANSFER",
            "rail": "ach",
            "amount": {"amount": "30.01", "currency": "USD"},
            "wallet_id": wallet.public_id,
            "external_account_id": bank.public_id,
        },
    )
    body = answer.json()
    assert (answer.status_code, body["code"], body["param"]) == (422, "payments.limit_exceeded", "amount")
    assert body["details"]["limit_id"] == row.public_id
    assert body["details"]["left"] == {"amount": "30.00", "currency": "USD"}
    assert body["details"]["renews_at"] == api.get_json("payment_limits")["data"][0]["usage"]["day_renews_at"]
    assert Payment.objects.count() == 1


def test_reading_limits_takes_as_many_queries_for_one_as_for_ten(world, api, django_assert_max_num_queries):
    for rail, currency in (("ach", "USD"), ("wire", "USD"), ("sepa_ct", "EUR")):
        for kind in ("", "WITHDRAWAL", "TRANSFER"):
            limited(world, rail=rail, currency=currency, kind=kind, maximum=Decimal(5))
    with django_assert_max_num_queries(8):
        assert len(api.get_json("payment_limits")["data"]) == 9

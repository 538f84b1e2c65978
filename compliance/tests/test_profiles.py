"""What customers are expected to move: declared by the partner or an officer, in any currency, and read by the scenarios."""

import re
from decimal import Decimal
from uuid import uuid4

import orjson
import pytest
from django.core.management import call_command
from django.test import Client
from moneyed import Money

from accounts.choices import Role
from accounts.errors import CustomerClosed, CustomerNotFound
from accounts.services import api_keys, customers
from compliance.models import CustomerProfile, CustomerRisk
from compliance.services import profiles, ratings, rights
from compliance.tests import kyc
from compliance.tests.kyc import SYSTEM
from compliance.tests.monitoring_world import NOON, Watched
from compliance.tests.test_scenarios import found
from flowlet.audit.models import Record
from flowlet.core import clock, ids
from flowlet.core.money import NotPositive
from ledger.errors import NoRate
from ledger.services import rates

pytestmark = pytest.mark.django_db
AMOUNT = {"amount": "1850.00", "currency": "EUR"}


@pytest.fixture
def customer():
    rates.enter(base="EUR", quote="USD", rate=Decimal("1.0841"), valid_on=clock.now().date(), actor=SYSTEM, at=clock.now())
    return kyc.person(kyc.company())


def ask(customer, method, body=None, *, scopes=("verifications:read", "verifications:write")):
    issued = api_keys.issue(partner_id=customer.partner_id, name="tests", scopes=list(scopes), actor=SYSTEM, at=clock.now())
    headers = {"Authorization": f"Bearer {issued.secret}", "Idempotency-Key": str(uuid4())}
    raw = orjson.dumps(body) if body is not None else b""
    where = f"/v1/customers/{customer.public_id}/compliance"
    return Client().generic(method, where, raw, content_type="application/json", headers=headers)


def declare(customer, **said):
    return profiles.declare(customer_id=customer.pk, actor=SYSTEM, at=clock.now(), **said)


def changes():
    return Record.objects.filter(action="compliance.profile.changed").order_by("pk")


def test_a_partner_declares_in_its_own_currency_and_the_audit_says_what_changed(customer):
    assert ask(customer, "GET").json()["expected_monthly"] is None
    for _ in range(2):
        assert ask(customer, "PATCH", {"expected_monthly": AMOUNT}).json()["expected_monthly"] == AMOUNT
    row = CustomerProfile.objects.get()
    assert (row.declared, row.expected_monthly) == (Money("1850", "EUR"), Decimal("2005.58"))
    declare(customer, segment="students")
    assert ask(customer, "GET").json()["expected_monthly"] == AMOUNT
    assert [one.after for one in changes()] == [{"expected_monthly": AMOUNT, "worth": "2005.58"}, {"segment": "students"}]
    assert ask(customer, "PATCH", {"expected_monthly": None}).json()["expected_monthly"] is None
    row.refresh_from_db()
    assert (row.declared, row.expected_monthly, row.segment) == (None, None, "students")
    assert changes().last().before == {"expected_monthly": AMOUNT, "worth": "2005.5800"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"expected_monthly": {"amount": "0.00", "currency": "USD"}}, 400, "money.not_positive"),
        ({"expected_monthly": {"amount": 5, "currency": "USD"}}, 400, "money.malformed_amount"),
        ({"expected_monthly": {"amount": "9999999999999999.00", "currency": "EUR"}}, 400, "money.too_large"),
        ({"expected_monthly": {"amount": "5.00", "currency": "NOK"}}, 422, "ledger.no_rate"),
        ({}, 400, "request.invalid"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_nothing_is_kept(customer, body, status, code):
    answer = ask(customer, "PATCH", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not CustomerProfile.objects.exists() and not changes().exists()


def test_neither_closed_nor_unknown_customers_nor_nothing_is_declared(customer):
    with pytest.raises(NotPositive):
        declare(customer, expected_monthly=Money(0, "USD"))
    with pytest.raises(NoRate):
        declare(customer, expected_monthly=Money(5, "NOK"))
    customers.close(customer_id=customer.pk, actor=SYSTEM, at=clock.now())
    with pytest.raises(CustomerClosed):
        declare(customer, expected_monthly=Money(5, "USD"))
    with pytest.raises(CustomerNotFound):
        profiles.declare(customer_id=ids.uuid7(), expected_monthly=None, actor=SYSTEM, at=clock.now())
    assert not CustomerProfile.objects.exists()


@pytest.mark.parametrize(("amount", "is_found"), [("2100.00", True), ("2300.00", False)])
def test_the_scenario_compares_with_what_was_declared(amount, is_found):
    world = Watched()
    who = world.customer()
    for ago in (20, 10, 0):
        world.move(who, "IN", 1100, ago=ago)
    world.ordinary(2)
    world.lay()
    assert found("profile_breach") == set(), "nobody declared anything"
    profiles.declare(customer_id=who.pk, expected_monthly=Money(amount, "USD"), actor=SYSTEM, at=NOON)
    assert found("profile_breach") == ({who.pk} if is_found else set())


@pytest.fixture
def row(customer):
    ratings.rate(customer_ids=[customer.pk], cause="FIRST", actor=SYSTEM, at=clock.now())
    return CustomerRisk.objects.get(customer=customer)


def test_an_officer_declares_corrects_and_takes_back_with_a_reason(row, sit, staff_of, capsys):
    client, page = sit(Role.COMPLIANCE_OFFICER), f"/admin/compliance/customerrisk/{row.public_id}/"
    form = f"{page}do/declare_volume/"

    def send(**data):
        version = re.search(r'name="version" value="(\w+)"', client.get(form).content.decode())[1]
        return client.post(form, {"version": version, "reason": "as told by phone", **data}, follow=True).content.decode()

    assert "1,850.00 EUR" not in client.get(f"{page}change/").content.decode()
    send(amount="1850", currency="EUR")
    shown = client.get(f"{page}change/").content.decode()
    assert "1850.00 EUR" in shown and "2,005.58 USD" in shown
    assert 'value="1850.00"' in client.get(form).content.decode()
    assert "EUR has 2 decimals" in send(amount="1.234", currency="EUR")
    send(amount="", currency="")
    assert CustomerProfile.objects.get().expected_monthly is None
    assert [one.reason for one in changes()] == ["as told by phone"] * 2
    who = ("--reason", "as told by phone", "--as", staff_of(Role.COMPLIANCE_OFFICER).email)
    call_command("risk", "declare-volume", row.public_id, "--amount", "900", "--currency", "usd", *who)
    call_command("risk", "show", row.public_id)
    assert re.search(r"Expected in a month +\S*900", capsys.readouterr().out)
    assert "declare_volume" not in sit(Role.AUDITOR).get(f"{page}change/").content.decode()


def test_a_person_who_asks_is_told_what_was_declared(row):
    declare(row.customer, expected_monthly=Money("1850.00", "EUR"))
    assert {"expected_volume_of_a_month": "1850.00 EUR"} in rights.export(row.customer, at=clock.now())["data"][
        "What you told about yourself"
    ]

"""What monitoring says before money leaves."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from moneyed import Money

from accounts.choices import Role
from compliance.models import Activity, Alert, AlertEvidence
from compliance.selectors import prospects
from compliance.services import activities, gate_alerts, profiles
from compliance.tests.test_monitoring import go_live
from flowlet.core import actors
from flowlet.core.actors import Actor, ActorKind
from flowlet.decisions.models import Verdict
from ledger.services import rates
from payments.choices import PaymentStatus as S
from payments.choices import Rail
from payments.models import Payment
from payments.tests.world import KEY, fresh_world


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def manager(staff_of):
    user = staff_of(Role.COMPLIANCE_MANAGER)
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label="manager")


def pay(world, wallet, amount, *, to=None, ip_country="US", **options):
    return world.pay(wallet, amount, to=to or world.bank(wallet), metadata={"ip_country": ip_country}, **options)


def opinion_on(payment):
    verdict = Verdict.objects.get(pk=payment.verdict_id)
    return next(one for one in verdict.opinions if one["decider"] == "compliance.monitoring")


def test_money_does_not_leave_for_an_embargoed_country_and_an_officer_is_told(world, actor, manager):
    go_live(actor, manager)
    wallet = world.wallet("500.00")
    payment = pay(world, wallet, "30.00", ip_country="KP")
    assert (payment.status, payment.reason_is_inside) == (S.REJECTED, True)
    assert {reason["code"] for reason in opinion_on(payment)["reasons"]} == {
        "monitoring.embargoed_corridor",
        "monitoring.call_for_action_country",
    }
    for _ in range(2):
        gate_alerts.tell(payment_id=payment.pk, at=world.at)
    assert sorted(Alert.objects.values_list("scenario", "customer_id", "evidence_count")) == [
        ("call_for_action_country", wallet.customer_id, 1),
        ("embargoed_corridor", wallet.customer_id, 1),
    ]
    told = AlertEvidence.objects.get(alert__scenario="embargoed_corridor")
    assert (told.payment_id, told.facts["transactions"], told.facts["outcome"]) == (payment.pk, [payment.public_id], "BLOCK")


def test_a_large_payment_into_a_high_risk_country_waits_and_a_small_one_leaves(world, actor, manager):
    go_live(actor, manager)
    wallet = world.wallet("5000.00")
    large, small = (pay(world, wallet, amount, ip_country="HT") for amount in ("1000.00", "999.99"))
    assert (large.status, small.status) == (S.REVIEW, S.HELD)
    assert opinion_on(small) | {"milliseconds": 0} == {
        "decider": "compliance.monitoring",
        "outcome": "ALLOW",
        "reasons": [],
        "details": {"rules": [], "shadow": []},
        "milliseconds": 0,
    }
    assert gate_alerts.tell(payment_id=small.pk, at=world.at) == []


def test_the_eleventh_payment_of_an_hour_waits(world, actor, manager):
    go_live(actor, manager)
    wallet = world.wallet("500.00")
    other = world.bank(wallet)
    found = []
    for _ in range(11):
        payment = world.pay(wallet, "5.00", to=other)
        activities.take_one(kind="pay", key=payment.pk, at=world.at)
        found.append(payment.status)
    assert found == [S.HELD] * 10 + [S.REVIEW]
    later = world.pay(wallet, "5.00", to=other, at=world.at + timedelta(hours=2))
    assert later.status == S.HELD


def test_the_third_payment_just_below_the_customers_limit_waits(world, actor, manager):
    go_live(actor, manager)
    wallet = world.wallet("3000.00", tier="BASIC")
    other = world.bank(wallet)
    found = []
    for day in range(3):
        at = world.at + timedelta(days=day)
        payment = world.pay(wallet, "950.00", to=other, at=at)
        activities.take_one(kind="pay", key=payment.pk, at=world.at)
        found.append(payment.status)
    assert found == [S.HELD, S.HELD, S.REVIEW]


def test_three_thousand_dollars_without_the_payees_name_wait(world, actor, manager):
    go_live(actor, manager)
    wallet = world.wallet("9000.00")
    nameless = world.bank(wallet)
    type(nameless).objects.filter(pk=nameless.pk).update(owner_indexes=[])
    assert world.pay(wallet, "3000.00", to=nameless).status == S.REVIEW
    assert world.pay(wallet, "3000.00", to=world.bank(wallet)).status == S.HELD


def test_in_europe_the_payee_is_named_from_the_first_cent_on(world, actor, manager):
    go_live(actor, manager)
    rates.enter(base="EUR", quote="USD", rate=Decimal("1.0841"), valid_on=world.at.date(), actor=KEY, at=world.at)
    euros, dollars = world.wallet("100.00", currency="EUR"), world.wallet("100.00")
    named, nameless, american = world.bank(euros, iban=True), world.bank(euros, iban=True), world.bank(dollars)
    type(nameless).objects.filter(pk__in=[nameless.pk, american.pk]).update(owner_indexes=[])
    assert world.pay(euros, "1.00", rail=Rail.SEPA_CT, to=nameless).status == S.REVIEW
    assert world.pay(euros, "1.00", rail=Rail.SEPA_CT, to=named).status == S.HELD
    assert world.pay(dollars, "1.00", to=american).status == S.HELD


@pytest.mark.parametrize(("told", "status"), [(" kp ", S.REJECTED), ("Kp", S.REJECTED), ("KPX", S.HELD)])
def test_a_country_of_an_address_counts_however_it_is_written_and_only_as_a_code(world, actor, manager, told, status):
    go_live(actor, manager)
    assert pay(world, world.wallet("500.00"), "30.00", ip_country=told).status == status


def test_what_a_payment_is_worth_is_rounded_as_what_it_becomes(world):
    rates.enter(base="EUR", quote="USD", rate=Decimal("1.005"), valid_on=world.at.date(), actor=KEY, at=world.at)
    wallet = world.wallet("10.00", currency="EUR")
    payment = world.pay(wallet, "1.00", rail=Rail.SEPA_CT, to=world.bank(wallet, iban=True))
    sheet = prospects.sheet(payment_id=payment.pk, amount=payment.amount, currency="EUR", at=world.at)
    activities.take_one(kind="pay", key=payment.pk, at=world.at)
    assert (sheet["worth"].amount, Activity.objects.get().worth) == (Decimal("1.01"), Decimal("1.01"))


def test_a_rule_in_shadow_stops_nothing_and_says_what_it_would_have_done(world, actor, manager):
    go_live(actor, manager, "embargoed_corridor", status="SHADOW")
    wallet = world.wallet("500.00")
    payment = pay(world, wallet, "30.00", ip_country="KP")
    assert payment.status == S.HELD
    assert len(opinion_on(payment)["details"]["shadow"]) == 1


def test_the_gate_sees_what_the_fact_will_say(world, actor, manager):
    """The facts of a payment that is asked about are those of the activity that it becomes, but for what only then is known."""
    from compliance.selectors.vocabularies import ACTIVITY
    from flowlet.rules import queries, registry

    wallet = world.wallet("9000.00")
    volume = Money(5000, "USD")
    profiles.declare(customer_id=wallet.customer_id, expected_monthly=volume, actor=actors.system("tests"), at=world.at)
    friend = world.wallet()
    for payment in (
        world.pay(wallet, "3000.00", to=world.bank(wallet), metadata={"ip_country": "FR", "cash": "true"}),
        world.pay(wallet, "20.00", rail=Rail.BOOK, target_wallet_id=friend.pk),
    ):
        before = prospects.sheet(payment_id=payment.pk, amount=payment.amount, currency=payment.currency, at=payment.created_at)
        activities.take_one(kind="pay", key=payment.pk, at=world.at)
        row = Activity.objects.get(source_id=payment.pk, customer_id=wallet.customer_id)
        after = queries.sheets(registry.find(ACTIVITY), [row.pk])[row.pk]
        known = set(after) - {"at", "previous"}
        assert {name: before[name] for name in known} == {name: after[name] for name in known}


def test_without_rules_a_payment_costs_one_question(world):
    wallet = world.wallet("500.00")
    with CaptureQueriesContext(
        connection,
    ) as seen:
        payment = world.pay(wallet, "30.00", to=world.bank(wallet))
    assert payment.status == S.HELD
    assert len([query for query in seen if "flowlet_rules_ruleversion" in query["sql"]]) == 1
    assert not [query for query in seen if "compliance_activity" in query["sql"]]
    assert Payment.objects.get().verdict_id is not None

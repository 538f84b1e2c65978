"""The settlement report: what settled counts once, what came back counts for as much as came back, and the sums follow from the lines."""

import json
from datetime import timedelta
from decimal import Decimal as D
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.choices import Role
from flowlet.core import clock, ids
from flowlet.core.money import Money
from payments.admin import settlement_page
from payments.choices import PaymentKind, Rail
from payments.models import FeeSchedule
from payments.policies import fees
from payments.selectors import reports
from payments.services import outcomes, payments, sending
from payments.tests.standings import sent
from payments.tests.world import STAFF, fresh_world


@pytest.fixture
def world(db):
    return fresh_world()


@pytest.fixture
def card(world):
    wallet = world.wallet()
    payment = world.pay(wallet, "60.00", kind=PaymentKind.CARD_PAYMENT, rail=Rail.CARD, to=world.card(wallet))
    return sending.send(payment_id=payment.pk, actor=STAFF, at=clock.now())


def told(world):
    """By outcome: how many, how much, and what it did to customers' money."""
    day = world.at.date()
    lines = reports.settlement(partner_id=world.partner.pk, first=day, last=day)
    return {line.outcome: (line.count, line.amount, line.net) for line in lines}


def test_a_dispute_about_a_part_counts_for_that_part_and_gives_it_back_when_it_is_won(world, card):
    world.act(outcomes.dispute, card, reason_code="fraudulent", amount=Money(D("20.00"), "USD"))
    assert told(world) == {"settled": (1, D(60), D(60)), "disputed": (1, D(20), D(-20))}
    world.act(outcomes.dispute_won, card)
    assert told(world) == {
        "settled": (1, D(60), D(60)),
        "disputed": (1, D(20), D(-20)),
        "reinstated": (1, D(20), D(20)),
    }


def test_each_dispute_of_a_payment_counts_for_what_it_is_about(world, card):
    for minutes, amount in enumerate(("20.00", "35.00")):
        when = {"payment_id": card.pk, "actor": STAFF, "at": world.at + timedelta(minutes=minutes)}
        outcomes.dispute(reason_code="fraudulent", amount=Money(D(amount), "USD"), **when)
        outcomes.dispute_won(**when)
    assert told(world)["disputed"] == (2, D(55), D(-55))
    assert told(world)["reinstated"] == (2, D(55), D(55))


def test_a_dispute_that_is_lost_takes_nothing_a_second_time(world, card):
    world.act(outcomes.dispute, card, reason_code="fraudulent")
    world.act(outcomes.dispute_lost, card)
    assert told(world) == {"settled": (1, D(60), D(60)), "disputed": (1, D(60), D(-60))}


def test_a_return_that_was_taken_back_does_not_settle_a_payment_twice(world):
    payment = world.act(outcomes.settle, sent(world, amount="30.00"))
    world.act(outcomes.return_, payment, reason_code="R03")
    world.act(outcomes.redeem, payment)
    assert told(world) == {
        "settled": (1, D(30), D(-30)),
        "returned": (1, D(30), D(30)),
        "reinstated": (1, D(30), D(-30)),
    }


def test_a_refund_that_came_back_leaves_what_it_refunded_settled_once(world, card):
    refund = payments.refund(payment_id=card.pk, partner_id=world.partner.pk, actor=STAFF, at=clock.now())
    refund = sending.send(payment_id=refund.pk, actor=STAFF, at=clock.now())
    card.refresh_from_db()
    assert (refund.status, card.status) == ("SETTLED", "REFUNDED")
    world.act(outcomes.return_, refund, reason_code="refund.failed")
    card.refresh_from_db()
    assert card.status == "SETTLED"
    day = world.at.date()
    lines = reports.settlement(partner_id=world.partner.pk, first=day, last=day)
    assert [(line.direction, line.outcome, line.net) for line in lines] == [
        ("IN", "settled", D(60)),
        ("OUT", "returned", D(60)),
        ("OUT", "settled", D(-60)),
    ]


def test_what_the_bank_sent_back_before_it_settled_moved_nothing(world):
    payment = sent(world, amount="30.00")
    world.act(outcomes.return_, payment, reason_code="R03")
    assert told(world) == {"returned": (1, D(30), D(0))}


def test_fees_stand_where_they_were_taken_and_the_sums_are_those_of_the_lines(world):
    terms = {"terms": fees.to_json(fees.flat(Money("0.25", "USD"))), "approval_id": ids.uuid7()}
    row = {"rail": Rail.ACH, "kind": PaymentKind.TRANSFER, "currency": "USD", "valid_from": world.at, "created_at": world.at}
    FeeSchedule.objects.create(partner_id=world.partner.pk, **row, **terms)
    payment = world.act(outcomes.settle, sent(world, amount="30.00"))
    world.act(outcomes.return_, payment, reason_code="R02")
    day = world.at.date()
    lines = reports.settlement(partner_id=world.partner.pk, first=day, last=day)
    assert [(line.outcome, line.fees) for line in lines] == [("returned", D(0)), ("settled", D("0.25"))]
    assert reports.totals(lines) == [reports.Total("USD", D(0), D("0.25"))]


def test_page_file_and_command_tell_the_same_figures(world, card, sit):
    world.act(outcomes.dispute, card, reason_code="fraudulent", amount=Money(D("20.00"), "USD"))
    url, day = settlement_page.url_of(world.partner), str(world.at.date())
    page = sit(Role.FINANCE).get(url)
    assert page.status_code == 200
    assert [row[3:] for row in page.context["rows"]] == [
        ("Disputed", 1, "USD", "20.00", "0.00", "-20.00"),
        ("Settled", 1, "USD", "60.00", "0.00", "60.00"),
    ]
    assert page.context["totals"] == [("USD", "40.00", "0.00")]
    file = b"".join(sit(Role.FINANCE).get(url, {"as": "csv", "first": day, "last": day}).streaming_content).decode().splitlines()
    assert file[1:] == [
        f"{day},Card,In,Disputed,1,USD,20.00,0.00,-20.00",
        f"{day},Card,In,Settled,1,USD,60.00,0.00,60.00",
    ]
    said = StringIO()
    call_command("settlement_report", world.partner.public_id, "--json", stdout=said)
    told = json.loads(said.getvalue())
    assert [(line["outcome"], line["net"]) for line in told["lines"]] == [("disputed", "-20.00"), ("settled", "60.00")]
    assert told["totals"] == [{"currency": "USD", "net": "40.00", "fees": "0.00"}]


def test_the_page_refuses_days_that_are_none_and_partners_that_are_none(world, sit):
    client, url = sit(Role.AUDITOR), settlement_page.url_of(world.partner)
    assert client.get(url, {"first": "2026-02-30"}).status_code == 400
    assert client.get(url, {"first": "2020-01-01", "last": "2026-01-01"}).status_code == 400
    assert client.get(url.replace(world.partner.public_id, "par_nobody")).status_code == 404
    assert sit(Role.ADMINISTRATOR).get(url).status_code == 403
    assert "Nothing has moved" in client.get(url).content.decode()

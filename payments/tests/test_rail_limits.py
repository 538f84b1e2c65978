"""Limits per rail: what counts when, for whom and until when; changed by two people; counted as the payments say."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from flowlet.approvals.errors import MayNot
from flowlet.approvals.services import requests
from flowlet.audit.models import Record
from flowlet.core.actors import Actor, ActorKind
from flowlet.core.errors import FourEyesRequired
from flowlet.decisions import registry
from flowlet.decisions.choices import Outcome
from flowlet.decisions.opinions import Opinion, Reason
from flowlet.events.models import Event
from payments import errors
from payments.choices import Direction, PaymentKind, PaymentStatus, Rail
from payments.models import CustomerRailUsage, PartnerRailUsage, Payment, RailLimit
from payments.policies import rail_limits as policies
from payments.policies.rail_limits import RailLimits
from payments.services import deciding, outcomes, payments, rail_limits, settlement
from payments.tests.world import STAFF, PaymentWorld, books_are_sound, fresh_world
from wallets.tests.conftest import new_partner

K, S = PaymentKind, PaymentStatus
D = Decimal
# Wednesday noon in New York; 26 November 2026 is Thanksgiving, so the next business day is Friday.
WEDNESDAY = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)


@pytest.fixture
def world(db):
    made = fresh_world()
    made.at = WEDNESDAY
    return made


@pytest.fixture
def people(db):
    from accounts.choices import Role
    from accounts.models import User

    def actor(role):
        user = User.objects.create_user(f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
        return Actor(kind=ActorKind.STAFF, id=user.public_id, label=user.name)

    return {role: actor(role) for role in (Role.OPERATIONS, Role.FINANCE, Role.AUDITOR)}


def asked(people, partner, limits, *, at, rail="ach", direction="OUT", kind="", currency="USD", **options):
    return rail_limits.request_change(
        partner_id=partner and partner.pk,
        rail=rail,
        direction=direction,
        kind=kind,
        currency=currency,
        limits=limits if limits is None else RailLimits(**limits),
        reason="as in the contract",
        actor=people["OPERATIONS"],
        at=at,
        **options,
    )


@pytest.fixture
def limit(world, people):
    """Ask and approve at one moment; gives the new limit."""

    def _limit(partner=None, *, everybodys=False, withdrawn=False, at=None, scope=None, **figures):
        at = at or world.at
        owner = None if everybodys else partner or world.partner
        approval = asked(people, owner, None if withdrawn else figures, at=at, **(scope or {}))
        requests.approve(approval_id=approval.pk, actor=people["FINANCE"], at=at, reason="")
        return RailLimit.objects.get(approval_id=approval.pk)

    return _limit


def refused(world, wallet, amount, **options):
    with pytest.raises(errors.RailLimitExceeded) as refusal:
        world.pay(wallet, amount, **options)
    return refusal.value


def used(world, **lookups):
    return list(
        CustomerRailUsage.objects.filter(**lookups)
        .order_by("rail", "day", "kind")
        .values_list("rail", "day", "kind", "used", "count")
    )


# Each figure


def test_without_a_row_only_the_rails_own_limits_stand(world):
    wallet = world.wallet("90000.00")
    payment = world.pay(wallet, "45000.00", to=world.bank(wallet))
    assert (payment.status, payment.counted_on) == (S.HELD, date(2026, 11, 25))
    assert used(world) == [("ach", date(2026, 11, 25), "TRANSFER", D(45000), 1)]
    assert sum(PartnerRailUsage.objects.values_list("used", flat=True)) == 45000


def test_one_payment_has_a_least_and_a_most_amount(world, limit):
    row = limit(minimum=D(5), maximum=D(50))
    wallet = world.wallet("100.00")
    bank = world.bank(wallet)
    with pytest.raises(errors.BelowRailMinimum) as small:
        world.pay(wallet, "4.99", to=bank)
    assert small.value.details == {"limit_id": row.public_id, "minimum": {"amount": "5.00", "currency": "USD"}}
    large = refused(world, wallet, "50.01", to=bank)
    assert large.status == 422
    assert large.details == {
        "limit_id": row.public_id,
        "rail": "ach",
        "direction": "OUT",
        "scope": "payment",
        "span": "per_payment",
        "limit": {"amount": "50.00", "currency": "USD"},
        "used": {"amount": "0.00", "currency": "USD"},
        "left": {"amount": "50.00", "currency": "USD"},
        "renews_at": None,
    }
    assert not Payment.objects.exists()
    assert used(world) == []
    assert {world.pay(wallet, amount, to=bank).status for amount in ("5.00", "50.00")} == {S.HELD}


def test_a_customers_day_says_how_much_is_left_and_when_it_renews(world, limit):
    row = limit(customer_daily=D(100))
    wallet, other = world.wallet("500.00"), world.wallet("500.00")
    bank = world.bank(wallet)
    world.pay(wallet, "70.00", to=bank)
    refusal = refused(world, wallet, "30.01", to=bank)
    assert refusal.details == {
        "limit_id": row.public_id,
        "rail": "ach",
        "direction": "OUT",
        "scope": "customer",
        "span": "daily",
        "limit": {"amount": "100.00", "currency": "USD"},
        "used": {"amount": "70.00", "currency": "USD"},
        "left": {"amount": "30.00", "currency": "USD"},
        "renews_at": "2026-11-25T22:00:00Z",
    }
    assert refusal.message == (
        "ACH out is limited to 100.00 USD a day for the customer; 30.00 USD left until 2026-11-25 22:00 UTC."
    )
    assert world.funds(wallet) == (D(500), D(70))
    world.pay(wallet, "30.00", to=bank)
    assert world.pay(other, "100.00", to=world.bank(other)).status == S.HELD


def test_the_day_is_the_banks_so_what_comes_after_the_cutoff_counts_on_the_next(world, limit):
    limit(customer_daily=D(100))
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    world.pay(wallet, "100.00", to=bank, at=WEDNESDAY)
    evening = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)  # 17:00 in New York: what comes now goes on Friday
    assert world.pay(wallet, "60.00", to=bank, at=evening).counted_on == date(2026, 11, 27)
    holiday = datetime(2026, 11, 26, 17, 0, tzinfo=UTC)
    refusal = refused(world, wallet, "40.01", to=bank, at=holiday)
    assert refusal.details["left"]["amount"] == "40.00"
    assert refusal.details["renews_at"] == "2026-11-27T22:00:00Z"
    assert world.pay(wallet, "40.00", to=bank, at=holiday).counted_on == date(2026, 11, 27)
    monday = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
    assert world.pay(wallet, "100.00", to=bank, at=monday).counted_on == date(2026, 11, 30)


def test_a_month_is_that_of_the_banks_days(world, limit):
    limit(customer_monthly=D(150))
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    world.pay(wallet, "100.00", to=bank)
    refusal = refused(world, wallet, "50.01", to=bank, at=datetime(2026, 11, 30, 12, 0, tzinfo=UTC))
    assert (refusal.details["span"], refusal.details["left"]["amount"]) == ("monthly", "50.00")
    assert refusal.details["renews_at"] == "2026-11-30T22:00:00Z"
    december = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)
    assert world.pay(wallet, "150.00", to=bank, at=december).counted_on == date(2026, 12, 1)


def test_a_number_of_payments_a_day_is_a_limit_as_well(world, limit):
    limit(customer_daily_count=2)
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    for _ in range(2):
        world.pay(wallet, "1.00", to=bank)
    refusal = refused(world, wallet, "1.00", to=bank)
    assert {name: refusal.details[name] for name in ("scope", "span", "limit", "used", "left")} == {
        "scope": "customer",
        "span": "daily_count",
        "limit": 2,
        "used": 2,
        "left": 0,
    }


@pytest.mark.parametrize(
    ("figures", "amount", "span", "left"),
    [
        ({"partner_daily": D(100)}, "40.01", "daily", {"amount": "40.00", "currency": "USD"}),
        ({"partner_monthly": D(100)}, "40.01", "monthly", {"amount": "40.00", "currency": "USD"}),
        ({"partner_daily_count": 2}, "1.00", "daily_count", 0),
    ],
)
def test_the_partner_is_limited_over_all_customers(world, limit, figures, amount, span, left):
    limit(**figures)
    for pounds in ("30.00", "30.00"):
        wallet = world.wallet("500.00")
        world.pay(wallet, pounds, to=world.bank(wallet))
    third = world.wallet("500.00")
    refusal = refused(world, third, amount, to=world.bank(third))
    assert (refusal.details["scope"], refusal.details["span"], refusal.details["left"]) == ("partner", span, left)


def test_another_rail_direction_or_currency_is_not_counted(world, limit):
    limit(customer_daily=D(10))
    wallet = world.wallet("500.00")
    own = world.bank(wallet, relation="OWN")
    mandate = world.ach_mandate(own)
    assert world.pay(wallet, "50.00", kind=K.COLLECTION, to=own, mandate_id=mandate.pk).status == S.APPROVED
    assert world.pay(wallet, "50.00", rail=Rail.WIRE, to=world.bank(wallet)).status == S.HELD
    euros = world.wallet("500.00", currency="EUR")
    assert world.pay(euros, "50.00", rail=Rail.SEPA_CT, to=world.bank(euros, iban=True)).status == S.HELD
    assert refused(world, wallet, "10.01", to=world.bank(wallet)).details["left"]["amount"] == "10.00"


def test_money_that_is_to_come_in_is_limited_before_it_is_sent_for(world, limit):
    limit(customer_daily=D(60), scope={"direction": "IN"})
    wallet = world.wallet()
    own = world.bank(wallet, relation="OWN")
    mandate = world.ach_mandate(own)
    world.pay(wallet, "50.00", kind=K.COLLECTION, to=own, mandate_id=mandate.pk)
    refusal = refused(world, wallet, "10.01", kind=K.COLLECTION, to=own, mandate_id=mandate.pk)
    assert (refusal.details["direction"], refusal.details["left"]["amount"]) == ("IN", "10.00")


def test_what_has_come_by_itself_is_never_refused_and_counts_for_nothing(world, limit):
    limit(customer_daily=D(1), scope={"direction": "IN"})
    wallet = world.wallet()
    payment = world.credit(wallet, "50.00", name="credit-1")
    assert (payment.status, payment.counted_on, used(world)) == (S.SETTLED, None, [])


def test_refunds_and_fees_count_against_nothing(world, limit):
    limit(customer_daily=D(1), minimum=D(1), everybodys=True)
    limit(customer_daily=D(1), minimum=D(1), scope={"rail": "book"})
    wallet = world.wallet()
    came = world.credit(wallet, "50.00", name="credit-1")
    Payment.objects.filter(pk=came.pk).update(settled_at=world.at)
    fee = world.pay(wallet, "20.00", kind=K.FEE, rail=Rail.BOOK)
    assert (fee.status, fee.counted_on, used(world)) == (S.SETTLED, None, [])


# Which rows count


def test_a_limit_of_one_kind_and_one_of_all_kinds_count_both(world, limit):
    limit(customer_daily=D(100))
    limit(customer_daily=D(60), scope={"kind": "WITHDRAWAL"})
    wallet = world.wallet("500.00")
    own, theirs = world.bank(wallet, relation="OWN"), world.bank(wallet)
    world.pay(wallet, "50.00", kind=K.WITHDRAWAL, to=own)
    assert refused(world, wallet, "10.01", kind=K.WITHDRAWAL, to=own).details["left"]["amount"] == "10.00"
    assert refused(world, wallet, "50.01", to=theirs).details["left"]["amount"] == "50.00"
    assert world.pay(wallet, "50.00", to=theirs).status == S.HELD


def test_the_partners_own_goes_before_everybodys_until_it_is_withdrawn(world, limit):
    limit(everybodys=True, maximum=D(10))
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    refused(world, wallet, "11.00", to=bank)
    limit(maximum=D(20))
    assert world.pay(wallet, "11.00", to=bank).status == S.HELD
    assert refused(world, wallet, "21.00", to=bank).details["limit"]["amount"] == "20.00"
    limit(withdrawn=True, at=world.at + timedelta(minutes=1))
    assert refused(world, wallet, "11.00", to=bank, at=world.at + timedelta(minutes=1)).details["limit"]["amount"] == "10.00"


def test_everybodys_limit_counts_each_partner_for_itself(world, limit):
    limit(everybodys=True, partner_daily=D(100))
    wallet = world.wallet("500.00")
    world.pay(wallet, "100.00", to=world.bank(wallet))
    other = PaymentWorld(partner=new_partner("Other"), at=world.at)
    theirs = other.wallet("500.00")
    assert other.pay(theirs, "100.00", to=other.bank(theirs)).status == S.HELD
    refused(other, theirs, "0.01", to=other.bank(theirs))


def test_a_new_limit_counts_what_was_used_before_it_on_the_same_day(world, limit):
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    world.pay(wallet, "70.00", to=bank)
    limit(partner_daily=D(100), customer_daily=D(80))
    assert refused(world, wallet, "10.01", to=bank).details["left"]["amount"] == "10.00"


def test_a_limit_counts_from_its_day_on_and_not_before(world, limit, people):
    approval = asked(people, world.partner, {"maximum": D(10)}, at=world.at, valid_from=world.at + timedelta(days=7))
    requests.approve(approval_id=approval.pk, actor=people["FINANCE"], at=world.at, reason="")
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    assert world.pay(wallet, "20.00", to=bank).status == S.HELD
    refused(world, wallet, "20.00", to=bank, at=world.at + timedelta(days=7))


# Room is given back


@pytest.mark.parametrize("end", ["cancel", "fail", "refused by the bank"])
def test_what_is_canceled_or_fails_gives_its_room_back(world, limit, end):
    limit(customer_daily=D(100), customer_daily_count=1, partner_daily=D(100), partner_daily_count=1)
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    payment = world.pay(wallet, "100.00", to=bank)
    if end == "cancel":
        world.act(payments.cancel, payment)
    else:
        if end == "refused by the bank":
            settlement.run(at=world.at, actor=STAFF, early=True)
        world.act(outcomes.fail, payment, reason_code="file.rejected")
    assert used(world) == [("ach", date(2026, 11, 25), "TRANSFER", D(0), 0)]
    assert world.pay(wallet, "100.00", to=bank).status == S.HELD
    books_are_sound()


def test_a_return_gives_no_room_back_since_the_money_had_gone(world, limit):
    limit(customer_daily=D(100))
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    payment = world.pay(wallet, "100.00", to=bank)
    settlement.run(at=world.at, actor=STAFF, early=True)
    world.act(outcomes.settle, payment)
    world.act(outcomes.return_, payment, reason_code="R09")
    refused(world, wallet, "1.00", to=bank)
    books_are_sound()


def test_what_the_wallet_refuses_uses_nothing(world, limit):
    limit(customer_daily=D(100))
    wallet = world.wallet("10.00")
    with pytest.raises(Exception, match="is needed"):
        world.pay(wallet, "50.00", to=world.bank(wallet))
    assert used(world) == []


# Payments that wait


def test_a_payment_that_waits_is_counted_when_it_goes_on_and_rejected_with_the_limits_reason(world, limit, settings):
    limit(customer_daily=D(100))
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": D(50)}
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    waits = world.pay(wallet, "80.00", to=bank)
    assert (waits.status, waits.counted_on, used(world)) == (S.APPROVAL, None, [])
    world.pay(wallet, "50.00", to=bank)
    world.act(payments.approve, waits)
    waits.refresh_from_db()
    assert (waits.status, waits.reason_code, waits.counted_on) == (S.REJECTED, "payments.limit_exceeded", None)
    assert used(world) == [("ach", date(2026, 11, 25), "TRANSFER", D(50), 1)]
    books_are_sound()


def test_what_no_day_would_carry_is_refused_before_it_waits_for_anybody(world, limit, settings, monkeypatch):
    limit(maximum=D(60))
    settings.PAYMENT_APPROVAL_ABOVE = {"USD": D(50)}
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    refused(world, wallet, "60.01", to=bank)
    refused(world, wallet, "60.01", to=bank, scheduled_on=date(2026, 12, 4))
    monkeypatch.setattr(registry, "_deciders", {})
    registry.decider("tests.decider", point=deciding.POINT)(
        lambda facts: Opinion(outcome=Outcome.REVIEW, reasons=(Reason(code="tests.reason", text="Because."),))
    )
    refused(world, wallet, "60.01", to=bank)
    assert not Payment.objects.exists()


def test_a_scheduled_payment_counts_on_its_day_and_fails_with_the_limits_reason(world, limit):
    limit(customer_daily=D(100))
    wallet = world.wallet("500.00")
    bank = world.bank(wallet)
    later = world.pay(wallet, "100.00", to=bank, scheduled_on=date(2026, 12, 4))
    world.pay(wallet, "100.00", to=bank)
    on = datetime(2026, 12, 4, 15, 0, tzinfo=UTC)
    world.pay(wallet, "0.01", to=bank, at=on)
    payments.release_due(at=on, actor=STAFF)
    later.refresh_from_db()
    assert (later.status, later.reason_code) == (S.FAILED, "payments.limit_exceeded")
    books_are_sound()


# Asked for by one, approved by another


def test_a_change_is_told_to_audit_and_outbox_and_says_old_and_new(world, limit, people):
    limit(customer_daily=D(100))
    approval = asked(people, world.partner, {"maximum": D(5000), "customer_daily_count": 1200}, at=world.at)
    assert rail_limits.describe_change(approval) == {
        "Partner": world.partner.public_id,
        "Rail": "ACH",
        "Direction": "Out",
        "Kind": "all together",
        "Currency": "USD",
        "From": "the approval on",
        "Limits": "customer: 100.00 USD a day → one payment at most 5,000.00 USD; customer: 1,200 payments a day",
    }
    requests.approve(approval_id=approval.pk, actor=people["FINANCE"], at=world.at, reason="")
    row = RailLimit.objects.latest("id")
    record = Record.objects.filter(action="payments.limits_changed").latest("id")
    event = Event.objects.filter(type="payments.limits_changed").latest("id")
    assert (record.target, record.reason, event.partner_id) == (row.public_id, "as in the contract", world.partner.pk)
    assert event.data == rail_limits.as_json(row)
    assert event.data["maximum"] == "5000.00"
    assert event.data["customer_daily"] is None


def test_what_is_yet_to_come_is_not_what_stands_now(world, limit, people):
    limit(maximum=D(10))
    later = world.at + timedelta(days=30)
    coming = asked(people, world.partner, {"maximum": D(20)}, at=world.at, valid_from=later)
    requests.approve(approval_id=coming.pk, actor=people["FINANCE"], at=world.at, reason="")
    with pytest.raises(errors.RailLimitsUnchanged):
        asked(people, world.partner, {"maximum": D(10)}, at=world.at)
    with pytest.raises(errors.RailLimitsUnchanged):
        asked(people, world.partner, {"maximum": D(20)}, at=world.at, valid_from=later)
    sooner = asked(people, world.partner, {"maximum": D(20)}, at=world.at)
    assert rail_limits.describe_change(sooner)["Limits"] == "one payment at most 10.00 USD → one payment at most 20.00 USD"
    requests.approve(approval_id=sooner.pk, actor=people["FINANCE"], at=world.at, reason="")
    row = RailLimit.objects.get(approval_id=sooner.pk)
    before = Record.objects.get(action="payments.limits_changed", target=row.public_id).before
    assert (before["maximum"], before["valid_from"]) == ("10.00", world.at.isoformat())


def test_nobody_approves_alone_and_the_same_is_not_asked_for_twice(world, limit, people):
    row = limit(maximum=D(5))
    with pytest.raises(errors.RailLimitsUnchanged):
        asked(people, world.partner, {"maximum": D(5)}, at=world.at)
    with pytest.raises(errors.RailLimitsUnchanged):
        asked(people, None, None, at=world.at)
    approval = asked(people, world.partner, {"maximum": D(6)}, at=world.at)
    for role, refusal in (("OPERATIONS", FourEyesRequired), ("AUDITOR", MayNot)):
        with pytest.raises(refusal):
            requests.approve(approval_id=approval.pk, actor=people[role], at=world.at, reason="")
    assert RailLimit.objects.get() == row


@pytest.mark.parametrize(
    ("figures", "scope", "param"),
    [
        ({}, {}, ""),
        ({"maximum": D("0.001")}, {}, "maximum"),
        ({"maximum": D(-1)}, {}, "maximum"),
        ({"minimum": D(0)}, {}, "minimum"),
        ({"minimum": D(6), "maximum": D(5)}, {}, "minimum"),
        ({"customer_daily": D(6), "customer_monthly": D(5)}, {}, "customer_daily"),
        ({"partner_daily": D(6), "partner_monthly": D(5)}, {}, "partner_daily"),
        ({"customer_daily_count": -1}, {}, "customer_daily_count"),
        ({"maximum": D(5)}, {"rail": "pigeon"}, "rail"),
        ({"maximum": D(5)}, {"rail": "sepa_dd", "direction": "OUT", "currency": "EUR"}, "direction"),
        ({"maximum": D(5)}, {"kind": "COLLECTION"}, "kind"),
        ({"maximum": D(5)}, {"kind": "REFUND"}, "kind"),
        ({"maximum": D(5)}, {"currency": "EUR"}, "currency"),
    ],
)
def test_limits_that_cannot_be_are_refused_with_their_place(world, people, figures, scope, param):
    with pytest.raises(errors.MalformedRailLimits) as refusal:
        asked(people, world.partner, figures, at=world.at, **scope)
    assert refusal.value.param == param
    assert not RailLimit.objects.exists()


# The database


def test_the_database_keeps_limits_and_days_as_they_were_written(world, limit):
    limit(maximum=D(500))
    wallet = world.wallet("500.00")
    payment = world.pay(wallet, "5.00", to=world.bank(wallet))
    for sql in (
        "UPDATE payments_raillimit SET maximum = 1",
        "DELETE FROM payments_raillimit",
        "UPDATE payments_payment SET counted_on = '2026-01-01'",
        "UPDATE payments_payment SET counted_on = NULL",
        "UPDATE payments_customerrailusage SET used = used - 6",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    with pytest.raises(IntegrityError, match="rail_limits_grow_with_their_span"), transaction.atomic():
        RailLimit.objects.create(
            rail="ach", direction="OUT", currency="USD", customer_daily=2, customer_monthly=1, valid_from=world.at,
            created_at=world.at, reason="x", approval_id=payment.pk,
        )  # fmt: skip
    with pytest.raises(IntegrityError, match="rail_limit_limits_something"), transaction.atomic():
        RailLimit.objects.create(
            rail="ach", direction="OUT", currency="USD", valid_from=world.at, created_at=world.at, reason="x",
            approval_id=payment.pk,
        )  # fmt: skip


def test_a_usage_that_is_not_what_payments_used_is_named(world):
    wallet = world.wallet("500.00")
    world.pay(wallet, "5.00", to=world.bank(wallet))
    CustomerRailUsage.objects.update(used=D(4))
    PartnerRailUsage.objects.update(count=2)
    from payments.services import checks

    assert sorted(checks.limits_are_counted()) == [
        (wallet.customer.public_id, "used 5 of ach on 2026-11-25 in 1 payments; 4 in 1 is counted"),
        (world.partner.public_id, "used 5 of ach on 2026-11-25 in 1 payments; 5 in 2 is counted"),
    ]


def test_counting_is_one_round_trip(world, limit, django_assert_num_queries):
    limit(customer_daily=D(100), partner_monthly=D(100))
    wallet = world.wallet("500.00")
    payment = Payment(
        partner=world.partner, customer_id=wallet.customer_id, kind=K.TRANSFER, rail=Rail.ACH, direction=Direction.OUT, currency="USD",
        amount=D(5),
    )  # fmt: skip
    with django_assert_num_queries(1):
        rail_limits.count(payment, on=date(2026, 11, 25), at=world.at)


def test_rails_that_never_close_have_days_of_the_calendar():
    day = date(2026, 11, 29)  # a Sunday, and 30 November is a Monday
    assert policies.day_ends("open_banking", day) == datetime(2026, 11, 30, 0, 0, tzinfo=UTC)
    assert policies.month_ends("card", day) == datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
    assert policies.day_ends("ach", date(2026, 11, 25), same_day=True) == datetime(2026, 11, 25, 21, 15, tzinfo=UTC)

"""Limits count what goes out and what is held, per customer and currency over all wallets."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from accounts.choices import Role
from accounts.models import User
from accounts.services import customers
from flowlet.approvals.choices import ApprovalStatus
from flowlet.approvals.errors import FourEyesRequired, MayNot
from flowlet.approvals.models import Approval
from flowlet.approvals.services import requests
from flowlet.core import clock
from flowlet.core.actors import Actor, ActorKind
from wallets import errors
from wallets.models import TierLimit, Usage, Wallet
from wallets.services import limits, wallets
from wallets.services.limits import Limits
from wallets.tests.conftest import ROBOT, World, footprint, new_partner


def refused(world, *args, **options):
    before = footprint()
    with pytest.raises(errors.LimitExceeded) as refusal, transaction.atomic():
        world.send(*args, **options)
    assert footprint() == before
    return refusal.value


@pytest.mark.parametrize(
    ("currency", "tier", "day", "month"),
    [
        ("USD", "UNVERIFIED", "100", "500"),
        ("EUR", "BASIC", "1000", "5000"),
        ("GBP", "ENHANCED", "10000", "50000"),
        ("USD", "PREMIUM", "100000", "500000"),
        ("JPY", "UNVERIFIED", "15000", "75000"),
        ("KWD", "UNVERIFIED", "30", "150"),
    ],
)
def test_each_tier_has_its_limits(world, currency, tier, day, month):
    a, b = world.wallet(month + "0", currency=currency, tier=tier), world.wallet(currency=currency)
    unit = {"JPY": Decimal(1), "KWD": Decimal("0.001")}.get(currency, Decimal("0.01"))
    refusal = refused(world, a, b, str(Decimal(day) + unit))
    assert (refusal.details["scope"], refusal.details["span"]) == ("customer", "per_transaction")
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for n in range(5):
        world.send(a, b, day, at=start + timedelta(days=n))
        refusal = refused(world, a, b, str(unit), at=start + timedelta(days=n))
        if n < 4:
            assert refusal.details["span"] == "daily"
            assert Decimal(refusal.details["left"]["amount"]) == 0
    assert refused(world, a, b, str(unit), at=start + timedelta(days=9)).details["span"] == "monthly"
    world.send(a, b, day, at=datetime(2026, 4, 1, tzinfo=UTC))


def test_says_which_limit_what_is_used_and_what_is_left(world):
    a, b = world.wallet("500", tier="UNVERIFIED"), world.wallet()
    world.send(a, b, "60")
    world.hold(a, "10")
    refusal = refused(world, a, b, "30.01")
    assert refusal.details == {
        "scope": "customer",
        "span": "daily",
        "limit": {"amount": "100.00", "currency": "USD"},
        "used": {"amount": "70.00", "currency": "USD"},
        "left": {"amount": "30.00", "currency": "USD"},
        "wallet_id": a.public_id,
        "kyc_tier": "UNVERIFIED",
    }
    assert refusal.message == "The customer's unverified tier may send 100.00 USD a day, 70.00 is used; 30.00 is left."
    world.send(a, b, "30")


def test_counts_over_all_wallets_of_the_customer_in_the_currency(world):
    ada = world.customer("UNVERIFIED")
    one, two, euros = (world.wallet("100", customer=ada, currency=c) for c in ("USD", "USD", "EUR"))
    shop, laden = world.wallet(), world.wallet(currency="EUR")
    world.send(one, shop, "70")
    assert refused(world, two, shop, "30.01").details["used"]["amount"] == "70.00"
    world.send(two, shop, "30")
    world.send(euros, laden, "100")


def test_what_comes_in_is_not_counted(world):
    a, b = world.wallet("500"), world.wallet("10", tier="UNVERIFIED")
    world.send(a, b, "400")
    world.send(b, a, "100")


@pytest.mark.parametrize("end", ["release", "expire", "void", "final capture"])
def test_what_is_not_captured_of_a_hold_stops_counting(world, end):
    a, b = world.wallet("500", tier="UNVERIFIED"), world.wallet()
    hold = world.hold(a, "100", expires_at=world.at + timedelta(hours=1)).hold
    refused(world, a, b, "0.01")
    spent = Decimal(0)
    if end == "release":
        world.release(hold)
    elif end == "expire":
        world.at = min(world.at + timedelta(hours=1), world.at.replace(hour=23, minute=59, second=59))
        world.at = hold.expires_at
    elif end == "void":
        world.release(hold)
        transfer = world.authorize(a, b, "100").transfer
        from wallets.services import transfers
        from wallets.tests.conftest import KEY

        transfers.void(partner_id=world.partner.pk, transfer_id=transfer.pk, actor=KEY, at=world.at)
    else:
        world.capture(hold, b, "40", is_final=True)
        spent = Decimal(40)
    world.send(a, b, str(100 - spent))
    assert sum(Usage.objects.filter(wallet=a).values_list("used", flat=True)) == 100


def test_a_capture_is_not_counted_twice(world):
    a, b = world.wallet("500", tier="UNVERIFIED"), world.wallet()
    hold = world.hold(a, "100").hold
    world.capture(hold, b, "60")
    world.capture(hold, b, "40")
    assert list(Usage.objects.filter(wallet=a).values_list("used", flat=True)) == [100]


def test_a_refund_neither_counts_nor_gives_back(world):
    a, b = world.wallet("500", tier="UNVERIFIED"), world.wallet(tier="UNVERIFIED")
    transfer = world.send(a, b, "100").transfer
    world.refund(transfer)
    assert not Usage.objects.filter(wallet=b).exists()
    refused(world, a, b, "0.01")


def test_days_are_days_of_the_books_zone(db):
    world = World(new_partner("Kiwi", time_zone="Pacific/Auckland"), datetime(2026, 3, 1, 12, tzinfo=UTC))
    a, b = world.wallet("500", tier="UNVERIFIED"), world.wallet()
    before_midnight = datetime(2026, 6, 30, 11, 59, tzinfo=UTC)
    world.send(a, b, "100", at=before_midnight)
    refused(world, a, b, "1", at=before_midnight)
    world.send(a, b, "100", at=datetime(2026, 6, 30, 12, 0, tzinfo=UTC))
    assert sorted(str(day) for day in Usage.objects.values_list("day", flat=True)) == ["2026-06-30", "2026-07-01"]


def test_a_higher_tier_counts_from_the_next_transfer(world):
    a, b = world.wallet("500", tier="UNVERIFIED"), world.wallet()
    refused(world, a, b, "101")
    customers.set_kyc_tier(customer_id=a.customer_id, kyc_tier="BASIC", reason="papers seen", actor=ROBOT, at=world.at)
    world.send(a, b, "101")


def test_a_wallets_own_limits_narrow_its_customers(world):
    ada = world.customer("BASIC")
    narrow = world.wallet("900", customer=ada, limits=Limits(per_transaction=Decimal(50), daily=Decimal(80), monthly=Decimal(90)))
    wide, shop = world.wallet("1000", customer=ada), world.wallet()
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert refused(world, narrow, shop, "50.01", at=start).details["span"] == "per_transaction"
    world.send(wide, shop, "500", at=start)
    world.send(narrow, shop, "50", at=start)
    refusal = refused(world, narrow, shop, "30.01", at=start)
    assert (refusal.details["scope"], refusal.details["span"], refusal.details["left"]["amount"]) == ("wallet", "daily", "30.00")
    assert refused(world, narrow, shop, "40.01", at=start + timedelta(days=1)).details["span"] == "monthly"
    world.send(wide, shop, "450", at=start)


def person(name, *roles):
    user = User.objects.create_user(f"{name}@example.com", name=name, is_staff=True, roles=list(roles))
    return Actor(kind=ActorKind.STAFF, id=user.public_id, label="staff")


def test_limits_change_by_two_people(world):
    a, b = world.wallet("900", tier="UNVERIFIED"), world.wallet()
    maker, checker = person("maker", Role.OPERATIONS), person("checker", Role.FINANCE)
    row = TierLimit.objects.get(tier="UNVERIFIED", currency="USD")
    with pytest.raises(MayNot):
        limits.request_tier_change(
            tier="UNVERIFIED", currency="USD", limits=Limits(*map(Decimal, (1, 2, 3))), reason="x", actor=checker, at=world.at
        )
    asked = limits.request_tier_change(
        tier="UNVERIFIED",
        currency="USD",
        limits=Limits(Decimal(150), Decimal(200), Decimal(500)),
        reason="new risk appetite",
        actor=maker,
        at=world.at,
    )
    assert limits.describe_change(asked)["A day"] == "100.00 → 200.00"
    large = limits.request_tier_change(
        tier="PREMIUM", currency="USD", limits=Limits(*[Decimal(1_250_000)] * 3), reason="x", actor=maker, at=world.at
    )
    assert limits.describe_change(large)["A month"] == "500,000.00 → 1,250,000.00"
    refused(world, a, b, "101")
    with pytest.raises(FourEyesRequired):
        requests.approve(approval_id=asked.pk, actor=maker, at=world.at)
    requests.approve(approval_id=asked.pk, actor=checker, at=world.at)
    row.refresh_from_db()
    assert (row.per_transaction, row.daily, row.monthly) == (150, 200, 500)
    refused(world, a, b, "151")
    world.send(a, b, "150")
    with pytest.raises(errors.LimitsUnchanged):
        limits.request_tier_change(
            tier="UNVERIFIED", currency="USD", limits=limits.of_tier(row), reason="same", actor=maker, at=world.at
        )


def test_a_currency_gets_its_first_limits(world):
    maker, checker = person("maker", Role.OPERATIONS), person("checker", Role.FINANCE)
    asked = limits.request_tier_change(
        tier="PREMIUM",
        currency="CHF",
        limits=Limits(Decimal(1), Decimal(2), Decimal(3)),
        reason="Swiss customers",
        actor=maker,
        at=world.at,
    )
    requests.approve(approval_id=asked.pk, actor=checker, at=world.at)
    assert world.wallet(currency="CHF").currency == "CHF"


def test_a_wallets_limits_change_by_two_people_and_not_when_it_closed_meanwhile(world):
    a, b = world.wallet("900"), world.wallet()
    maker, checker = person("maker", Role.OPERATIONS), person("checker", Role.FINANCE)
    ask = {"reason": "child's wallet", "actor": maker, "at": world.at}
    asked = limits.request_wallet_change(wallet_id=a.pk, limits=Limits(daily=Decimal(10)), **ask)
    requests.approve(approval_id=asked.pk, actor=checker, at=world.at)
    assert Wallet.objects.get(pk=a.pk).limit_daily == 10
    refused(world, a, b, "10.01")
    with pytest.raises(errors.MalformedLimits):
        limits.request_wallet_change(wallet_id=a.pk, limits=Limits(daily=Decimal("10.001")), **ask)
    asked = limits.request_wallet_change(wallet_id=b.pk, limits=Limits(daily=Decimal(10)), **ask)
    wallets.close(wallet_id=b.pk, actor=ROBOT, at=world.at)
    assert requests.approve(approval_id=asked.pk, actor=checker, at=world.at).status == ApprovalStatus.FAILED


def test_a_currency_is_opened_and_a_wallet_narrowed_from_the_command_line_by_two_people(world):
    asker, approver = (
        User.objects.create_user(f"{role.lower()}@flowlet.test", name="Somebody", is_staff=True, roles=[role])
        for role in (Role.COMPLIANCE_OFFICER, Role.COMPLIANCE_MANAGER)
    )

    def call(*words):
        out = StringIO()
        call_command("limits", *words, stdout=out, stderr=out)
        return out.getvalue()

    def approve():
        request = Approval.objects.get(status=ApprovalStatus.PENDING)
        requests.approve(approval_id=request.pk, actor=Actor(ActorKind.STAFF, approver.public_id), at=clock.now())

    by = ("--reason", "We open in Korea", "--as", asker.email)
    figures = ("--per-transaction", "100000", "--daily", "200000", "--monthly", "900000")
    with pytest.raises(CommandError, match="malformed_limits"):
        call("tier", "basic", "krw", *figures[:-1], "900000.5", *by)
    asked = call("tier", "basic", "krw", *figures, *by)
    assert Approval.objects.get().public_id in asked and "KRW" not in call("list")
    approve()
    assert "KRW  BASIC  per transaction 100000  daily 200000  monthly 900000" in call("list")
    wallet = world.wallet()
    call("wallet", wallet.public_id, "--daily", "5.50", *by)
    approve()
    wallet.refresh_from_db()
    assert limits.of_wallet(wallet) == Limits(daily=Decimal("5.50"))

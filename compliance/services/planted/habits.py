"""Customers who leave their own ways, planted, beside what only looks like it.

Each function answers the customer whom the pattern is about, or all of them where it is about several.
"""
# ruff: noqa: D103 - the names of the functions say what they lay down

from datetime import timedelta
from decimal import Decimal

from accounts.choices import KycTier
from compliance.services.planted.cash import merchant_refunds
from compliance.services.planted.planter import Planter, Scenarios, Who


def dormant(w: Planter) -> Who:
    who = w.customer(age=900)
    w.move(who, "IN", 20, ago=220, previous_at=None)
    w.move(who, "IN", 5000, ago=0, previous_at=w.noon - timedelta(days=220))
    return who


def back_from_holidays(w: Planter) -> Who:
    who = w.customer(age=900)
    w.move(who, "IN", 5000, ago=0, previous_at=w.noon - timedelta(days=40))
    return who


def old_account_with_a_small_purchase(w: Planter) -> Who:
    who = w.customer(age=900)
    w.move(who, "OUT", 12, ago=0, previous_at=w.noon - timedelta(days=300))
    return who


def new_account_burst(w: Planter) -> Who:
    who = w.customer(age=10, expected_monthly=Decimal(1000))
    for ago in (3, 2, 0):
        w.move(who, "IN", 2000, ago=ago)
    return who


def new_account_as_declared(w: Planter) -> Who:
    who = w.customer(age=10, expected_monthly=Decimal(3000))
    for ago in (3, 2, 0):
        w.move(who, "IN", 2000, ago=ago)
    return who


def profile_breach(w: Planter) -> Who:
    who = w.customer(expected_monthly=Decimal(2000))
    for ago in (20, 10, 0):
        w.move(who, "IN", 1100, ago=ago)
    return who


def savings_moved_over(w: Planter) -> Who:
    who = w.customer(expected_monthly=Decimal(2000))
    w.move(who, "IN", 8000, ago=0, is_own=True)
    w.move(who, "IN", 1900, ago=1)
    return who


def velocity(w: Planter) -> Who:
    who = w.customer()
    for minute in range(11):
        w.move(who, "OUT", 20, ago=minute / 24 / 60)
    return who


def busy_till(w: Planter) -> Who:
    """Many credits an hour: a merchant."""
    who = w.customer(kind="BUSINESS")
    for minute in range(40):
        w.move(who, "IN", 20, ago=minute / 24 / 60)
    return who


def below_own_limit(w: Planter) -> Who:
    who = w.customer(tier=KycTier.BASIC)
    for ago in (2, 1, 0):
        w.move(who, "OUT", 960, ago=ago)
    return who


def above_and_far_below_own_limit(w: Planter) -> Who:
    who = w.customer(tier=KycTier.BASIC)
    for ago, amount in ((2, 600), (1, 960), (0, 990)):
        w.move(who, "OUT", amount, ago=ago)
    return who


def exposed_customer(w: Planter) -> Who:
    who = w.customer(is_pep=True)
    w.move(who, "OUT", 10_000)
    return who


def exposed_customer_in_small(w: Planter) -> Who:
    who = w.customer(is_pep=True)
    w.move(who, "OUT", 9_000)
    return who


def refund_abuse(w: Planter) -> Who:
    who = w.customer(kind="BUSINESS")
    for ago in (9, 8, 7, 6):
        w.move(who, "IN", 100, ago=ago)
    for ago in (2, 1, 0):
        w.move(who, "OUT", 100, ago=ago, kind="REFUND")
    return who


def spike(w: Planter) -> Who:
    who = w.customer()
    for week in range(1, 13):
        w.move(who, "OUT", 300 + week, ago=week * 7 + 1)
    w.move(who, "OUT", 6000, ago=0)
    return who


def steady(w: Planter) -> Who:
    who = w.customer()
    for week in range(13):
        w.move(who, "OUT", 5000 + week * 20, ago=week * 7 + 0.1)
    return who


def restless(w: Planter) -> Who:
    """Weeks that differ widely anyway."""
    who = w.customer()
    for week in range(1, 13):
        w.move(who, "OUT", 500 if week % 2 else 6000, ago=week * 7 + 1)
    w.move(who, "OUT", 7000, ago=0)
    return who


def peer_outlier(w: Planter) -> Who:
    for _ in range(120):
        w.move(w.customer(segment="students"), "OUT", w.chance.randrange(300, 900), ago=3)
    who = w.customer(segment="students")
    w.move(who, "IN", 40_000)
    return who


def much_in_a_rich_segment(w: Planter) -> Who:
    for _ in range(120):
        w.move(w.customer(segment="traders"), "OUT", w.chance.randrange(30_000, 90_000), ago=3)
    who = w.customer(segment="traders")
    w.move(who, "IN", 95_000)
    return who


# name of the scenario -> what is planted, what is a decoy
SCENARIOS: Scenarios = {
    "dormant": (
        (dormant,),
        (
            back_from_holidays,
            old_account_with_a_small_purchase,
        ),
    ),
    "new_account_burst": ((new_account_burst,), (new_account_as_declared,)),
    "profile_breach": ((profile_breach,), (savings_moved_over,)),
    "spike": (
        (spike,),
        (
            steady,
            restless,
        ),
    ),
    "peer_outlier": ((peer_outlier,), (much_in_a_rich_segment,)),
    "velocity": ((velocity,), (busy_till,)),
    "below_own_limit": ((below_own_limit,), (above_and_far_below_own_limit,)),
    "refund_abuse": ((refund_abuse,), (merchant_refunds,)),
    "exposed_customer": ((exposed_customer,), (exposed_customer_in_small,)),
}

"""Cash and small amounts, planted, beside what only looks like it.

Each function answers the customer whom the pattern is about, or all of them where it is about several.
"""
# ruff: noqa: D103 - the names of the functions say what they lay down

from compliance.services.planted.planter import Planter, Scenarios, Who


def structuring(w: Planter) -> Who:
    who = w.customer()
    for ago, amount in ((3, 9000), (2, 9500), (0, 9800)):
        w.move(who, "IN", amount, ago=ago, is_cash=True)
    return who


def two_large_deposits(w: Planter) -> Who:
    who = w.customer()
    for ago in (3, 0):
        w.move(who, "IN", 9500, ago=ago, is_cash=True)
    return who


def shop_takings(w: Planter) -> Who:
    """Three deposits a week, well below: a shop."""
    who = w.customer(kind="BUSINESS")
    for ago in (6, 4, 2, 0):
        w.move(who, "IN", 4300, ago=ago, is_cash=True)
    return who


def cheque_like_credits(w: Planter) -> Who:
    """The amounts of structuring, but no cash."""
    who = w.customer()
    for ago, amount in ((3, 9000), (2, 9500), (0, 9800)):
        w.move(who, "IN", amount, ago=ago)
    return who


def round_amounts(w: Planter) -> Who:
    who = w.customer()
    for ago in (12, 9, 6, 3, 0):
        w.move(who, "IN", 3000, ago=ago)
    return who


def rent_of_a_thousand(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "OUT", 1000, ago=0)
    for ago in range(13):
        w.move(who, "OUT", 37, ago=ago)
    return who


def merchant_refunds(w: Planter) -> Who:
    """Ten refunds in three weeks, beside a hundred sales."""
    who = w.customer(kind="BUSINESS")
    for number in range(100):
        w.move(who, "IN", 60, ago=number / 5)
    for number in range(10):
        w.move(who, "OUT", 60, ago=number * 2, kind="REFUND")
    return who


def linked_structuring(w: Planter) -> Who:
    people, phone = [w.customer(), w.customer()], w.stranger()
    for who, ago in ((people[0], 2), (people[1], 1), (people[0], 0)):
        w.move(who, "IN", 9200, ago=ago, is_cash=True, device=phone)
    return people


def two_strangers_with_cash(w: Planter) -> Who:
    people = [w.customer(), w.customer()]
    for who, ago in ((people[0], 2), (people[1], 1), (people[0], 0)):
        w.move(who, "IN", 9200, ago=ago, is_cash=True, device=who.pk)
    return people


def micro_structuring(w: Planter) -> Who:
    who = w.customer()
    for number in range(6):
        w.move(who, "IN", 700 + number * 30, ago=3 + number / 4)
    w.move(who, "OUT", 4200, ago=2.5)
    w.move(who, "OUT", 10, ago=0)
    w.move(who, "IN", 800, ago=0)
    w.move(who, "OUT", 600, ago=-0.1)
    return who


def small_shop(w: Planter) -> Who:
    """Many small credits, swept to the shop's own bank account."""
    who = w.customer(kind="BUSINESS")
    for number in range(12):
        w.move(who, "IN", 700 + number * 10, ago=number / 3)
    w.move(who, "OUT", 9000, ago=0, is_own=True)
    return who


def funnel(w: Planter) -> Who:
    who = w.customer()
    for ago, place in ((4, "Denver"), (3, "Reno"), (2, "Boise")):
        w.move(who, "IN", 2500, ago=ago, is_cash=True, location=place)
    w.move(who, "OUT", 7000, ago=0, is_cash=True, location="El Paso")
    return who


def funnel_with_small_expenses(w: Planter) -> Who:
    """Most of it at one place, written in two ways, and a little on the way."""
    who = w.customer()
    for ago, place in ((4, "Denver"), (3, "Reno"), (2, "Boise")):
        w.move(who, "IN", 2500, ago=ago, is_cash=True, location=place)
    w.move(who, "OUT", 3000, ago=1, is_cash=True, location="El Paso")
    w.move(who, "OUT", 2900, ago=0.5, is_cash=True, location=" EL PASO")
    for ago, place in ((1.2, "Provo"), (1.1, "Tucson")):
        w.move(who, "OUT", 60, ago=ago, location=place)
    return who


def tour_of_a_band(w: Planter) -> Who:
    """Takings in cash at three places, spent at many others, nowhere much of it."""
    who = w.customer(kind="BUSINESS")
    for ago, place in ((6, "Denver"), (5, "Reno"), (4, "Boise")):
        w.move(who, "IN", 2500, ago=ago, is_cash=True, location=place)
    for number, place in enumerate(("Provo", "Tucson", "El Paso", "Santa Fe", "Amarillo")):
        w.move(who, "OUT", 1400, ago=3 - number * 0.7, location=place)
    return who


def travelling_salesman(w: Planter) -> Who:
    """Cash at three places, and spent there."""
    who = w.customer()
    for ago, place in ((4, "Denver"), (3, "Reno"), (2, "Boise")):
        w.move(who, "IN", 2500, ago=ago, is_cash=True, location=place)
    w.move(who, "OUT", 7000, ago=0, location="Denver")
    return who


def large_cash(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 6000, ago=0.3, is_cash=True)
    w.move(who, "IN", 4500, ago=0, is_cash=True)
    return who


def cash_of_two_days(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 6000, ago=0.6, is_cash=True)
    w.move(who, "IN", 4500, ago=0, is_cash=True)
    return who


# name of the scenario -> what is planted, what is a decoy
SCENARIOS: Scenarios = {
    "structuring": (
        (structuring,),
        (
            two_large_deposits,
            shop_takings,
            cheque_like_credits,
        ),
    ),
    "linked_structuring": (
        (linked_structuring,),
        (
            two_strangers_with_cash,
            two_large_deposits,
        ),
    ),
    "micro_structuring": (
        (micro_structuring,),
        (
            small_shop,
            merchant_refunds,
        ),
    ),
    "round_amounts": ((round_amounts,), (rent_of_a_thousand,)),
    "funnel": (
        (
            funnel,
            funnel_with_small_expenses,
        ),
        (
            tour_of_a_band,
            travelling_salesman,
        ),
    ),
    "large_cash": ((large_cash,), (cash_of_two_days,)),
}

"""Money through many hands, planted, beside what only looks like it.

Each function answers the customer whom the pattern is about, or all of them where it is about several.
"""
# ruff: noqa: D103 - the names of the functions say what they lay down

from compliance.services.planted.planter import Planter, Scenarios, Who


def fan_out(w: Planter) -> Who:
    who = w.customer()
    for hour in range(6):
        w.move(who, "OUT", 1200, ago=hour / 24, new=True)
    return who


def payroll(w: Planter) -> Who:
    """Thirty receivers, all of them paid last month too, and two new ones."""
    who = w.customer(kind="BUSINESS")
    for number in range(30):
        w.move(who, "OUT", 3000, ago=0, new=number < 2)
    return who


def own_accounts(w: Planter) -> Who:
    who = w.customer()
    for _ in range(6):
        w.move(who, "OUT", 1200, new=True, is_own=True)
    return who


def fan_in(w: Planter) -> Who:
    who = w.customer()
    for number in range(6):
        w.move(who, "IN", 1000 + number * 15, ago=number / 2, new=True)
    return who


def tenants(w: Planter) -> Who:
    """The same six tenants pay the same rent each month."""
    who, homes = w.customer(), [w.stranger() for _ in range(6)]
    for month in range(3):
        for number, home in enumerate(homes):
            w.move(who, "IN", 1000 + number * 15, ago=month * 30 + number / 2, other=home, new=month == 2)
    return who


def merchant_of_one_article(w: Planter) -> Who:
    """New senders of one price every week."""
    who = w.customer(kind="BUSINESS")
    for number in range(120):
        w.move(who, "IN", 99, ago=number / 4, new=True)
    return who


def wedding_gifts(w: Planter) -> Who:
    who = w.customer()
    for amount in (50, 100, 250, 500, 1000, 2000, 2600):
        w.move(who, "IN", amount, ago=1, new=True)
    w.move(who, "IN", 20, ago=0)
    return who


def gather_scatter(w: Planter) -> Who:
    who = w.customer()
    for number in range(6):
        w.move(who, "IN", 1500 + number * 100, ago=6 + number / 4, new=True)
        w.move(who, "OUT", 1400 + number * 70, ago=1 - number / 8, new=True)
    return who


def scatter_gather(w: Planter) -> Who:
    giver, taker = w.customer(), w.customer()
    for number in range(5):
        between = w.customer()
        w.send(giver, between, 2000, ago=4, new=True)
        w.send(between, taker, 1900, ago=1.4 - number / 3, new=True)
    return taker


def shared_flat(w: Planter) -> Who:
    """Four flatmates pay in, one landlord is paid."""
    who = w.customer()
    for number in range(4):
        w.move(who, "IN", 500, ago=number)
    w.move(who, "OUT", 2000, ago=0)
    return who


def pass_through(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 8000, ago=0.2)
    w.move(who, "OUT", 7600, ago=0)
    return who


def pass_through_of_three_days(w: Planter) -> Who:
    """More than a day, and in two steps."""
    who = w.customer()
    w.move(who, "IN", 12_000, ago=2.4)
    w.move(who, "OUT", 5000, ago=1.2)
    w.move(who, "OUT", 6500, ago=0)
    return who


def savings_drained_with_it(w: Planter) -> Who:
    """What lay there before goes to an own account at the same time."""
    who = w.customer()
    w.move(who, "IN", 2500, ago=60)
    w.move(who, "IN", 2400, ago=30)
    w.move(who, "IN", 8000, ago=0.3)
    w.move(who, "OUT", 7600, ago=0.2)
    w.move(who, "OUT", 4700, ago=0, is_own=True)
    return who


def paid_again_afterwards(w: Planter) -> Who:
    """Passed on to the last cent; what comes later is another matter."""
    who = w.customer()
    w.move(who, "IN", 8000, ago=0.4)
    w.move(who, "OUT", 8000, ago=0.3)
    w.move(who, "IN", 2500, ago=0.2)
    w.move(who, "OUT", 30, ago=0)
    return who


def beside_a_larger_credit(w: Planter) -> Who:
    """Most of yesterday's money is spent and some kept; then new money is gone at once, with all that was left."""
    who = w.customer()
    w.move(who, "IN", 6000, ago=1.4)
    w.move(who, "OUT", 4900, ago=0.45)
    w.move(who, "IN", 3000, ago=0.1)
    w.move(who, "OUT", 4100, ago=0)
    return who


def saver(w: Planter) -> Who:
    """Passes nearly all of a credit on, and keeps what was saved before."""
    who = w.customer()
    for month in range(1, 6):
        w.move(who, "IN", 2900, ago=month * 30)
        w.move(who, "OUT", 900, ago=month * 30 - 5)
    w.move(who, "IN", 8000, ago=0.2)
    w.move(who, "OUT", 7600, ago=0)
    return who


def saver_of_three_days(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 9000, ago=90, is_own=True)
    w.move(who, "IN", 12_000, ago=2.4)
    w.move(who, "OUT", 11_500, ago=0)
    return who


def salary_and_rent(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 3500, ago=0.2)
    w.move(who, "OUT", 1200, ago=0)
    return who


def own_money_spent(w: Planter) -> Who:
    """Paid in from the own bank, and a car paid with it."""
    who = w.customer()
    w.move(who, "IN", 8000, ago=0.2, is_own=True)
    w.move(who, "OUT", 7900, ago=0)
    return who


def ring(w: Planter, hops=5, amount=5000, order=(3, 0, 4, 1, 2)) -> Who:
    """Legs in an order of time that has nothing to do with the ring's."""
    people = [w.customer() for _ in range(hops)]
    for number in range(hops):
        w.send(people[number], people[(number + 1) % hops], amount - number * 100, ago=order[number % 5] * 5)
    return min(people, key=lambda one: str(one.pk))


def ring_of_three(w: Planter) -> Who:
    return ring(w, 3, order=(0, 2, 1, 3, 4))


def ring_of_eight(w: Planter) -> Who:
    return ring(w, 8, order=(4, 0, 1, 3, 2))


def loan_given_back(w: Planter) -> Who:
    two = w.customer(), w.customer()
    w.send(*two, 3000, ago=20)
    w.send(*reversed(two), 3000, ago=0)
    return two[0]


def ring_of_unequal_legs(w: Planter) -> Who:
    three = [w.customer() for _ in range(3)]
    for number, amount in enumerate((9000, 700, 5000)):
        w.send(three[number], three[(number + 1) % 3], amount, ago=number)
    return three


def chain(w: Planter) -> Who:
    five = [w.customer() for _ in range(5)]
    for number in range(4):
        w.send(five[number], five[number + 1], 5000, ago=4 - number)
    return five


def mule(w: Planter) -> Who:
    who, friend, phone = w.customer(age=12), w.customer(), w.stranger()
    w.move(friend, "OUT", 5, ago=9, device=phone)
    for number in range(3):
        w.move(who, "IN", 3200, ago=1 + number / 8, new=True, device=phone)
    w.move(who, "OUT", 9400, ago=0, new=True, device=phone)
    return who


def newcomer_who_saves(w: Planter) -> Who:
    """Many senders, much of it lent on from the family's telephone, and a good balance all the time."""
    who, friend, phone = w.customer(age=12), w.customer(), w.stranger()
    w.move(friend, "OUT", 5, ago=9, device=phone)
    for ago in (10, 9, 8):
        w.move(who, "IN", 2000, ago=ago, new=True, device=phone)
    for number in range(3):
        w.move(who, "IN", 3200, ago=1 + number / 8, new=True, device=phone)
    w.move(who, "OUT", 9400, ago=0, new=True, device=phone)
    return who


def new_customer_with_a_salary(w: Planter) -> Who:
    who = w.customer(age=12)
    w.move(who, "IN", 3200, ago=1, device=who.pk)
    w.move(who, "OUT", 3000, ago=0, device=who.pk)
    return who


def shared_identifiers(w: Planter) -> Who:
    phone, people = w.stranger(), [w.customer() for _ in range(3)]
    for ago, who in enumerate(people):
        w.move(who, "OUT", 30, ago=ago * 20, device=phone)
    return people


def couple(w: Planter) -> Who:
    phone, people = w.stranger(), [w.customer() for _ in range(2)]
    for who in people:
        w.move(who, "OUT", 30, device=phone)
    return people


# name of the scenario -> what is planted, what is a decoy
SCENARIOS: Scenarios = {
    "fan_in": (
        (fan_in,),
        (
            tenants,
            merchant_of_one_article,
            wedding_gifts,
        ),
    ),
    "fan_out": (
        (fan_out,),
        (
            payroll,
            own_accounts,
        ),
    ),
    "gather_scatter": (
        (
            gather_scatter,
            scatter_gather,
        ),
        (
            shared_flat,
            payroll,
            tenants,
        ),
    ),
    "pass_through": (
        (
            pass_through,
            pass_through_of_three_days,
            savings_drained_with_it,
            paid_again_afterwards,
            beside_a_larger_credit,
        ),
        (
            saver,
            saver_of_three_days,
            salary_and_rent,
            own_money_spent,
        ),
    ),
    "ring": (
        (
            ring,
            ring_of_three,
            ring_of_eight,
        ),
        (
            loan_given_back,
            ring_of_unequal_legs,
            chain,
        ),
    ),
    "mule": (
        (mule,),
        (
            newcomer_who_saves,
            new_customer_with_a_salary,
        ),
    ),
    "shared_identifiers": ((shared_identifiers,), (couple,)),
}

"""Fees: worked by hand, against exact fractions, and what holds of every schedule."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from flowlet.core import money
from payments.errors import FeesOfAnotherCurrency, MalformedFees
from payments.policies import fees
from payments.policies.fees import Fees, Tier, TierMode

D = Decimal


def usd(text):
    return Money(text, "USD")


def tiers(*rows):
    return tuple(Tier(above=D(above), flat=D(flat), basis_points=D(points)) for above, flat, points in rows)


STEPS = tiers(("0", "0.30", "290"), ("100", "0.10", "200"), ("1000", "0", "50"))


@pytest.mark.parametrize(
    ("schedule", "amount", "total", "bound"),
    [
        (fees.flat(usd("0.25")), "0.01", "0.25", ""),
        (fees.flat(usd("0.25")), "9999999.99", "0.25", ""),
        (fees.percent("USD", D("290")), "100.00", "2.90", ""),
        (fees.percent("USD", D("12.5")), "100.00", "0.12", ""),  # 0.125: a tie, to the even cent
        (fees.percent("USD", D("13.5")), "100.00", "0.14", ""),  # 0.135: a tie, to the even cent
        (fees.percent("USD", D("100"), minimum=D("0.50"), maximum=D("5.00")), "49.99", "0.50", "minimum"),
        (fees.percent("USD", D("100"), minimum=D("0.50"), maximum=D("5.00")), "50.00", "0.50", ""),
        (fees.percent("USD", D("100"), minimum=D("0.50"), maximum=D("5.00")), "500.01", "5.00", "maximum"),
        (Fees(currency="USD", tiers=STEPS), "100.00", "3.20", ""),
        (Fees(currency="USD", tiers=STEPS), "100.01", "3.30", ""),
        (Fees(currency="USD", tiers=STEPS), "2000.00", "26.30", ""),  # 3.20 + 18.10 + 5.00
        (Fees(currency="USD", tiers=STEPS, mode=TierMode.VOLUME), "100.00", "3.20", ""),
        (Fees(currency="USD", tiers=STEPS, mode=TierMode.VOLUME), "100.01", "2.10", ""),
        (Fees(currency="USD", tiers=STEPS, mode=TierMode.VOLUME), "2000.00", "10.00", ""),
    ],
    ids=str,
)
def test_costs_what_was_worked_out_by_hand(schedule, amount, total, bound):
    found = fees.fee(schedule, usd(amount))
    assert (found.total, found.bound) == (usd(total), bound)


@pytest.mark.parametrize(
    ("currency", "amount", "total"), [("JPY", "1050", "10"), ("KWD", "1.234", "0.012"), ("EUR", "1.50", "0.02")]
)
def test_is_rounded_to_the_minor_unit_of_its_currency(currency, amount, total):
    found = fees.fee(fees.percent(currency, D("100")), Money(amount, currency))
    assert found.total == Money(total, currency)


def test_says_how_it_came_about():
    found = fees.fee(Fees(currency="USD", tiers=STEPS, maximum=D("20.00")), usd("2000.00"))
    assert found.as_json() == {
        "lines": [
            {"above": "0", "base": "100", "flat": "0.3", "basis_points": "290", "share": "2.9"},
            {"above": "100", "base": "900", "flat": "0.1", "basis_points": "200", "share": "18"},
            {"above": "1000", "base": "1000", "flat": "0", "basis_points": "50", "share": "5"},
        ],
        "exact": "26.3",
        "bound": "maximum",
        "total": {"amount": "20.00", "currency": "USD"},
    }


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tiers": ()}, "tiers"),
        ({"tiers": tiers(("1", "0", "0"))}, "tiers"),
        ({"tiers": tiers(("0", "0", "0"), ("5", "0", "0"), ("5", "0", "0"))}, "tiers"),
        ({"tiers": tiers(*[(str(n), "0", "0") for n in range(21)])}, "tiers"),
        ({"tiers": tiers(("0", "-0.01", "0"))}, "tiers.0.flat"),
        ({"tiers": tiers(("0", "0.001", "0"))}, "tiers.0.flat"),
        ({"tiers": tiers(("0", "0", "10001"))}, "tiers.0.basis_points"),
        ({"tiers": tiers(("0", "0", "-1"))}, "tiers.0.basis_points"),
        ({"tiers": tiers(("0", "0", "0.00001"))}, "tiers.0.basis_points"),
        ({"tiers": tiers(("0", "0", "NaN"))}, "tiers.0.basis_points"),
        ({"tiers": STEPS, "minimum": D("2"), "maximum": D("1")}, "minimum"),
        ({"tiers": STEPS, "maximum": D("-1")}, "maximum"),
    ],
    ids=str,
)
def test_a_schedule_that_contradicts_itself_is_refused(fields, param):
    with pytest.raises(MalformedFees) as refused:
        Fees(currency="USD", **fields)
    assert refused.value.param == param


def test_another_currency_and_nothing_at_all_are_refused():
    with pytest.raises(FeesOfAnotherCurrency):
        fees.fee(fees.flat(usd("1.00")), Money("1.00", "EUR"))
    with pytest.raises(money.NotPositive):
        fees.fee(fees.flat(usd("1.00")), usd("0.00"))


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"tiers": []},
        {"tiers": [{"flat": 0.25}]},
        {"tiers": [{"flat": "1e2"}]},
        {"tiers": [{"flat": "-1"}]},
        {"tiers": [{"rate": "1"}]},
        {"tiers": ["0.25"]},
        {"tiers": [{}], "mode": "STAIRS"},
        {"tiers": [{}], "floor": "1"},
        {"tiers": [{}], "minimum": 1},
        [],
        None,
    ],
    ids=str,
)
def test_documents_of_another_form_are_refused(value):
    with pytest.raises(MalformedFees):
        fees.from_json(value, currency="USD")


def test_reads_in_words():
    assert fees.describe(fees.flat(usd("0.25"))) == "0.25 USD"
    assert fees.describe(fees.percent("USD", D("290"), minimum=D("0.50"))) == "2.9 %, at least 0.50 USD"
    assert fees.describe(Fees(currency="USD", tiers=STEPS, maximum=D("20"))) == (
        "0.30 USD + 2.9 %; above 100.00: 0.10 USD + 2 %; above 1000.00: 0.5 %; each slice at its own, at most 20.00 USD"
    )


# What holds of every schedule

CENTS = st.integers(0, 10**9).map(lambda cents: D(cents).scaleb(-2))
POINTS = st.integers(0, 10**8).map(lambda n: D(n).scaleb(-4))


@st.composite
def schedules(draw, mode=None):
    starts = sorted(draw(st.sets(st.integers(1, 10**8), max_size=4)))
    rows = [Tier(above=D(start).scaleb(-2), flat=draw(CENTS), basis_points=draw(POINTS)) for start in [0, *starts]]
    bounds = sorted(draw(st.lists(CENTS, min_size=2, max_size=2)))
    given_bounds = draw(st.tuples(st.booleans(), st.booleans()))
    return Fees(
        currency="USD",
        tiers=tuple(rows),
        mode=mode or draw(st.sampled_from(TierMode)),
        minimum=bounds[0] if given_bounds[0] else None,
        maximum=bounds[1] if given_bounds[1] else None,
    )


AMOUNTS = st.integers(1, 10**17).map(lambda cents: Money(D(cents).scaleb(-2), "USD"))


def by_fractions(schedule, amount):
    """The definition once more, slice by slice, in exact fractions of cents; rounded by the integers."""
    total = Fraction(0)
    whole = Fraction(amount.amount)
    for number, tier in enumerate(schedule.tiers):
        start = Fraction(tier.above)
        end = Fraction(schedule.tiers[number + 1].above) if number + 1 < len(schedule.tiers) else whole
        if schedule.mode == TierMode.GRADUATED and whole > start:
            total += Fraction(tier.flat) + (min(end, whole) - start) * Fraction(tier.basis_points) / 10_000
        if schedule.mode == TierMode.VOLUME and start < whole and (whole <= end or number + 1 == len(schedule.tiers)):
            total = Fraction(tier.flat) + whole * Fraction(tier.basis_points) / 10_000
    if schedule.minimum is not None:
        total = max(total, Fraction(schedule.minimum))
    if schedule.maximum is not None:
        total = min(total, Fraction(schedule.maximum))
    return round(total * 100)


@given(schedules(), AMOUNTS)
def test_is_exact_and_rounded_once(schedule, amount):
    found = fees.fee(schedule, amount)
    assert int(found.total.amount.scaleb(2)) == by_fractions(schedule, amount)
    assert found.exact == sum(line.flat + line.share for line in found.lines)
    assert abs(found.total.amount - found.exact) <= D("0.005") or found.bound in {"minimum", "maximum"}
    covered = sum(line.base for line in found.lines)
    assert covered == amount.amount


@given(schedules(), AMOUNTS)
def test_stays_within_its_bounds(schedule, amount):
    found = fees.fee(schedule, amount)
    assert found.total.amount >= (schedule.minimum or 0)
    assert schedule.maximum is None or found.total.amount <= schedule.maximum


@given(schedules(mode=TierMode.GRADUATED), AMOUNTS, AMOUNTS)
def test_graduated_fees_never_fall_when_the_amount_rises(schedule, one, other):
    low, high = sorted([one, other])
    assert fees.fee(schedule, low).total <= fees.fee(schedule, high).total


@given(schedules())
def test_is_the_same_after_it_was_stored(schedule):
    assert fees.from_json(fees.to_json(schedule), currency="USD") == schedule

"""The door of amounts: exact to the currency's minor unit, or refused."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flowlet.core import money
from flowlet.core.money import Money

PLACES = {"JPY": 0, "KRW": 0, "USD": 2, "EUR": 2, "GBP": 2, "KWD": 3, "BHD": 3, "CLF": 4, "XOF": 0}
currencies = st.sampled_from(sorted(PLACES))


@st.composite
def amounts(draw):
    currency = draw(currencies)
    units = draw(st.integers(1, 10 ** (16 + PLACES[currency]) - 1))
    return Money(Decimal(units).scaleb(-PLACES[currency]), currency)


@pytest.mark.parametrize(("currency", "places"), PLACES.items())
def test_decimals_are_those_of_iso_4217(currency, places):
    assert money.exponent(currency) == places
    assert money.quantum(currency) == Decimal(1).scaleb(-places)
    assert money.zero(currency) == Money(0, currency)


@given(amounts())
def test_what_is_written_is_read_back(value):
    assert money.from_json(json.loads(json.dumps(money.to_json(value)))) == value


@given(amounts())
def test_text_has_exactly_the_currencys_decimals(value):
    text = money.to_json(value)["amount"]
    assert len(text.partition(".")[2]) == PLACES[value.currency.code]
    assert Decimal(text) == value.amount


@given(amounts(), st.integers(1, 9))
def test_one_decimal_too_many_is_refused(value, digit):
    text = f"{value.amount:f}" if "." in f"{value.amount:f}" else f"{value.amount:f}."
    with pytest.raises(money.TooPrecise):
        money.parse(f"{text}{'0' * (PLACES[value.currency.code] - len(text.partition('.')[2]))}{digit}", value.currency.code)


@given(st.text(max_size=30), currencies)
def test_any_text_is_a_plain_decimal_or_refused(text, currency):
    try:
        value = money.parse(text, currency)
    except money.Invalid as refusal:
        assert refusal.status == 400
        assert refusal.param == "amount"
    else:
        assert text == text.strip()
        assert set(text) <= set("0123456789.")
        assert value.amount == Decimal(text) > 0


@given(st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.lists(st.text()), st.binary()), currencies)
def test_anything_but_a_string_is_refused(value, currency):
    with pytest.raises(money.MalformedAmount):
        money.from_json({"amount": value, "currency": currency})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("NaN", money.MalformedAmount),
        ("Infinity", money.MalformedAmount),
        ("1e3", money.MalformedAmount),
        ("1_000", money.MalformedAmount),
        ("+1", money.MalformedAmount),
        ("01", money.MalformedAmount),
        (".5", money.MalformedAmount),
        ("5.", money.MalformedAmount),
        (" 5", money.MalformedAmount),
        ("5\n", money.MalformedAmount),
        ("1,000.00", money.MalformedAmount),
        ("٥", money.MalformedAmount),
        ("", money.MalformedAmount),
        ("0", money.NotPositive),
        ("0.00", money.NotPositive),
        ("-1", money.NotPositive),
        ("10000000000000000", money.AmountTooLarge),
        ("100000000000000000000", money.MalformedAmount),
        ("0.001", money.TooPrecise),
    ],
)
def test_refuses(text, error):
    with pytest.raises(error):
        money.parse(text, "USD")


def test_refuses_a_fraction_of_a_yen():
    with pytest.raises(money.TooPrecise, match="JPY has 0 decimals"):
        money.parse("10.5", "JPY")


def test_a_trailing_zero_too_many_is_exact_and_accepted():
    assert money.parse("12.5000", "USD") == Money("12.50", "USD")


@pytest.mark.parametrize("currency", ["XXX", "XTS", "XAU", "usd", "US", "USDT", "", "ZZZ", None, 840])
def test_refuses_what_is_no_currency(currency):
    with pytest.raises(money.UnknownCurrency):
        money.parse("1", currency)


@pytest.mark.parametrize("value", [{"amount": "1"}, {"amount": "1", "currency": "USD", "x": 1}, "1 USD", None, []])
def test_json_money_has_two_members_and_no_more(value):
    with pytest.raises(money.MalformedAmount):
        money.from_json(value)


@given(st.decimals(-(10**12), 10**12, places=6), currencies)
def test_rounding_moves_by_half_a_unit_at_most_and_ties_go_to_even(amount, currency):
    rounded = money.round_half_even(amount, currency).amount
    unit = money.quantum(currency)
    distance = abs(rounded - amount)
    assert rounded % unit == 0
    assert distance <= unit / 2
    if distance == unit / 2:
        assert (rounded / unit) % 2 == 0


@given(amounts(), currencies)
def test_two_currencies_never_add(value, other):
    assume(other != value.currency.code)
    with pytest.raises(TypeError):
        value + money.zero(other)


@pytest.mark.parametrize("amount", [1.5, 1, "1", Decimal("NaN"), Decimal("Infinity"), None])
def test_exact_takes_finite_decimals_only(amount):
    with pytest.raises(money.MalformedAmount):
        money.exact(amount, "USD")


@given(st.fractions(min_value=0, max_value=10**12), currencies)
def test_a_fraction_is_rounded_as_itself_and_not_as_some_decimal_of_it(value, currency):
    unit = Fraction(money.quantum(currency))
    rounded = Fraction(money.round_half_even(value, currency).amount)
    assert (rounded / unit).denominator == 1
    assert abs(rounded - value) <= unit / 2
    if abs(rounded - value) == unit / 2:
        assert (rounded / unit).numerator % 2 == 0


def test_a_fraction_next_to_a_tie_is_not_taken_for_one():
    beside = Fraction(5, 1000) + Fraction(1, 10**40)  # a decimal of 28 digits would have lost the difference
    assert money.round_half_even(Fraction(5, 1000), "USD") == Money("0.00", "USD")
    assert money.round_half_even(beside, "USD") == Money("0.01", "USD")

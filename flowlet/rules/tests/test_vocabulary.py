"""Declaring vocabularies, and handing facts over: what is refused at the door never reaches a rule."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from moneyed import Money

from flowlet.core.money import UnknownCurrency
from flowlet.rules import registry
from flowlet.rules.errors import MalformedFact, UnknownName
from flowlet.rules.kinds import Kind
from flowlet.rules.tests.shop import AT, PAYMENTS, SHOP, sheet
from flowlet.rules.vocabulary import Fact, NamedList

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def empty(monkeypatch):
    monkeypatch.setattr(registry, "_vocabularies", {})


# Facts


def test_absent_facts_are_missing():
    found = sheet(country="DE", amount=None)
    assert (found["country"], found["amount"], found["remark"]) == ("DE", None, None)
    assert set(found) == {fact.name for fact in SHOP.facts}


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("amount", Money("10.5", "EUR"), Money("10.5", "EUR")),
        ("score", Decimal("1E+39"), Decimal("1E+39")),
        ("score", Decimal("-0.00000000000000000001"), Decimal("-1E-20")),
        ("items", 2**63 - 1, 2**63 - 1),
        ("items", -(2**63), -(2**63)),
        ("country", "", ""),
        ("remark", "\U0001f600 ä \u202e", "\U0001f600 ä \u202e"),
        ("is_new", False, False),
        ("born", date(1000, 1, 1), date(1000, 1, 1)),
        ("opened", datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("opened", datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        (
            "opened",
            datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        ),
        ("flags", ["pep", "pep", "vip"], frozenset({"pep", "vip"})),
        ("flags", (), frozenset()),
    ],
)
def test_takes_a_fact_of_the_declared_type(name, given, taken):
    found = sheet(**{name: given})[name]
    assert found == taken
    assert type(found) is type(taken)
    assert not isinstance(found, datetime) or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("amount", Decimal("10")),
        ("amount", "10 USD"),
        ("amount", {"amount": "10", "currency": "USD"}),
        ("amount", Money(Decimal("NaN"), "USD")),
        ("amount", Money(Decimal("Infinity"), "USD")),
        ("fee", Money("10", "EUR")),
        ("score", 1),
        ("score", 1.5),
        ("score", "1.5"),
        ("score", float("nan")),
        ("score", Decimal("NaN")),
        ("score", Decimal("sNaN")),
        ("score", Decimal("-Infinity")),
        ("score", Decimal("1E+40")),
        ("score", Decimal("1E-21")),
        ("score", Decimal("1E+999999")),
        ("score", Decimal("9" * 41)),
        ("items", True),
        ("items", 1.0),
        ("items", Decimal(1)),
        ("items", "1"),
        ("items", 2**63),
        ("items", -(2**63) - 1),
        pytest.param("items", 10**5000, id="items-huge"),
        ("country", 1),
        ("country", b"DE"),
        ("country", "a\0b"),
        ("country", "\udc80"),
        ("country", "a" * 10_001),
        ("is_new", 1),
        ("is_new", "true"),
        ("born", "2026-01-31"),
        ("born", datetime(2026, 1, 31, tzinfo=UTC)),
        ("born", date(999, 12, 31)),
        ("opened", date(2026, 1, 31)),
        ("opened", datetime(2026, 1, 31)),  # noqa: DTZ001
        ("opened", datetime(999, 12, 31, tzinfo=UTC)),
        ("opened", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))),
        ("opened", datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-14)))),
        ("flags", "pep"),
        ("flags", ["pep", None]),
        ("flags", ["pep", 1]),
        ("flags", {"pep": True}),
    ],
)
def test_refuses_a_fact_of_another_type_and_names_it(name, given):
    with pytest.raises(MalformedFact) as caught:
        sheet(**{name: given})
    assert caught.value.param == name


def test_refuses_a_fact_that_nobody_declared():
    with pytest.raises(MalformedFact) as caught:
        sheet(colour="red")
    assert caught.value.param == "colour"


def test_refuses_facts_without_a_moment():
    with pytest.raises(MalformedFact) as caught:
        SHOP.sheet({"customer": 1})
    assert caught.value.param == "at"


# Declarations


def test_a_vocabulary_is_found_under_its_name(empty):
    assert registry.vocabulary(SHOP) is registry.vocabulary(SHOP)
    assert registry.find("tests.payment") is SHOP
    assert registry.vocabularies() == [SHOP]


@pytest.mark.parametrize("name", ["tests.nothing", "", None, ["tests.payment"]])
def test_a_vocabulary_that_there_is_not_is_refused(empty, name):
    registry.vocabulary(SHOP)
    with pytest.raises(UnknownName):
        registry.find(name)


def test_two_vocabularies_do_not_share_a_name(empty):
    registry.vocabulary(SHOP)
    with pytest.raises(ValueError, match=r"Two vocabularies are called tests\.payment"):
        registry.vocabulary(replace(SHOP, label="Another"))


@pytest.mark.parametrize("name", ["", "Amount", "1st", "a b", "a'b", "a%b", 'a"b', "ä", "a" * 61])
def test_names_are_lower_case(name):
    with pytest.raises(ValueError, match="a name is lower case"):
        Fact(name, Kind.TEXT, label="x", sql="x")
    with pytest.raises(ValueError, match="a name is lower case"):
        NamedList(name, label="x", values=frozenset)


@pytest.mark.parametrize(
    ("kind", "more", "complaint"),
    [
        (Kind.MONEY, {"sql": "amount"}, "two SQL expressions"),
        (Kind.TEXT, {"sql": ("a", "b")}, "two SQL expressions"),
        (Kind.TEXT, {"unit": "days"}, "only numbers and money have a unit"),
        (Kind.SPAN, {}, "its age is a span"),
    ],
)
def test_a_fact_is_declared_whole(kind, more, complaint):
    with pytest.raises(ValueError, match=complaint):
        Fact("thing", kind, label="Thing", **{"sql": "x"} | more)


def test_money_of_one_currency_is_in_a_real_one():
    with pytest.raises(UnknownCurrency):
        Fact("thing", Kind.MONEY, label="Thing", sql=("a", "b"), unit="XXX")


def test_two_facts_do_not_share_a_name():
    with pytest.raises(ValueError, match="two things in it have one name"):
        replace(SHOP, facts=(*SHOP.facts, SHOP.facts[0]))
    with pytest.raises(ValueError, match="two things in it have one name"):
        replace(PAYMENTS, fields=PAYMENTS.fields * 2)


@pytest.mark.parametrize("clock", ["born", "nothing"])
def test_the_clock_is_a_moment(clock):
    with pytest.raises(ValueError, match="the clock is one of the facts, and a moment"):
        replace(SHOP, clock=clock)


@pytest.mark.parametrize("same", ["s.customer = {nobody}", "s.customer = {amount}", "s.customer = {", "s.customer = {}"])
def test_rows_are_found_by_facts_that_there_are(same):
    with pytest.raises(ValueError, match="is not a fact that rows can be found by"):
        replace(SHOP, sources=(replace(PAYMENTS, same=same),))


def test_the_moment_is_the_clocks():
    assert sheet().at == AT

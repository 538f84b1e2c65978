"""Evaluating rules: exact values at every edge, and what is unknown."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from moneyed import Money

from flowlet.rules.tests import shop
from flowlet.rules.tests.shop import AT, compare, decide, dollars, fact, row, rule, sheet, usd, value, window

YES, NO, UNKNOWN = True, False, None
TRUE = compare("eq", fact("items"), value(1))
FALSE = compare("eq", fact("items"), value(2))
NOBODY_KNOWS = compare("eq", fact("country"), value("DE"))


# Three-valued logic


@pytest.mark.parametrize(
    ("parts", "both", "either"),
    [
        ([TRUE], YES, YES),
        ([FALSE], NO, NO),
        ([NOBODY_KNOWS], UNKNOWN, UNKNOWN),
        ([TRUE, TRUE], YES, YES),
        ([TRUE, FALSE], NO, YES),
        ([FALSE, FALSE], NO, NO),
        ([TRUE, NOBODY_KNOWS], UNKNOWN, YES),
        ([FALSE, NOBODY_KNOWS], NO, UNKNOWN),
        ([NOBODY_KNOWS, TRUE], UNKNOWN, YES),
        ([NOBODY_KNOWS, FALSE], NO, UNKNOWN),
        ([NOBODY_KNOWS, TRUE, FALSE], NO, YES),
    ],
)
def test_unknown_goes_through_groups_as_in_sql(parts, both, either):
    assert decide({"and": parts}, items=1) is both
    assert decide({"or": parts}, items=1) is either
    opposite = {YES: NO, NO: YES, UNKNOWN: UNKNOWN}
    assert decide({"not": {"and": parts}}, items=1) is opposite[both]
    assert decide({"not": {"or": parts}}, items=1) is opposite[either]


ON_COUNTRY = [
    compare("eq", fact("country"), value("DE")),
    compare("ne", fact("country"), value("DE")),
    compare("eq", fact("country"), fact("remark")),
    {"op": "in", "left": fact("country"), "values": ["DE"]},
    {"op": "not_in", "left": fact("country"), "values": ["DE"]},
    {"op": "in", "left": fact("country"), "list": "risky"},
    {"op": "not_in", "left": fact("country"), "list": "nobody"},
    {"op": "starts_with", "left": fact("country"), "right": value("D")},
    {"op": "contains", "left": fact("country"), "right": value("D")},
    {"op": "between", "left": fact("country"), "low": value("A"), "high": value("Z")},
    {"op": "contains", "left": fact("flags"), "right": value("pep")},
    {"op": "not_in", "left": fact("flags"), "list": "nobody"},
]


@pytest.mark.parametrize("document", ON_COUNTRY)
def test_whatever_is_compared_with_a_missing_value_is_unknown(document):
    assert decide(document, remark="DE") is UNKNOWN
    assert decide({"not": document}, remark="DE") is UNKNOWN


def test_only_missing_is_never_unknown():
    assert decide({"op": "missing", "left": fact("country")}) is YES
    assert decide({"op": "missing", "left": fact("country")}, country="") is NO
    assert decide({"op": "missing", "left": fact("flags")}, flags=[]) is NO


# Comparisons


@pytest.mark.parametrize(
    ("operator", "below", "equal", "above"),
    [
        ("eq", NO, YES, NO),
        ("ne", YES, NO, YES),
        ("lt", YES, NO, NO),
        ("le", YES, YES, NO),
        ("gt", NO, NO, YES),
        ("ge", NO, YES, YES),
    ],
)
@pytest.mark.parametrize(
    ("name", "threshold", "values"),
    [
        ("amount", usd("10000.00"), [dollars("9999.9999"), dollars("10000"), dollars("10000.0001")]),
        ("fee", usd("0"), [dollars("-0.01"), dollars("-0"), dollars("0.01")]),
        ("score", value("0.1"), [Decimal("0.09999999999999999999"), Decimal("0.10000"), Decimal("0.10000000000000000001")]),
        ("score", value("1" + "0" * 39), [Decimal("9" * 39), Decimal("1E+39"), Decimal("1" + "0" * 38 + "1")]),
        ("items", value(2**63 - 2), [2**63 - 3, 2**63 - 2, 2**63 - 1]),
        ("country", value("Z"), ["A", "Z", "a"]),
        ("country", value("\uffff"), ["\ufffe", "\uffff", "\U00010000"]),
        ("born", value("2024-02-29"), [date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1)]),
        (
            "opened",
            value("2026-03-29T03:00:00+02:00"),
            [AT - timedelta(microseconds=1), AT, AT + timedelta(microseconds=1)],
        ),
    ],
)
def test_compares_exactly_at_the_edge(operator, below, equal, above, name, threshold, values):
    document = compare(operator, fact(name), threshold)
    assert [decide(document, **{name: one}) for one in values] == [below, equal, above]


def test_compares_two_facts():
    document = compare("gt", fact("amount"), fact("limit"))
    assert decide(document, amount=dollars("5.01"), limit=dollars("5")) is YES
    assert decide(document, amount=dollars("5"), limit=dollars("5")) is NO
    assert decide(document, amount=dollars("5")) is UNKNOWN
    assert decide(document, limit=dollars("5")) is UNKNOWN
    assert decide(compare("gt", fact("score"), fact("items")), score=Decimal("2.5"), items=2) is YES


@pytest.mark.parametrize("operator", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_amounts_in_two_currencies_are_unknown_whatever_is_asked(operator):
    assert decide(compare(operator, fact("amount"), usd("5")), amount=Money(5, "EUR")) is UNKNOWN
    assert decide(compare(operator, fact("amount"), fact("limit")), amount=Money(5, "EUR"), limit=dollars("5")) is UNKNOWN


def test_between_takes_both_ends():
    document = {"op": "between", "left": fact("amount"), "low": usd("8000"), "high": usd("9999.99")}
    amounts = ["7999.99", "8000", "9999.99", "10000"]
    assert [decide(document, amount=dollars(amount)) for amount in amounts] == [NO, YES, YES, NO]
    assert decide(document, amount=Money(9000, "EUR")) is UNKNOWN


def test_a_boolean_is_asked_by_its_value():
    assert decide(compare("eq", fact("is_new"), value(True)), is_new=True) is YES
    assert decide(compare("eq", fact("is_new"), value(True)), is_new=False) is NO
    assert decide(compare("ne", fact("is_new"), value(True)), is_new=False) is YES


# Lists and texts


def test_lists_are_those_of_the_moment(monkeypatch):
    found = rule({"op": "in", "left": fact("country"), "list": "risky"})
    assert [found.decide(sheet(country=country)) for country in ("IR", "DE")] == [YES, NO]
    monkeypatch.setitem(shop.RISKY, "values", frozenset({"DE"}))
    assert [found.decide(sheet(country=country)) for country in ("IR", "DE")] == [NO, YES]


def test_a_value_is_one_of_a_list():
    assert decide({"op": "in", "left": fact("score"), "values": ["1.50", "2"]}, score=Decimal("1.5")) is YES
    assert decide({"op": "not_in", "left": fact("score"), "values": ["1.50", "2"]}, score=Decimal("1.5")) is NO
    assert decide({"op": "in", "left": fact("items"), "values": [1, 2]}, items=3) is NO
    assert decide({"op": "in", "left": fact("born"), "values": ["2000-01-01"]}, born=date(2000, 1, 1)) is YES


def test_a_set_is_asked_for_any_of_a_list():
    among = {"op": "in", "left": fact("flags"), "values": ["pep", "vip"]}
    none_of = among | {"op": "not_in"}
    assert decide(among, flags=["vip", "old"]) is YES
    assert decide(none_of, flags=["vip", "old"]) is NO
    assert decide(among, flags=[]) is NO
    assert decide(none_of, flags=[]) is YES
    assert decide({"op": "in", "left": fact("flags"), "list": "nobody"}, flags=["vip"]) is NO


@pytest.mark.parametrize(
    ("text", "starts", "contains"),
    [
        ("INV 7", YES, YES),
        ("our INV", NO, YES),
        ("inv 7", NO, NO),
        ("", NO, NO),
        ("I", NO, NO),
    ],
)
def test_texts_are_compared_letter_by_letter(text, starts, contains):
    assert decide({"op": "starts_with", "left": fact("remark"), "right": value("INV")}, remark=text) is starts
    assert decide({"op": "contains", "left": fact("remark"), "right": value("INV")}, remark=text) is contains


@pytest.mark.parametrize("needle", ["%", "_", ".*", "\\", "(a+)+$"])
def test_no_letter_is_a_pattern(needle):
    document = {"op": "contains", "left": fact("remark"), "right": value(needle)}
    assert decide(document, remark=f"x{needle}x") is YES
    assert decide(document, remark="aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!") is NO


def test_one_letter_written_in_two_ways_is_two_texts():
    assert decide(compare("eq", fact("country"), value("\u00e4")), country="a\u0308") is NO


def test_a_set_holds_exactly_the_text():
    document = {"op": "contains", "left": fact("flags"), "right": value("pep")}
    assert decide(document, flags=["pep", "vip"]) is YES
    assert decide(document, flags=["pepper"]) is NO
    assert decide(document, flags=[]) is NO


# Ratios and ages


@pytest.mark.parametrize(
    ("operator", "top", "bottom", "answer"),
    [
        ("eq", 1, "3", NO),  # 0.3333… is not 0.33333333333333333333
        ("gt", 1, "3", YES),
        ("ge", 2, "4", YES),
        ("eq", -2, "-6.00000000000000000001", NO),
        ("gt", -2, "-4", YES),
        ("lt", -2, "-4", NO),
        ("lt", -2, "4", YES),
        ("lt", 2, "-4", YES),
        ("gt", 2, "-4", NO),
        ("ge", 0, "5", NO),
        ("ge", 1, "0", UNKNOWN),
        ("ne", 1, "-0.0", UNKNOWN),
    ],
)
def test_ratios_are_exact_and_keep_their_sign(operator, top, bottom, answer):
    threshold = value("0.33333333333333333333")
    document = compare(operator, {"ratio": [fact("items"), fact("score")]}, threshold)
    assert decide(document, items=top, score=Decimal(bottom)) is answer


def test_a_ratio_without_one_of_its_parts_is_missing():
    ratio = {"ratio": [fact("items"), fact("score")]}
    asked = {"op": "missing", "left": ratio}
    assert decide(asked, items=1, score=Decimal(2)) is NO
    assert decide(asked, items=1, score=Decimal(0)) is YES
    assert decide(asked, items=1) is YES
    assert decide(asked, score=Decimal(2)) is YES
    assert decide(compare("ge", ratio, value("1")), items=1) is UNKNOWN


def test_percent_is_a_hundred_times_the_ratio():
    document = compare("ge", {"percent": [fact("amount"), fact("limit")]}, value("80", "%"))
    assert decide(document, amount=dollars("79.9999"), limit=dollars("100")) is NO
    assert decide(document, amount=dollars("80"), limit=dollars("100")) is YES
    assert decide(document, amount=dollars("80"), limit=Money(100, "EUR")) is UNKNOWN
    assert decide(document, amount=dollars("80"), limit=dollars("0")) is UNKNOWN


def test_a_ratio_is_compared_with_a_fact():
    document = compare("ge", {"ratio": [fact("items"), fact("score")]}, fact("expected"))
    assert decide(document, items=1, score=Decimal(2), expected=Decimal("0.5")) is YES
    assert decide(document, items=1, score=Decimal(2), expected=Decimal("0.51")) is NO
    assert decide(document, items=1, score=Decimal(2)) is UNKNOWN


def test_an_age_is_measured_in_seconds_at_the_moment_that_is_judged():
    older = compare("ge", {"age": fact("opened")}, value({"days": 1}))
    # Berlin's night of the 29th had 23 hours; a day is 24 all the same.
    assert decide(older, opened=datetime(2026, 3, 28, 1, 0, tzinfo=UTC)) is YES
    assert decide(older, opened=datetime(2026, 3, 28, 1, 0, 0, 1, tzinfo=UTC)) is NO
    assert decide(older, opened=AT + timedelta(days=1)) is NO
    assert decide(older) is UNKNOWN


# What is not asked for


def test_a_window_is_not_counted_where_a_cheap_condition_decides():
    found = rule({"and": [compare("ge", window("count"), value(1)), TRUE]})
    assert found.decide(sheet(items=2)) is NO
    assert shop.ASKED == []
    assert found.decide(sheet(items=1)) is NO
    assert shop.ASKED == ["customer.payments"]


def test_a_window_is_counted_once_for_all_rules_about_the_same_facts(rows):
    rows += [row(), row()]
    facts = sheet()
    found = [rule(compare("ge", window("count", span=span), value(2))) for span in ({"days": 7}, {"weeks": 1}, {"days": 8})]
    assert [one.decide(facts) for one in found] == [YES, YES, YES]
    assert shop.ASKED == ["customer.payments"] * 2

"""Reading rules: what is a rule, and what is refused at which place."""

import json

import pytest

from flowlet.core.errors import Invalid
from flowlet.rules import errors, parsing, tree
from flowlet.rules.engine import compile_rule
from flowlet.rules.tests.shop import SHOP, compare, fact, rule, usd, value, window

LARGE = compare("ge", fact("amount"), usd("10000.00"))


def refusal(document):
    with pytest.raises(Invalid) as caught:
        compile_rule(document, SHOP)
    # An editor is told of it too, and of what else is wrong.
    assert (type(caught.value), caught.value.param) in [(type(one), one.param) for one in parsing.problems(document, SHOP)]
    return type(caught.value), caught.value.param


# What is read


EVERYTHING = {
    "and": [
        LARGE,
        compare("lt", fact("amount"), fact("limit")),
        {"or": [compare("eq", fact("is_new"), value(True)), {"not": {"op": "missing", "left": fact("country")}}]},
        {"op": "between", "left": fact("score"), "low": value("-0.50"), "high": value("1")},
        {"op": "in", "left": fact("country"), "list": "risky"},
        {"op": "not_in", "left": fact("flags"), "values": ["pep", "vip"]},
        {"op": "in", "left": fact("born"), "values": ["2000-02-29"]},
        {"op": "starts_with", "left": fact("remark"), "right": value("INV")},
        {"op": "contains", "left": fact("flags"), "right": value("pep")},
        compare("ge", {"percent": [window("sum", of="fee", span={"days": 7}), fact("fee")]}, value("80", "%")),
        compare("gt", {"ratio": [fact("items"), fact("score")]}, value("1.5")),
        compare("ge", {"age": fact("opened")}, value({"weeks": 26})),
        compare("lt", fact("opened"), value("2026-01-31T09:00:00.500000+01:00")),
        compare("lt", fact("days"), value(30, "days")),
        compare(
            "ge",
            window(
                "average",
                of="amount",
                currency="EUR",
                span={"hours": 48},
                ago={"days": 7},
                where={
                    "and": [compare("eq", {"field": "party"}, fact("country")), compare("eq", {"field": "is_cash"}, value(True))]
                },
            ),
            value({"amount": "900", "currency": "EUR"}),
        ),
    ]
}


def test_a_rule_with_everything_in_it_is_read_and_written_back_in_one_form():
    found = rule(EVERYTHING)
    written = found.document
    assert rule(written).condition == found.condition
    assert rule(written).document == written
    assert written["and"][12]["right"] == {"value": "2026-01-31T08:00:00.500000Z"}
    assert written["and"][14]["right"] == {"value": {"amount": "900.00", "currency": "EUR"}}
    assert written["and"][9]["left"]["percent"][0] == window("sum", of="fee", currency="USD", span={"days": 7})
    assert written["and"][11]["right"] == {"value": {"days": 182}}
    spelled_otherwise = {9, 11, 12, 14}
    assert [part for number, part in enumerate(written["and"]) if number not in spelled_otherwise] == [
        part for number, part in enumerate(EVERYTHING["and"]) if number not in spelled_otherwise
    ]


def test_the_digest_names_the_rule_and_not_its_spelling():
    spelled = compare("ge", fact("amount"), usd("10000"))
    other = compare("ge", fact("amount"), usd("10000.01"))
    assert rule(LARGE).digest == rule(spelled).digest
    assert rule(LARGE).digest != rule(other).digest
    assert len(rule(LARGE).digest) == 64


def test_places_are_remembered():
    found = rule(EVERYTHING)
    assert [leaf.path for leaf in tree.leaves(found.condition)][:5] == [
        "$.and[0]",
        "$.and[1]",
        "$.and[2].or[0]",
        "$.and[2].or[1].not",
        "$.and[3]",
    ]


# What is refused, and where


@pytest.mark.parametrize(
    ("document", "error", "path"),
    [
        (None, errors.MalformedRule, "$"),
        ([], errors.MalformedRule, "$"),
        ("amount > 5", errors.MalformedRule, "$"),
        ({}, errors.MalformedRule, "$.op"),
        ({"and": []}, errors.MalformedRule, "$.and"),
        ({"and": {}}, errors.MalformedRule, "$.and"),
        ({"and": [LARGE], "or": [LARGE]}, errors.MalformedRule, "$"),
        ({"and": [LARGE, 7]}, errors.MalformedRule, "$.and[1]"),
        ({"not": [LARGE]}, errors.MalformedRule, "$.not"),
        ({"op": "matches", "left": fact("remark"), "right": value("(a+)+$")}, errors.MalformedRule, "$.op"),
        ({"op": ["ge"], "left": fact("amount")}, errors.MalformedRule, "$.op"),
        ({"op": "ge", "left": fact("amount")}, errors.MalformedRule, "$.right"),
        (LARGE | {"note": "x"}, errors.MalformedRule, "$"),
        (compare("ge", {}, usd("1")), errors.MalformedRule, "$.left"),
        (compare("ge", {"value": 1}, usd("1")), errors.MalformedRule, "$.left"),
        (compare("ge", {"call": "os.system"}, usd("1")), errors.MalformedRule, "$.left"),
        (compare("ge", fact("amount") | {"field": "amount"}, usd("1")), errors.MalformedRule, "$.left"),
        (compare("ge", fact("__class__"), usd("1")), errors.UnknownName, "$.left.fact"),
        (compare("ge", fact(["amount"]), usd("1")), errors.UnknownName, "$.left.fact"),
        (compare("ge", fact(None), usd("1")), errors.UnknownName, "$.left.fact"),
        (compare("ge", fact(10**5000), usd("1")), errors.UnknownName, "$.left.fact"),
        (compare("ge", fact("amount"), fact("amont")), errors.UnknownName, "$.right.fact"),
        (compare("ge", {"field": "amount"}, usd("1")), errors.MalformedRule, "$.left.field"),
        ({"op": "in", "left": fact("country"), "list": "nowhere"}, errors.UnknownName, "$.list"),
        ({"op": "in", "left": fact("country"), "list": "risky", "values": ["IR"]}, errors.MalformedRule, "$"),
        ({"op": "in", "left": fact("country"), "values": []}, errors.MalformedRule, "$.values"),
        ({"op": "in", "left": fact("country"), "values": "IR"}, errors.MalformedRule, "$.values"),
        ({"op": "in", "left": fact("country"), "values": ["IR", "IR"]}, errors.MalformedRule, "$.values"),
        ({"op": "in", "left": fact("country"), "values": ["IR", None]}, errors.MalformedRule, "$.values[1]"),
        ({"op": "in", "left": fact("items"), "values": [1, True]}, errors.MalformedRule, "$.values[1]"),
        ({"op": "in", "left": fact("items"), "list": "risky"}, errors.WrongType, "$.list"),
        ({"op": "in", "left": fact("amount"), "values": ["1"]}, errors.WrongType, "$.op"),
        ({"op": "in", "left": {"ratio": [fact("items"), fact("score")]}, "values": ["1"]}, errors.WrongType, "$.op"),
        (compare("ge", fact("is_new"), value(True)), errors.WrongType, "$.op"),
        (compare("eq", fact("flags"), value("pep")), errors.WrongType, "$.op"),
        (compare("starts_with", fact("flags"), value("pep")), errors.WrongType, "$.op"),
        (compare("contains", fact("items"), value("1")), errors.WrongType, "$.op"),
        (compare("contains", fact("remark"), fact("country")), errors.MalformedRule, "$.right"),
        (compare("contains", fact("remark"), value("")), errors.MalformedRule, "$.right.value"),
        (compare("ge", fact("amount"), fact("score")), errors.WrongType, "$.right"),
        (compare("eq", fact("country"), fact("born")), errors.WrongType, "$.right"),
        (compare("ge", fact("score"), {"ratio": [fact("items"), fact("score")]}), errors.WrongType, "$.right"),
        (compare("ge", fact("score"), window("average", of="score")), errors.WrongType, "$.right"),
        ({"op": "between", "left": fact("is_new"), "low": value(False), "high": value(True)}, errors.WrongType, "$.op"),
        ({"op": "between", "left": fact("score"), "low": value("2"), "high": value("1")}, errors.MalformedRule, "$.high"),
        (
            {"op": "between", "left": fact("amount"), "low": usd("1"), "high": value({"amount": "2", "currency": "EUR"})},
            errors.WrongUnit,
            "$.high",
        ),
        (compare("ge", {"ratio": [fact("items")]}, value("1")), errors.MalformedRule, "$.left.ratio"),
        (compare("ge", {"ratio": [fact("country"), fact("items")]}, value("1")), errors.WrongType, "$.left.ratio[0]"),
        (compare("ge", {"ratio": [fact("amount"), fact("items")]}, value("1")), errors.WrongType, "$.left.ratio"),
        (compare("ge", {"ratio": [fact("days"), fact("items")]}, value("1")), errors.WrongUnit, "$.left.ratio"),
        (compare("ge", {"ratio": [{"ratio": []}, fact("items")]}, value("1")), errors.MalformedRule, "$.left.ratio[0]"),
        (
            compare("ge", {"ratio": [window("average", of="score"), fact("items")]}, value("1")),
            errors.WrongType,
            "$.left.ratio[0]",
        ),
        (compare("ge", {"age": fact("born")}, value({"days": 1})), errors.WrongType, "$.left.age"),
        (compare("ge", {"age": {"age": fact("opened")}}, value({"days": 1})), errors.MalformedRule, "$.left.age"),
    ],
)
def test_refuses_what_is_no_rule_and_names_the_place(document, error, path):
    assert refusal(document) == (error, path)


@pytest.mark.parametrize(
    ("left", "right", "error", "path"),
    [
        (fact("amount"), value("10000"), errors.MalformedRule, "$.right.value"),
        (fact("amount"), value(10000), errors.MalformedRule, "$.right.value"),
        (fact("amount"), value({"amount": 10000, "currency": "USD"}), errors.MalformedRule, "$.right.value"),
        (fact("amount"), value({"amount": "1.005", "currency": "USD"}), errors.MalformedRule, "$.right.value"),
        (fact("amount"), value({"amount": "10.5", "currency": "JPY"}), errors.MalformedRule, "$.right.value"),
        (fact("amount"), value({"amount": "NaN", "currency": "USD"}), errors.MalformedRule, "$.right.value"),
        (fact("amount"), value({"amount": "1", "currency": "usd"}), errors.MalformedRule, "$.right.value"),
        (fact("amount"), value({"amount": "1", "currency": "XXX"}), errors.MalformedRule, "$.right.value"),
        (fact("amount"), value({"amount": "99999999999999999999", "currency": "USD"}), errors.MalformedRule, "$.right.value"),
        (fact("amount"), usd("1") | {"unit": "USD"}, errors.MalformedRule, "$.right"),
        (fact("fee"), value({"amount": "1", "currency": "EUR"}), errors.WrongUnit, "$.right.value"),
        (fact("score"), value(1), errors.MalformedRule, "$.right.value"),
        (fact("score"), value(1.5), errors.MalformedRule, "$.right.value"),
        (fact("score"), value(float("nan")), errors.MalformedRule, "$.right.value"),
        (fact("score"), value(float("inf")), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("NaN"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("Infinity"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("1e400"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("1_000"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("٣"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("+1"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("--1"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("01"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("1."), errors.MalformedRule, "$.right.value"),
        (fact("score"), value(".5"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("1\n"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("9" * 41), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("0." + "0" * 20 + "1"), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("9" * 100_000), errors.MalformedRule, "$.right.value"),
        (fact("score"), value("1", "%"), errors.WrongUnit, "$.right.unit"),
        (fact("share"), value("80"), errors.WrongUnit, "$.right.unit"),
        (fact("share"), value("80", "days"), errors.WrongUnit, "$.right.unit"),
        (fact("share"), {"value": "80", "unit": 10**5000}, errors.WrongUnit, "$.right.unit"),
        (fact("items"), value("1"), errors.MalformedRule, "$.right.value"),
        (fact("items"), value(True), errors.MalformedRule, "$.right.value"),
        (fact("items"), value(1.0), errors.MalformedRule, "$.right.value"),
        (fact("items"), value(2**63), errors.MalformedRule, "$.right.value"),
        (fact("items"), value(-(2**63) - 1), errors.MalformedRule, "$.right.value"),
        (fact("items"), value(10**5000), errors.MalformedRule, "$.right.value"),
        (fact("days"), value(30), errors.WrongUnit, "$.right.unit"),
        (fact("days"), fact("items"), errors.WrongUnit, "$.right"),
        (fact("country"), value(1), errors.MalformedRule, "$.right.value"),
        (fact("country"), value("a\0"), errors.MalformedRule, "$.right.value"),
        (fact("country"), value("\ud83d"), errors.MalformedRule, "$.right.value"),
        (fact("country"), value("a" * 257), errors.RuleTooLarge, "$.right.value"),
        (fact("is_new"), value("true"), errors.MalformedRule, "$.right.value"),
        (fact("is_new"), value(1), errors.MalformedRule, "$.right.value"),
        (fact("born"), value("2026-02-29"), errors.MalformedRule, "$.right.value"),
        (fact("born"), value("20260228"), errors.MalformedRule, "$.right.value"),
        (fact("born"), value("2026-W08-6"), errors.MalformedRule, "$.right.value"),
        (fact("born"), value("0999-01-01"), errors.MalformedRule, "$.right.value"),
        (fact("born"), value(20260228), errors.MalformedRule, "$.right.value"),
        (fact("opened"), value("2026-01-31"), errors.MalformedRule, "$.right.value"),
        (fact("opened"), value("2026-01-31T09:00:00"), errors.MalformedRule, "$.right.value"),
        (fact("opened"), value("2026-01-31 09:00:00Z"), errors.MalformedRule, "$.right.value"),
        (fact("opened"), value("2026-01-31T25:00:00Z"), errors.MalformedRule, "$.right.value"),
        (fact("opened"), value("2026-01-31T09:00:00.1234567Z"), errors.MalformedRule, "$.right.value"),
        (fact("opened"), value("9999-12-31T23:00:00-14:00"), errors.MalformedRule, "$.right.value"),
        (fact("opened"), value(1), errors.MalformedRule, "$.right.value"),
        ({"age": fact("opened")}, value(7), errors.MalformedRule, "$.right.value"),
        ({"age": fact("opened")}, value({}), errors.MalformedRule, "$.right.value"),
        ({"age": fact("opened")}, value({"days": 1, "hours": 1}), errors.MalformedRule, "$.right.value"),
        ({"age": fact("opened")}, value({"months": 1}), errors.MalformedRule, "$.right.value"),
        ({"age": fact("opened")}, value({"days": 0}), errors.MalformedRule, "$.right.value.days"),
        ({"age": fact("opened")}, value({"days": 1.5}), errors.MalformedRule, "$.right.value.days"),
        ({"age": fact("opened")}, value({"days": True}), errors.MalformedRule, "$.right.value.days"),
        ({"age": fact("opened")}, value({"days": 3661}), errors.RuleTooLarge, "$.right.value.days"),
        ({"age": fact("opened")}, value({"minutes": 10**5000}), errors.RuleTooLarge, "$.right.value.minutes"),
    ],
)
def test_refuses_a_threshold_that_does_not_fit(left, right, error, path):
    assert refusal(compare("eq", left, right)) == (error, path)


@pytest.mark.parametrize(
    ("content", "error", "path"),
    [
        (None, errors.MalformedRule, ""),
        ({"source": "customer.payments", "aggregate": "count", "limit": 1}, errors.MalformedRule, ""),
        ({"source": "nothing", "aggregate": "count"}, errors.UnknownName, ".source"),
        ({"aggregate": "count"}, errors.UnknownName, ".source"),
        ({"source": "customer.payments"}, errors.MalformedRule, ".aggregate"),
        ({"source": "customer.payments", "aggregate": "median"}, errors.MalformedRule, ".aggregate"),
        ({"source": "customer.payments", "aggregate": "count", "of": "items"}, errors.MalformedRule, ".of"),
        ({"source": "customer.payments", "aggregate": "count", "currency": "USD"}, errors.MalformedRule, ".currency"),
        ({"source": "customer.payments", "aggregate": "sum"}, errors.MalformedRule, ".of"),
        ({"source": "customer.payments", "aggregate": "sum", "of": "country"}, errors.UnknownName, ".of"),
        ({"source": "customer.payments", "aggregate": "sum", "of": "party"}, errors.WrongType, ".of"),
        ({"source": "customer.payments", "aggregate": "sum", "of": "amount"}, errors.WrongUnit, ".currency"),
        ({"source": "customer.payments", "aggregate": "sum", "of": "amount", "currency": ["USD"]}, errors.WrongUnit, ".currency"),
        ({"source": "customer.payments", "aggregate": "sum", "of": "amount", "currency": "XXX"}, errors.WrongUnit, ".currency"),
        ({"source": "customer.payments", "aggregate": "sum", "of": "fee", "currency": "EUR"}, errors.WrongUnit, ".currency"),
        ({"source": "customer.payments", "aggregate": "min", "of": "party"}, errors.WrongType, ".of"),
        ({"source": "customer.payments", "aggregate": "distinct", "of": "amount"}, errors.WrongType, ".of"),
        ({"source": "customer.payments", "aggregate": "count", "span": "7 days"}, errors.MalformedRule, ".span"),
        ({"source": "customer.payments", "aggregate": "count", "span": {"days": 4000}}, errors.RuleTooLarge, ".span.days"),
        ({"source": "customer.payments", "aggregate": "count", "where": {}}, errors.MalformedRule, ".where.op"),
        (
            {"source": "customer.payments", "aggregate": "count", "where": compare("eq", {"field": "country"}, value("DE"))},
            errors.UnknownName,
            ".where.left.field",
        ),
        (
            {"source": "customer.payments", "aggregate": "count", "where": compare("ge", window("count"), value(1))},
            errors.MalformedRule,
            ".where.left.window",
        ),
    ],
)
def test_refuses_a_window_that_does_not_fit(content, error, path):
    assert refusal(compare("ge", {"window": content}, value(1))) == (error, f"$.left.window{path}")


# Bounds


def nested(levels, inner=LARGE):
    for _ in range(levels):
        inner = {"not": inner}
    return inner


def test_conditions_lie_eight_deep_and_no_deeper():
    assert rule(nested(7)).decide is not None
    assert refusal(nested(8)) == (errors.RuleTooLarge, "$" + ".not" * 8)


def test_the_depth_goes_on_in_windows():
    inner = compare("eq", {"field": "is_cash"}, value(True))
    assert rule(nested(6, compare("ge", window("count", where=inner), value(1)))).cost == 51
    assert refusal(nested(7, compare("ge", window("count", where=inner), value(1))))[0] == errors.RuleTooLarge


def test_a_hundred_thousand_levels_are_refused_without_a_crash():
    assert refusal(nested(100_000)) == (errors.RuleTooLarge, "$" + ".not" * 8)
    deep = '{"not":' * 100_000 + "{}" + "}" * 100_000
    with pytest.raises(errors.RuleTooLarge):
        parsing.load(deep)
    with pytest.raises(errors.MalformedRule, match="too deep"):
        parsing.load(deep[: 7 * 30_000] + "{}" + "}" * 30_000)


def test_a_rule_that_holds_itself_is_refused():
    endless = {"and": []}
    endless["and"].append(endless)
    assert refusal(endless)[0] == errors.RuleTooLarge


def test_a_rule_has_two_hundred_parts_and_no_more():
    simple = {"op": "missing", "left": fact("country")}  # two parts
    assert rule({"and": [simple] * 99}).cost == 99
    assert refusal({"and": [simple] * 100}) == (errors.RuleTooLarge, "$.and[99].left.fact")
    assert refusal({"and": [simple] * 1_000_000}) == (errors.RuleTooLarge, "$.and[99].left.fact")


def test_lists_are_bounded():
    def listed(count):
        return {"op": "in", "left": fact("country"), "values": [str(number) for number in range(count)]}

    assert rule(listed(1_000)).cost == 1
    assert refusal(listed(1_001)) == (errors.RuleTooLarge, "$.values")
    assert rule({"or": [listed(1_000)] * 5}).cost == 5
    assert refusal({"or": [listed(1_000)] * 6}) == (errors.RuleTooLarge, "$.or[5].values")


def test_what_costs_too_much_is_refused():
    counted = compare("ge", window("count", span={"days": 3660}), value(1))
    assert rule({"or": [counted] * 20}).cost == 1_000
    assert refusal({"or": [counted] * 21}) == (errors.RuleTooCostly, "$")


# JSON from outside


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{'a': 1}",
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": -Infinity}',
        '{"op": "ge", "op": "le"}',
        b"\xff\xfe{}",
        "1" * 5_000,
    ],
)
def test_refuses_what_is_not_strict_json(text):
    with pytest.raises(errors.MalformedRule) as caught:
        parsing.load(text)
    assert caught.value.param == "$"


def test_refuses_a_text_that_is_too_long():
    with pytest.raises(errors.RuleTooLarge):
        parsing.load('"' + "a" * 262_143 + '"')


def test_reads_json():
    assert parsing.load(json.dumps(EVERYTHING)) == EVERYTHING


def test_a_number_with_a_point_is_refused_where_a_decimal_belongs():
    document = parsing.load('{"op": "ge", "left": {"fact": "score"}, "right": {"value": 0.1}}')
    assert refusal(document) == (errors.MalformedRule, "$.right.value")

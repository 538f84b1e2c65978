"""Explaining an answer: each condition with its value, its threshold and its answer, which decided, and all of it in words."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from moneyed import Money

from flowlet.rules.tests.shop import AT, compare, dollars, fact, row, rule, sheet, usd, value, window
from flowlet.rules.tree import Quotient
from flowlet.rules.wording import value as shown

LARGE = compare("ge", fact("amount"), usd("10000.00"))
ABROAD = {"op": "in", "left": fact("country"), "list": "risky"}
NEW = compare("eq", fact("is_new"), value(True))


def explain(document, **values):
    return rule(document).explain(sheet(**values))


def sentence(document, **values):
    (found,) = explain(document, **values).findings
    return found.sentence


def decided(document, **values):
    return [finding.path for finding in explain(document, **values).decisive]


# What is told of each condition


def test_tells_each_condition_with_its_value_and_its_threshold():
    found = explain({"and": [LARGE, {"or": [ABROAD, NEW]}]}, amount=dollars("12500"), country="IR", is_new=False)
    assert found.outcome is True
    assert [(one.path, one.outcome, one.subject, one.value, one.threshold, one.decided) for one in found.findings] == [
        ("$.and[0]", True, "Amount", {"amount": "12500", "currency": "USD"}, {"amount": "10000.00", "currency": "USD"}, True),
        ("$.and[1].or[0]", True, "Country", "IR", {"list": "risky"}, True),
        ("$.and[1].or[1]", False, "New customer", False, True, False),
    ]
    assert found.sentences == (
        "The rule matches.",
        "Amount is 12,500.00 USD, which is at least 10,000.00 USD.",
        "Country is “IR”, which is on the list “High-risk countries”.",
    )


def test_an_explanation_is_json():
    document = {
        "and": [
            LARGE,
            compare("ge", {"ratio": [fact("items"), fact("score")]}, value("2")),
            compare("ge", {"age": fact("opened")}, value({"days": 1})),
            {"op": "in", "left": fact("flags"), "values": ["pep"]},
            compare("lt", fact("born"), value("2000-01-01")),
        ]
    }
    values = {"items": 1, "score": Decimal(3), "opened": AT - timedelta(days=2), "flags": ["b", "a"], "born": date(1999, 1, 1)}
    found = explain(document, amount=dollars("0.0001"), **values).to_json(personal=True)
    assert json.loads(json.dumps(found)) == found
    assert [one["value"] for one in found["findings"]] == [
        {"amount": "0.0001", "currency": "USD"},
        "about 0.3333",
        "2 days",
        ["a", "b"],
        "1999-01-01",
    ]
    assert found["outcome"] is False


def test_what_is_recorded_hides_personal_values():
    document = {"and": [compare("lt", fact("born"), value("2008-11-22")), compare("eq", fact("country"), value("DE"))]}
    found = explain(document, born=date(1990, 1, 2), country="DE")
    assert [(one.is_personal, one.sentence) for one in found.findings] == [
        (True, "Date of birth is 1990-01-02, which is before 2008-11-22."),
        (False, "Country is “DE”, which is equal to “DE”."),
    ]
    recorded = found.to_json()["findings"]
    assert [(one["value"], one["threshold"], one["sentence"]) for one in recorded] == [
        ("[personal]", "[personal]", "Date of birth: the condition is true."),
        ("DE", "DE", "Country is “DE”, which is equal to “DE”."),
    ]
    assert "1990" not in json.dumps(found.to_json())
    assert "1990" in json.dumps(found.to_json(personal=True))
    assert explain(document).to_json()["findings"][0]["sentence"] == "Date of birth: nobody can tell."


# Which conditions decided


ITEMS = compare("eq", fact("items"), value(1))
UNKNOWN = compare("eq", fact("remark"), value("x"))


@pytest.mark.parametrize(
    ("document", "outcome", "paths"),
    [
        ({"and": [ITEMS, LARGE, UNKNOWN]}, False, ["$.and[1]"]),
        ({"and": [ITEMS, UNKNOWN]}, None, ["$.and[1]"]),
        ({"and": [ITEMS, ITEMS]}, True, ["$.and[0]", "$.and[1]"]),
        ({"or": [ITEMS, LARGE, UNKNOWN]}, True, ["$.or[0]"]),
        ({"or": [LARGE, UNKNOWN]}, None, ["$.or[1]"]),
        ({"or": [LARGE, LARGE]}, False, ["$.or[0]", "$.or[1]"]),
        ({"not": {"and": [ITEMS, LARGE]}}, True, ["$.not.and[1]"]),
        ({"or": [{"and": [ITEMS, LARGE]}, {"and": [ITEMS, ITEMS]}]}, True, ["$.or[1].and[0]", "$.or[1].and[1]"]),
        ({"and": [{"or": [ITEMS, LARGE]}, {"not": {"not": LARGE}}]}, False, ["$.and[1].not.not"]),
    ],
)
def test_says_which_conditions_decided(document, outcome, paths):
    values = {"items": 1, "amount": dollars("5")}
    assert explain(document, **values).outcome is outcome
    assert decided(document, **values) == paths


def test_all_windows_are_counted_for_an_explanation(rows):
    rows.append(row())
    found = explain({"and": [compare("eq", fact("items"), value(2)), compare("ge", window("count"), value(1))]}, items=1)
    assert [(one.outcome, one.value) for one in found.findings] == [(False, 1), (True, 1)]


# Sentences


@pytest.mark.parametrize(
    ("document", "values", "words"),
    [
        (LARGE, {"amount": dollars("500")}, "Amount is 500.00 USD, which is not at least 10,000.00 USD."),
        (compare("lt", fact("score"), value("0.50")), {"score": Decimal("0.1")}, "Score is 0.1, which is less than 0.5."),
        (
            compare("gt", fact("days"), value(1, "days")),
            {"days": 1},
            "Days since opening is 1 days, which is not more than 1 days.",
        ),
        (compare("ge", fact("share"), value("80", "%")), {"share": Decimal("80.5")}, "Share is 80.5 %, which is at least 80 %."),
        (NEW, {"is_new": True}, "New customer is yes."),
        (NEW, {"is_new": False}, "New customer is no."),
        (
            compare("lt", fact("born"), value("2008-11-22")),
            {"born": date(1990, 1, 2)},
            "Date of birth is 1990-01-02, which is before 2008-11-22.",
        ),
        (
            compare("ge", fact("opened"), value("2026-01-31T09:00:00+01:00")),
            {"opened": datetime(2026, 1, 31, 7, 59, 59, 5, tzinfo=UTC)},
            "Opening of the account is 2026-01-31 07:59:59.000005 UTC, which is not on or after 2026-01-31 08:00:00 UTC.",
        ),
        (
            compare("lt", fact("amount"), fact("limit")),
            {"amount": dollars("5"), "limit": dollars("7")},
            "Amount is 5.00 USD, which is less than Limit (7.00 USD).",
        ),
        (
            {"op": "between", "left": fact("amount"), "low": usd("8000"), "high": usd("9999.99")},
            {"amount": dollars("9500")},
            "Amount is 9,500.00 USD, which is from 8,000.00 USD to 9,999.99 USD.",
        ),
        (
            {"op": "in", "left": fact("country"), "values": ["AF", "BY", "IR", "KP", "MM", "RU", "SY"]},
            {"country": "SY"},
            "Country is “SY”, which is one of “AF”, “BY”, “IR”, “KP”, “MM” and 2 more.",
        ),
        ({"op": "in", "left": fact("country"), "values": ["AF"]}, {"country": "SY"}, "Country is “SY”, which is none of “AF”."),
        (ABROAD, {"country": "DE"}, "Country is “DE”, which is not on the list “High-risk countries”."),
        (ABROAD | {"op": "not_in"}, {"country": "DE"}, "Country is “DE”, which is not on the list “High-risk countries”."),
        (
            {"op": "in", "left": fact("flags"), "list": "risky"},
            {"flags": ["IR"]},
            "Flags holds “IR”, which has something on the list “High-risk countries”.",
        ),
        (
            {"op": "in", "left": fact("flags"), "list": "risky"},
            {"flags": []},
            "Flags holds nothing, which has nothing on the list “High-risk countries”.",
        ),
        (
            {"op": "starts_with", "left": fact("remark"), "right": value("INV")},
            {"remark": "our INV"},
            "Remark is “our INV”, which does not start with “INV”.",
        ),
        (
            {"op": "contains", "left": fact("remark"), "right": value("INV")},
            {"remark": "our INV"},
            "Remark is “our INV”, which contains “INV”.",
        ),
        ({"op": "missing", "left": fact("remark")}, {}, "Remark is missing."),
        ({"op": "missing", "left": fact("remark")}, {"remark": "x"}, "Remark is “x”, so it is not missing."),
        (
            compare("ge", {"percent": [fact("amount"), fact("limit")]}, value("80", "%")),
            {"amount": dollars("1"), "limit": dollars("3")},
            "Amount in percent of limit is about 33.3333 %, which is not at least 80 %.",
        ),
        (
            compare("ge", {"age": fact("opened")}, value({"days": 30})),
            {"opened": AT - timedelta(days=10, hours=12)},
            "Age of opening of the account is 252 hours, which is not at least 30 days.",
        ),
    ],
)
def test_says_in_plain_words_what_was_found(document, values, words):
    assert sentence(document, **values) == words


@pytest.mark.parametrize(
    ("document", "values", "words"),
    [
        (LARGE, {}, "Amount is missing, so nobody can tell whether it is at least 10,000.00 USD."),
        (
            LARGE,
            {"amount": Money(20000, "EUR")},
            "Amount is 20,000.00 EUR, which is in another currency, so nobody can tell whether it is at least 10,000.00 USD.",
        ),
        (
            compare("lt", fact("amount"), fact("limit")),
            {"amount": dollars("5")},
            "Limit is missing, so nobody can tell whether Amount is less than Limit.",
        ),
        (
            compare("ge", {"ratio": [fact("items"), fact("score")]}, value("1")),
            {"items": 1},
            "Score is missing, so there is no ratio.",
        ),
        (
            compare("ge", {"ratio": [fact("items"), fact("score")]}, value("1")),
            {"items": 1, "score": Decimal(0)},
            "Score is zero, so there is no ratio.",
        ),
        (
            compare("ge", {"ratio": [fact("amount"), fact("limit")]}, value("1")),
            {"amount": dollars("1"), "limit": Money(1, "EUR")},
            "Amount is 1.00 USD and Limit 1.00 EUR: no ratio.",
        ),
    ],
)
def test_says_why_nobody_can_tell(document, values, words):
    found = explain(document, **values)
    assert found.sentences == ("Nobody can tell whether the rule matches.", words)


def test_windows_are_named_by_what_they_look_at(rows):
    rows += [row(amount=dollars("4000"), party="Ann", before=timedelta(hours=30)), row(amount=dollars("5500.50"), party="Bob")]
    cash = {"or": [compare("ge", {"field": "amount"}, usd("1000")), compare("ne", {"field": "party"}, fact("country"))]}
    total = window("sum", of="amount", currency="USD", span={"days": 7}, where=cash)
    assert sentence(compare("gt", total, usd("9000"))) == (
        "Sum of amount in USD over payments of the customer in 7 days where amount is at least 1,000.00 USD or counterparty is other "
        "than this one's country is 9,500.50 USD, which is more than 9,000.00 USD."
    )
    assert sentence(compare("ge", window("count", span={"hours": 24}, ago={"days": 1}), value(2))) == (
        "Number of payments of the customer in 1 day up to 1 day before is 1, which is not at least 2."
    )
    assert sentence(compare("ge", window("average", of="items"), value("1"))) == (
        "Average items over payments of the customer is missing, so nobody can tell whether it is at least 1."
    )


def test_a_whole_rule_in_words():
    document = {"and": [LARGE, {"or": [ABROAD, {"not": NEW}]}, {"op": "missing", "left": fact("remark")}]}
    assert rule(document).words == (
        "Amount is at least 10,000.00 USD and (Country is on the list “High-risk countries” or not (New customer is yes)) and Remark "
        "is missing"
    )


# Values


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "missing"),
        (Money("1234567.8", "USD"), "1,234,567.80 USD"),
        (Money("1234567", "JPY"), "1,234,567 JPY"),
        (Money("1.0001", "USD"), "1.0001 USD"),
        (Money("-1.5", "KWD"), "-1.500 KWD"),
        (Decimal("1E+3"), "1,000"),
        (Decimal("0.10"), "0.1"),
        (-1234, "-1,234"),
        (Quotient(Decimal(2), Decimal(3)), "about 0.6667"),
        (Quotient(Decimal(1), Decimal(4)), "0.25"),
        (Quotient(Decimal(1), Decimal(-4), "USD"), "-0.25 USD"),
        (timedelta(days=14), "14 days"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(seconds=1, microseconds=5), "1 second"),
        (timedelta(days=2, seconds=1), "2.0 days"),
        (timedelta(0), "0 seconds"),
        (timedelta(days=-3), "-3 days"),
        ("a" * 121, f"“{'a' * 120}…”"),
        (frozenset({"b", "a"}), "“a”, “b”"),
        (frozenset(), "nothing"),
    ],
)
def test_values_are_written_for_people(given, words):
    assert shown(given) == words

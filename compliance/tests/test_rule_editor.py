"""The editor of conditions: what its page knows, what the server says of a condition, what becomes a draft."""

import html
import json
import re

import pytest

from accounts.choices import Role
from compliance.policies import scenarios
from compliance.tests.test_rule_pages import drafts, officer, person, rule, text_of
from flowlet.backoffice import cells
from flowlet.rules import describing, engine, parsing, registry
from flowlet.rules.kinds import Kind
from flowlet.rules.models import RuleVersion

__all__ = ["drafts", "officer"]
WORTH = {"op": "ge", "left": {"fact": "worth"}, "right": {"value": {"amount": "500.00", "currency": "USD"}}}
CASH = {"op": "eq", "left": {"fact": "is_cash"}, "right": {"value": True}}


def url(name, *args):
    return f"{cells.admin_url(RuleVersion, 'changelist')}{'/'.join((name, *args))}/"


def said_of(client, condition):
    answer = client.post(url("check", scenarios.ACTIVITY), {"condition": json.dumps(condition)})
    assert answer.status_code == 200
    return answer.json()


def test_the_sentence_and_the_cost_of_a_condition_are_said_and_nothing_is_kept(drafts, officer):
    before = RuleVersion.objects.count()
    said = said_of(officer[0], {"and": [WORTH, CASH]})
    assert said == {"words": "Worth is at least 500.00 USD and Cash or as good as cash is yes", "cost": 2, "problems": []}
    assert RuleVersion.objects.count() == before


@pytest.mark.parametrize(
    ("condition", "problems"),
    [
        (
            {"and": [{**WORTH, "right": {"value": 5}}, CASH, {"or": [{**CASH, "op": "ge"}]}]},
            [("$.and[0].right.value", "rule.malformed"), ("$.and[2].or[0].op", "rule.wrong_type")],
        ),
        ({"not": {"and": []}}, [("$.not.and", "rule.malformed")]),
        ({"and": [CASH, {**CASH, "left": {"fact": "cash"}}]}, [("$.and[1].left.fact", "rule.unknown_name")]),
        (
            {
                "op": "ge",
                "left": {"window": {"source": "customer.activity", "aggregate": "count", "where": WORTH}},
                "right": {"value": -1},
            },
            [("$.right.value", "rule.parameter_out_of_bounds")],
        ),
        ([], [("$", "rule.malformed")]),
    ],
)
def test_every_problem_is_said_at_its_place(drafts, officer, condition, problems):
    said = said_of(officer[0], condition)
    assert said["words"] == ""
    assert [(one["path"], one["code"]) for one in said["problems"]] == problems
    assert all(one["message"] and not one["message"].startswith("$") for one in said["problems"])


def test_what_is_no_json_or_too_deep_is_said_too(drafts, officer):
    answer = officer[0].post(url("check", scenarios.ACTIVITY), {"condition": "{"})
    assert [one["code"] for one in answer.json()["problems"]] == ["rule.malformed"]
    deep = CASH
    for _ in range(parsing.DEEPEST):
        deep = {"and": [deep]}
    assert [one["code"] for one in said_of(officer[0], deep)["problems"]] == ["rule.too_large"]


@pytest.mark.parametrize("vocabulary", ["compliance.activity", "compliance.customer_day"])
def test_every_comparison_that_is_offered_is_one_that_is_read(vocabulary):
    found = registry.find(vocabulary)
    schema = describing.described(found)
    values = {
        Kind.MONEY: {"amount": "1.00", "currency": "USD"},
        Kind.DECIMAL: "1",
        Kind.INTEGER: 1,
        Kind.TEXT: "DE",
        Kind.BOOLEAN: True,
        Kind.MOMENT: "2026-01-31T09:00:00Z",
    }
    for fact in schema["facts"]:
        for op in schema["operators"][fact["kind"]]:
            value = {"value": values[fact["kind"]]} | ({"unit": fact["unit"]} if fact["unit"] and fact["kind"] != "money" else {})
            sides = {"between": {"low": value, "high": value}, "missing": {}}.get(op, {"right": value})
            sides = {"values": [value["value"]]} if op in {"in", "not_in"} else sides
            engine.compile_rule({"op": op, "left": {"fact": fact["name"]}, **sides}, found)
    assert {one for fact in schema["aggregates"].values() for one in fact["of"]} <= set(Kind)


def test_what_is_saved_is_the_next_version_as_a_draft(drafts, officer):
    client, actor = officer
    version = rule("structuring")
    page = client.get(url(version.public_id, "editor"))
    kept = html.unescape(re.search(r'name="condition" value="([^"]+)"', page.content.decode())[1])
    assert json.loads(kept) == version.condition
    given = {"title": "Cash", "priority": 81, "reason": "another condition", "condition": json.dumps({"and": [WORTH, CASH]})}
    answer = client.post(url(version.public_id, "editor"), given)
    made = rule("structuring")
    assert (answer.status_code, answer["Location"]) == (302, cells.admin_url(made))
    assert (made.number, made.status, made.title, made.maker_id) == (2, "DRAFT", "Cash", actor.id)
    assert made.effect == {"code": "R01", "priority": 81}
    for more, code in (
        ({"priority": 101}, "rule.parameter_out_of_bounds"),
        ({"condition": "[]"}, "rule.malformed"),
        ({}, "rule.unchanged"),
    ):
        refused = client.post(url(version.public_id, "editor"), given | more)
        assert refused.status_code in {400, 409} and f'data-code="{code}"' in text_of(refused)
    assert rule("structuring").number == 2


def test_a_rule_that_is_not_there_yet_is_written_into_its_set(drafts, officer):
    client, _ = officer
    given = {
        "name": "big_cash",
        "title": "Big",
        "priority": 5,
        "outcome": "REVIEW",
        "reason": "to see them",
        "condition": json.dumps(CASH),
    }
    assert "What becomes of the payment" in text_of(client.get(url("editor", scenarios.GATE)))
    client.post(url("editor", scenarios.GATE), given)
    assert rule("big_cash", scenarios.GATE).effect == {"priority": 5, "outcome": "REVIEW"}
    assert 'data-code="rule.malformed"' in text_of(client.post(url("editor", scenarios.GATE), given | {"name": "Big Cash"}))
    assert f'href="{url("editor", scenarios.GATE)}"' in text_of(client.get(cells.admin_url(RuleVersion, "changelist")))


def test_only_who_may_write_rules_comes_in(drafts, officer):
    client, _ = person(Role.AUDITOR)
    version = rule("structuring")
    for address in (url(version.public_id, "editor"), url("editor", scenarios.GATE)):
        assert client.get(address).status_code == 403
    assert client.post(url("check", scenarios.ACTIVITY), {"condition": "{}"}).status_code == 403
    assert "Edit the condition" not in text_of(client.get(cells.admin_url(version)))
    assert officer[0].get(url("check", scenarios.ACTIVITY)).status_code == 405
    assert officer[0].get(url("editor", "no.set")).status_code == 404

"""The shipped scenarios: each finds what is planted and leaves its decoys and ordinary lives alone."""

from pathlib import Path

import pytest

from compliance.policies import scenarios
from compliance.selectors.vocabularies import MEASURE_OF
from compliance.services import monitoring, patterns
from compliance.services.activities import day_of
from compliance.tests.monitoring_world import ON, SCENARIOS, Watched
from flowlet.rules import tree
from flowlet.rules.models import RuleSet, RuleVersion
from flowlet.rules.selectors import compiled

SHIPPED = {
    rule["name"]: (document["set"], document["vocabulary"], rule)
    for document in scenarios.files()
    if document["set"] != scenarios.GATE
    for rule in document["rules"]
}


@pytest.fixture
def world(db):
    return Watched()


def version_of(name):
    rule_set, vocabulary, rule = SHIPPED[name]
    return RuleVersion(rule_set=RuleSet(name=rule_set, vocabulary=vocabulary), name=name, condition=rule["condition"])


def customers_of(made):
    return set(made) if isinstance(made, (list, tuple)) else {made}


def found(name, *, on=ON):
    version = version_of(name)
    facts = {
        operand.fact.name
        for leaf in tree.leaves(compiled(version).condition)
        for operand in tree.operands(leaf)
        if isinstance(operand, tree.FactRef)
    }
    for measure in {MEASURE_OF[fact] for fact in facts if fact in MEASURE_OF}:
        patterns.measure(measure, on=on, partner_id=None)
    since, until = day_of(on)
    return {one.customer_id for one in monitoring.found_by(version, since=since, until=until)}


def test_every_shipped_scenario_is_tried():
    assert set(SHIPPED) == set(SCENARIOS)


def test_every_shipped_scenario_is_told_with_its_number():
    page = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text()
    for document in scenarios.files():
        kind = document["set"].rpartition(".")[2]
        for rule in document["rules"]:
            assert f"| `{kind}` | {rule['effect']['code']} | `{rule['name']}` | {rule['title']}. {rule['note']}" in page


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_finds_what_is_planted_and_leaves_its_decoys(name, world):
    planted, decoys = SCENARIOS[name]
    wanted = [customers_of(plant(world)) for plant in planted]
    left = {who.pk for decoy in decoys for who in customers_of(decoy(world))}
    world.ordinary(5)
    world.lay()
    hits = found(name)
    assert hits.isdisjoint(left)
    for group in wanted:
        # A pattern over several customers is told of through one of them.
        assert len(hits & {who.pk for who in group}) == 1
    assert len(hits) == len(wanted)

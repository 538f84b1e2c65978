"""Points and deciders as they are declared, and the system check over them."""

from dataclasses import dataclass

import pytest

from flowlet.decisions import registry
from flowlet.decisions.checks import deciders_are_there
from flowlet.decisions.opinions import allow
from flowlet.decisions.tests.conftest import PaymentFacts


def test_a_point_is_declared_once_with_frozen_facts(point):
    assert registry.find("payment.create") is point
    assert registry.point("payment.create", facts=PaymentFacts, budget_ms=registry.LONGEST_MS) == point
    with pytest.raises(ValueError, match="Two points"):
        registry.point("payment.create", facts=PaymentFacts, budget_ms=5)

    @dataclass
    class Loose:
        amount: int

    for facts in (Loose, dict):
        with pytest.raises(TypeError, match="frozen dataclass"):
            registry.point("payment.send", facts=facts)
    assert registry.points() == [point]


@pytest.mark.parametrize("name", ["", "payment", "Payment.create", "payment.", ".create", "payment.cre ate"])
def test_names_are_dotted_and_lower_case(name):
    with pytest.raises(ValueError, match="dotted lower case"):
        registry.point(name, facts=PaymentFacts)
    with pytest.raises(ValueError, match="dotted lower case"):
        registry.decider(name, point="payment.create")


@pytest.mark.parametrize("budget_ms", [0, -1, 5_001])
def test_time_is_given_in_bounds(budget_ms):
    with pytest.raises(ValueError, match="budget_ms"):
        registry.decider("fraud.score", point="payment.create", budget_ms=budget_ms)


def test_a_name_decides_once_at_a_point():
    one = registry.decider("fraud.score", point="payment.create")(lambda facts: allow())
    registry.decider("fraud.score", point="payment.create")(one)
    registry.decider("fraud.score", point="card.authorize")(one)
    with pytest.raises(ValueError, match="Two deciders"):
        registry.decider("fraud.score", point="payment.create")(lambda facts: allow())
    assert [found.name for found in registry.deciders_at("payment.create")] == ["fraud.score"]


def test_the_system_check_names_who_is_missing_and_points_that_are_none(settings):
    assert deciders_are_there() == []
    settings.DECISIONS_REQUIRED = {"payment.create": ["fraud.score"], "payment.send": []}
    registry.decider("fraud.other", point="card.authorize")(lambda facts: allow())
    assert [(found.id, found.msg) for found in deciders_are_there()] == [
        ("flowlet_decisions.E001", "fraud.score has to decide at payment.create, and no app has registered it."),
        ("flowlet_decisions.E002", "DECISIONS_REQUIRED names payment.send, which no app declares."),
        ("flowlet_decisions.E002", "fraud.other decides at card.authorize, which no app declares."),
    ]
    registry.decider("fraud.score", point="payment.create")(lambda facts: allow())
    assert [found.id for found in deciders_are_there()] == ["flowlet_decisions.E002", "flowlet_decisions.E002"]

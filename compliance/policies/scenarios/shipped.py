"""The shipped scenarios with their defaults, as files. Numbers are those of docs/monitoring.md, which names their sources."""

from typing import Any

from compliance.policies.scenarios import behaviour, cash, flows, gate, places
from compliance.policies.scenarios.sets import SETS, Scenario

# In the order of the library's numbers; the gate's as they are written.
SHIPPED: tuple[Scenario, ...] = (
    *sorted((*cash.SCENARIOS, *flows.SCENARIOS, *behaviour.SCENARIOS, *places.SCENARIOS), key=lambda one: one[2]),
    *gate.SCENARIOS,
)


def files() -> list[dict[str, Any]]:
    """The sets in the form of ``flowlet.rules.services.files``."""
    return [
        {
            "form": "flowlet.rules/1",
            "set": rule_set,
            "vocabulary": vocabulary,
            "label": label,
            "rules": [
                {
                    "name": name,
                    "title": title,
                    "note": note,
                    "condition": condition,
                    "effect": {"code": code, "priority": priority} | ({"outcome": outcome} if outcome else {}),
                }
                for wanted, name, code, title, note, condition, priority, outcome in SHIPPED
                if wanted == rule_set
            ],
        }
        for rule_set, (vocabulary, label) in SETS.items()
    ]

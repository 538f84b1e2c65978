"""The sets that scenarios are asked in, and how one is written down."""

from compliance.policies.scenarios.writing import Json

ACTIVITY, PATTERNS, GATE = "compliance.activity", "compliance.patterns", "compliance.gate"
SETS = {
    ACTIVITY: ("compliance.activity", "Activities of a day"),
    PATTERNS: ("compliance.customer_day", "Patterns around customers"),
    GATE: ("compliance.activity", "Payments before money leaves"),
}
# set, name, code, title, note, condition, priority, outcome at the gate
Scenario = tuple[str, str, str, str, str, Json, int, str]

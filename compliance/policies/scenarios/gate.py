"""Before money leaves: what is refused, and what an officer looks at first. Windows count what was before the payment."""

from compliance.policies.scenarios.movements import NEAR_LIMIT, TO_EMBARGOED, UNNAMED, outgoing, touches
from compliance.policies.scenarios.sets import GATE, Scenario
from compliance.policies.scenarios.writing import all_of, any_of, between, fact, percent, test, usd, value, window

SCENARIOS: tuple[Scenario, ...] = (
    (
        GATE,
        "call_for_action_country",
        "R15",
        "Country under FATF's call for action",
        "Refused, and looked into.",
        touches("countries.call_for_action"),
        90,
        "BLOCK",
    ),
    (GATE, "embargoed_corridor", "R16", "Embargoed country", "Refused, and looked into.", TO_EMBARGOED, 95, "BLOCK"),
    (
        GATE,
        "high_risk_country",
        "R15",
        "High-risk country",
        "1,000 USD or more: an officer looks first.",
        all_of(test("ge", fact("worth"), usd("1000.00")), touches("countries.high_risk")),
        55,
        "REVIEW",
    ),
    (
        GATE,
        "travel_rule",
        "R23",
        "Name or account of the payee missing",
        "Held until it is there; where the customer, the account or the rail is European, from the first cent on.",
        UNNAMED,
        60,
        "REVIEW",
    ),
    (
        GATE,
        "velocity",
        "R14",
        "Many payments in a short time",
        "After ten movements out within the hour, or thirty within the day, an officer looks first.",
        all_of(
            outgoing(fact),
            any_of(
                test("ge", window("count", outgoing(), source="wallet.activity", hours=1), value(10)),
                test("ge", window("count", outgoing(), source="wallet.activity", hours=24), value(30)),
            ),
        ),
        45,
        "REVIEW",
    ),
    (
        GATE,
        "below_own_limit",
        "R18",
        "Just below the customer's limit",
        "The third within a week is looked at first.",
        all_of(
            outgoing(fact),
            between(percent(fact("amount"), fact("tier_limit")), value("90", "%"), value("100", "%")),
            test("ge", window("count", NEAR_LIMIT, days=7), value(2)),
        ),
        50,
        "REVIEW",
    ),
)

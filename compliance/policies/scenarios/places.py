"""Countries of the other side, of the internet address, and what a transfer has to name."""

from compliance.policies.scenarios.movements import TO_EMBARGOED, UNNAMED, UNTOLD, touches
from compliance.policies.scenarios.sets import ACTIVITY, Scenario
from compliance.policies.scenarios.writing import all_of, fact, test, usd

SCENARIOS: tuple[Scenario, ...] = (
    (
        ACTIVITY,
        "call_for_action_country",
        "R15",
        "Country under FATF's call for action",
        "The other side or the internet address is in a country under the call for action (31 CFR 1010.610; AMLR Art. 29).",
        touches("countries.call_for_action"),
        90,
        "",
    ),
    (
        ACTIVITY,
        "high_risk_country",
        "R15",
        "High-risk country",
        "1,000 USD or more to or from a country under increased monitoring or on the EU's list.",
        all_of(test("ge", fact("worth"), usd("1000.00")), touches("countries.high_risk")),
        55,
        "",
    ),
    (
        ACTIVITY,
        "embargoed_corridor",
        "R16",
        "Embargoed country",
        "Any amount to or from a country under comprehensive sanctions, or ordered from there (31 CFR 510, 515, 560).",
        TO_EMBARGOED,
        95,
        "",
    ),
    (
        ACTIVITY,
        "travel_rule",
        "R23",
        "Name or account of the payee missing",
        "3,000 USD or more without the payee's name and account (31 CFR 1010.410(e), (f)); in the EU from 0 on (TFR 2023/1113).",
        UNNAMED,
        60,
        "",
    ),
    (
        ACTIVITY,
        "travel_rule_incoming",
        "R23",
        "Name or account of the payer missing",
        "3,000 USD or more came without the payer's name and account (31 CFR 1010.410(f)); in the EU from 0 on (TFR 2023/1113, Art. 7, 8).",
        UNTOLD,
        60,
        "",
    ),
)

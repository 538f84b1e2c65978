"""Ways that money takes: fans, go-betweens, what passes through, rings, mules, shared identifiers."""

from compliance.policies.scenarios.movements import others, outgoing
from compliance.policies.scenarios.sets import ACTIVITY, PATTERNS, Scenario
from compliance.policies.scenarios.writing import all_of, any_of, between, fact, field, is_, percent, test, usd, value, window

_NEW_PAYEE = all_of(outgoing(), is_(field("is_new_counterparty")), others())


SCENARIOS: tuple[Scenario, ...] = (
    (
        ACTIVITY,
        "fan_out",
        "R05",
        "Many new receivers",
        "Five or more receivers who were never paid before within a week (AMLSim fan_out; FFIEC Appendix F).",
        all_of(
            outgoing(fact),
            is_(fact("is_new_counterparty")),
            others(fact),
            test("ge", window("distinct", _NEW_PAYEE, of="counterparty", days=7), value(5)),
            test("ge", window("sum", _NEW_PAYEE, of="worth", days=7), usd("5000.00")),
        ),
        55,
        "",
    ),
    (
        PATTERNS,
        "fan_in",
        "R04",
        "Many senders of nearly the same amount",
        "Five or more senders within a week, amounts within 10 %, 5,000 USD together; most of them new, in an account that has few.",
        all_of(
            test("ge", fact("fan_in"), value(5)),
            test("ge", fact("fan_in_sum"), usd("5000.00")),
            test("ge", percent(fact("fan_in_new"), fact("fan_in")), value("60", "%")),
            test("le", fact("usual_senders"), value(3)),
        ),
        60,
        "",
    ),
    (
        PATTERNS,
        "gather_scatter",
        "R06",
        "Gathered and scattered",
        "Five or more senders and five or more new receivers of the same customer in 10 days; or five senders whom one party had paid.",
        any_of(
            all_of(
                test("ge", fact("gathered_from"), value(5)),
                test("ge", fact("scattered_to"), value(5)),
                test("ge", fact("gathered_sum"), usd("5000.00")),
                test("ge", percent(fact("scattered_sum"), fact("gathered_sum")), value("60", "%")),
            ),
            all_of(test("ge", fact("go_betweens"), value(5)), test("ge", fact("go_betweens_sum"), usd("5000.00"))),
        ),
        75,
        "",
    ),
    (
        PATTERNS,
        "pass_through",
        "R07",
        "In and out at once",
        "At least 80 % of credits of 3,000 USD or more leaves within 24 hours, or within 72 hours of 10,000 or more; at most 10 % stays.",
        any_of(
            all_of(
                test("ge", fact("passed_percent"), value("80", "%")),
                test("le", fact("kept_percent"), value("10", "%")),
            ),
            all_of(
                test("ge", fact("passed_percent_72"), value("80", "%")),
                test("ge", fact("passed_credits_72"), usd("10000.00")),
                test("le", fact("kept_percent_72"), value("10", "%")),
            ),
        ),
        60,
        "",
    ),
    (
        PATTERNS,
        "ring",
        "R08",
        "Ring of payments",
        "Money goes round over three to eight parties within 30 days, each leg at least 70 % of the largest, in whatever order.",
        all_of(
            between(fact("ring_hops"), value(3), value(8)),
            test("ge", fact("ring_percent"), value("70", "%")),
            test("ge", fact("ring_sum"), usd("3000.00")),
        ),
        80,
        "",
    ),
    (
        PATTERNS,
        "mule",
        "R19",
        "Mule account",
        "Younger than 30 days, passes 80 % on within 72 hours and keeps at most 10 %, three unrelated senders, shares a device or number.",
        all_of(
            test("lt", {"age": fact("opened")}, value({"days": 30})),
            test("ge", fact("passed_percent_72"), value("80", "%")),
            test("le", fact("kept_percent_72"), value("10", "%")),
            test("ge", fact("senders"), value(3)),
            test("ge", fact("sharing_customers"), value(2)),
        ),
        85,
        "",
    ),
    (
        PATTERNS,
        "shared_identifiers",
        "R20",
        "Ring of shared identifiers",
        "Three or more customers share a device, phone number, e-mail address, postal address or bank account.",
        test("ge", fact("sharing_customers"), value(3)),
        55,
        "",
    ),
)

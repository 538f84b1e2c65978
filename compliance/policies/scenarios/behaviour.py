"""What is unlike the customer, or unlike customers of the kind: bursts, breaches, velocity, limits, refunds."""

from typing import Any

from compliance.policies.scenarios.movements import NEAR_LIMIT, incoming, others, outgoing
from compliance.policies.scenarios.sets import ACTIVITY, PATTERNS, Scenario
from compliance.policies.scenarios.writing import (
    Json,
    all_of,
    any_of,
    between,
    fact,
    field,
    is_,
    one_of,
    percent,
    test,
    usd,
    value,
    window,
)


def _given_back(what: Any) -> Json:
    return all_of(outgoing(what), one_of(what("kind"), "REFUND", "CHARGEBACK"))


_BUSY = any_of(
    test("gt", window("count", outgoing(), source="wallet.activity", hours=1), value(10)),
    test("gt", window("count", outgoing(), source="wallet.activity", hours=24), value(30)),
)


_DECLARED = {"not": {"op": "missing", "left": fact("expected_monthly")}}


SCENARIOS: tuple[Scenario, ...] = (
    (
        ACTIVITY,
        "dormant",
        "R09",
        "Dormant, then active",
        "Nothing for 180 days, then 1,000 USD or three movements within a week (Tazama's dormancy bands begin at three months).",
        all_of(
            test("ge", window("count", test("ge", {"age": field("previous")}, value({"days": 180})), days=7), value(1)),
            any_of(
                test("ge", window("sum", of="worth", days=7), usd("1000.00")),
                test("ge", window("count", days=7), value(3)),
            ),
        ),
        50,
        "",
    ),
    (
        ACTIVITY,
        "new_account_burst",
        "R10",
        "Burst in a new account",
        "Younger than 30 days, and five times the declared monthly volume.",
        all_of(
            test("lt", {"age": fact("opened")}, value({"days": 30})),
            _DECLARED,
            test("ge", percent(window("sum", of="worth", days=30), fact("expected_monthly")), value("500", "%")),
        ),
        70,
        "",
    ),
    (
        ACTIVITY,
        "profile_breach",
        "R11",
        "More than declared",
        "Credits of 30 days are more than 150 % of the declared monthly volume.",
        all_of(
            incoming(fact),
            others(fact),
            _DECLARED,
            test(
                "gt",
                percent(window("sum", all_of(incoming(), others()), of="worth", days=30), fact("expected_monthly")),
                value("150", "%"),
            ),
        ),
        50,
        "",
    ),
    (
        ACTIVITY,
        "velocity",
        "R14",
        "Many payments in a short time",
        "More than 10 movements out of a wallet in an hour, or more than 30 in a day.",
        all_of(outgoing(fact), _BUSY),
        45,
        "",
    ),
    (
        ACTIVITY,
        "round_amounts",
        "R17",
        "Round amounts",
        "Five or more multiples of 1,000 (or of as much in the currency) in 14 days, at least half of all movements (FFIEC Appendix F).",
        all_of(
            is_(fact("is_round")),
            test("ge", window("count", is_(field("is_round")), days=14), value(5)),
            test("ge", percent(window("count", is_(field("is_round")), days=14), window("count", days=14)), value("50", "%")),
        ),
        35,
        "",
    ),
    (
        ACTIVITY,
        "below_own_limit",
        "R18",
        "Just below the customer's limit",
        "Three or more payments of 90 to 100 % of the tier's limit for one transaction within a week.",
        all_of(
            outgoing(fact),
            between(percent(fact("amount"), fact("tier_limit")), value("90", "%"), value("100", "%")),
            test("ge", window("count", NEAR_LIMIT, days=7), value(3)),
        ),
        50,
        "",
    ),
    (
        ACTIVITY,
        "exposed_customer",
        "R24",
        "Activity of an exposed or high-risk customer",
        "10,000 USD at once or 25,000 in 30 days of a politically exposed or high-risk customer: enhanced due diligence.",
        all_of(
            any_of(is_(fact("is_pep")), is_(fact("is_high_risk"))),
            any_of(
                test("ge", fact("worth"), usd("10000.00")),
                test("ge", window("sum", of="worth", days=30), usd("25000.00")),
            ),
        ),
        65,
        "",
    ),
    (
        ACTIVITY,
        "refund_abuse",
        "R25",
        "Many refunds or chargebacks",
        "At least three and half as many as sales within 21 days, or more than 14 within a week (Ballerine's defaults).",
        all_of(
            _given_back(fact),
            any_of(
                test("gt", window("count", _given_back(field), days=7), value(14)),
                all_of(
                    test("ge", window("count", _given_back(field), days=21), value(3)),
                    test(
                        "ge",
                        percent(window("count", _given_back(field), days=21), window("count", incoming(), days=21)),
                        value("50", "%"),
                    ),
                ),
            ),
        ),
        50,
        "",
    ),
    (
        PATTERNS,
        "spike",
        "R12",
        "Far above the customer's own weeks",
        "Volume of 7 days more than three standard deviations above the twelve weeks before, and 2,000 USD.",
        all_of(
            test("gt", fact("deviations"), value("3")),
            test("ge", fact("week_sum"), usd("2000.00")),
            test("ge", percent(fact("week_sum"), fact("usual_week")), value("200", "%")),
            test("ge", fact("weeks_active"), value(6)),
        ),
        40,
        "",
    ),
    (
        PATTERNS,
        "peer_outlier",
        "R13",
        "Far above the segment",
        "Volume of 30 days above the 99th percentile of at least 20 peers, ten times their median and 10,000 USD.",
        all_of(
            test("gt", fact("peer_percent"), value("99", "%")),
            test("ge", percent(fact("month_sum"), fact("peer_median")), value("1000", "%")),
            test("ge", fact("month_sum"), usd("10000.00")),
            test("ge", fact("peers"), value(20)),
        ),
        40,
        "",
    ),
)

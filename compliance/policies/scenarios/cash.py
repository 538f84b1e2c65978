"""Cash and what is kept below thresholds: structuring in its forms, funnel accounts, large cash."""

from typing import Any

from compliance.policies.scenarios.movements import incoming
from compliance.policies.scenarios.sets import ACTIVITY, PATTERNS, Scenario
from compliance.policies.scenarios.writing import Json, all_of, any_of, between, fact, field, is_, test, usd, value, window


def _near_10000(what: Any) -> Json:
    return all_of(incoming(what), is_(what("is_cash")), between(what("worth"), usd("8000.00"), usd("9999.99")))


SCENARIOS: tuple[Scenario, ...] = (
    (
        ACTIVITY,
        "structuring",
        "R01",
        "Structuring in one account",
        "Three or more cash-like credits a little under 10,000 USD within a week, more than 10,000 together (31 CFR 1010.311, 1010.314).",
        all_of(
            _near_10000(fact),
            test("ge", window("count", _near_10000(field), days=7), value(3)),
            test("gt", window("sum", _near_10000(field), of="worth", days=7), usd("10000.00")),
        ),
        80,
        "",
    ),
    (
        PATTERNS,
        "linked_structuring",
        "R02",
        "Structuring over linked customers",
        "As structuring, counted over customers who share a device, phone number or e-mail, within 3 days.",
        all_of(
            test("ge", fact("linked_customers"), value(2)),
            test("ge", fact("linked_cash_count"), value(3)),
            test("gt", fact("linked_cash_sum"), usd("10000.00")),
        ),
        85,
        "",
    ),
    (
        PATTERNS,
        "micro_structuring",
        "R03",
        "Many small credits that move on",
        "Five credits of 500 to 1,000 or ten under 3,000 in a week, of which 80 % leave within 48 hours (FFIEC Appendix F).",
        all_of(
            any_of(test("ge", fact("small_credits"), value(5)), test("ge", fact("under_3000_credits"), value(10))),
            test("ge", fact("small_moved_percent"), value("80", "%")),
        ),
        65,
        "",
    ),
    (
        PATTERNS,
        "funnel",
        "R21",
        "Funnel account",
        "Cash-like credits at three or more places, and half of it out at one other, within a week (FinCEN FIN-2012-A006).",
        all_of(
            test("ge", fact("cash_locations"), value(3)),
            test("ge", fact("elsewhere_percent"), value("50", "%")),
            test("ge", fact("cash_located_sum"), usd("3000.00")),
        ),
        70,
        "",
    ),
    (
        PATTERNS,
        "large_cash",
        "R22",
        "Cash above 10,000",
        "More than 10,000 USD of cash in, or out, on one business day: a currency transaction report within 15 days (31 CFR 1010.311).",
        any_of(test("gt", fact("cash_in"), usd("10000.00")), test("gt", fact("cash_out"), usd("10000.00"))),
        75,
        "",
    ),
)

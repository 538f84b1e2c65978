"""What several scenarios say of a movement: its direction, its sides, the customer's limit."""

from typing import Any

from compliance.policies.scenarios.writing import (
    Json,
    all_of,
    any_of,
    between,
    fact,
    field,
    is_,
    listed,
    one_of,
    percent,
    test,
    usd,
    value,
)

IN, OUT = "IN", "OUT"
# Under comprehensive sanctions of the USA (OFAC): officers change the list with the rule.
EMBARGOED = ("CU", "IR", "KP")


def incoming(what: Any = field) -> Json:
    """Money that comes."""
    return is_(what("direction"), IN)


def outgoing(what: Any = field) -> Json:
    """Money that leaves."""
    return is_(what("direction"), OUT)


def others(what: Any = field) -> Json:
    """To or from somebody else."""
    return is_(what("is_own"), given=False)


def touches(name: str) -> Json:
    """A country of the other side, or of the internet address, is on the list."""
    return any_of(listed(fact("country"), name), listed(fact("ip_country"), name))


NEAR_LIMIT = all_of(outgoing(), between(percent(field("amount"), fact("tier_limit")), value("90", "%"), value("100", "%")))
TO_EMBARGOED = any_of(one_of(fact("country"), *EMBARGOED), one_of(fact("ip_country"), *EMBARGOED))
# The European Economic Area, where payer and payee are named from the first cent on: officers change the list with the rule.
# fmt: off
EEA = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
)
# fmt: on
_LARGE_OR_EUROPEAN = any_of(
    test("ge", fact("worth"), usd("3000.00")),
    is_(fact("rail"), "sepa_ct"),
    one_of(fact("country"), *EEA),
    one_of(fact("residence"), *EEA),
)
UNNAMED = all_of(
    outgoing(fact),
    one_of(fact("rail"), "ach", "sepa_ct", "wire"),
    is_(fact("names_parties"), given=False),
    _LARGE_OR_EUROPEAN,
)
# Only what a bank tells of: entries of ACH carry no account of the payer, and are no such transfers (31 CFR 1010.100(w), (ddd)).
UNTOLD = all_of(
    incoming(fact),
    is_(fact("kind"), "DEPOSIT"),
    one_of(fact("rail"), "sepa_ct", "wire"),
    is_(fact("names_parties"), given=False),
    _LARGE_OR_EUROPEAN,
)

"""Countries and missing names, planted, beside what only looks like it.

Each function answers the customer whom the pattern is about, or all of them where it is about several.
"""
# ruff: noqa: D103 - the names of the functions say what they lay down

from compliance.services.planted.planter import Planter, Scenarios, Who


def to_call_for_action(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "OUT", 15, country="IR")
    return who


def from_the_internet_of_call_for_action(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "OUT", 15, country="DE", ip_country="KP")
    return who


def to_an_ordinary_country(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "OUT", 50_000, country="FR", ip_country="FR")
    return who


def to_high_risk(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "OUT", 1000, country="HT")
    return who


def remittance_home(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "OUT", 200, country="HT")
    return who


def to_embargoed(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 1, country="CU")
    return who


def travel_rule(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "OUT", 3000, rail="wire", names_parties=False)
    return who


def sepa_without_a_name(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "OUT", 40, rail="sepa_ct", country="DE", names_parties=False)
    return who


def small_wire_without_a_name(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "OUT", 2999, rail="wire", names_parties=False)
    return who


# name of the scenario -> what is planted, what is a decoy
SCENARIOS: Scenarios = {
    "call_for_action_country": (
        (
            to_call_for_action,
            from_the_internet_of_call_for_action,
        ),
        (to_an_ordinary_country,),
    ),
    "high_risk_country": (
        (to_high_risk,),
        (
            remittance_home,
            to_an_ordinary_country,
        ),
    ),
    "embargoed_corridor": ((to_embargoed,), (to_an_ordinary_country,)),
    "travel_rule": ((travel_rule, sepa_without_a_name), (small_wire_without_a_name,)),
}

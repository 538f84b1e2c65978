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


def wire_from_nobody(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 3000, kind="DEPOSIT", rail="wire", names_parties=False)
    return who


def sepa_from_nobody(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 40, kind="DEPOSIT", rail="sepa_ct", names_parties=False)
    return who


def wire_from_europe_without_a_name(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 900, kind="DEPOSIT", rail="wire", country="FR", names_parties=False)
    return who


def small_wire_from_nobody(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 2999, kind="DEPOSIT", rail="wire", country="US", names_parties=False)
    return who


def told_as_it_should_be(w: Planter) -> Who:
    who = w.customer()
    w.move(who, "IN", 30_000, kind="DEPOSIT", rail="wire")
    w.move(who, "IN", 40, kind="DEPOSIT", rail="sepa_ct", country="DE")
    return who


def what_has_no_payer_by_nature(w: Planter) -> Who:
    """Takings of cards, wages over ACH, cash, money from another wallet and what came back."""
    who = w.customer(kind="BUSINESS")
    for kind, rail in (
        ("CARD_PAYMENT", "card"),
        ("COLLECTION", "sepa_dd"),
        ("DEPOSIT", "ach"),
        ("DEPOSIT", "open_banking"),
        ("WALLET", "book"),
        ("RETURN", "wire"),
        ("CHARGEBACK", "wire"),
    ):
        w.move(who, "IN", 5000, kind=kind, rail=rail, country="DE", names_parties=False)
    w.move(who, "IN", 5000, kind="WALLET", rail="book", is_cash=True, names_parties=False)
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
    "travel_rule": (
        (travel_rule, sepa_without_a_name),
        (
            small_wire_without_a_name,
            wire_from_nobody,
        ),
    ),
    "travel_rule_incoming": (
        (
            wire_from_nobody,
            sepa_from_nobody,
            wire_from_europe_without_a_name,
        ),
        (
            small_wire_from_nobody,
            told_as_it_should_be,
            what_has_no_payer_by_nature,
            travel_rule,
        ),
    ),
}

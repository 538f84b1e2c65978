"""Why payments come back, by rail: codes with their meaning, for people who choose or read one."""

from flowlet.core.errors import Invalid
from payments.choices import Direction, Rail
from payments.providers import nacha
from payments.providers.iso20022 import reasons
from payments.providers.nacha.returns import Kind

# Stripe's dispute reasons (API reference, the dispute object).
DISPUTES = {
    "bank_cannot_process": "The bank cannot process the charge",
    "credit_not_processed": "A promised refund did not come",
    "customer_initiated": "The customer asked the bank",
    "duplicate": "Charged twice",
    "fraudulent": "The cardholder did not authorize it",
    "general": "No particular reason",
    "incorrect_account_details": "The account is wrong",
    "insufficient_funds": "There is not enough money",
    "product_not_received": "The goods did not come",
    "product_unacceptable": "The goods are not as described",
    "subscription_canceled": "The subscription had been canceled",
    "unrecognized": "The cardholder does not recognize it",
}

# What people learn of a payment that never happened.
FAILURES = (
    ("bank.refused", "The bank refused it"),
    ("bank.never_received", "The bank never received it"),
    ("bank.recalled", "It was recalled before it was executed"),
)


def offered(rail: str, direction: str) -> list[tuple[str, str]]:
    """(code, code and meaning) of what a bank may say when it returns a payment of the rail; empty where nothing is returned."""
    if rail == Rail.ACH:
        return [
            (found.code, f"{found.code} {found.title}")
            for found in nacha.RETURN_CODES.values()
            if found.kind in {Kind.RETURN, Kind.OPERATOR} and (direction == Direction.IN or not found.is_representable)
        ]
    if rail in {Rail.BOOK, Rail.CARD}:
        return []
    return [(found.code, f"{found.code} {found.meaning}") for found in reasons.CODES.values()]


def check_offered(rail: str, direction: str, code: str) -> None:
    """Raises Invalid unless a bank of the rail may return such a payment with the code."""
    if code not in dict(offered(rail, direction)):
        raise Invalid(f"{code} is no return code of this rail for such a payment.", param="code")


def disputes() -> list[tuple[str, str]]:
    """(code, meaning) of what a cardholder may say."""
    return list(DISPUTES.items())


def title(rail: str, code: str) -> str:
    """The code's short name on a rail whose banks return payments; empty for one that is none of the rail's."""
    if rail == Rail.ACH:
        known = nacha.RETURN_CODES.get(code)
        return known.title if known else ""
    found = reasons.CODES.get(code)
    return found.meaning if found else ""


def meaning(rail: str, code: str) -> str:
    """What the code of a returned or disputed payment means; empty for one that is none of the rail's."""
    if rail == Rail.ACH:
        found = nacha.RETURN_CODES.get(code)
        return f"{found.title}. {found.action.value}." if found else ""
    if rail == Rail.CARD:
        return DISPUTES.get(code, "")
    known = reasons.CODES.get(code)
    return f"{known.meaning}. {known.action.label}." if known else ""

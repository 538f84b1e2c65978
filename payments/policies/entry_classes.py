"""Which standard entry class an ACH payment has, and which purposes may be named in it."""

from typing import Final

from payments import errors
from payments.choices import Direction, HolderKind, Rail
from payments.models import Payment

# Nacha Operating Rules, since 20 March 2026: the company entry descriptions PAYROLL and PURCHASE.
PURPOSES: Final = {
    "PAYROLL": (Direction.OUT, "PPD", "PAYROLL is for wages paid to persons by ACH."),
    "PURCHASE": (Direction.IN, "WEB", "PURCHASE is for ACH collections that were authorized on the internet."),
}


def of(payment: Payment) -> str:
    """PPD, CCD, WEB or TEL: how a debit was authorized; for a credit, whether a person or a business gets it."""
    if payment.direction == Direction.IN and payment.mandate is not None:
        return payment.mandate.authorization
    return "PPD" if payment.external_account.holder_kind == HolderKind.PERSON else "CCD"


def check_purpose(payment: Payment) -> None:
    """Raises UnfitForRail for a purpose that the rules do not allow for such a payment, or that its rail does not know."""
    if not payment.purpose:
        return
    found = PURPOSES.get(payment.purpose)
    if found is None or payment.rail != Rail.ACH:
        raise errors.UnfitForRail("Only ACH names purposes: PAYROLL and PURCHASE.", param="purpose")
    direction, entry_class, message = found
    if payment.direction != direction or of(payment) != entry_class:
        raise errors.UnfitForRail(message, param="purpose")

"""What a partner may learn of why a payment stands where it stands.

A verdict's reasons and the words of officers stay inside: a partner who knows that a payment was stopped for a suspicion could tell
the customer, which the law forbids (31 USC 5318(g)(2); AMLR (EU) 2024/1624 Art. 73). What rails and banks say, and refusals that name a
limit or a balance, are the partner's to know.
"""

from typing import Final, Protocol

from payments.choices import PaymentStatus

# What is said instead of a verdict's own code.
CODES: Final = {PaymentStatus.REVIEW: "payment.review", PaymentStatus.REJECTED: "payment.rejected"}


class Said(Protocol):
    """A payment, or one of its moves."""

    reason_code: str
    reason: str
    reason_is_inside: bool


def code(said: Said, status: str) -> str | None:
    """The code that goes with the status, None without one."""
    shown = CODES.get(PaymentStatus(status), said.reason_code) if said.reason_is_inside else said.reason_code
    return shown or None


def reason(said: Said) -> str | None:
    """The text, None without one or where it stays inside."""
    return None if said.reason_is_inside else said.reason or None

"""Refusals of fees, schedules and references."""

from flowlet.core.errors import Conflict, DomainError, Invalid


class MalformedFees(Invalid):
    """The fee schedule contradicts itself; the message says where."""

    code, title = "payments.malformed_fees", "The fee schedule is not right"


class FeesOfAnotherCurrency(DomainError):
    """The fee schedule is of another currency than the amount."""

    code, title = "payments.fees_of_another_currency", "The fee schedule is of another currency"


class FeesUnchanged(Conflict):
    """The fee schedule is what it is already."""

    code, title = "payments.fees_unchanged", "These are the fees already"


class MalformedSchedule(Invalid):
    """The rule of a recurring payment contradicts itself; the message says where."""

    code, title = "payments.malformed_schedule", "The schedule is not right"


class MalformedReference(Invalid):
    """The reference has not the right form, or its check symbol does not fit: it was mistyped."""

    code, title = "payments.malformed_reference", "The reference is not right; compare it with the original"

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


class MalformedRailLimits(Invalid):
    """The limits contradict themselves; the message says where."""

    code, title = "payments.malformed_limits", "The limits are not right"


class RailLimitsUnchanged(Conflict):
    """The limits are what they are already."""

    code, title = "payments.limits_unchanged", "These are the limits already"


class RailLimitExceeded(DomainError):
    """A limit of the rail stands in the way. `details` name it, whose it is (`scope`: payment, customer or partner), of what (`span`:
    per_payment, daily, daily_count, monthly), its value, what is used of it, what is left, and when it is renewed (null for that of one
    payment).
    """

    code, title = "payments.limit_exceeded", "A limit of the rail would be exceeded"


class BelowRailMinimum(DomainError):
    """The amount is below the least that a payment over the rail has. `details` name it."""

    code, title = "payments.below_minimum", "The amount is too small for the rail"

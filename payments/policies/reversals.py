"""When a collection can be taken back by a reversal instead of a credit transfer of its own.

Sources: EPC016-06 (SDD Core) and EPC222-07 (SDD B2B), rulebooks of 2025, section 4.3: the creditor reverses a settled collection with its
whole amount, within five inter-bank business days after it was due; the debtor's bank credits it without asking.
"""

from datetime import date, datetime
from typing import Final

from flowlet.core.money import Money
from payments import errors
from payments.choices import Direction, PaymentKind, PaymentStatus, Rail
from payments.models import Payment
from payments.policies import calendars, cutoffs
from payments.providers.iso20022 import scheme

DAYS: Final = scheme.REVERSAL_DAYS


def is_reversal(payment: Payment) -> bool:
    """Whether the payment takes a collection back."""
    return payment.kind == PaymentKind.REFUND and payment.rail == Rail.SEPA_DD


def latest(collection: Payment) -> date | None:
    """The last day on which the reversal of a collection is settled; None for what was never due."""
    if collection.value_on is None:
        return None
    return calendars.add_banking_days(collection.value_on, DAYS, calendar=calendars.Calendar.XECB)


def check_can_reverse(collection: Payment, *, amount: Money, at: datetime) -> None:
    """Whether a refund of ``amount``, made now, can take the collection back. Raises NotReversible, ReversalTooLate."""
    _check_collection(collection)
    if amount != Money(collection.amount, collection.currency) or collection.refunded:
        raise errors.NotReversible("Only a whole collection is reversed; a part of it goes back by credit transfer.")
    _check_in_time(collection, cutoffs.next_cutoff(Rail.SEPA_DD, at).value_on)


def check_still_can(reversal: Payment) -> None:
    """As ``check_can_reverse``, when the reversal leaves. Raises NotReversible, ReversalTooLate."""
    if reversal.original is None or reversal.direction != Direction.OUT:
        raise errors.NotReversible
    _check_collection(reversal.original)
    if reversal.value_on is not None:
        _check_in_time(reversal.original, reversal.value_on)


def _check_collection(collection: Payment) -> None:
    if (
        collection.kind != PaymentKind.COLLECTION
        or collection.rail != Rail.SEPA_DD
        or collection.status != PaymentStatus.SETTLED
        or collection.batch_id is None
        or collection.returned
    ):
        raise errors.NotReversible(status=collection.status, rail=collection.rail)


def _check_in_time(collection: Payment, settles_on: date) -> None:
    until = latest(collection)
    if until is None or settles_on > until:
        raise errors.ReversalTooLate(f"It would be settled on {settles_on}; that was possible until {until}.", until=str(until))

"""What is declared about customers, for monitoring to compare their activity with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from moneyed import Money

from accounts.policies import check_is_open, check_reason
from accounts.selectors import customers
from compliance import events
from compliance.models import CustomerProfile
from compliance.services.activities import WORTH
from flowlet.audit.services import log
from flowlet.core import money
from flowlet.core.actors import Actor
from flowlet.core.errors import Invalid
from ledger.selectors import rates

UNCHANGED: Any = object()


@transaction.atomic
def declare(
    *,
    customer_id: UUID,
    partner_id: UUID | None = None,
    expected_monthly: Money | None = UNCHANGED,
    segment: str = UNCHANGED,
    reason: str = "",
    actor: Actor,
    at: datetime,
) -> CustomerProfile:
    """What is given becomes true of the customer, the rest stays. ``expected_monthly`` is the volume of a month in any currency, kept with
    its worth in US dollars at the day's rate, which monitoring compares with; None when nobody declares one.

    Raises CustomerNotFound, CustomerClosed, NoRate for a currency without a rate on the day, NotPositive, AmountTooLarge.
    """
    customer = customers.for_update(customer_id, partner_id=partner_id)
    check_is_open(customer)
    row = CustomerProfile.objects.filter(customer=customer).first() or CustomerProfile(customer=customer)
    before = _told(row)
    if expected_monthly is not UNCHANGED and expected_monthly != row.declared:
        row.declared, row.expected_monthly = expected_monthly, None
        if expected_monthly is not None:
            row.expected_monthly = _worth(expected_monthly, at=at)
    if segment is not UNCHANGED:
        row.segment = segment
    changed = [name for name, value in _told(row).items() if value != before[name]]
    if changed:
        row.updated_at = at
        row.save()
        log.record(
            action=events.PROFILE_CHANGED,
            actor=actor,
            at=at,
            target=customer.public_id,
            partner_id=customer.partner_id,
            reason=reason,
            before={name: before[name] for name in changed},
            after={name: value for name, value in _told(row).items() if name in changed},
        )
    return row


def declare_volume(*, customer_id: UUID, amount: Any, currency: str, reason: str, actor: Actor, at: datetime) -> CustomerProfile:
    """As ``declare``, by an officer, who says why; without an amount nobody declares one.

    Raises also ReasonMissing, Invalid, UnknownCurrency, TooPrecise.
    """
    if amount is None and currency:
        raise Invalid("Give the amount too, or neither.", param="amount")
    volume = None if amount is None else money.exact(amount, currency)
    return declare(customer_id=customer_id, expected_monthly=volume, reason=check_reason(reason), actor=actor, at=at)


def _worth(volume: Money, *, at: datetime) -> Any:
    """In US dollars, to the cent."""
    if volume.amount <= 0:
        raise money.NotPositive(param="expected_monthly")
    currency = volume.currency.code
    rate = 1 if currency == WORTH else rates.rate(base=currency, quote=WORTH, on=at.date())
    return money.exact(money.round_half_even(volume.amount * rate, WORTH).amount, WORTH, param="expected_monthly").amount


def _told(row: CustomerProfile) -> dict[str, Any]:
    return {
        "expected_monthly": money.to_json(row.declared) if row.declared is not None else None,
        "worth": row.expected_monthly,
        "segment": row.segment,
    }

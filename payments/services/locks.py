"""Locks of what ends together: whoever ends several payments at once takes all rows in one order, and waits for others, never in a circle.

The order is that of a payment alone: the payment, what it used of limits (the partner's share, then the customer's), its wallet, its
external account, its mandate; of each kind the lowest key first.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Model

from payments.models import CustomerRailUsage, ExternalAccount, Mandate, PartnerRailUsage, Payment
from wallets.models import Wallet


def together(payment_ids: Iterable[UUID]) -> list[Payment]:
    """The payments of one file, and all that their end touches, locked in the caller's transaction."""
    payments = list(Payment.objects.select_for_update(no_key=True).filter(pk__in=payment_ids).order_by("pk"))
    if not payments:
        return payments
    first, days = payments[0], {one.counted_on for one in payments if one.counted_on}
    used = {"rail": first.rail, "direction": first.direction, "currency": first.currency, "day__in": days}
    _lock(PartnerRailUsage, ("day", "kind", "share"), partner_id=first.partner_id, **used)
    _lock(CustomerRailUsage, ("customer_id", "day", "kind"), customer_id__in={one.customer_id for one in payments}, **used)
    for model, field in ((Wallet, "wallet_id"), (ExternalAccount, "external_account_id"), (Mandate, "mandate_id")):
        _lock(model, ("pk",), pk__in={getattr(one, field) for one in payments} - {None})
    return payments


def _lock(model: type[Model], order: tuple[str, ...], **which: object) -> None:
    rows = model._default_manager.select_for_update(no_key=True, of=("self",)).filter(**which).order_by(*order)
    list(rows.values_list(order[0]))
